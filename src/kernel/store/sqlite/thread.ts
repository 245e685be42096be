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
import type { Settled } from '../store.ts'
import type { Wake } from '../wakes.ts'
import { Checkpoints } from './checkpoints.ts'
import { fileFault, openDatabase, writeFault } from './database.ts'
import { lockDirectory } from './lock.ts'
import type { FromThread, PlainError, Reply, ThreadOptions, ToThread } from './protocol.ts'
import { SqliteTx } from './transaction.ts'

/** More calls than this wait for the next group: it bounds how long one commit can hold the others up. */
const MAX_GROUP = 512

const FRAGMENTS = { clustered: 'without rowid' }

/** Who calls: the main thread, or one that it attached. */
interface Client {
  readonly port: MessagePort
  /** Of its calls, taken in since it was last answered. */
  batches: number
}

class StorageThread {
  /** The one that opened the store: when it closes it, it is closed for all. */
  readonly #main: Client
  readonly #clients: Set<Client>
  readonly #db: DatabaseSync
  readonly #tx: SqliteTx
  readonly #clock: SystemClock
  readonly #commands: ReadonlyMap<string, AnyCommand>
  readonly #migrations: readonly Migration[]
  readonly #checkpoints: Checkpoints | undefined
  readonly #unlock: () => void
  readonly #calls: Call[] = []
  /** Whose the calls are, one by one. */
  readonly #callers: Client[] = []
  readonly #controls: { readonly type: 'reset' | 'close'; readonly client: Client }[] = []
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
    this.#main = { port, batches: 0 }
    this.#clients = new Set([this.#main])
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
    thread.#listen(thread.#main)
    thread.#say({ type: 'open' })
  }

  #say(message: FromThread, client = this.#main): void {
    client.port.postMessage(message)
  }

  #listen(client: Client): void {
    client.port.on('message', (message: ToThread) => {
      this.#take(message, client)
      if (!this.#running) void this.#serve()
    })
  }

  #take(message: ToThread, client: Client): void {
    switch (message.type) {
      case 'calls':
        return this.#takeCalls(message, client)
      case 'attach':
        return this.#attach(message.port)
      default:
        this.#controls.push({ type: message.type, client })
    }
  }

  #takeCalls({ clockOffset, calls }: ToThread & { type: 'calls' }, client: Client): void {
    if (clockOffset > this.#clock.offset) this.#clock.shift(clockOffset - this.#clock.offset)
    for (const call of calls) {
      this.#calls.push(call)
      this.#callers.push(client)
    }
    client.batches++
  }

  #detach(client: Client): void {
    this.#clients.delete(client)
    this.#say({ type: 'closed' }, client)
  }

  /** One that is gone is told nothing more; what it called for is done all the same. */
  #attach(port: MessagePort): void {
    const client = { port, batches: 0 }
    this.#clients.add(client)
    port.on('close', () => this.#clients.delete(client))
    this.#listen(client)
  }

  async #serve(): Promise<void> {
    this.#running = true
    for (;;) {
      for (const client of this.#clients) this.#takeWhatWaits(client)
      const control = this.#controls[0]
      if (this.#calls.length > 0) {
        await this.#serveGroup(this.#calls.splice(0, MAX_GROUP), this.#callers.splice(0, MAX_GROUP))
      } else if (control !== undefined) {
        this.#controls.shift()
        await this.#control(control.type, control.client)
      } else break
    }
    this.#running = false
  }

  #takeWhatWaits(client: Client): void {
    const { port } = client
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      this.#take(next.message, client)
    }
  }

  async #serveGroup(calls: readonly Call[], callers: readonly Client[]): Promise<void> {
    const began = performance.now()
    let problem: string | undefined
    const { settled, wakes } = await runGroup(this.#tx, this.#commands, calls, isFileFault).catch((error: unknown) => {
      problem = fileFault(error)
      return refuseAll(calls, error, problem)
    })
    const seconds = (performance.now() - began) / 1000
    this.#noteHealth(problem)
    this.#answer({ calls, callers, settled, wakes, seconds })
    this.#checkpoints?.afterCommit()
  }

  #answer({ calls, callers, settled, wakes, seconds }: AnsweredGroup): void {
    const repliesOf = new Map<Client, Reply[]>()
    for (let at = 0; at < calls.length; at++) {
      const reply = replyTo(calls[at] as Call, settled[at] as Settled<unknown>)
      const replies = repliesOf.get(callers[at] as Client)
      if (replies === undefined) repliesOf.set(callers[at] as Client, [reply])
      else replies.push(reply)
    }
    let group: { calls: number; seconds: number } | undefined = { calls: calls.length, seconds }
    for (const client of this.#clients) {
      const replies = repliesOf.get(client)
      if (replies !== undefined) {
        this.#say({ type: 'replies', replies, wakes, batches: client.batches, group }, client)
        client.batches = 0
        group = undefined
      } else if (wakes.length > 0) this.#say({ type: 'wakes', wakes }, client)
    }
  }

  /** Told before the group's replies. A group that only read says nothing about writing, so a write of our own does. */
  #noteHealth(groupProblem: string | undefined): void {
    const problem = groupProblem ?? (this.#problem === undefined ? undefined : writeFault(this.#db))
    if (problem === this.#problem) return
    this.#problem = problem
    this.#say({ type: 'health', problem })
  }

  async #control(type: 'reset' | 'close', client: Client): Promise<void> {
    if (type === 'reset') await this.#reset(client)
    else if (client === this.#main) await this.#close()
    else this.#detach(client)
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

  async #reset(client: Client): Promise<void> {
    try {
      this.#tx.reset()
      await this.#migrate('anew')
      this.#say({ type: 'reset-done' }, client)
    } catch (error) {
      this.#say({ type: 'reset-failed', error: plain(error) }, client)
    }
  }

  async #close(): Promise<void> {
    await this.#checkpoints?.close()
    this.#tx.reset()
    this.#db.close()
    this.#unlock()
    this.#say({ type: 'closed' })
    for (const { port } of this.#clients) port.close()
  }
}

interface AnsweredGroup {
  readonly calls: readonly Call[]
  readonly callers: readonly Client[]
  readonly settled: readonly Settled<unknown>[]
  readonly wakes: readonly Wake[]
  readonly seconds: number
}

const replyTo = ([id]: Call, outcome: Settled<unknown>): Reply =>
  outcome.ok ? [id, outcome.value] : [id, undefined, plain(outcome.error)]

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
