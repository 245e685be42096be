/**
 * Counts what a run does, in a fixed amount of memory. Counting starts over when the measured window begins, so that
 * what was done to warm up leaves no trace.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import process from 'node:process'
import { machineCpuMicros, type ProcessCpu, processCpu } from '../machine.ts'

export interface Latency {
  readonly count: number
  readonly p50Millis: number
  readonly p99Millis: number
  readonly maxMillis: number
}

/** CPU time is in microseconds. The server's is undefined where it can't be read. */
export interface Measured {
  readonly seconds: number
  readonly requests: number
  readonly messages: number
  readonly emptyReceives: number
  /** Over all requests, or over all deliveries where the run measures those. */
  readonly latency: Latency
  readonly latencyOf: Readonly<Record<string, Latency>>
  readonly generatorCpuMicros: number
  readonly serverCpuMicros: number | undefined
  readonly serverBusiestThreadMicros: number | undefined
  /** Of the whole machine: what neither generator nor server used was someone else's. */
  readonly machineCpuMicros: number
}

interface CpuReading {
  readonly generator: NodeJS.CpuUsage
  readonly server: ProcessCpu | undefined
  readonly machineMicros: number
}

export class Meter {
  readonly #serverPid: number | undefined
  #latencies = new Map<string, RecordableHistogram>()
  #began = 0
  #cpu: CpuReading
  #messages = 0
  #emptyReceives = 0
  #requests = 0

  constructor(serverPid: number | undefined) {
    this.#serverPid = serverPid
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
    const { generator, server, machineMicros } = this.#cpu
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
    const server = this.#serverPid === undefined ? undefined : processCpu(this.#serverPid)
    return { generator: process.cpuUsage(), server, machineMicros: machineCpuMicros() }
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

const busiestThreadMicros = (before: ProcessCpu, after: ProcessCpu): number =>
  Math.max(...Array.from(after.byThread, ([thread, micros]) => micros - (before.byThread.get(thread) ?? 0)))
