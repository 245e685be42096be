/**
 * PostgreSQL's `Tx`: prepared statements over one connection, in READ COMMITTED. Each statement sees what was committed
 * before it began; what must not change under a command is locked first (`lock`, `skipLocked`).
 *
 * What needs no answer is sent and not waited for: locks, inserts, savepoints. A failure among them is kept and thrown
 * by the next thing that is waited for, at the latest by `release` and `commit`.
 */
import type { SystemClock } from '../../clock/clock.ts'
import type { GroupTx } from '../group.ts'
import { isQuery } from '../sql.ts'
import type { SqlValue, Tx } from '../store.ts'
import { GatheredWakes, type Wake } from '../wakes.ts'
import type { Connection, Result, Row } from './connection.ts'
import { type ColumnTypes, NAME_SEED } from './schema.ts'
import { type Statement, statementOf } from './statements.ts'

/** What the transactions of one node share. */
export interface NodeState {
  readonly clock: SystemClock
  readonly commands: Tx['commands']
  readonly memo: Map<string, unknown>
  columnTypes: ColumnTypes
  /** The latest `now` of any of them. */
  now: number
}

/** One round trip: begins, reads the database's clock and how far the platform's is shifted ahead of it. */
const BEGIN = (lockTimeoutMs: number) => `begin; set local lock_timeout = ${lockTimeoutMs};
  select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as "reading", offset_ms as "offset",
    current_setting('transaction_read_only') as "readOnly" from clock_offset`

const COMMIT: Statement = { name: '', text: 'commit' }
const SAVEPOINT: Statement = { name: '', text: 'savepoint one_call' }
const RELEASE: Statement = { name: '', text: 'release one_call' }
const UNDO_CALL: Statement = { name: '', text: 'rollback to one_call; release one_call' }

/** As one text: a row for each costs the driver ten times as much. */
const NEXT_IDS = statementOf(`select string_agg(nextval('id_sequence')::text, ',') as ids from generate_series(1, ?)`)

const HOLD_SHARED = statementOf(
  `select pg_advisory_xact_lock_shared(hashtextextended(name, ${NAME_SEED})) from unnest(?::text[]) as name`,
)
const HOLD_ALONE = statementOf(
  `select pg_advisory_xact_lock(hashtextextended(name, ${NAME_SEED})) from unnest(?::text[]) as name`,
)

export class PostgresTx implements GroupTx {
  readonly skipLocked = 'for update skip locked'
  readonly lane: number
  now = 0
  /** Whoever waits longer for a row may wait in a circle: PostgreSQL itself looks for that only after a second. */
  lockTimeoutMs = 0
  readonly #connection: Connection
  readonly #node: NodeState
  readonly #wakes = new GatheredWakes()
  #unanswered: Promise<number>[] = []
  #failure: { readonly error: unknown } | undefined
  /** Whether the call of the savepoint has written anything, or looked into the memory. */
  #hasTraces = false

  constructor(connection: Connection, lane: number, node: NodeState) {
    this.#connection = connection
    this.lane = lane
    this.#node = node
  }

  get memo(): Map<string, unknown> {
    this.#hasTraces = true
    return this.#node.memo
  }

  get commands(): Tx['commands'] {
    return this.#node.commands
  }

  async begin(): Promise<void> {
    const asked = performance.now()
    const [row] = (await this.#connection.script(BEGIN(this.lockTimeoutMs))) as [
      { reading: number; offset: number; readOnly: string },
    ]
    if (row.readOnly === 'on') throw Object.assign(new Error('it is a replica'), { code: '25006' })
    const { clock } = this.#node
    clock.follow(row.reading, performance.now() - asked)
    if (row.offset > clock.offset) clock.shift(row.offset - clock.offset) // another node has moved it
    this.#node.now = Math.max(this.#node.now, row.reading + clock.offset)
    this.now = this.#node.now
  }

  async commit(): Promise<readonly Wake[]> {
    void this.#defer(COMMIT)
    await this.#settled() // a failed transaction answers `commit` with a rollback, and no error: hence all the answers
    return this.#wakes.take()
  }

