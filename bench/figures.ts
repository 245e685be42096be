/** From counts to figures: per second, per request, and beside the bare server. */
import type { Measured } from './load/meter.ts'

export interface Figures {
  readonly messagesPerSecond: number
  readonly requestsPerSecond: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly serverMicrosPerRequest?: number
  readonly generatorMicrosPerRequest: number
  /** How many cores were kept busy, by whom. */
  readonly serverCores?: number
  readonly generatorCores: number
  readonly otherCores?: number
  readonly limit: Limit
}

/** What kept the run from being faster: `neither` when CPU was left, so that something was waited for (the disk, a rate). */
export type Limit = 'server' | 'generator' | 'machine' | 'neither' | 'unknown'

export interface BareFigures {
  readonly requestsPerSecond: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly serverMicrosPerRequest?: number
  readonly generatorMicrosPerRequest: number
}

export function figuresOf(run: Measured, cores: number): Figures {
  const { seconds, serverCpuMicros: server, generatorCpuMicros: generator } = run
  const coresOf = (micros: number) => micros / 1e6 / seconds
  return {
    messagesPerSecond: run.messages / seconds,
    requestsPerSecond: run.requests / seconds,
    p50Millis: run.latency.p50Millis,
    p99Millis: run.latency.p99Millis,
    serverMicrosPerRequest: server === undefined ? undefined : server / run.requests,
    generatorMicrosPerRequest: generator / run.requests,
    serverCores: server === undefined ? undefined : coresOf(server),
    generatorCores: coresOf(generator),
    otherCores: server === undefined ? undefined : Math.max(0, coresOf(run.machineCpuMicros - server - generator)),
    limit: limitOf(run, cores),
  }
}

/** A thread that computes for this share of the time is the limit: the rest is garbage collection in threads of its own. */
const SATURATED = 0.85

export function limitOf(run: Measured, cores: number): Limit {
  const share = (micros: number) => micros / 1e6 / run.seconds
  const generator = share(run.generatorCpuMicros)
  const server = run.serverBusiestThreadMicros === undefined ? undefined : share(run.serverBusiestThreadMicros)
  if (generator >= SATURATED && generator >= (server ?? 0)) return 'generator'
  if (server !== undefined && server >= SATURATED) return 'server'
  if (share(run.machineCpuMicros) >= SATURATED * cores) return 'machine'
  return server === undefined ? 'unknown' : 'neither'
}

/** The median of each figure over the runs of the bare server. */
export function bareFiguresOf(runs: readonly Measured[]): BareFigures {
  const per = (figure: (run: Measured) => number) => median(runs.map(figure)) ?? Number.NaN
  const hasServer = runs.every(({ serverCpuMicros }) => serverCpuMicros !== undefined)
  return {
    requestsPerSecond: per((run) => run.requests / run.seconds),
    p50Millis: per((run) => run.latency.p50Millis),
    p99Millis: per((run) => run.latency.p99Millis),
    serverMicrosPerRequest: hasServer ? per((run) => (run.serverCpuMicros ?? 0) / run.requests) : undefined,
    generatorMicrosPerRequest: per((run) => run.generatorCpuMicros / run.requests),
  }
}

export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle]
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle]
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2
}
