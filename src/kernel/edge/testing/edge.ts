/** An edge for tests: real models, handlers of the test's own, no store behind them. */
import { connect, type Socket } from 'node:net'
import { pino } from 'pino'
import { SystemClock } from '../../clock/clock.ts'
import { MAX_OFFSET_MS } from '../../clock/offset.ts'
import type { RunningService } from '../../kernel.ts'
import { NodeMetrics } from '../../observe/metrics.ts'
import { loadModel } from '../../protocol/load-model.ts'
import { type Edge, type EdgeOptions, startEdge } from '../edge.ts'
import { type ManagementNode, manage } from '../management.ts'

export type Running = Partial<RunningService>

/** What the test decides of the node behind the edge. */
export interface TestManagement extends ManagementNode {
  problem: string | undefined
  resets: number
  reset: () => Promise<void>
}

export interface TestEdge extends Edge, AsyncDisposable {
  readonly url: string
  readonly log: readonly string[]
  readonly metrics: NodeMetrics
  readonly management: TestManagement
}

/** Serves the models named, each with the given parts of a running service. */
export async function startTestEdge(
  services: Readonly<Record<string, Running>>,
  options: Partial<EdgeOptions> = {},
): Promise<TestEdge> {
  const log: string[] = []
  const metrics = new NodeMetrics((name, error) => log.push(`${name}: ${error}`))
  const clock = new SystemClock()
  const management: TestManagement = {
    problem: undefined,
    resets: 0,
    clock,
    advanceClock: async (ms) => {
      if (clock.offset + ms > MAX_OFFSET_MS) return false
      clock.shift(ms)
      return true
    },
    health: async () => management.problem,
    metrics: () => metrics.render(),
    reset: async () => void management.resets++,
    outbox: async () => ({ status: 200, value: { items: [] } }),
    ofServices: {},
    emptyOutbox: async () => ({ status: 200, value: { deleted: 0 } }),
  }
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    headerTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    keepAliveTimeoutMs: 10_000,
    sessions: { find: () => undefined },
    stallTimeoutMs: 10_000,
    maxConnections: 1000,
    region: 'us-east-1',
    maxRequestBytes: 4096,
    allowOrigins: [],
    allowHosts: [],
    publicUrl: undefined,
    metrics,
    log: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    manage: manage(management),
    services: Object.entries(services).map(([id, running]) => ({
      model: loadModel(id),
      running: { handlers: {}, ...running },
    })),
    ...options,
  })
  return {
    port: edge.port,
    drain: () => edge.drain(),
    destroy: () => edge.destroy(),
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${edge.port}`,
    log,
    metrics,
    management,
    async [Symbol.asyncDispose]() {
      const drained = edge.drain()
      edge.destroy()
      await drained
    },
  }
}

/** A raw connection: writes bytes and collects what comes back. */
export class RawClient implements Disposable {
  readonly socket: Socket
  #received = ''
  #ended = false
  #changed = Promise.withResolvers<void>()

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('data', (bytes) => {
      this.#received += bytes.toString('latin1')
      this.#notify()
    })
    this.socket.on('error', () => undefined) // a reset is an end like any other: `close` follows
    this.socket.on('close', () => {
      this.#ended = true
      this.#notify()
    })
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Resolves with all that was received as soon as it matches; rejects if the connection ends first. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#received)) {
      if (this.#ended) throw new Error(`the connection ended; received: ${this.#received}`)
      await this.#changed.promise
    }
    return this.#received
  }

  /** Resolves with all that was received when the connection has ended. */
  async untilEnd(): Promise<string> {
    while (!this.#ended) await this.#changed.promise
    return this.#received
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }

  #notify(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}

/** A request as text, with its length. */
export function rawRequest(
  headers: Readonly<Record<string, string>>,
  body = '',
  requestLine = 'POST / HTTP/1.1',
): string {
  const all = { host: 'localhost', 'content-length': String(body.length), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `${[requestLine, ...lines].join('\r\n')}\r\n\r\n${body}`
}
