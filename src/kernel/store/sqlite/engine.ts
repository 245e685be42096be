/**
 * The embedded store as the rest of the program sees it: calls go to the storage thread in batches, replies come back
 * after the commit. Nothing is kept here that a restart would miss.
 */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
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

/** The store with the thread that owns it. */
export interface EmbeddedStore extends Store {
  /** For another thread, which calls the same storage thread through it: see `connectSqlite`. To be transferred. */
  attach(): MessagePort
}

/** Opens the store: resolves when its thread holds the lock and has migrated, or rejects with `CannotOpenStore`. */
export async function openSqlite(options: SqliteOptions): Promise<EmbeddedStore> {
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

/** The store in another thread than the one that opened it; closing it there closes it for that thread alone. */
export function connectSqlite(port: MessagePort, options: Pick<SqliteOptions, 'clock' | 'onGroup'>): Store {
  return new SqliteStore(port, options)
}

type StoreOptions = Omit<SqliteOptions, 'directory' | 'commands' | 'migrations'>

class SqliteStore implements EmbeddedStore {
  /** The storage thread, or a way to it. */
  readonly #thread: Worker | MessagePort
  readonly #options: StoreOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new WakeListeners()
  #calls: Call[] = []
  #lastId = 0
  #unanswered = 0
  #flushIsScheduled = false
  #gone: Error | undefined
  /** Resets and the closing that are under way, in the order in which the thread will answer them. */
  readonly #controls: PromiseWithResolvers<void>[] = []

  constructor(thread: Worker | MessagePort, options: StoreOptions) {
    this.#thread = thread
    this.#options = options
    const ended = () => this.#fail(new Error('the storage thread has ended'))
    if (thread instanceof Worker) {
      thread.on('error', (error) => this.#fail(error))
      thread.on('exit', ended)
    } else thread.on('close', ended)
    thread.on('message', (message: FromThread) => this.#hear(message))
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
    if (this.#thread instanceof Worker) await this.#thread.terminate()
    else this.#thread.close()
  }

  attach(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    this.#thread.postMessage({ type: 'attach', port: port1 } satisfies ToThread, [port1])
    return port2
  }

  #control(message: ToThread): Promise<void> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    const answered = Promise.withResolvers<void>()
    this.#controls.push(answered)
    this.#thread.postMessage(message)
    return answered.promise
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
    this.#thread.postMessage(message)
  }

  #hear(message: FromThread): void {
    if (this.#gone !== undefined) return // everybody has been told
    switch (message.type) {
      case 'replies':
        return this.#hearReplies(message)
      case 'wakes':
        return this.#listeners.tell(message.wakes)
      case 'health':
        return this.#options.onHealth?.(message.problem)
      case 'checkpoints':
        return this.#options.onCheckpoints?.(message.problem)
      case 'closed':
        this.#controls.shift()?.resolve()
        return this.#abandon(new Error('the store is closed')) // the thread's end, heard of later, then is no fault
      case 'reset-done':
        return this.#controls.shift()?.resolve()
      case 'reset-failed':
        return this.#controls.shift()?.reject(revive(message.error))
    }
  }

  #hearReplies({ replies, wakes, batches, group }: FromThread & { type: 'replies' }): void {
    this.#unanswered -= batches
    if (group !== undefined) this.#options.onGroup?.(group.calls, group.seconds)
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
    this.#options.onHealth?.(error.message)
    this.#options.onLost?.(error)
    this.#abandon(error)
  }

  /** From here on nothing is answered any more: whoever waits, or comes, is told why. */
  #abandon(error: Error): void {
    this.#gone = error
    for (const { reject } of [...this.#waiting.values(), ...this.#controls]) reject(error)
    this.#waiting.clear()
    this.#controls.length = 0
  }
}

function revive(error: PlainError): Error {
  if ('service' in error) return ServiceError.fromPlain(error.service)
  const revived = new Error(error.message)
  if (error.stack !== undefined) revived.stack = error.stack
  return revived
}
