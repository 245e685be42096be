/**
 * One connection to PostgreSQL. Statements are sent as they come, without waiting for the answers to those before
 * (pipelining), and are answered in order: what needs no answer costs no round trip.
 */
import type { Duplex } from 'node:stream'
import { Client, type ClientConfig, type QueryResult, types } from 'pg'
import { ServiceError } from '../../service-error.ts'
import { ConnectionLost, isUnstorable, storeFault, tlsFault } from './faults.ts'
import type { Statement } from './statements.ts'
import { tlsOf } from './tls.ts'

export interface ConnectionOptions {
  /** `postgres://user:password@host:port/database?sslmode=…`; see tls.ts. */
  readonly url: string
  readonly statementTimeoutMs: number
}

export type Row = Record<string, unknown>

export interface Result {
  readonly rows: Row[]
  /** Rows changed, or read. */
  readonly count: number
}

/** To connect, and for what the database doesn't answer at all: a little more than it is given itself. */
const PATIENCE_MS = 5_000
const INT8 = 20

/**
 * Plans that read whole tables, indices or queues to sort or to join them are right for the moment at which a queue is
 * empty, and stay in use when it is not. All statements have an index to go by, so that is what they do.
 */
const SESSION = `set enable_seqscan = off; set enable_bitmapscan = off; set enable_hashjoin = off;
  set enable_mergejoin = off; set jit = off; set plan_cache_mode = force_generic_plan;
  set default_transaction_isolation = 'read committed'; set client_min_messages = warning`

/** The driver's types don't mention what it sends through. */
type OpenClient = Client & { readonly connection: { readonly stream: Duplex } }

export class Connection {
  readonly #client: OpenClient
  readonly #onNotification = new Set<(payload: string) => void>()
  readonly #onLost = new Set<() => void>()
  #lost: string | undefined
  #isGathering = false

  private constructor(client: Client) {
    this.#client = client as OpenClient
    client.on('error', (error) => this.#lose(error.message))
    client.on('end', () => this.#lose('the connection ended'))
    client.on('notification', ({ payload = '' }) => {
      for (const listener of this.#onNotification) listener(payload)
    })
  }

  /** Rejects with `ConnectionLost`, with `TlsRefused`, or with the database's own refusal. */
  static async open({ url, statementTimeoutMs }: ConnectionOptions): Promise<Connection> {
    const { url: connectionString, ssl } = tlsOf(url)
    const config: ClientConfig & { pipeline: boolean } = {
      connectionString,
      ssl,
      application_name: 'millrace',
      connectionTimeoutMillis: PATIENCE_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      statement_timeout: statementTimeoutMs,
      idle_in_transaction_session_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + PATIENCE_MS,
      pipeline: true,
      types: { getTypeParser: (oid, format) => (oid === INT8 ? Number : types.getTypeParser(oid, format)) },
    }
    const connection = new Connection(new Client(config))
    try {
      await connection.#client.connect()
      await connection.script(SESSION)
    } catch (error) {
      connection.close()
      throw tlsFault(error as Error) ?? (storeFault(error) === undefined ? lost(reasonOf(error as Error)) : error)
    }
    return connection
  }

  /** Why the connection can't be used any more. */
  get lost(): string | undefined {
    return this.#lost
  }

  /** Called once, when the connection is lost or closed. */
  onLost(fn: () => void): void {
    this.#onLost.add(fn)
  }

  onNotification(fn: (payload: string) => void): void {
    this.#onNotification.add(fn)
  }

  /** Runs several statements without values, in one round trip; answers the rows of the last. */
  async script(text: string): Promise<Row[]> {
    const results = await this.#send({ text })
    const last = Array.isArray(results) ? results.at(-1) : results
    return last.rows
  }

  async run(statement: Statement, values: readonly unknown[]): Promise<Result> {
    const { rows, rowCount } = await this.#send({ ...statement, values: values as unknown[] })
    return { rows, count: rowCount ?? 0 }
  }

  /** What is under way fails with `ConnectionLost`. */
  close(): void {
    this.#lose('the connection was closed')
    this.#client.end(() => {})
  }

  #send(query: { text: string; name?: string; values?: unknown[] }): Promise<QueryResult<Row>> {
    if (this.#lost !== undefined) return Promise.reject(lost(this.#lost))
    const { promise, resolve, reject } = Promise.withResolvers<QueryResult<Row>>()
    this.#sendTogether()
    void this.#client.query(query, (error: Error | null, result: QueryResult<Row>) => {
      if (!error) return resolve(result)
      if (isUnstorable(error)) reject(unstorable())
      else reject(this.#lost !== undefined || isOfTheWay(error) ? lost(reasonOf(error)) : error)
    })
    return promise
  }

  /** Statements that are sent in one go leave in one packet: a system call for each costs more than making it. */
  #sendTogether(): void {
    if (this.#isGathering) return
    this.#isGathering = true
    const { stream } = this.#client.connection
    stream.cork()
    process.nextTick(() => {
      this.#isGathering = false
      stream.uncork()
    })
  }

  #lose(reason: string): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    for (const fn of this.#onLost) fn()
  }
}

/** Whether the statement failed on its way to the database or back; what the database says itself has a severity. */
const isOfTheWay = (error: Error): boolean => !('severity' in error) && ('syscall' in error || WAY.test(error.message))
const WAY = /not queryable|terminated|timeout/

/** Several addresses that all refuse are one error without a message. */
const reasonOf = (error: Error): string => error.message || String((error as NodeJS.ErrnoException).code)

const unstorable = () => new ServiceError('ValidationError', 'A text holds the character U+0000.', { status: 400 })

const lost = (reason: string) => new ConnectionLost(`the database can not be reached (${reason})`)
