/**
 * For the tests of this folder: SQLite's transactions without its thread, so that a test owns the time, sees the rows,
 * and can cut a node off from its store as a crash would.
 */
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../clock/clock.ts'
import type { AnyCommand } from '../store/commands.ts'
import { runGroup } from '../store/group.ts'
import { readMigrations } from '../store/migrations.ts'
import { openDatabase } from '../store/sqlite/database.ts'
import { SqliteTx } from '../store/sqlite/transaction.ts'
import { type Command, type Store, single, type Tx } from '../store/store.ts'

interface Waiting {
  readonly command: AnyCommand
  readonly args: unknown
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

type Listener = (key: string, count: number) => void

export interface Connection extends Store {
  /** From now on the node gets no answer and hears no wake-up. */
  cut(): void
  /** While set, every call fails with it. */
  fault: Error | undefined
  /** The names of the commands that the node has executed. */
  readonly executed: string[]
}

export class TestStore {
  readonly db: DatabaseSync
  readonly #tx: SqliteTx
  readonly #commands = new Map<string, AnyCommand>()
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #connections: Connection[] = []
  #waiting: Waiting[] = []
  #isServing = false

  constructor(clock: Clock) {
    const database = openDatabase(undefined)
    this.db = database.db
    this.#tx = new SqliteTx(database, clock, this.#commands)
    for (const folder of [
      new URL('../store/migrations/', import.meta.url),
      new URL('./migrations/', import.meta.url),
    ]) {
      for (const { sql } of readMigrations([{ service: 'test', folder }])) this.db.exec(sql)
    }
  }

  /** The rows of the job table. */
  jobs(): Record<string, unknown>[] {
    return this.db.prepare('select * from job order by kind, key').all()
  }

  /** Runs a function as a transaction of its own, as a service's command would be. */
  transaction<R>(fn: (tx: Tx) => Promise<R>): Promise<R> {
    return this.#execute(single<null, R>('test', fn), null)
  }

  connect(): Connection {
    let isCut = false
    const unheard = new Promise<never>(() => {})
    const connection: Connection = {
      fault: undefined,
      executed: [],
      cut: () => {
        isCut = true
      },
      execute: async <A, R>(command: Command<A, R>, args: A) => {
        if (isCut) return unheard
        if (connection.fault !== undefined) throw connection.fault
        connection.executed.push(command.name)
        const answer = await this.#execute(command, args)
        return isCut ? unheard : answer
      },
      onWake: (channel, listener) => {
        const listeners = this.#listeners.get(channel) ?? new Set()
        const heard: Listener = (key, count) => {
          if (!isCut) listener(key, count)
        }
        this.#listeners.set(channel, listeners.add(heard))
        return () => listeners.delete(heard)
      },
      onMissedWakes: () => () => {},
      reset: () => Promise.reject(new Error('not needed here')),
      close: async () => connection.cut(),
    }
    this.#connections.push(connection)
    return connection
  }

  /** Ends every node for good: what a test leaves behind must not go on in real time. */
  close(): void {
    for (const connection of this.#connections) connection.cut()
  }

  #execute<A, R>(command: Command<A, R>, args: A): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ command, args, resolve, reject })
      if (!this.#isServing) void this.#serve()
    })
  }

  async #serve(): Promise<void> {
    this.#isServing = true
    while (this.#waiting.length > 0) {
      await nextTurn() // calls of this turn share a transaction, unless two ad-hoc ones have the same name
      const { command } = this.#waiting[0] as Waiting
      const next = this.#waiting.findIndex((other) => other.command.name === command.name && other.command !== command)
      const group = this.#waiting.splice(0, next === -1 ? this.#waiting.length : next)
      for (const { command } of group) this.#commands.set(command.name, command)
      const { settled, wakes } = await runGroup(
        this.#tx,
        this.#commands,
        group.map(({ command, args }, i) => [i, command.name, structuredClone(args)] as const),
        () => false,
      )
      for (const [i, outcome] of settled.entries()) {
        if (outcome.ok) group[i]?.resolve(outcome.value as never)
        else group[i]?.reject(outcome.error)
      }
      for (const { channel, key, count } of wakes) {
        for (const listener of this.#listeners.get(channel) ?? []) listener(key, count)
      }
    }
    this.#isServing = false
  }
}
