/**
 * Checkpoints: copying pages from the write-ahead log into the database, off the hot path.
 *
 * The bulk is copied by a thread with a connection of its own, which never blocks a commit. But the log can only start
 * again from its beginning when nothing is left in it, and while commits go on something always is: so, once only a
 * little is left, the storage thread copies the rest itself, between two commits.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'

/** What `pragma wal_checkpoint` answers: pages in the log, and how many of them are in the database. */
export interface LogState {
  readonly log: number
  readonly checkpointed: number
}

export type FromCheckpointer = { readonly state: LogState } | { readonly problem: string }

/** In pages. A longer log means fewer copies of a page that changes often, and a longer recovery after a crash. */
const BEGIN_AT = 4096
/** The storage thread itself copies no more than this (unless the checkpointer can't keep up). */
const FINISH_AT = 256
const MAX_PASSES = 6
/** Looking costs 2 µs, so not after every commit. */
const LOOK_EVERY = 16

export class Checkpoints {
  readonly #look: StatementSync
  readonly #finish: StatementSync
  readonly #directory: string
  readonly #onProblem: (problem: string | undefined) => void
  #worker: Worker | undefined
  #commits = 0
  #passes = 0
  #mode: 'waiting' | 'copying' | 'finishing' = 'waiting'
  #problem: string | undefined

  constructor(db: DatabaseSync, directory: string, onProblem: (problem: string | undefined) => void) {
    this.#look = db.prepare('pragma wal_checkpoint(noop)')
    this.#finish = db.prepare('pragma wal_checkpoint(passive)')
    this.#directory = directory
    this.#onProblem = onProblem
  }

  /** Called between two transactions. */
  afterCommit(): void {
    if (this.#mode === 'copying') return
    if (this.#mode === 'finishing') {
      this.#mode = 'waiting'
      this.#run(() => this.#finish.get())
      return
    }
    if (++this.#commits % LOOK_EVERY !== 0) return
    const state = this.#logState()
    if (state === undefined || state.log < BEGIN_AT || state.log === state.checkpointed) return
    this.#passes = 0
    this.#copy()
  }

  /** Undefined if it can't be read, which must not end the thread. */
  #logState(): LogState | undefined {
    try {
      return this.#look.get() as unknown as LogState
    } catch (error) {
      this.#tell((error as Error).message)
      return undefined
    }
  }

  /** Stops the checkpointer; the database's own close copies what is left. */
  async close(): Promise<void> {
    const worker = this.#worker
    if (worker === undefined) return
    const exited = new Promise((resolve) => worker.once('exit', resolve))
    worker.postMessage('close')
    await exited
  }

  #copy(): void {
    this.#mode = 'copying'
    this.#passes++
    this.#worker ??= this.#startWorker()
    this.#worker.postMessage('copy')
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./checkpointer.ts', import.meta.url), {
      workerData: this.#directory,
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
    })
    worker.on('message', (message: FromCheckpointer) => this.#hear(message))
    worker.on('error', (error) => this.#tell(error.message))
    worker.on('exit', () => {
      this.#worker = undefined // the next copy starts another
      this.#mode = 'waiting'
    })
    return worker
  }

  #hear(message: FromCheckpointer): void {
    if ('problem' in message) {
      this.#mode = 'waiting'
      this.#tell(message.problem)
      return
    }
    this.#tell(undefined)
    const left = message.state.log - message.state.checkpointed
    if (left > FINISH_AT && this.#passes < MAX_PASSES) this.#copy()
    else this.#mode = 'finishing'
  }

  #run(fn: () => void): void {
    try {
      fn()
      this.#tell(undefined)
    } catch (error) {
      this.#tell((error as Error).message)
    }
  }

  /** A checkpoint that fails loses nothing: the log keeps growing, and the next one tries again. */
  #tell(problem: string | undefined): void {
    if (problem === this.#problem) return
    this.#problem = problem
    this.#onProblem(problem)
  }
}
