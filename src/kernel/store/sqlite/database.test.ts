/** A commit is answered when it is on the disk, and what wrote nothing waits for no disk. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SystemClock } from '../../clock/clock.ts'
import { databaseFile, NotOnDisk, openDatabase } from './database.ts'
import { SqliteTx } from './transaction.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-database-'))
after(() => rmSync(directory, { recursive: true }))

function openCounting(sync: () => void) {
  const { db } = openDatabase(undefined)
  db.exec('create table sample (id integer primary key)')
  return new SqliteTx({ db, sync, close: () => db.close() }, new SystemClock(), new Map())
}

test('each transaction that changed a row is synced once, after its commit, and others are not', async () => {
  let synced = 0
  const tx = openCounting(() => {
    synced++
  })
  const after = async (work: () => Promise<unknown>): Promise<number> => {
    await tx.begin()
    await work()
    await tx.commit()
    return synced
  }
  const before = synced
  const counts = [
    await after(() => tx.run('insert into sample values (1), (2)')),
    await after(() => tx.all('select * from sample')),
    await after(() => tx.run('delete from sample where id = 3')),
    await after(() => tx.all('delete from sample where id = 1 returning id')),
  ]
  assert.deepEqual(
    counts.map((count) => count - before),
    [1, 1, 1, 2],
  )
})

test('a commit that can not be synced fails', async () => {
  const tx = openCounting(() => {
    throw new NotOnDisk('no')
  })
  await tx.begin()
  await tx.run('insert into sample values (1)')
  await assert.rejects(tx.commit(), NotOnDisk)
})

test('a log that is gone is told', () => {
  const { db, sync, close } = openDatabase(directory)
  db.exec('create table sample (id integer primary key)')
  rmSync(`${databaseFile(directory)}-wal`)
  assert.throws(sync, NotOnDisk)
  close()
})
