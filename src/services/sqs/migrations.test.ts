/** Tables can be spread over machines by the backlog that owns a row: docs/scaling.md. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { readMigrations, withFragments } from '../../kernel/store/migrations.ts'

/** The columns of each key and index of the tables that belong to a backlog, by table. */
function keysOfBacklogTables(): Map<string, string[][]> {
  const db = new DatabaseSync(':memory:')
  for (const { sql } of readMigrations([{ service: 'sqs', folder: new URL('./migrations/', import.meta.url) }])) {
    db.exec(withFragments(sql, { clustered: 'without rowid' }))
  }
  const rows = db
    .prepare(
      `select t.name as owner, i.name as key, group_concat(c.name order by c.seqno) as columns
       from sqlite_schema t, pragma_index_list(t.name) i, pragma_index_info(i.name) c
       where t.type = 'table' and t.name <> 'sqs_queue'
         and exists (select * from pragma_table_info(t.name) where name = 'backlog_id')
       group by t.name, i.name`,
    )
    .all() as { owner: string; columns: string }[]
  db.close()
  return new Map(
    Object.entries(Object.groupBy(rows, ({ owner }) => owner)).map(([owner, keys = []]) => [
      owner,
      keys.map(({ columns }) => columns.split(',')),
    ]),
  )
}

test('every key and index of a table that belongs to a backlog begins with its id', () => {
  const tables = keysOfBacklogTables()
  assert.ok(tables.has('sqs_message'))
  for (const [table, keys] of tables) {
    for (const columns of keys) assert.equal(columns[0], 'backlog_id', `${table}: ${columns}`)
  }
})

test('the handbook lists the tables that are spread', () => {
  const handbook = readFileSync(new URL('../../../docs/scaling.md', import.meta.url), 'utf8')
  const listed = Array.from(handbook.matchAll(/^\| `(\w+)` \| `backlog_id, /gm), ([, table]) => table)
  assert.deepEqual(listed.toSorted(), [...keysOfBacklogTables().keys()].toSorted())
})
