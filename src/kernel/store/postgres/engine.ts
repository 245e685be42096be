/**
 * The store over PostgreSQL. Any number of nodes share a database; none of them is special, and nothing is kept in one.
 *
 * Calls gather as they do for SQLite: while a group is being committed, what arrives waits for the next. A group is of
 * one command, which holds its rows in one order: groups of several would wait for each other crosswise.
 */
import type { SystemClock } from '../../clock/clock.ts'
import { type AnyCommand, loadCommands } from '../commands.ts'
import { unavailable } from '../group.ts'
import { KERNEL_MIGRATIONS, type Migration, type MigrationSource, readMigrations } from '../migrations.ts'
import { CannotOpenStore, type Command, type Settled, type Store } from '../store.ts'
import { type WakeListener, WakeListeners } from '../wakes.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { isMistake, storeFault } from './faults.ts'
import { Lane } from './lane.ts'
import { Lines, type Waiting } from './lines.ts'
import { Notifier } from './notifier.ts'
import { ColumnTypes, dropTables, migrate } from './schema.ts'
import type { NodeState } from './transaction.ts'

export interface PostgresOptions {
  readonly url: string
  readonly clock: SystemClock
  /** Modules whose exported commands are registered. */
  readonly commands: readonly URL[]
  readonly migrations: readonly MigrationSource[]
  /** Connections for transactions; there is one more, for wake-ups. */
  readonly poolSize?: number
  readonly statementTimeoutMs?: number
  /** Told of each group: how many calls it carried and how long it took, in seconds. */
  readonly onGroup?: (calls: number, seconds: number) => void
  /** Told once per change: why the database can't be used, or undefined when it can be again. */
  readonly onHealth?: (problem: string | undefined) => void
}

/** Between attempts to open a database that was away when the node started; while it is away, between any two calls. */
const RETRY_MS = 500

/**
 * Resolves when the database is migrated. If it is away, resolves all the same: calls are refused until it is there, and
 * `onHealth` says why. Rejects with `CannotOpenStore` for what waiting doesn't mend: wrong credentials, a newer schema.
 */
export async function openPostgres(options: PostgresOptions): Promise<Store> {
  const commands = await loadCommands(options.commands)
  const migrations = readMigrations([KERNEL_MIGRATIONS, ...options.migrations])
  const store = new PostgresStore(options, commands, migrations)
  await store.open()
  return store
}

class PostgresStore implements Store {
  readonly #options: PostgresOptions
  readonly #connection: ConnectionOptions
  readonly #migrations: readonly Migration[]
  readonly #node: NodeState
  readonly #idle: Lane[]
  readonly #lanes: readonly Lane[]
  readonly #listeners = new WakeListeners()
  readonly #notifier: Notifier
  readonly #lines: Lines
  /** Calls with a lane: until they are answered. */
  #unanswered = 0
  #isScheduled = false
  #isOpen = false
  #isHeld = false
  #isClosed = false
  #onQuiet: (() => void) | undefined
  #problem: string | undefined
  /** While the database is away, calls are refused at once up to this time. */
  #retryAt = 0