  /** What was remembered may never have happened. */
  async rollback(): Promise<void> {
    this.#node.memo.clear()
    this.#wakes.take()
    await Promise.all(this.#unanswered)
    this.#unanswered = []
    this.#failure = undefined
    if (this.#connection.lost === undefined)
      await this.#connection.script('rollback').catch(ifItIsLost(this.#connection))
  }

  async savepoint(): Promise<void> {
    this.#hasTraces = false
    void this.#defer(SAVEPOINT)
  }

  async release(): Promise<void> {
    void this.#defer(RELEASE)
    await this.#settled()
  }

  async rollbackToSavepoint(): Promise<void> {
    if (this.#hasTraces) this.#node.memo.clear() // a stream of calls that are refused drops no memory
    await Promise.all(this.#unanswered)
    this.#unanswered = []
    this.#failure = undefined
    await this.#connection.script(UNDO_CALL.text)
  }

  all<R>(sql: string, params: readonly SqlValue[] = []): Promise<R[]> {
    return mayBeLeft(this.#ask(sql, params).then((rows) => rows as R[]))
  }

  get<R>(sql: string, params: readonly SqlValue[] = []): Promise<R | undefined> {
    return mayBeLeft(this.#ask(sql, params).then(([row]) => row as R | undefined))
  }

  run(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    const counted = this.#run(statementOf(sql), params).then(({ count }) => {
      if (count > 0) this.#hasTraces = true
      return count
    })
    return mayBeLeft(counted)
  }

  async insertMany(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<void> {
    if (rows.length === 0) return
    this.#hasTraces = true
    void this.#defer(statementOf(this.#insertInto(table, columns)), byColumn(columns, rows))
  }

  insertAbsent(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<number> {
    if (rows.length === 0) return Promise.resolve(0)
    this.#hasTraces = true
    const statement = statementOf(`${this.#insertInto(table, columns)} on conflict do nothing`)
    return mayBeLeft(this.#run(statement, byColumn(columns, rows)).then(({ count }) => count))
  }

  async insertOver(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onConflict: string,
  ): Promise<void> {
    if (rows.length === 0) return
    void this.#defer(
      statementOf(`${this.#insertInto(table, columns)} on conflict ${onConflict}`),
      byColumn(columns, rows),
    )
  }

  lock(sql: string, params: readonly SqlValue[] = []): Promise<number> {
    return this.#defer(statementOf(`${sql} for update`), params)
  }

  async later(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    this.#hasTraces = true
    void this.#defer(statementOf(sql), params)
  }

  /** In one order for all. Two names may stand for one number: they are then held together, which is only slower. */
  async hold(how: 'shared' | 'alone', names: readonly string[]): Promise<void> {
    if (names.length > 0) void this.#defer(how === 'shared' ? HOLD_SHARED : HOLD_ALONE, [[...names].sort()])
  }

  nextIds(count: number): Promise<readonly number[]> {
    if (count === 0) return Promise.resolve([])
    return mayBeLeft(this.#run(NEXT_IDS, [count]).then(({ rows: [row] }) => String(row?.ids).split(',').map(Number)))
  }

  wake(channel: string, key: string, count = 1): void {
    this.#wakes.add(channel, key, count)
  }

  /** A whole column is one value: the statement is the same for any number of rows. */
  #insertInto(table: string, columns: readonly string[]): string {
    const values = columns.map((column) => `?::${this.#node.columnTypes.of(table, column)}[]`)
    return `insert into ${table} (${columns.join(', ')}) select * from unnest(${values.join(', ')})`
  }

  /** A statement that answers rows may be a write that returns some. */
  async #ask(sql: string, params: readonly SqlValue[]): Promise<Row[]> {
    if (!isQuery(sql)) this.#hasTraces = true
    return (await this.#run(statementOf(sql), params)).rows
  }

  /** What fails first is why everything after it fails. */
  #run(statement: Statement, values: readonly unknown[]): Promise<Result> {
    const answered = this.#connection.run(statement, values).catch((error: unknown) => {
      this.#failure ??= { error }
      throw this.#failure.error
    })
    this.#unanswered.push(answered.then(nothing, nothing))
    return mayBeLeft(answered)
  }

  /** Never rejects: a failure is kept for whoever waits for something next. */
  #defer(statement: Statement, values: readonly unknown[] = []): Promise<number> {
    const sent = this.#connection.run(statement, values).then(
      ({ count }) => count,
      (error: unknown) => {
        this.#failure ??= { error }
        return 0
      },
    )
    this.#unanswered.push(sent)
    return sent
  }

  async #settled(): Promise<void> {
    await Promise.all(this.#unanswered)
    this.#unanswered = []
    if (this.#failure !== undefined) throw this.#failure.error
  }
}

const nothing = () => 0

/**
 * A command that is under way with several statements is left by the failure of one of them: the others fail too, and nobody
 * waits for them any more. Nothing is lost by that: no transaction commits in which a statement has failed.
 */
function mayBeLeft<T>(answer: Promise<T>): Promise<T> {
  answer.catch(nothing)
  return answer
}

/**
 * Each column as the text of an array. The driver would make it, too, looking into every value for what it is: that costs
 * a message of fifteen columns 2 µs more.
 */
function byColumn(columns: readonly string[], rows: readonly (readonly SqlValue[])[]): string[] {
  return columns.map((_, at) => {
    let text = '{'
    for (const row of rows) text += `${text.length > 1 ? ',' : ''}${element(row[at])}`
    return `${text}}`
  })
}

/** A value in the text of an array. */
function element(value: SqlValue | undefined): string {
  if (value === null || value === undefined) return 'NULL'
  if (typeof value === 'string') return `"${SPECIAL.test(value) ? value.replace(/["\\]/g, '\\$&') : value}"`
  if (typeof value === 'object')
    return `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"`
  return String(value)
}
const SPECIAL = /["\\]/

/** A transaction ends with its connection: then there is nothing left to undo. */
const ifItIsLost =
  (connection: Connection) =>
  (error: unknown): Row[] => {
    if (connection.lost === undefined) throw error
    return []
  }
