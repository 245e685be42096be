/**
 * The storage thread: the one owner of the database. It takes every call that has arrived, runs them as one group, and
 * answers after the commit; while the commit is being written to the disk, the next calls queue up (group commit).
 */
import { mkdirSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { SystemClock } from '../../clock/clock.ts'
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
import type { Settled } from '../store.ts'
import type { Wake } from '../wakes.ts'
import { Checkpoints } from './checkpoints.ts'
import { fileFault, NotOnDisk, type OpenDatabase, openDatabase, writeFault } from './database.ts'
import { lockDirectory } from './lock.ts'
import {
  type Control,
  type FromThread,
  packReply,
  plain,
  type ThreadOptions,
  type ToThread,
  unpackCalls,
} from './protocol.ts'
import { SqliteTx } from './transaction.ts'

/** More calls than this wait for the next group: it bounds how long one commit can hold the others up. */
const MAX_GROUP = 512

const FRAGMENTS = { clustered: 'without rowid' }

/** Who sends calls: the main thread, by the thread's own port, and those that are attached. */
interface Client {
  readonly port: MessagePort
  /** Messages with calls that were taken in since it was last told. */
  batches: number
}

/** What a client is answered of a group. */
interface Answers {
  count: number
  readonly parts: unknown[]
}

class StorageThread {
  /** The main thread's, which alone controls this one. */
  readonly #port: MessagePort
  readonly #database: OpenDatabase
  readonly #db: DatabaseSync
  readonly #tx: SqliteTx
  readonly #clock: SystemClock
  readonly #commands: ReadonlyMap<string, AnyCommand>
  readonly #migrations: readonly Migration[]
  readonly #checkpoints: Checkpoints | undefined
  readonly #unlock: () => void
  readonly #clients = new Set<Client>()
  /** In the order of their arrival, each with its client at the same place. */
  readonly #calls: Call[] = []
  readonly #callers: Client[] = []
  readonly #controls: Control[] = []
  #running = false
  #problem: string | undefined

  private constructor(
    port: MessagePort,
    database: OpenDatabase,
    clock: SystemClock,
    commands: ReadonlyMap<string, AnyCommand>,
    options: ThreadOptions,
    unlock: () => void,
  ) {
    const { db } = database
    this.#port = port
    this.#database = database
    this.#db = db
    this.#clock = clock
    this.#tx = new SqliteTx(database, clock, commands)
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
    const database = openDatabase(directory)
    const clock = new SystemClock(options.clockOffset)
    const commands = await loadCommands(options.commands.map((url) => new URL(url)))
    const thread = new StorageThread(port, database, clock, commands, options, unlock)
    await thread.#migrate()
    thread.#attach(port)
    thread.#say({ type: 'open' })
  }

  #say(message: FromThread): void {
    this.#port.postMessage(message)
  }

  #attach(port: MessagePort): void {
    const client: Client = { port, batches: 0 }
    this.#clients.add(client)
    port.on('message', (message: ToThread) => {
      this.#take(client, message)
      if (!this.#running) void this.#serve()
    })
    port.on('close', () => this.#clients.delete(client))
  }

  #take(client: Client, message: ToThread): void {
    if (message.type === 'attach') return this.#attach(message.port)
    if (message.type !== 'calls') {
      this.#controls.push(message)
      return
    }
    if (message.clockOffset > this.#clock.offset) this.#clock.shift(message.clockOffset - this.#clock.offset)
    unpackCalls(message.parts, this.#commands, (call) => {
      this.#calls.push(call)
      this.#callers.push(client)
    })
    client.batches++
  }

  #takeAll(): void {
    for (const client of this.#clients) {
      const { port } = client
      for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
        this.#take(client, next.message)
      }
    }
  }

  async #serve(): Promise<void> {
    this.#running = true
    for (;;) {
      this.#takeAll()
      if (this.#calls.length > 0) {
        await this.#serveGroup(this.#calls.splice(0, MAX_GROUP), this.#callers.splice(0, MAX_GROUP))
      } else if (this.#controls.length > 0) await this.#control(this.#controls.shift() as Control)
      else break
    }
    this.#running = false
  }

  async #serveGroup(calls: readonly Call[], callers: readonly Client[]): Promise<void> {
    const began = performance.now()
    let problem: string | undefined
    const { settled, wakes } = await runGroup(this.#tx, this.#commands, calls, isFileFault).catch((error: unknown) => {
      if (error instanceof NotOnDisk) throw error
      problem = fileFault(error)
      return refuseAll(calls, error, problem)
    })
    const seconds = (performance.now() - began) / 1000
    this.#noteHealth(problem)
    const answers = this.#answersOf(calls, callers, settled)
    for (const client of this.#clients)
      this.#reply(client, answers.get(client) ?? { count: 0, parts: [] }, wakes, seconds)
    this.#checkpoints?.afterCommit()
  }

  /** By client, each in the order of its calls. */
  #answersOf(
    calls: readonly Call[],
    callers: readonly Client[],
    settled: readonly Settled<unknown>[],
  ): Map<Client, Answers> {
    const answers = new Map<Client, Answers>()
    for (let at = 0; at < calls.length; at++) {
      const [id, command] = calls[at] as Call
      const client = callers[at] as Client
      let ofClient = answers.get(client)
      if (ofClient === undefined) {
        ofClient = { count: 0, parts: [] }
        answers.set(client, ofClient)
      }
      ofClient.count++
      packReply(id, this.#commands.get(command)?.packing, settled[at] as Settled<unknown>, ofClient.parts)
    }
    return answers
  }

  /** Every client hears of every wake-up. */
  #reply(client: Client, { count, parts }: Answers, wakes: readonly Wake[], seconds: number): void {
    const { port, batches } = client
    if (count === 0 && batches === 0 && wakes.length === 0) return
    client.batches = 0
    port.postMessage({ type: 'replies', count, parts, wakes, seconds, batches } satisfies FromThread)
  }

  /** Told before the group's replies. A group that only read says nothing about writing, so a write of our own does. */
  #noteHealth(groupProblem: string | undefined): void {
    const problem = groupProblem ?? (this.#problem === undefined ? undefined : writeFault(this.#db))
    if (problem === this.#problem) return
    this.#problem = problem
    this.#say({ type: 'health', problem })
  }

  async #control(message: Control): Promise<void> {
    if (message.type === 'reset') await this.#reset()
    else await this.#close()
  }

  /** In one transaction; `anew` drops every table first. */
  async #migrate(from: 'here' | 'anew' = 'here'): Promise<void> {
    await this.#tx.begin()
    try {
      if (from === 'anew') this.#dropTables()
      this.#db.exec(MIGRATION_TABLE)
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

  #dropTables(): void {
    const tables = this.#db.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
    for (const { name } of tables.all()) this.#db.exec(`drop table "${name}"`)
  }

  async #reset(): Promise<void> {
    try {
      this.#tx.reset()
      await this.#migrate('anew')
      this.#say({ type: 'reset-done' })
    } catch (error) {
      this.#say({ type: 'reset-failed', error: plain(error) })
    }
  }

  async #close(): Promise<void> {
    await this.#checkpoints?.close()
    this.#tx.reset()
    this.#database.close()
    this.#unlock()
    this.#say({ type: 'closed' })
    for (const { port } of this.#clients) port.close()
  }
}

const isFileFault = (error: unknown): boolean => error instanceof NotOnDisk || fileFault(error) !== undefined

const port = parentPort as MessagePort
StorageThread.start(port, workerData as ThreadOptions).catch((error: Error) => {
  port.postMessage({ type: 'cannot-open', name: error.name, message: error.message } satisfies FromThread)
  port.close()
})