  constructor(options: PostgresOptions, commands: ReadonlyMap<string, AnyCommand>, migrations: readonly Migration[]) {
    const { url, clock, statementTimeoutMs = 30_000, poolSize = 4 } = options
    this.#options = options
    this.#connection = { url, statementTimeoutMs }
    this.#migrations = migrations
    this.#node = { clock, commands, memo: new Map(), columnTypes: ColumnTypes.none, now: 0 }
    const lane = { connection: this.#connection, clock, commands, node: this.#node }
    this.#lanes = Array.from({ length: poolSize }, () => new Lane(lane))
    this.#idle = [...this.#lanes]
    this.#lines = new Lines(clock, () => this.#dispatch())
    this.#notifier = new Notifier({ connection: this.#connection, clock, listeners: this.#listeners })
  }

  async open(): Promise<void> {
    try {
      await this.#migrate()
    } catch (error) {
      const { name, message } = error as Error
      const problem = storeFault(error)
      if (problem === undefined || isMistake(error)) {
        await this.close()
        throw new CannotOpenStore(name, message)
      }
      this.#noteHealth(problem)
      this.#openLater()
    }
  }

  execute<A, R>(command: Command<A, R>, args: A): Promise<R> {
    if (this.#isClosed) return Promise.reject(new Error('the store is closed'))
    if (!this.#isOpen || this.#isAway()) return Promise.reject(unavailable())
    return new Promise<R>((resolve, reject) => {
      this.#lines.add({ call: [0, command.name, args], resolve, reject })
      if (this.#isScheduled) return
      this.#isScheduled = true
      setImmediate(() => {
        this.#isScheduled = false
        this.#dispatch()
      })
    })
  }

  onWake(channel: string, listener: WakeListener): () => void {
    return this.#listeners.add(channel, listener)
  }

  onMissedWakes(listener: () => void): () => void {
    return this.#notifier.onLookAgain(listener)
  }

  async reset(): Promise<void> {
    await this.#quiet()
    try {
      const connection = await Connection.open(this.#connection)
      try {
        await dropTables(connection)
      } finally {
        connection.close()
      }
      await this.#migrate()
      this.#node.memo.clear()
    } finally {
      this.#isHeld = false
      this.#dispatch()
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    while (!this.#lines.areEmpty) await this.#nextQuiet()
    this.#isClosed = true
    await this.#quiet()
    await this.#notifier.close()
    for (const lane of this.#lanes) lane.close()
  }

  async #migrate(): Promise<void> {
    const connection = await Connection.open(this.#connection)
    try {
      await migrate(connection, this.#migrations)
      this.#node.columnTypes = await ColumnTypes.read(connection)
      this.#isOpen = true
    } finally {
      connection.close()
    }
  }

  #openLater(): void {
    const { clock } = this.#options
    clock.at(clock.now() + RETRY_MS, () => void this.#openNow())
  }

  async #openNow(): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.#migrate()
      this.#noteHealth(undefined)
    } catch (error) {
      this.#noteHealth(storeFault(error) ?? (error as Error).message)
      this.#openLater()
    }
  }

  #dispatch(): void {
    if (this.#isHeld) return
    for (let lane = this.#idle.pop(); lane !== undefined; lane = this.#idle.pop()) {
      const group = this.#lines.take()
      if (group === undefined) {
        this.#idle.push(lane)
        return
      }
      void this.#serve(lane, group)
    }
  }

  async #serve(lane: Lane, group: readonly Waiting[]): Promise<void> {
    this.#unanswered += group.length
    const began = performance.now()
    const { settled, wakes, problem } = await lane.run(group.map(({ call }) => call))
    this.#unanswered -= group.length
    this.#idle.push(lane)
    this.#lines.served(group)
    this.#noteHealth(problem)
    this.#options.onGroup?.(group.length, (performance.now() - began) / 1000)
    for (let at = 0; at < group.length; at++) answer(group[at] as Waiting, settled[at] as Settled<never>)
    this.#listeners.tell(wakes)
    this.#notifier.send(wakes)
    this.#dispatch()
    if (this.#unanswered === 0) this.#onQuiet?.()
  }

  /** Holds back what waits, and resolves when nothing is under way. */
  async #quiet(): Promise<void> {
    this.#isHeld = true
    if (this.#unanswered > 0) await this.#nextQuiet()
  }

  #nextQuiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#onQuiet = resolve
    })
  }

  #isAway(): boolean {
    return this.#problem !== undefined && this.#options.clock.now() < this.#retryAt
  }

  #noteHealth(problem: string | undefined): void {
    if (problem !== undefined) this.#retryAt = this.#options.clock.now() + RETRY_MS
    if (problem === this.#problem) return
    this.#problem = problem
    this.#options.onHealth?.(problem)
  }
}

function answer({ resolve, reject }: Waiting, outcome: Settled<never>): void {
  if (outcome.ok) resolve(outcome.value)
  else reject(outcome.error)
}
