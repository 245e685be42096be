/** From counts to figures: per second, per request, per message, and the median of a yardstick's. */
import type { Measured } from './load/meter.ts'
import type { YardstickRun } from './yardstick.ts'

/** CPU time is in microseconds. What can't be read is undefined: that of a server elsewhere, of a store without PostgreSQL. */
export interface Figures {
  readonly messagesPerSecond: number
  readonly requestsPerSecond: number
  readonly p50Millis: number
  readonly p99Millis: number
  /** Of all nodes together. */
  readonly serverMicrosPerRequest?: number
  readonly postgresMicrosPerRequest?: number
  readonly generatorMicrosPerRequest: number
  readonly serverMicrosPerMessage?: number
  readonly postgresMicrosPerMessage?: number
  /** How many cores were kept busy, by whom. */
  readonly serverCores?: number
  readonly postgresCores?: number
  readonly generatorCores: number
  readonly otherCores?: number
  readonly limit: Limit
}

/** What kept the run from being faster: `neither` when CPU was left, so that something was waited for (the disk, a rate). */
export type Limit = 'server' | 'generator' | 'machine' | 'neither' | 'unknown'

export function figuresOf(run: Measured, cores: number): Figures {
  const { seconds, requests, messages, serverCpuMicros: server, generatorCpuMicros: generator } = run
  const postgres = run.postgresCpuMicros
  const coresOf = (micros: number) => micros / 1e6 / seconds
  const others = run.machineCpuMicros - (server ?? 0) - (postgres ?? 0) - generator
  return {
    messagesPerSecond: messages / seconds,
    requestsPerSecond: requests / seconds,
    p50Millis: run.latency.p50Millis,
    p99Millis: run.latency.p99Millis,
    serverMicrosPerRequest: over(server, requests),
    postgresMicrosPerRequest: over(postgres, requests),
    generatorMicrosPerRequest: generator / requests,
    serverMicrosPerMessage: over(server, messages),
    postgresMicrosPerMessage: over(postgres, messages),
    serverCores: over(server, seconds * 1e6),
    postgresCores: over(postgres, seconds * 1e6),
    generatorCores: coresOf(generator),
    otherCores: server === undefined ? undefined : Math.max(0, coresOf(others)),
    limit: limitOf(run, cores),
  }
}

export const over = (dividend: number | undefined, divisor: number | undefined): number | undefined =>
  dividend === undefined || divisor === undefined ? undefined : dividend / divisor

/**
 * A thread that computes for this share of the time is the limit: the rest is garbage collection in threads of its own.
 * So is a machine whose cores do.
 */
export const SATURATED = 0.85

export function limitOf(run: Measured, cores: number): Limit {
  const share = (micros: number) => micros / 1e6 / run.seconds
  const generator = share(run.generatorCpuMicros)
  const server = run.serverBusiestThreadMicros === undefined ? undefined : share(run.serverBusiestThreadMicros)
  if (generator >= SATURATED && generator >= (server ?? 0)) return 'generator'
  if (server !== undefined && server >= SATURATED) return 'server'
  if (share(run.machineCpuMicros) >= SATURATED * cores) return 'machine'
  return server === undefined ? 'unknown' : 'neither'
}

export const yardstickRun = ({ requests, seconds, latency, ...cpu }: Measured): YardstickRun => ({
  perSecond: requests / seconds,
  p50Millis: latency.p50Millis,
  p99Millis: latency.p99Millis,
  serverMicros: over(cpu.serverCpuMicros, requests),
  postgresMicros: over(cpu.postgresCpuMicros, requests),
  generatorMicros: cpu.generatorCpuMicros / requests,
})

/** The median of each figure over a yardstick's runs; undefined where one of them doesn't have it. */
export function medianOf(runs: readonly YardstickRun[]): YardstickRun {
  const of = (figure: keyof YardstickRun) => {
    const known = runs.map((run) => run[figure]).filter((value) => value !== undefined)
    return known.length < runs.length ? undefined : median(known)
  }
  return {
    perSecond: of('perSecond') ?? Number.NaN,
    p50Millis: of('p50Millis'),
    p99Millis: of('p99Millis'),
    serverMicros: of('serverMicros'),
    postgresMicros: of('postgresMicros'),
    generatorMicros: of('generatorMicros'),
  }
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle]
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2
}
