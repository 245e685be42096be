/**
 * Where nodes keep their data, and the ceiling that their figures stand beside: whatever differs between the embedded
 * store and PostgreSQL is decided here.
 */
import { join } from 'node:path'
import process from 'node:process'
import { type BareRequests, bareServerCeiling } from './ceiling.ts'
import { diskFolder } from './machine.ts'
import { pgbenchCeiling } from './pgbench.ts'
import { type Database, Postgres } from './postgres.ts'
import { newFolder, removeFolder } from './servers.ts'
import type { Ceiling } from './yardstick.ts'

/** Room for the data of one node, or of several on one database. Empty at first. */
export interface Place {
  /** The database, if it is one. */
  readonly database?: Database
  /** What the `n`th node is told, from 0. */
  nodeArgs(n: number): string[]
  /** Removes it with what it holds. */
  remove(): Promise<void>
}

export interface Store {
  readonly title: string
  readonly isShared: boolean
  readonly ceiling: Ceiling
  /** The first process of PostgreSQL, if it runs on this machine. */
  readonly postgresPid?: number
  newPlace(): Promise<Place>
  close(): Promise<void>
}

/** `connections` is how many the ceiling is measured with, like the nodes; `requests` are those that they get, too. */
export async function embeddedStore(connections: number, requests: BareRequests): Promise<Store> {
  const ceiling = await bareServerCeiling(connections, requests)
  return {
    title: 'embedded store',
    isShared: false,
    ceiling,
    async newPlace() {
      const folder = newFolder()
      return {
        nodeArgs: () => ['--data-dir', join(folder, 'data')],
        remove: async () => removeFolder(folder),
      }
    },
    close: () => ceiling.close(),
  }
}

/** `url` is that of a server, by a user who may create databases; without it, a server is started from this machine's programs. */
export async function postgresStore(url: string | undefined, connections: number): Promise<Store> {
  process.env.TMPDIR = diskFolder() // where a server of our own makes its folder
  const postgres = url === undefined ? await Postgres.start(connections) : new Postgres(url)
  try {
    const ceiling = await pgbenchCeiling(postgres, connections)
    return {
      title: await postgres.title(),
      isShared: true,
      ceiling,
      postgresPid: ceiling.postgresPid,
      async newPlace() {
        const database = await postgres.createDatabase()
        return {
          database,
          nodeArgs: (n) => ['--store', database.urlFor(n)],
          remove: () => database.drop(),
        }
      },
      async close() {
        await ceiling.close()
        await postgres.close()
      },
    }
  } catch (error) {
    await postgres.close()
    throw error
  }
}
