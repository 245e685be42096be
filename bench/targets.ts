/** What the project wants to reach, beside what was measured. */
import { figuresOf, median, medianOf, over, SATURATED } from './figures.ts'
import type { Measured } from './load/meter.ts'
import type { Results } from './sqs.ts'

export interface Verdict {
  readonly figure: string
  readonly wanted: string
  readonly unit: string
  readonly measured?: number
  /** Undefined when nothing was measured. */
  readonly met?: boolean
}

interface Target {
  readonly figure: string
  readonly unit: string
  /** One of the two bounds; reaching it counts as met. */
  readonly atLeast?: number
  readonly atMost?: number
  /** `cores` is how many the machine has. */
  read(results: Results, cores: number): number | undefined
}

const BYTES_PER_MIB = 2 ** 20

/** With the embedded store, beside a bare server. */
const embeddedTargets: readonly Target[] = [
  { figure: 'SendMessage, messages', unit: 'per bare request', atLeast: 0.45, read: (r) => perCeiling(r, 'send') },
  { figure: 'SendMessage, p99', unit: 'ms', atMost: 10, read: (r) => empty(r, 'send')?.latency.p99Millis },
  { figure: 'SendMessage, server CPU', unit: '× bare', atMost: 2.2, read: serverCpuOfSendBesideBare },
  {
    figure: 'SendMessageBatch, messages',
    unit: 'per bare request',
    atLeast: 1.2,
    read: (r) => perCeiling(r, 'batch'),
  },
  {
    figure: 'receive + delete, messages',
    unit: 'per bare request',
    atLeast: 0.6,
    read: (r) => perCeiling(r, 'receive'),
  },
  { figure: 'delivery, p50', unit: 'ms', atMost: 2, read: (r) => empty(r, 'delivery')?.latency.p50Millis },
  { figure: 'delivery, p99', unit: 'ms', atMost: 10, read: (r) => empty(r, 'delivery')?.latency.p99Millis },
  { figure: 'deep queue, SendMessage', unit: '% of empty', atLeast: 75, read: (r) => deepPercent(r, 'send') },
  { figure: 'deep queue, SendMessageBatch', unit: '% of empty', atLeast: 75, read: (r) => deepPercent(r, 'batch') },
  { figure: 'deep queue, receive + delete', unit: '% of empty', atLeast: 75, read: (r) => deepPercent(r, 'receive') },
  { figure: 'memory, idle', unit: 'MiB', atMost: 90, read: (r) => mebibytes(r.idleBytes) },
  { figure: 'memory, deep queue', unit: 'MiB', atMost: 250, read: (r) => mebibytes(r.deepBytes) },
  { figure: 'start-up, empty', unit: 'ms', atMost: 400, read: (r) => median(r.startUpMillis) },
  { figure: 'start-up, deep queue', unit: 'ms', atMost: 800, read: (r) => median(r.deepStartUpMillis) },
]

/** So much more than one do two nodes. */
const TWO_NODES = 1.6

/** With PostgreSQL, beside its inserts of single rows. */
const sharedTargets: readonly Target[] = [
  { figure: 'SendMessage, messages', unit: 'per insert', atLeast: 1, read: (r) => perCeiling(r, 'send') },
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
    read: (r) => empty(r, 'delivery-2')?.latency.p99Millis,
  },
  { figure: 'wake-up across nodes, p50', unit: 'ms', atMost: 20, read: (r) => empty(r, 'wake')?.latency.p50Millis },
  {
    figure: 'wake-up, notification lost, longest',
    unit: 'ms',
    atMost: 1000,
    read: (r) => empty(r, 'wake-lost')?.latency.maxMillis,
  },
  { figure: 'churn, receive p50 at the end', unit: '× at first', atMost: 1.25, read: churnedReceive },
]

/** Every target of the kind of store, in order, with what was measured for it. */
export function judge(results: Results, { isShared, cores }: { isShared: boolean; cores: number }): Verdict[] {
  return (isShared ? sharedTargets : embeddedTargets).map(({ figure, unit, atLeast, atMost, read }) => {
    const measured = read(results, cores)
    const wanted = atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
    if (measured === undefined) return { figure, unit, wanted }
    return {
      figure,
      unit,
      wanted,
      measured,
      met: measured >= (atLeast ?? -Infinity) && measured <= (atMost ?? Infinity),
    }
  })
}

const empty = (results: Results, scenario: string) => measuredIn(results.empty, scenario)
const messagesPerSecond = (run: Measured) => run.messages / run.seconds
const mebibytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / BYTES_PER_MIB)

function measuredIn(outcomes: Results['empty'], scenario: string): Measured | undefined {
  const outcome = outcomes[scenario]
  return outcome && 'measured' in outcome ? outcome.measured : undefined
}

function perCeiling(results: Results, scenario: string): number | undefined {
  const run = empty(results, scenario)
  return run && messagesPerSecond(run) / medianOf(results.ceiling).perSecond
}

function serverCpuOfSendBesideBare(results: Results): number | undefined {
  const run = empty(results, 'send')
  return over(over(run?.serverCpuMicros, run?.requests), medianOf(results.ceiling).serverMicros)
}

/** Undefined where the machine hasn't the cores for so much more than one node, its PostgreSQL and the load take. */
function besideTwin(results: Results, scenario: string, cores: number): number | undefined {
  const one = empty(results, scenario)
  if (one === undefined) return undefined
  const { serverCores = 0, postgresCores = 0, generatorCores } = figuresOf(one, cores)
  const needed = (serverCores + postgresCores + generatorCores) * TWO_NODES
  return needed <= cores * SATURATED ? twinRatio(results, `${scenario}-2`, scenario) : undefined
}

/** Throughput of a scenario beside that of another. */
export function twinRatio(results: Results, scenario: string, twin: string): number | undefined {
  const [run, other] = [empty(results, scenario), empty(results, twin)]
  return run && other && messagesPerSecond(run) / messagesPerSecond(other)
}

function nodeBesidePostgres(results: Results, scenario: string): number | undefined {
  const run = empty(results, scenario)
  return over(run?.serverCpuMicros, run?.postgresCpuMicros)
}

function churnedReceive({ churn }: Results): number | undefined {
  return over(churn?.looks.at(-1)?.receive.p50Millis, churn?.looks[0]?.receive.p50Millis)
}

/** Throughput on the deep queue as a share of that on an empty one. */
export function deepPercent(results: Results, scenario: string): number | undefined {
  const [deep, shallow] = [measuredIn(results.deep, scenario), empty(results, scenario)]
  return deep && shallow && (messagesPerSecond(deep) / messagesPerSecond(shallow)) * 100
}
