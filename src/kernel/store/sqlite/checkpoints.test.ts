/** What becomes of the checkpoints when their thread dies. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Checkpoints } from './checkpoints.ts'
import { openDatabase } from './database.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-checkpoints-'))
after(() => rmSync(directory, { recursive: true }))

test('a checkpointer that dies is told of and replaced, and does not keep the store from closing', async () => {
  const data = join(directory, 'data')
  const elsewhere = join(directory, 'elsewhere')
  mkdirSync(data)
  const { db } = openDatabase(data)
  const told: (string | undefined)[] = []
  let hear = () => {}
  const checkpoints = new Checkpoints(db, data, (problem) => {
    told.push(problem)
    hear()
  })
  db.exec('create table filler (content blob)')
  /** Commits until the next thing is told. */
  const untilTold = async (): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>()
    hear = resolve
    db.exec('insert into filler values (randomblob(40000000))')
    let isTold = false
    void promise.then(() => {
      isTold = true
    })
    while (!isTold) {
      db.exec('insert into filler values (1)')
      checkpoints.afterCommit()
      await new Promise((next) => setImmediate(next))
    }
  }
  renameSync(data, elsewhere) // the next connection finds no database
  await untilTold()
  assert.match(told[0] ?? '', /unable to open/)
  renameSync(elsewhere, data)
  await untilTold()
  assert.deepEqual(told.slice(1), [undefined])
  await checkpoints.close()
  db.close()
})
