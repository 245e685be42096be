/**
 * SQLite's `Tx`: prepared statements over one connection, synchronous underneath. The promises it returns are already
 * settled, so that a transaction never leaves the turn of the event loop in which it began.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Clock } from '../../clock/clock.ts'
import type { GroupTx } from '../group.ts'
import { isQuery } from '../sql.ts'
import type { SqlValue, Tx } from '../store.ts'
import { GatheredWakes, type Wake } from '../wakes.ts'
import type { OpenDatabase } from './database.ts'

/** Ids are taken from the store this many at a time; the rest of a block is lost with the process. */
const ID_BLOCK = 10_000

export class SqliteTx implements GroupTx {
  readonly skipLocked = ''
  readonly lane = 0
  readonly commands: Tx['commands']
  now: number
  readonly #db: DatabaseSync
  readonly #sync: () => void
  readonly #clock: Clock
  /** Rows changed since the database was opened, up to the last commit that is on the disk. */
  #changesOnDisk = 0
  readonly #statements = new Map<string, StatementSync>()
  readonly #wakes = new GatheredWakes()
  readonly #memo = new Map<string, unknown>()
  /** Whether the call of the savepoint has written anything, or looked into the memory. */
  #hasTraces = false
  #nextId = 0
  #endOfIds = 0
  #blockIsUncommitted = false

  constructor({ db, sync }: OpenDatabase, clock: Clock, commands: Tx['commands']) {
    this.#db = db
    this.#sync = sync
    this.#clock = clock
    this.commands = commands
    this.now = clock.now()
  }

  get memo(): Map<string, unknown> {
    this.#hasTraces = true
    return this.#memo
  }

  begin(): Promise<void> {
    this.now = this.#clock.now()
    return this.#do('begin immediate')
  }

  commit(): Promise<readonly Wake[]> {
    return settled(() => {
      this.#statement('commit').run()
      this.#syncChanges()
      this.#blockIsUncommitted = false
      return this.#wakes.take()
    })
  }

  /** A group that wrote nothing, such as long polls that find nothing, waits for no disk. */
  #syncChanges(): void {
    const { changes } = this.#statement('select total_changes() as changes').get() as { changes: number }
    if (changes === this.#changesOnDisk) return
    this.#sync()
    this.#changesOnDisk = changes
  }

  rollback(): Promise<void> {
    this.#forget()
    return this.#db.isTransaction ? this.#do('rollback') : Promise.resolve()
  }

  savepoint(): Promise<void> {
    this.#hasTraces = false
    return this.#do('savepoint one_call')
  }

  release(): Promise<void> {
    return this.#do('release one_call')
  }

  rollbackToSavepoint(): Promise<void> {
    if (this.#hasTraces) this.#forget() // a stream of calls that are refused drops no memory
    return settled(() => {
      this.#statement('rollback to one_call').run()
      this.#statement('release one_call').run()
    })
  }

  /** A clean slate after the schema was replaced: no prepared statement, no id and no memory of the old one. */
  reset(): void {
    this.#statements.clear()
    this.#blockIsUncommitted = true
    this.#forget()
    this.#wakes.take()
  }

  all<R>(sql: string, params: readonly SqlValue[] = []): Promise<R[]> {
    return settled(() => this.#asking(sql).all(...(params as SQLInputValue[])) as R[])
  }

  get<R>(sql: string, params: readonly SqlValue[] = []): Promise<R | undefined> {
    return settled(() => this.#asking(sql).get(...(params as SQLInputValue[])) as R | undefined)
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return settled(() => this.#run(sql, params))
  }

  insertMany(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<void> {
    return settled(() => void this.#insert(insertInto(table, columns), rows))
  }

  insertAbsent(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<number> {
    return settled(() => this.#insert(`${insertInto(table, columns)} on conflict do nothing`, rows))
  }

  insertOver(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onConflict: string,
  ): Promise<void> {
    return settled(() => void this.#insert(`${insertInto(table, columns)} on conflict ${onConflict}`, rows))
  }

  /** The one writer has locked everything. */
  lock(): Promise<undefined> {
    return NO_LOCK
  }

  later(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    return settled(() => void this.#run(sql, params))
  }

  hold(): Promise<undefined> {
    return NO_LOCK
  }

  nextIds(count: number): Promise<readonly number[]> {
    return settled(() => {
      const ids = new Array<number>(count)
      for (let i = 0; i < count; i++) {
        if (this.#nextId === this.#endOfIds) this.#takeBlock()
        ids[i] = this.#nextId++
      }
      return ids
    })
  }

  wake(channel: string, key: string, count = 1): void {
    this.#wakes.add(channel, key, count)
  }

  /**
   * After an undo the store may hold less than memory believes: the block of ids taken inside the undone transaction
   * would be given out again after a restart, and what a command remembered may never have happened. A wake-up too many
   * is harmless, one too few is not: wakes are kept.
   */
  #forget(): void {
    this.#memo.clear()
    if (!this.#blockIsUncommitted) return
    this.#nextId = 0
    this.#endOfIds = 0
    this.#blockIsUncommitted = false
  }

  #takeBlock(): void {
    const row = this.#statement("update id_block set next_id = next_id + ? where name = 'id' returning next_id").get(
      ID_BLOCK,
    ) as { next_id: number }
    this.#endOfIds = row.next_id
    this.#nextId = row.next_id - ID_BLOCK
    this.#blockIsUncommitted = true
    this.#hasTraces = true
  }

  /** Row by row: a multi-row statement is no faster here, since the statement stays prepared and nothing travels. */
  #insert(sql: string, rows: readonly (readonly SqlValue[])[]): number {
    const statement = this.#statement(sql)
    let inserted = 0
    for (const row of rows) {
      inserted += statement.run(...(row as SQLInputValue[])).changes as number
      if (inserted > 0) this.#hasTraces = true
    }
    return inserted
  }

  #do(sql: string): Promise<void> {
    return settled(() => void this.#statement(sql).run())
  }

  #run(sql: string, params: readonly SqlValue[]): number {
    const changes = this.#statement(sql).run(...(params as SQLInputValue[])).changes as number
    if (changes > 0) this.#hasTraces = true
    return changes
  }

  /** A statement that answers rows may be a write that returns some. */
  #asking(sql: string): StatementSync {
    if (!isQuery(sql)) this.#hasTraces = true
    return this.#statement(sql)
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

const NO_LOCK = Promise.resolve(undefined)

const insertInto = (table: string, columns: readonly string[]): string =>
  `insert into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`

/** A promise that is settled on return, so that awaiting it takes a microtask and no turn of the event loop. */
function settled<T>(fn: () => T): Promise<T> {
  try {
    return Promise.resolve(fn())
  } catch (error) {
    const failed = Promise.reject(error)
    failed.catch(() => {}) // a command may have left it, because another statement failed
    return failed
  }
}
