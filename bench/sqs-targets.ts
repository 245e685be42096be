/** What the project wants to reach with SQS. */
import type { Churn } from './churn.ts'
import type { DeepNode } from './deep.ts'
import { figuresOf, median, medianOf, over, SATURATED } from './figures.ts'
import type { Results } from './session.ts'
import { deepName } from './sqs-scenarios.ts'
import type { StartUps } from './start-up.ts'
import { perCeiling, runOf, type Target, twinRatio } from './targets.ts'

/** What was measured of SQS. */
export type SqsResults = Results & Partial<StartUps> & Partial<DeepNode> & { readonly churn?: Churn }

const BYTES_PER_MIB = 2 ** 20
/** 30 µs where a bare request takes 16.5. */
const CPU_OF_SEND = 1.82

/** With the embedded store, beside a bare server. */
export const embeddedTargets: readonly Target<SqsResults>[] = [
  { figure: 'SendMessage, messages', unit: 'per bare request', atLeast: 0.6, read: (r) => perCeiling(r, 'send') },
  { figure: 'SendMessage, p99', unit: 'ms', atMost: 8, read: (r) => runOf(r, 'send')?.latency.p99Millis },
  { figure: 'SendMessage, server CPU', unit: '× bare', atMost: CPU_OF_SEND, read: serverCpuOfSendBesideBare },
  {
    figure: 'SendMessageBatch, messages',
    unit: 'per bare request',
    atLeast: 2.2,
    read: (r) => perCeiling(r, 'batch'),
  },
  {
    figure: 'receive + delete, messages',
    unit: 'per bare request',
    atLeast: 1.1,
    read: (r) => perCeiling(r, 'receive'),
  },
  { figure: 'send, receive, delete', unit: 'per bare request', atLeast: 0.16, read: (r) => perCeiling(r, 'cycle') },
  { figure: 'the same, FIFO', unit: 'per bare request', atLeast: 0.12, read: (r) => perCeiling(r, 'fifo') },
  { figure: 'delivery, p50', unit: 'ms', atMost: 2, read: (r) => runOf(r, 'delivery')?.latency.p50Millis },
  { figure: 'delivery, p99', unit: 'ms', atMost: 8, read: (r) => runOf(r, 'delivery')?.latency.p99Millis },
  { figure: 'deep queue, SendMessage', unit: '% of empty', atLeast: 75, read: (r) => deepPercent(r, 'send') },
  { figure: 'deep queue, SendMessageBatch', unit: '% of empty', atLeast: 75, read: (r) => deepPercent(r, 'batch') },
  { figure: 'deep queue, receive + delete', unit: '% of empty', atLeast: 75, read: (r) => deepPercent(r, 'receive') },
  { figure: 'memory, idle', unit: 'MiB', atMost: 90, read: (r) => mebibytes(r.idleBytes) },
  { figure: 'memory, deep queue', unit: 'MiB', atMost: 250, read: (r) => mebibytes(r.deepBytes) },
  { figure: 'start-up, empty', unit: 'ms', atMost: 400, read: (r) => median(r.startUpMillis ?? []) },
  { figure: 'start-up, deep queue', unit: 'ms', atMost: 800, read: (r) => median(r.deepStartUpMillis ?? []) },
]

/** So much more than one do two nodes. */
const TWO_NODES = 1.6

/** With PostgreSQL, beside its inserts of single rows. */
export const sharedTargets: readonly Target<SqsResults>[] = [
  { figure: 'SendMessage, messages', unit: 'per insert', atLeast: 0.9, read: (r) => perCeiling(r, 'send') },
  { figure: 'receive + delete, messages', unit: 'per insert', atLeast: 1.5, read: (r) => perCeiling(r, 'receive') },
  {
    figure: 'SendMessage, two nodes',
    unit: '× one',
    atLeast: TWO_NODES,
    read: (r, cores) => besideTwin(r, 'send', cores),
  },
  {
    figure: 'receive + delete, two nodes',
    unit: '× one',
    atLeast: TWO_NODES,
    read: (r, cores) => besideTwin(r, 'receive', cores),
  },
  // What takes more of the machine is what more machines are needed for first.
  { figure: 'SendMessage, node CPU', unit: '× PostgreSQL', atLeast: 1, read: (r) => nodeBesidePostgres(r, 'send') },
  {
    figure: 'receive + delete, node CPU',
    unit: '× PostgreSQL',
    atLeast: 1,
    read: (r) => nodeBesidePostgres(r, 'receive'),
  },
  {
    figure: 'delivery across nodes, p99',
    unit: 'ms',
    atMost: 50,
    read: (r) => runOf(r, 'delivery-2')?.latency.p99Millis,
  },
  { figure: 'wake-up across nodes, p50', unit: 'ms', atMost: 20, read: (r) => runOf(r, 'wake')?.latency.p50Millis },
  {
    figure: 'wake-up, notification lost, longest',
    unit: 'ms',
    atMost: 1000,
    read: (r) => runOf(r, 'wake-lost')?.latency.maxMillis,
  },
  { figure: 'churn, receive p50 at the end', unit: '× at first', atMost: 1.25, read: churnedReceive },
]

const mebibytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / BYTES_PER_MIB)

function serverCpuOfSendBesideBare(results: SqsResults): number | undefined {
  const run = runOf(results, 'send')
  return over(over(run?.serverCpuMicros, run?.requests), medianOf(results.ceiling).serverMicros)
}

/** Undefined where the machine hasn't the cores for so much more than one node, its PostgreSQL and the load take. */
function besideTwin(results: SqsResults, scenario: string, cores: number): number | undefined {
  const one = runOf(results, scenario)
  if (one === undefined) return undefined
  const { serverCores = 0, postgresCores = 0, generatorCores } = figuresOf(one, cores)
  const needed = (serverCores + postgresCores + generatorCores) * TWO_NODES
  return needed <= cores * SATURATED ? twinRatio(results, `${scenario}-2`, scenario) : undefined
}

function nodeBesidePostgres(results: SqsResults, scenario: string): number | undefined {
  const run = runOf(results, scenario)
  return over(run?.serverCpuMicros, run?.postgresCpuMicros)
}

function churnedReceive({ churn }: SqsResults): number | undefined {
  return over(churn?.looks.at(-1)?.receive.p50Millis, churn?.looks[0]?.receive.p50Millis)
}

/** Throughput on the deep queue as a share of that on an empty one. */
function deepPercent(results: SqsResults, scenario: string): number | undefined {
  const ratio = twinRatio(results, deepName(scenario), scenario)
  return ratio && ratio * 100
}
