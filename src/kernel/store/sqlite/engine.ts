/** The embedded store as the rest of the program sees it: opens the storage thread, and is its first client. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Clock } from '../../clock/clock.ts'
import { KERNEL_MIGRATIONS, type MigrationSource } from '../migrations.ts'
import { CannotOpenStore, type Command, type Store } from '../store.ts'
import type { WakeListener } from '../wakes.ts'
import { StorageClient } from './client.ts'
import { type Control, type FromThread, revive, type ThreadOptions, type ToThread } from './protocol.ts'

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

/** What the thread allocates dies with its group: a small nursery is as fast as a large one. */
const THREAD_YOUNG_GENERATION_MB = 6

export interface EmbeddedStore extends Store {
  /** A port for another thread of the process, which joins the store by it (`joinSqlite`). To be transferred. */
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

class SqliteStore implements EmbeddedStore {
  readonly #worker: Worker
  readonly #options: SqliteOptions
  readonly #client: StorageClient
  /** Resets and the closing that are under way, in the order in which the thread will answer them. */
  readonly #controls: PromiseWithResolvers<void>[] = []

  constructor(worker: Worker, options: SqliteOptions) {
    this.#worker = worker
    this.#options = options
    this.#client = new StorageClient(worker, options)
    worker.on('message', (message: FromThread) => this.#hear(message))
    worker.on('error', (error) => this.#fail(error))
    worker.on('exit', () => this.#fail(new Error('the storage thread has ended')))
  }

  execute<A, R>(command: Command<A, R>, args: A): Promise<R> {
    return this.#client.execute(command, args)
  }

  onWake(channel: string, listener: WakeListener): () => void {
    return this.#client.onWake(channel, listener)
  }

  onMissedWakes(): () => void {
    return () => {} // one node misses nothing
  }

  attach(): MessagePort {
    const { port1, port2 } = new MessageChannel()
    this.#worker.postMessage({ type: 'attach', port: port1 } satisfies ToThread, [port1])
    return port2
  }

  reset(): Promise<void> {
    return this.#control({ type: 'reset' })
  }

  async close(): Promise<void> {
    if (this.#client.gone !== undefined) return
    this.#client.post()
    await this.#control({ type: 'close' })
    await this.#worker.terminate()
  }

  #control(message: Control): Promise<void> {
    if (this.#client.gone !== undefined) return Promise.reject(this.#client.gone)
    const answered = Promise.withResolvers<void>()
    this.#controls.push(answered)
    this.#worker.postMessage(message)
    return answered.promise
  }

  #hear(message: FromThread): void {
    if (this.#client.gone !== undefined) return // everybody has been told
    switch (message.type) {
      case 'replies':
        return this.#client.hear(message)
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

  #fail(error: Error): void {
    if (this.#client.gone !== undefined) return
    this.#options.onHealth?.(error.message)
    this.#options.onLost?.(error)
    this.#abandon(error)
  }

  #abandon(error: Error): void {
    this.#client.abandon(error)
    for (const { reject } of this.#controls) reject(error)
    this.#controls.length = 0
  }
}
