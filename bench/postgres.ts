/**
 * The PostgreSQL under a benchmark: one that is started for it, or a server that runs already. Everything happens in
 * databases that are made for the benchmark; on a server that runs already, they stay behind when it is broken off.
 */
import os from 'node:os'
import process from 'node:process'
import { Client } from 'pg'
import { PostgresServer } from '../src/testing/postgres-server.ts'
import { commandLine, parentOf } from './machine.ts'

/** As an operator would have it: nothing is promised that isn't on the disk, and there is memory to work in. */
const settings = (connections: number) => [
  'fsync=on',
  'synchronous_commit=on',
  'full_page_writes=on',
  `shared_buffers=${Math.min(1024, Math.floor(os.totalmem() / 2 ** 20 / 4))}MB`,
  'max_wal_size=4GB',
  'autovacuum_naptime=10s', // as docs/operations.md asks
  // Those of the load, and some for nodes and for a look inside.
  `max_connections=${connections + 40}`,
]

export class Postgres {
  /** An administrative database. */
  readonly #url: string
  readonly #own: PostgresServer | undefined

  constructor(url: string, own?: PostgresServer) {
    this.#url = url
    this.#own = own
  }

  /** Starts one that takes so many connections besides those of nodes. It ends with this process at the latest. */
  static async start(connections: number): Promise<Postgres> {
    const own = await PostgresServer.start(settings(connections))
    process.once('exit', () => own.removeNow())
    return new Postgres(own.url('postgres'), own)
  }

  /** The version, and the settings that speed depends on most. */
  async title(): Promise<string> {
    const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers']
    const columns = ['server_version', ...names].map((name) => `current_setting('${name}') as ${name}`)
    const [row = {}] = await query(this.#url, `select ${columns.join(', ')}`)
    return `PostgreSQL ${row.server_version}, ${names.map((name) => `${name} ${row[name]}`).join(', ')}`
  }

  async createDatabase(): Promise<Database> {
    const name = `millrace_bench_${crypto.randomUUID().slice(0, 8)}`
    await query(this.#url, `create database ${name}`)
    const url = new URL(this.#url)
    url.pathname = `/${name}`
    return new Database(url.href, name, () => this.#drop(name))
  }

  async close(): Promise<void> {
    await this.#own?.remove()
  }

  async #drop(name: string): Promise<void> {
    await query(this.#url, `drop database if exists ${name} with (force)`)
  }
}

/** A table or an index. */
export interface Relation {
  readonly name: string
  readonly bytes: number
  /** Of a table: about how many rows are gone whose space hasn't been reclaimed. */
  readonly deadRows: number | null
}

const RELATIONS = `
  select c.relname as "name", pg_table_size(c.oid)::float8 as "bytes", s.n_dead_tup::float8 as "deadRows"
  from pg_class c left join pg_stat_user_tables s on s.relid = c.oid
  where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'i')`

export class Database {
  readonly url: string
  readonly drop: () => Promise<void>
  readonly #name: string

  constructor(url: string, name: string, drop: () => Promise<void>) {
    this.url = url
    this.#name = name
    this.drop = drop
  }

  /** The address for the `n`th node, by which its connections can be told from those of others. */
  urlFor(n: number): string {
    const url = new URL(this.url)
    url.searchParams.set('application_name', this.applicationName(n))
    return url.href
  }

  applicationName(n: number): string {
    return `millrace-bench-${n}`
  }

  query(sql: string): Promise<Row[]> {
    return query(this.url, sql)
  }

  /** All tables and indexes that take space. */
  async relations(): Promise<Relation[]> {
    return (await this.query(RELATIONS)) as unknown as Relation[]
  }

  /**
   * The first process of the server, if it can be seen from here: on another machine, or in another container, the same
   * number is that of something else. The command line of a connection's process names its database.
   */
  async postmasterPid(): Promise<number | undefined> {
    return asClient(this.url, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
      const { pid } = rows[0] as { pid: number }
      return commandLine(pid)?.includes(this.#name) ? parentOf(pid) : undefined
    })
  }
}

type Row = Record<string, unknown>

const query = (url: string, sql: string): Promise<Row[]> =>
  asClient(url, async (client) => (await client.query<Row>(sql)).rows)

async function asClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
