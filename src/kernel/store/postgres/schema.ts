/** The schema in PostgreSQL: what comes before the migrations, the migrations, and what makes tables fit for queues. */
import { MIGRATION_TABLE, type Migration, pendingMigrations, recordMigration, withFragments } from '../migrations.ts'
import type { SqlValue } from '../store.ts'
import type { Connection } from './connection.ts'
import { statementOf } from './statements.ts'

/** Advisory locks of Millrace: the first of their two numbers; the second says what for. */
const LOCK_SPACE = 0x6d72
const MIGRATING = -1
/** Names that are held are locks of one number, of 64 bits: PostgreSQL keeps these apart from those of two. */
export const NAME_SEED = LOCK_SPACE

/** How many lanes have a number of their own, over all nodes of a database. */
const LANES = 64

/** What the migrations take for granted. `blob` is the name of SQLite; PostgreSQL's own type has another. */
const PRELUDE = `
  do $$ begin
    if not exists (select from pg_type where typname = 'blob' and typnamespace = current_schema()::regnamespace) then
      create domain blob as bytea;
    end if;
  end $$;
  create sequence if not exists id_sequence;
  ${MIGRATION_TABLE};`

/**
 * After migrations: text is compared byte by byte, as in SQLite, whatever the database's collation; and tables whose
 * rows come and go by the thousand are vacuumed before much of them is dead.
 *
 * An index that begins with the owner, as the primary key does, becomes a partial one: it holds the same rows, and serves
 * only statements with a condition on its second column. To a table that is empty when a statement is planned all indices
 * cost the same, and then even a row that is asked for by its key was looked for in the index of another order: through
 * everything that its owner has.
 */
const FIT_TABLES = `
  do $$ declare r record; begin
    for r in
      select c.relname as table_name, a.attname as column_name
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
        and a.atttypid = 'text'::regtype and a.attcollation <> '"C"'::regcollation
    loop
      execute format('alter table %I alter column %I type text collate "C"', r.table_name, r.column_name);
    end loop;
    for r in
      select relname as table_name from pg_class
      where relnamespace = current_schema()::regnamespace and relkind = 'r' and reloptions is null
    loop
      execute format('alter table %I set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.05,
        autovacuum_vacuum_cost_delay = 0)', r.table_name);
    end loop;
    for r in
      select i.indexrelid::regclass as name, pg_get_indexdef(i.indexrelid) as definition, second.attname as column_name
      from pg_index i join pg_class c on c.oid = i.indrelid
      join pg_index key on key.indrelid = i.indrelid and key.indisprimary and key.indkey[0] = i.indkey[0]
      join pg_attribute second on second.attrelid = i.indrelid and second.attnum = i.indkey[1]
      where c.relnamespace = current_schema()::regnamespace and not i.indisunique and i.indpred is null
    loop
      execute format('drop index %s', r.name);
      execute format('%s where %I is not null', r.definition, r.column_name);
    end loop;
  end $$;`

/** Applies what is pending, in one transaction. Nodes that start at once do so one after the other. */
export async function migrate(connection: Connection, migrations: readonly Migration[]): Promise<void> {
  const [clock] = (await connection.script(
    `begin; select pg_advisory_xact_lock(${LOCK_SPACE}, ${MIGRATING});
     select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`,
  )) as [{ now: number }]
  try {
    await connection.script(PRELUDE)
    const tx = migratingTx(connection, clock.now)
    const pending = await pendingMigrations(tx, migrations)
    for (const migration of pending) {
      await connection.script(withFragments(migration.sql, { clustered: '' }))
      await recordMigration(tx, migration)
    }
    if (pending.length > 0) await connection.script(FIT_TABLES)
    await connection.script('commit')
  } catch (error) {
    if (connection.lost === undefined) await connection.script('rollback')
    throw error
  }
}

const migratingTx = (connection: Connection, now: number) => ({
  now,
  all: async <R>(sql: string) => (await connection.script(sql)) as R[],
  run: async (sql: string, params: readonly SqlValue[]) => (await connection.run(statementOf(sql), params)).count,
})

/** Drops every table. Ids go on above those given out before: other nodes may still remember some. */
export async function dropTables(connection: Connection): Promise<void> {
  await connection.script(`
    do $$ declare tables text; begin
      perform pg_advisory_xact_lock(${LOCK_SPACE}, ${MIGRATING});
      select string_agg(quote_ident(tablename), ', ') into tables from pg_tables where schemaname = current_schema();
      if tables is not null then execute 'drop table ' || tables; end if;
    end $$`)
}

/**
 * A number that no other connection to this database has at the same time, held until the connection ends. When all are
 * taken, one that is shared: counters are then waited for, and stay right.
 */
export async function takeLane(connection: Connection): Promise<number> {
  const [own] = (await connection.script(
    `select lane from generate_series(0, ${LANES - 1}) as lane where pg_try_advisory_lock(${LOCK_SPACE}, lane) limit 1`,
  )) as { lane: number }[]
  if (own !== undefined) return own.lane
  const [shared] = (await connection.script(`select pg_backend_pid() % ${LANES} as lane`)) as [{ lane: number }]
  return shared.lane
}

/** The type of each column, for values that travel as arrays. */
export class ColumnTypes {
  readonly #types: ReadonlyMap<string, string>

  private constructor(types: ReadonlyMap<string, string>) {
    this.#types = types
  }

  static readonly none = new ColumnTypes(new Map())

  static async read(connection: Connection): Promise<ColumnTypes> {
    const rows = (await connection.script(
      `select table_name || '.' || column_name as "column", udt_name as "type" from information_schema.columns
       where table_schema = current_schema()`,
    )) as { column: string; type: string }[]
    return new ColumnTypes(new Map(rows.map(({ column, type }) => [column, type])))
  }

  of(table: string, column: string): string {
    const type = this.#types.get(`${table}.${column}`)
    if (type === undefined) throw new Error(`there is no column ${column} in a table ${table}`)
    return type
  }
}
