/**
 * Migrations: numbered SQL files per service (`001-queues.sql`), applied in order, each in one transaction with the
 * record that it was applied, never edited after they have landed.
 *
 * The files are written in the SQL that the engines share. What differs in a table's layout is a named fragment in
 * braces that the engine fills in: `{clustered}` stores the rows in the order of the primary key where an engine can.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { SqlValue } from './store.ts'

export interface MigrationSource {
  /** The service's id; `kernel` for the kernel's own tables. */
  readonly service: string
  readonly folder: URL
}

export interface Migration {
  readonly service: string
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** The store was written by a newer program: running on would misread it. */
class SchemaTooNew extends Error {
  override readonly name = 'SchemaTooNew'
}

/** The kernel's own tables, which come before those of any service. */
export const KERNEL_MIGRATIONS: MigrationSource = {
  service: 'kernel',
  folder: new URL('./migrations/', import.meta.url),
}

/** What of a transaction migrating needs. */
interface MigratingTx {
  readonly now: number
  all<R>(sql: string): Promise<R[]>
  run(sql: string, params: readonly SqlValue[]): Promise<number>
}

const FILE_NAME = /^(\d{3})-([a-z0-9-]+)\.sql$/

/** Reads all migrations, in the order of the sources and then of the numbers. Throws if a file is misnamed or missing. */
export function readMigrations(sources: readonly MigrationSource[]): Migration[] {
  return sources.flatMap(({ service, folder }) => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
    return files.sort().map((file, index) => {
      const match = FILE_NAME.exec(file)
      if (match === null || Number(match[1]) !== index + 1) {
        throw new Error(`${service}: expected a migration number ${index + 1}, found the file ${file}`)
      }
      return { service, number: index + 1, name: match[2] as string, sql: readFileSync(new URL(file, folder), 'utf8') }
    })
  })
}

/** The one table that exists before any migration. */
export const MIGRATION_TABLE = `create table if not exists migration (
  service text not null, number integer not null, name text not null, applied_at bigint not null,
  primary key (service, number))`

/** The migrations that are still to be applied. Throws `SchemaTooNew` if the store has one that this program lacks. */
export async function pendingMigrations(tx: MigratingTx, known: readonly Migration[]): Promise<Migration[]> {
  const applied = await tx.all<{ service: string; number: number; name: string }>(
    'select service, number, name from migration',
  )
  const idOf = (migration: { service: string; number: number }) => `${migration.service} ${migration.number}`
  const knownIds = new Set(known.map(idOf))
  const stranger = applied.find((migration) => !knownIds.has(idOf(migration)))
  if (stranger !== undefined) {
    throw new SchemaTooNew(
      `the store has the migration ${stranger.service}/${stranger.number}-${stranger.name}, which this version of ` +
        'Millrace does not know: it was written by a newer version; start that one',
    )
  }
  const appliedIds = new Set(applied.map(idOf))
  return known.filter((migration) => !appliedIds.has(idOf(migration)))
}

/** Records one as applied; in the transaction that applied it. */
export async function recordMigration(tx: MigratingTx, { service, number, name }: Migration): Promise<void> {
  await tx.run('insert into migration (service, number, name, applied_at) values (?, ?, ?, ?)', [
    service,
    number,
    name,
    tx.now,
  ])
}

/** Fills in an engine's fragments. Throws on a fragment that the engine doesn't know. */
export function withFragments(sql: string, fragments: Readonly<Record<string, string>>): string {
  return sql.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
    const fragment = fragments[name]
    if (fragment === undefined) throw new Error(`unknown fragment {${name}} in a migration`)
    return fragment
  })
}
