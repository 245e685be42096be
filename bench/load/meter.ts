/**
 * Counts what a run does, in a fixed amount of memory. Counting starts over when the measured window begins, so that
 * what was done to warm up leaves no trace.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import process from 'node:process'
import { familyCpuMicros, machineCpuMicros, type ProcessCpu, processCpu } from '../machine.ts'

export interface Latency {
  readonly count: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly maxMillis: number
}

/** Processes whose CPU time is read besides the generator's own. */
export interface Watched {
  /** The servers under load: one, or several over one store. */
  readonly serverPids: readonly number[]
  /** The first process of their PostgreSQL. */
  readonly postgresPid?: number
}

/** CPU time is in microseconds. That of the servers is undefined where it can't be read, or where there is no such server. */
export interface Measured {
  readonly seconds: number
  readonly requests: number
  readonly messages: number
  readonly emptyReceives: number
  /** Over all requests, or over all deliveries where the run measures those. */
  readonly latency: Latency
  readonly latencyOf: Readonly<Record<string, Latency>>
  readonly generatorCpuMicros: number
  /** Of all servers together. */
  readonly serverCpuMicros: number | undefined
  readonly serverBusiestThreadMicros: number | undefined
  readonly postgresCpuMicros: number | undefined
  /** Of the whole machine: what none of these used was someone else's. */
  readonly machineCpuMicros: number
}

interface CpuReading {
  readonly generator: NodeJS.CpuUsage
  readonly server: ProcessCpu | undefined
  readonly postgresMicros: number | undefined
  readonly machineMicros: number
}

export class Meter {
  readonly #watched: Watched
  #latencies = new Map<string, RecordableHistogram>()
  #began = 0
  #cpu: CpuReading
  #messages = 0
  #emptyReceives = 0
  #requests = 0

  constructor(watched: Watched) {
    this.#watched = watched
    this.#cpu = this.#readCpu()
  }

  /** Begins the measured window. */
  begin(): void {
    this.#latencies = new Map()
    this.#messages = this.#emptyReceives = this.#requests = 0
    this.#cpu = this.#readCpu()
    this.#began = performance.now()
  }

  answered(operation: string, millis: number): void {
    this.#requests++
    this.record(operation, millis)
  }

  record(what: string, millis: number): void {
    let histogram = this.#latencies.get(what)
    if (histogram === undefined) {
      histogram = newHistogram()
      this.#latencies.set(what, histogram)
    }
    histogram.record(Math.max(1, Math.round(millis * 1000)))
  }

  messages(count: number): void {
    this.#messages += count
  }

  emptyReceive(): void {
    this.#emptyReceives++
  }

  /**
   * Ends the window. `headline` names the latency that counts; without it, it is that of all requests. Throws when
   * there is nothing of that kind to report.
   */
  end(headline?: string): Measured {
    const seconds = (performance.now() - this.#began) / 1000
    const { generator, server, postgresMicros, machineMicros } = this.#cpu
    const now = this.#readCpu()
    const latency = this.#headline(headline)
    if (latency.count === 0) throw new Error(`no ${headline ?? 'request'} was completed in the measured window`)
    const generatorCpu = process.cpuUsage(generator)
    return {
      seconds,
      requests: this.#requests,
      messages: this.#messages,
      emptyReceives: this.#emptyReceives,
      latency: summary(latency),
      latencyOf: Object.fromEntries(Array.from(this.#latencies, ([what, histogram]) => [what, summary(histogram)])),
      generatorCpuMicros: generatorCpu.user + generatorCpu.system,
      serverCpuMicros: server && now.server && now.server.allMicros - server.allMicros,
      serverBusiestThreadMicros: server && now.server && busiestThreadMicros(server, now.server),
      postgresCpuMicros: difference(postgresMicros, now.postgresMicros),
      machineCpuMicros: now.machineMicros - machineMicros,
    }
  }

  #headline(what: string | undefined): RecordableHistogram {
    if (what !== undefined) return this.#latencies.get(what) ?? newHistogram()
    const all = newHistogram()
    for (const histogram of this.#latencies.values()) all.add(histogram)
    return all
  }

  #readCpu(): CpuReading {
    const { serverPids, postgresPid } = this.#watched
    return {
      generator: process.cpuUsage(),
      server: together(serverPids.map(processCpu)),
      postgresMicros: postgresPid === undefined ? undefined : familyCpuMicros(postgresPid),
      machineMicros: machineCpuMicros(),
    }
  }
}

/** In microseconds, up to a minute, exact to three digits. */
const newHistogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 })

const summary = (histogram: RecordableHistogram): Latency => ({
  count: histogram.count,
  p50Millis: histogram.percentile(50) / 1000,
  p99Millis: histogram.percentile(99) / 1000,
  maxMillis: histogram.max / 1000,
})

const difference = (before: number | undefined, after: number | undefined) =>
  before === undefined || after === undefined ? undefined : after - before

/** Undefined when there is none, or when one can't be read. */
function together(servers: readonly (ProcessCpu | undefined)[]): ProcessCpu | undefined {
  const readable = servers.filter((server) => server !== undefined)
  if (readable.length === 0 || readable.length < servers.length) return undefined
  const allMicros = readable.reduce((sum, server) => sum + server.allMicros, 0)
  return { allMicros, byThread: new Map(readable.flatMap((server) => [...server.byThread])) }
}

const busiestThreadMicros = (before: ProcessCpu, after: ProcessCpu): number =>
  Math.max(...Array.from(after.byThread, ([thread, micros]) => micros - (before.byThread.get(thread) ?? 0)))
