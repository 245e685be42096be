/**
 * Makes a node deaf to the wake-ups of others, by ending the connection on which it listens. The node finds out, and
 * connects anew within a second; what was notified meanwhile is lost to it.
 */
import { Client } from 'pg'

export interface Deafening {
  /** The nodes' database. */
  readonly url: string
  /** How the connections of the node to be made deaf call themselves. */
  readonly applicationName: string
}

const END_DEADLINE_MILLIS = 5000
/** All that a connection which listens ever does besides is to notify. */
const END_LISTENER = `
  select pg_terminate_backend(pid, ${END_DEADLINE_MILLIS}) as ended from pg_stat_activity
  where application_name = $1 and datname = current_database() and (query ilike 'listen %' or query ilike '%pg_notify(%')`

export class Deafener {
  readonly #applicationName: string
  readonly #client: Client
  readonly #connected: Promise<unknown>

  constructor({ url, applicationName }: Deafening) {
    this.#applicationName = applicationName
    this.#client = new Client({ connectionString: url })
    this.#connected = this.#client.connect()
  }

  /** Resolves when the listening connection has ended. Rejects unless there was one to end. */
  async deafen(): Promise<void> {
    await this.#connected
    const { rows } = await this.#client.query<{ ended: boolean }>(END_LISTENER, [this.#applicationName])
    if (rows.length !== 1 || rows[0]?.ended !== true) throw new Error(`${rows.length} listening connections were found`)
  }

  close(): Promise<void> {
    return this.#client.end()
  }
}
