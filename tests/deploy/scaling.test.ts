/** Tables can be spread over machines by the id that owns a row, and the handbook says which: docs/scaling.md. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { KERNEL_MIGRATIONS, readMigrations, withFragments } from '../../src/kernel/store/migrations.ts'
import { migrations } from '../../src/platform.ts'

/** The columns of each key and index, by table. */
function keysOfTables(): Map<string, string[][]> {
  const db = new DatabaseSync(':memory:')
  for (const { sql } of readMigrations([KERNEL_MIGRATIONS, ...migrations])) {
    db.exec(withFragments(sql, { clustered: 'without rowid' }))
  }
  const rows = db
    .prepare(
      `select t.name as owner, group_concat(c.name order by c.seqno) as columns
       from sqlite_schema t left join pragma_index_list(t.name) i left join pragma_index_info(i.name) c
       where t.type = 'table' group by t.name, i.name`,
    )
    .all() as { owner: string; columns: string | null }[]
  db.close()
  const tables = new Map<string, string[][]>()
  for (const { owner, columns } of rows) {
    tables.set(owner, [...(tables.get(owner) ?? []), ...(columns === null ? [] : [columns.split(',')])])
  }
  return tables
}

const handbook = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8')
const rows = [...handbook.matchAll(/^\| (`sqs_.*|`sns_.*) \| (.+) \| (.+) \|$/gm)]
const namesIn = (text: string): string[] => Array.from(text.matchAll(/`(\w+)`/g), ([, name]) => name as string)
const spread = rows.flatMap(([, table = '', , by = '']) =>
  namesIn(by).map((column) => ({ table: namesIn(table)[0] as string, column })),
)
const unspread = rows.flatMap(([, tables = '', , by = '']) => (namesIn(by).length === 0 ? namesIn(tables) : []))

test('every key and index of a table that is spread begins with the column that it is spread by', () => {
  const tables = keysOfTables()
  assert.ok(spread.some(({ table }) => table === 'sqs_message'))
  for (const { table, column } of spread) {
    const keys = tables.get(table) ?? []
    assert.ok(keys.length > 0, table)
    for (const columns of keys) assert.equal(columns[0], column, `${table}: ${columns}`)
  }
})

test('the handbook names every table once', () => {
  const named = [...spread.map(({ table }) => table), ...unspread]
  const ofServices = [...keysOfTables().keys()].filter((table) => /^(sqs|sns)_/.test(table))
  assert.deepEqual(named.filter((table) => /^(sqs|sns)_/.test(table)).toSorted(), ofServices.toSorted())
})
