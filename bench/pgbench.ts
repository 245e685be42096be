/**
 * The ceiling of a node over PostgreSQL: rows like those of messages, inserted one by one with a commit each, by
 * PostgreSQL's own load generator over as many connections, as it does it without further options.
 */
import { execFile } from 'node:child_process'
import { existsSync, globSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { messageBody } from './load/sdk-requests.ts'
import { familyCpuMicros } from './machine.ts'
import type { Postgres } from './postgres.ts'
import { newFolder, removeFolder } from './servers.ts'
import type { Ceiling } from './yardstick.ts'

const SECONDS = 3
const THREADS = 2
/** To connect, and to end. */
const GRACE_SECONDS = 30

/** Keyed as messages are: by what owns the row, and then ascending. */
const TABLE = `
  create table bench_message (
    backlog_id bigint not null,
    id bigint generated always as identity,
    message_id text not null,
    body text not null,
    sent_at bigint not null,
    visible_at bigint not null,
    receive_count integer not null,
    sender text not null,
    primary key (backlog_id, id)
  )`

const INSERT = `
  insert into bench_message (backlog_id, message_id, body, sent_at, visible_at, receive_count, sender)
  values (1, gen_random_uuid()::text, '${messageBody()}', 1767225600000, 1767225600000, 0, '000000000000');`

export interface PgbenchCeiling extends Ceiling {
  /** The first process of PostgreSQL, if it runs on this machine. */
  readonly postgresPid?: number
}

/** In a database of its own. Rejects when `pgbench` is not on this machine. */
export async function pgbenchCeiling(postgres: Postgres, connections: number): Promise<PgbenchCeiling> {
  const program = findPgbench()
  const database = await postgres.createDatabase()
  const postgresPid = await database.postmasterPid()
  await database.query(TABLE)
  const folder = newFolder()
  const script = join(folder, 'insert.sql')
  writeFileSync(script, INSERT.trim().replaceAll(/\s+/g, ' '))
  const args = ['--no-vacuum', '-c', `${connections}`, '-j', `${THREADS}`, '-T', `${SECONDS}`]

  const measure = async () => {
    const cpuBefore = cpuMicros(postgresPid)
    const { stdout } = await promisify(execFile)(program, [...args, '-f', script, database.url], {
      timeout: (SECONDS + GRACE_SECONDS) * 1000,
      killSignal: 'SIGKILL',
    })
    const { perSecond, transactions } = readPgbench(stdout)
    const cpuAfter = cpuMicros(postgresPid)
    const isKnown = cpuBefore !== undefined && cpuAfter !== undefined
    return { perSecond, postgresMicros: isKnown ? (cpuAfter - cpuBefore) / transactions : undefined }
  }
  const close = async () => {
    removeFolder(folder)
    await database.drop()
  }
  return { title: 'pgbench, inserts of a row', unit: 'insert', postgresPid, measure, close }
}

const cpuMicros = (pid: number | undefined) => (pid === undefined ? undefined : familyCpuMicros(pid))

/** What pgbench reports at its end. Throws when a transaction failed: then something else was measured. */
export function readPgbench(report: string): { perSecond: number; transactions: number } {
  const figure = (pattern: RegExp) => Number(pattern.exec(report)?.[1])
  const transactions = figure(/^number of transactions actually processed: (\d+)/m)
  const perSecond = figure(/^tps = ([\d.]+) \(without initial connection time\)/m)
  if (!(transactions > 0 && perSecond > 0) || figure(/^number of failed transactions: (\d+)/m) !== 0) {
    throw new Error(`pgbench reports no usable figures:\n${report}`)
  }
  return { perSecond, transactions }
}

/** On the path, or where Debian has it, the newest. */
function findPgbench(): string {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...globSync('/usr/lib/postgresql/*/bin').sort((a, b) => b.localeCompare(a, 'en', { numeric: true })),
  ]
  const program = folders.map((folder) => join(folder, 'pgbench')).find(existsSync)
  if (program === undefined)
    throw new Error('pgbench is not on this machine: it measures the ceiling, and comes with PostgreSQL')
  return program
}
