/** What the project wants to reach, beside what was measured. */
import { bareFiguresOf, median } from './figures.ts'
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
  read(results: Results): number | undefined
}

const BYTES_PER_MIB = 2 ** 20

const targets: readonly Target[] = [
  { figure: 'SendMessage, messages', unit: 'per bare request', atLeast: 0.45, read: (r) => messagesPerBare(r, 'send') },
  { figure: 'SendMessage, p99', unit: 'ms', atMost: 10, read: (r) => empty(r, 'send')?.latency.p99Millis },
  { figure: 'SendMessage, server CPU', unit: '× bare', atMost: 2.2, read: serverCpuOfSendBesideBare },
  {
    figure: 'SendMessageBatch, messages',
    unit: 'per bare request',
    atLeast: 1.2,
    read: (r) => messagesPerBare(r, 'batch'),
  },
  {
    figure: 'receive + delete, messages',
    unit: 'per bare request',
    atLeast: 0.6,
    read: (r) => messagesPerBare(r, 'receive'),
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

/** Every target, in order, with what was measured for it. */
export function judge(results: Results): Verdict[] {
  return targets.map(({ figure, unit, atLeast, atMost, read }) => {
    const measured = read(results)
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

function messagesPerBare(results: Results, scenario: string): number | undefined {
  const run = empty(results, scenario)
  return run && messagesPerSecond(run) / bareFiguresOf(results.bare).requestsPerSecond
}

function serverCpuOfSendBesideBare(results: Results): number | undefined {
  const run = empty(results, 'send')
  const bareMicros = bareFiguresOf(results.bare).serverMicrosPerRequest
  if (run?.serverCpuMicros === undefined || bareMicros === undefined) return undefined
  return run.serverCpuMicros / run.requests / bareMicros
}

/** Throughput on the deep queue as a share of that on an empty one. */
export function deepPercent(results: Results, scenario: string): number | undefined {
  const [deep, shallow] = [measuredIn(results.deep, scenario), empty(results, scenario)]
  return deep && shallow && (messagesPerSecond(deep) / messagesPerSecond(shallow)) * 100
}
