/**
 * The embedded store as the rest of the program sees it: calls go to the storage thread in batches, replies come back
 * after the commit. Nothing is kept here that a restart would miss.
 */
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../clock/clock.ts'
import { ServiceError } from '../../service-error.ts'
import type { Call } from '../group.ts'
import { KERNEL_MIGRATIONS, type MigrationSource } from '../migrations.ts'
import { CannotOpenStore, type Command, type Store } from '../store.ts'
import { type WakeListener, WakeListeners } from '../wakes.ts'
import type { FromThread, PlainError, ThreadOptions, ToThread } from './protocol.ts'

export interface SqliteOptions {
  /** The data directory; undefined keeps everything in memory (`--ephemeral`). */
  readonly directory: string | undefined
  readonly clock: Clock
  /** Modules whose exported commands are registered. */
  readonly commands: readonly URL[]
  readonly migrations: readonly MigrationSource[]
  /** Told of each group commit: how many calls it carried and how long it took, in seconds. */
  readonly onGroup?: (calls: number, seconds: number) => void
  /** Told once per change: why the store can't be written (disk full), or undefined when it can be again. */
  readonly onHealth?: (problem: string | undefined) => void
  /** The same for checkpoints: nothing is lost while they fail, but the log grows. */
  readonly onCheckpoints?: (problem: string | undefined) => void
  /** Told once if the storage thread ends by itself: the store is of no use any more, and the node should restart. */
  readonly onLost?: (error: Error) => void
}

/**
 * Batches under way at once: one that the thread works on and one that waits for it, so that it never idles. What
 * arrives meanwhile is gathered and costs one message between the threads.
 */
const MAX_BATCHES_UNDER_WAY = 2

/** What the thread allocates dies with its group: a small nursery is as fast as a large one. */
const THREAD_YOUNG_GENERATION_MB = 6

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

/** Opens the store: resolves when its thread holds the lock and has migrated, or rejects with `CannotOpenStore`. */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const threadOptions: ThreadOptions = {
    directory: options.directory,
    clockOffset: options.clock.offset,
    commands: options.commands.map((url) => url.href),
    migrations: [KERNEL_MIGRATIONS, ...options.migrations].map(({ service, folder }) => ({
      service,
      folder: folder.href,
    })),
  }
  const worker = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: threadOptions,
    resourceLimits: { maxYoungGenerationSizeMb: THREAD_YOUNG_GENERATION_MB },
  })
  await new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (message: FromThread) => {
      worker.off('error', reject)
      if (message.type === 'cannot-open') reject(new CannotOpenStore(message.name, message.message))
      else resolve()
    })
  })
  return new SqliteStore(worker, options)
}

class SqliteStore implements Store {
  readonly #worker: Worker
  readonly #options: SqliteOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new WakeListeners()
  #calls: Call[] = []
  #lastId = 0
  #unanswered = 0
  #flushIsScheduled = false
  #gone: Error | undefined
  #onControl: ((error?: Error) => void) | undefined

  constructor(worker: Worker, options: SqliteOptions) {
    this.#worker = worker
    this.#options = options
    worker.on('message', (message: FromThread) => this.#hear(message))
    worker.on('error', (error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('the storage thread has ended')))
  }

  execute<A, R>(command: Command<A, R>, args: A): Promise<R> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    return new Promise<R>((resolve, reject) => {
      const id = ++this.#lastId
      this.#waiting.set(id, { resolve, reject })
      this.#calls.push([id, command.name, args])
      if (this.#flushIsScheduled) return
      this.#flushIsScheduled = true
      setImmediate(() => this.#flush()) // after this turn of the event loop, so that its calls travel together
    })
  }

  onWake(channel: string, listener: WakeListener): () => void {
    return this.#listeners.add(channel, listener)
  }

  onMissedWakes(): () => void {
    return () => {} // one node misses nothing
  }

  reset(): Promise<void> {
    return this.#control({ type: 'reset' })
  }

  async close(): Promise<void> {
    if (this.#gone !== undefined) return
    this.#postCalls()
    await this.#control({ type: 'close' })
    await this.#worker.terminate()
  }

  #control(message: ToThread): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#onControl = (error) => (error === undefined ? resolve() : reject(error))
      this.#worker.postMessage(message)
    })
  }

  #flush(): void {
    this.#flushIsScheduled = false
    if (this.#unanswered < MAX_BATCHES_UNDER_WAY) this.#postCalls()
  }

  #postCalls(): void {
    const calls = this.#calls
    if (calls.length === 0) return
    this.#calls = []
    this.#unanswered++
    const message: ToThread = { type: 'calls', clockOffset: this.#options.clock.offset, calls }
    this.#worker.postMessage(message)
  }

  #hear(message: FromThread): void {
    if (this.#gone !== undefined) return // everybody has been told
    switch (message.type) {
      case 'replies':
        return this.#hearReplies(message)
      case 'health':
        return this.#options.onHealth?.(message.problem)
      case 'checkpoints':
        return this.#options.onCheckpoints?.(message.problem)
      case 'closed':
        this.#gone = new Error('the store is closed') // before the thread's end is heard of, which then is no fault
        return this.#onControl?.()
      case 'reset-done':
        return this.#onControl?.()
    }
  }

  #hearReplies({ replies, wakes, seconds, batches }: FromThread & { type: 'replies' }): void {
    this.#unanswered -= batches
    this.#options.onGroup?.(replies.length, seconds)
    for (const [id, value, error] of replies) {
      const waiting = this.#waiting.get(id) as Waiting
      this.#waiting.delete(id)
      if (error === undefined) waiting.resolve(value as never)
      else waiting.reject(revive(error))
    }
    this.#listeners.tell(wakes)
    this.#flush()
  }

  #fail(error: Error): void {
    if (this.#gone !== undefined) return
    this.#gone = error
    this.#options.onHealth?.(error.message)
    this.#options.onLost?.(error)
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#onControl?.(error)
  }
}

function revive(error: PlainError): Error {
  if ('service' in error) return ServiceError.fromPlain(error.service)
  const revived = new Error(error.message)
  if (error.stack !== undefined) revived.stack = error.stack
  return revived
}
