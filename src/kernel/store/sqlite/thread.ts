/**
 * The storage thread: the one owner of the database. It takes every call that has arrived, runs them as one group, and
 * answers after the commit; while the commit is being written to the disk, the next calls queue up (group commit).
 */
import { mkdirSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { SystemClock } from '../../clock/clock.ts'
import { ServiceError } from '../../service-error.ts'
import { type AnyCommand, loadCommands } from '../commands.ts'
import { type Call, refuseAll, runGroup } from '../group.ts'
import {
  MIGRATION_TABLE,
  type Migration,
  pendingMigrations,
  readMigrations,
  recordMigration,
  withFragments,
} from '../migrations.ts'
import { Checkpoints } from './checkpoints.ts'
import { fileFault, openDatabase, writeFault } from './database.ts'
import { lockDirectory } from './lock.ts'
import type { FromThread, PlainError, Reply, ThreadOptions, ToThread } from './protocol.ts'
import { SqliteTx } from './transaction.ts'

/** More calls than this wait for the next group: it bounds how long one commit can hold the others up. */
const MAX_GROUP = 512

const FRAGMENTS = { clustered: 'without rowid' }

class StorageThread {
  readonly #port: MessagePort
  readonly #db: DatabaseSync
  readonly #tx: SqliteTx
  readonly #clock: SystemClock
  readonly #commands: ReadonlyMap<string, AnyCommand>
  readonly #migrations: readonly Migration[]
  readonly #checkpoints: Checkpoints | undefined
  readonly #unlock: () => void
  readonly #calls: Call[] = []
  readonly #controls: ToThread[] = []
  #batches = 0
  #running = false
  #problem: string | undefined

  private constructor(
    port: MessagePort,
    db: DatabaseSync,
    clock: SystemClock,
    commands: ReadonlyMap<string, AnyCommand>,
    options: ThreadOptions,
    unlock: () => void,
  ) {
    this.#port = port
    this.#db = db
    this.#clock = clock
    this.#tx = new SqliteTx(db, clock, commands)
    this.#commands = commands
    this.#migrations = readMigrations(
      options.migrations.map(({ service, folder }) => ({ service, folder: new URL(folder) })),
    )
    this.#checkpoints =
      options.directory === undefined
        ? undefined
        : new Checkpoints(db, options.directory, (problem) => this.#say({ type: 'checkpoints', problem }))
    this.#unlock = unlock
  }

  /** Locks, opens and migrates; then serves until it is told to close. */
  static async start(port: MessagePort, options: ThreadOptions): Promise<void> {
    const { directory } = options
    if (directory !== undefined) mkdirSync(directory, { recursive: true })
    const unlock = directory === undefined ? () => {} : lockDirectory(directory)
    const db = openDatabase(directory)
    const clock = new SystemClock(options.clockOffset)
    const commands = await loadCommands(options.commands.map((url) => new URL(url)))
    const thread = new StorageThread(port, db, clock, commands, options, unlock)
    await thread.#migrate()
    port.on('message', (message: ToThread) => thread.#accept(message))
    thread.#say({ type: 'open' })
  }

  #say(message: FromThread): void {
    this.#port.postMessage(message)
  }

  #accept(message: ToThread): void {
    this.#take(message)
    if (!this.#running) void this.#serve()
  }

  #take(message: ToThread): void {
    if (message.type !== 'calls') {
      this.#controls.push(message)
      return
    }
    if (message.clockOffset > this.#clock.offset) this.#clock.shift(message.clockOffset - this.#clock.offset)
    for (const call of message.calls) this.#calls.push(call)
    this.#batches++
  }

  async #serve(): Promise<void> {
    this.#running = true
    for (;;) {
      for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
        this.#take(next.message)
      }
      if (this.#calls.length > 0) await this.#serveGroup(this.#calls.splice(0, MAX_GROUP))
      else if (this.#controls.length > 0) await this.#control(this.#controls.shift() as ToThread)
      else break
    }
    this.#running = false
  }

  async #serveGroup(calls: readonly Call[]): Promise<void> {
    const began = performance.now()
    let problem: string | undefined
    const { settled, wakes } = await runGroup(this.#tx, this.#commands, calls, isFileFault).catch((error: unknown) => {
      problem = fileFault(error)
      return refuseAll(calls, error, problem)
    })
    const seconds = (performance.now() - began) / 1000
    const replies = settled.map((outcome, at): Reply => {
      const id = (calls[at] as Call)[0]
      return outcome.ok ? [id, outcome.value] : [id, undefined, plain(outcome.error)]
    })
    this.#noteHealth(problem)
    this.#say({ type: 'replies', replies, wakes, seconds, batches: this.#batches })
    this.#batches = 0
    this.#checkpoints?.afterCommit()
  }

  /** Told before the group's replies. A group that only read says nothing about writing, so a write of our own does. */
  #noteHealth(groupProblem: string | undefined): void {
    const problem = groupProblem ?? (this.#problem === undefined ? undefined : writeFault(this.#db))
    if (problem === this.#problem) return
    this.#problem = problem
    this.#say({ type: 'health', problem })
  }

  async #control(message: ToThread): Promise<void> {
    if (message.type === 'reset') await this.#reset()
    else await this.#close()
  }

  async #migrate(): Promise<void> {
    this.#db.exec(MIGRATION_TABLE)
    await this.#tx.begin()
    try {
      for (const migration of await pendingMigrations(this.#tx, this.#migrations)) {
        this.#db.exec(withFragments(migration.sql, FRAGMENTS))
        await recordMigration(this.#tx, migration)
      }
      await this.#tx.commit()
    } catch (error) {
      await this.#tx.rollback()
      throw error
    }
  }

  async #reset(): Promise<void> {
    this.#tx.reset()
    const tables = this.#db
      .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
      .all()
    this.#db.exec(`begin immediate; ${tables.map(({ name }) => `drop table "${name}";`).join(' ')} commit`)
    await this.#migrate()
    this.#say({ type: 'reset-done' })
  }

  async #close(): Promise<void> {
    await this.#checkpoints?.close()
    this.#tx.reset()
    this.#db.close()
    this.#unlock()
    this.#say({ type: 'closed' })
    this.#port.close()
  }
}

const isFileFault = (error: unknown): boolean => fileFault(error) !== undefined

function plain(error: unknown): PlainError {
  if (error instanceof ServiceError) return { service: error.toPlain() }
  if (error instanceof Error) return { message: error.message, stack: error.stack }
  return { message: String(error), stack: undefined }
}

const port = parentPort as MessagePort
StorageThread.start(port, workerData as ThreadOptions).catch((error: Error) => {
  port.postMessage({ type: 'cannot-open', name: error.name, message: error.message } satisfies FromThread)
  port.close()
})
