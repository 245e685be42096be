/**
 * More threads that accept, parse and answer: each has the port's address as its own (`SO_REUSEPORT`: the system spreads
 * connections over those who listen), the services' handlers, and a way to the store. To the store they are further
 * callers, as further nodes are; nothing else knows of them.
 *
 * What belongs to a node rather than to a request stays in the main thread: jobs, the endpoints under `/_millrace/`
 * (which a thread passes on), and the sum of what is counted.
 */
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Millis } from '../../clock/clock.ts'
import { type Config, canShareAPort } from '../../config/config.ts'
import type { Counted } from '../../observe/metrics.ts'
import type { WireAnswer } from '../../protocol/codec.ts'
import type { ManagementRequest } from '../management.ts'
import { Link } from './link.ts'

/** What a thread is handed at its start. */
export interface EdgeThreadData {
  /** With the port that the main thread has got, and the number of threads. */
  readonly config: Config
  readonly clockOffset: Millis
  /** The way to the storage thread; undefined where every thread opens the store itself. */
  readonly store: MessagePort | undefined
  readonly link: MessagePort
}

export interface EdgeThreadsOptions {
  /** The module that a thread runs. */
  readonly entry: URL
  readonly count: number
  data(): Omit<EdgeThreadData, 'link'>
  /** Answers what a thread passes on. */
  manage(request: ManagementRequest): Promise<WireAnswer>
  /** Told once if a thread ends by itself: the node should restart. */
  readonly onLost: (error: Error) => void
}

/** The storage thread takes one core of these, clients often live on the others, and each thread costs 30 MiB. */
const CORES_PER_THREAD = 4
/** One storage thread is busy with what four bring: see docs/scaling.md. */
const MOST_BY_DEFAULT = 4

/** How many threads accept where nobody says it: one for every four cores, four at most; one where only one can. */
export function defaultEdgeThreads(cores = availableParallelism(), system: string = process.platform): number {
  if (!canShareAPort(system)) return 1
  return Math.min(Math.max(Math.floor(cores / CORES_PER_THREAD), 1), MOST_BY_DEFAULT)
}

export class EdgeThreads {
  readonly #threads: readonly { readonly worker: Worker; readonly link: Link }[]
  #isClosing = false

  private constructor(options: EdgeThreadsOptions) {
    this.#threads = Array.from({ length: options.count }, () => this.#spawn(options))
  }

  /** Resolves when all of them listen; rejects with why one of them can't. */
  static async start(options: EdgeThreadsOptions): Promise<EdgeThreads> {
    const threads = new EdgeThreads(options)
    try {
      await threads.#each((link) => link.ask('listening'))
    } catch (error) {
      await threads.close()
      throw error
    }
    return threads
  }

  /** Resolves when every thread's clock has been moved that far. */
  async followClock(offset: Millis): Promise<void> {
    await this.#each((link) => link.ask('clock', offset))
  }

  /** What each thread has counted. */
  counted(): Promise<Counted[]> {
    return this.#each((link) => link.ask<Counted>('counted'))
  }

  /** As `Edge.drain`, and the threads' services are drained, too. */
  async drain(): Promise<void> {
    await this.#each((link) => link.ask('drain'))
  }

  /** Cuts off whatever is left, and ends the threads. */
  async close(): Promise<void> {
    this.#isClosing = true
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()))
  }

  #spawn({ entry, data, manage, onLost }: EdgeThreadsOptions) {
    const { port1, port2 } = new MessageChannel()
    const workerData: EdgeThreadData = { ...data(), link: port2 }
    const transferList = workerData.store === undefined ? [port2] : [port2, workerData.store]
    const worker = new Worker(entry, { workerData, transferList })
    const lost = (error: Error) => this.#isClosing || onLost(error)
    worker.on('error', lost)
    void once(worker, 'exit').then(
      () => lost(new Error('an edge thread has ended')),
      () => undefined,
    )
    return { worker, link: new Link(port1, { manage }) }
  }

  #each<T>(ask: (link: Link) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#threads.map(({ link }) => ask(link)))
  }
}
