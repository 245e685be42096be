/** A backup is whole or absent. What it holds while a node writes: tests/e2e/backup.test.ts. */
import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { backUp } from './backup.ts'
import { databaseFile, openDatabase } from './database.ts'

/** A store with a table of a thousand rows, a folder for its backup, and the connection that wrote it. */
function storeWithRows() {
  const root = mkdtempSync(join(tmpdir(), 'millrace-backup-'))
  const data = join(root, 'data')
  const backups = join(root, 'backups')
  for (const folder of [data, backups]) mkdirSync(folder)
  const { db } = openDatabase(data)
  db.exec('create table sample (id integer primary key, filler blob)')
  const insert = db.prepare('insert into sample (filler) values (randomblob(4000))')
  db.exec('begin')
  for (let row = 0; row < 1000; row++) insert.run()
  db.exec('commit')
  const dispose = () => {
    if (db.isOpen) db.close()
    rmSync(root, { recursive: true })
  }
  return { data, backups, db, file: join(backups, 'copy.db'), [Symbol.dispose]: dispose }
}

function countRows(file: string): unknown {
  const db = new DatabaseSync(file)
  const row = db.prepare('select count(*) as rows from sample').get()
  db.close()
  return row?.rows
}

test('a backup is one file for its owner alone, with what is in the log too', async () => {
  using store = storeWithRows()
  const bytes = await backUp(store.data, store.file)
  assert.deepEqual(readdirSync(store.backups), ['copy.db'])
  assert.equal(statSync(store.file).size, bytes)
  if (process.platform !== 'win32') assert.equal(statSync(store.file).mode & 0o777, 0o600)
  assert.equal(countRows(store.file), 1000)
})

test('a writer does not make it start again, and what is written meanwhile is left out', async () => {
  using store = storeWithRows()
  const insert = store.db.prepare('insert into sample (filler) values (null)')
  const finished = backUp(store.data, store.file).then(() => true)
  // The snapshot is taken in another thread, at a moment between these two.
  let rows = 1000
  const turn = () => new Promise<false>((resolve) => setImmediate(resolve, false))
  while (!(await Promise.race([finished, turn()]))) {
    insert.run()
    rows++
  }
  const copied = countRows(store.file) as number
  assert.ok(copied >= 1000 && copied <= rows, `${copied} of ${rows} rows`)
})

const refusals = [
  {
    name: 'does not overwrite a backup',
    prepare: ({ file }: { file: string }) => writeFileSync(file, 'precious'),
    says: /copy\.db exists, and a backup does not overwrite/,
    leaves: { 'copy.db': 'precious' },
  },
  {
    name: 'leaves another one to the same name alone',
    prepare: ({ file }: { file: string }) => writeFileSync(`${file}.partial`, 'half'),
    says: /copy\.db\.partial exists: another backup/,
    leaves: { 'copy.db.partial': 'half' },
  },
  {
    name: 'says that there is no store',
    prepare: ({ data }: { data: string }) => rmSync(databaseFile(data)),
    says: /no store to back up: .*millrace\.db does not exist/,
    leaves: {},
  },
  {
    name: 'leaves nothing of a store that is cut short',
    prepare: ({ data }: { data: string }) => truncateSync(databaseFile(data), 64 * 8192),
    says: /the copy is damaged|malformed/,
    leaves: {},
  },
]

for (const { name, prepare, says, leaves } of refusals) {
  test(`a backup ${name}`, async () => {
    using store = storeWithRows()
    store.db.close()
    prepare(store)
    await assert.rejects(backUp(store.data, store.file), says)
    const left = readdirSync(store.backups).map((file) => [file, readFileSync(join(store.backups, file), 'utf8')])
    assert.deepEqual(Object.fromEntries(left), leaves)
  })
}
