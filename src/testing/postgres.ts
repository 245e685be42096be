/**
 * Databases for tests. MILLRACE_TEST_STORE names a server (`postgres://…`), by a user who may create databases; each node
 * of a test gets a database of its own there. Without it tests run on the embedded store.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { Client } from 'pg'

const TEST_DATABASE_PREFIX = 'millrace_test_'

const server = process.env.MILLRACE_TEST_STORE

/** A database that nobody has used; undefined if tests run on the embedded store. */
export const freshDatabase = (): Promise<string | undefined> => database(randomUUID())

/** The database that stands for a data directory: the same one for the same directory. */
export const databaseFor = (dataDir: string): Promise<string | undefined> => database(dataDir)

export async function dropDatabase(url: string): Promise<void> {
  await asAdministrator((admin) => admin.query(`drop database if exists ${nameOf(url)} with (force)`))
}

/** Drops what tests have left behind on a server, by kills for example. */
export async function dropTestDatabases(server: string): Promise<void> {
  await asAdministrator(async (admin) => {
    const { rows } = await admin.query<{ name: string }>('select datname as name from pg_database')
    for (const { name } of rows) {
      if (name.startsWith(TEST_DATABASE_PREFIX)) await admin.query(`drop database if exists ${name} with (force)`)
    }
  }, server)
}

async function database(key: string): Promise<string | undefined> {
  if (server === undefined || server === '') return undefined
  const name = TEST_DATABASE_PREFIX + createHash('sha256').update(key).digest('hex').slice(0, 16)
  await asAdministrator(async (admin) => {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) await admin.query(`create database ${name}`)
  })
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

const nameOf = (url: string): string => new URL(url).pathname.slice(1)

async function asAdministrator(work: (admin: Client) => Promise<unknown>, at = server): Promise<void> {
  const { Client } = await import('pg')
  const admin = new Client({ connectionString: at })
  await admin.connect()
  try {
    await work(admin)
  } finally {
    await admin.end()
  }
}
