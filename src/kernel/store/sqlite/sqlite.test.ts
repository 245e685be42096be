/** SQLite keeps the store's promises, in memory and on the disk, and one process at a time on a data directory. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, suite, test } from 'node:test'
import { SystemClock } from '../../clock/clock.ts'
import { CannotOpenStore } from '../store.ts'
import { balance, deposit, insertValues, readNow, wakeUp } from '../testing/commands.ts'
import { storeContract } from '../testing/conformance.ts'
import { joinSqlite } from './client.ts'
import { databaseFile } from './database.ts'
import { openSqlite } from './engine.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-store-'))
after(() => rmSync(directory, { recursive: true }))

suite('SQLite in memory', () => {
  storeContract({ durable: false, open: (options) => openSqlite({ ...options, directory: undefined }) })
})

suite('SQLite on the disk', () => {
  storeContract({
    durable: true,
    open: (options) => openSqlite({ ...options, directory: join(directory, 'contract') }),
  })
})

const sample = {
  commands: [new URL('../testing/commands.ts', import.meta.url)],
  migrations: [{ service: 'test', folder: new URL('../testing/migrations/', import.meta.url) }],
}

test('a data directory in use is refused, and says by whom', async () => {
  const clock = new SystemClock()
  const options = { ...sample, clock, directory: join(directory, 'locked') }
  const store = await openSqlite(options)
  const error: unknown = await openSqlite(options).catch((error: unknown) => error)
  assert.ok(error instanceof CannotOpenStore)
  assert.equal(error.reason, 'DataDirectoryInUse')
  assert.match(error.message, new RegExp(`in use by process ${process.pid} on `))
  await store.close()
  await (await openSqlite(options)).close()
})

test('who joins by a port shares transactions and wake-ups, and leaves without closing the store', async () => {
  const clock = new SystemClock()
  const store = await openSqlite({ ...sample, clock, directory: undefined })
  const groups: number[] = []
  const joined = joinSqlite(store.attach(), { clock, onGroup: (calls) => groups.push(calls) })
  const deposits = [1, 2].map((amount) => joined.execute(deposit, { account: 'shared', amount }))
  await Promise.all([...deposits, store.execute(deposit, { account: 'shared', amount: 4 })])
  assert.equal(await joined.execute(balance, { account: 'shared' }), 7)
  assert.deepEqual(groups, [2, 1])

  const heard: string[] = []
  store.onWake('test', (key) => heard.push(`opened ${key}`))
  joined.onWake('test', (key) => heard.push(`joined ${key}`))
  await store.execute(wakeUp, { key: 'a', count: 1 })
  await joined.execute(readNow, null)
  await joined.execute(wakeUp, { key: 'b', count: 1 })
  await store.execute(readNow, null)
  assert.deepEqual(heard.sort(), ['joined a', 'joined b', 'opened a', 'opened b'])

  const last = joined.execute(deposit, { account: 'shared', amount: 1 })
  await joined.close()
  assert.equal(await last, 1)
  await assert.rejects(joined.execute(balance, { account: 'shared' }), /closed/)
  await assert.rejects(joined.reset(), /opened the store/)
  assert.equal(await store.execute(balance, { account: 'shared' }), 8)
  await store.close()
})

test('who joined is told when the store is closed', async () => {
  const clock = new SystemClock()
  const store = await openSqlite({ ...sample, clock, directory: undefined })
  const port = store.attach()
  const joined = joinSqlite(port, { clock })
  await joined.execute(deposit, { account: 'any', amount: 1 })
  const closed = new Promise((resolve) => port.once('close', resolve))
  await store.close()
  await closed
  await assert.rejects(joined.execute(balance, { account: 'any' }), /closed/)
})

test('the write-ahead log starts again from its beginning while writes go on', async () => {
  const clock = new SystemClock()
  const data = join(directory, 'checkpoints')
  const store = await openSqlite({ ...sample, clock, directory: data })
  const reader = new DatabaseSync(databaseFile(data), { readOnly: true })
  let pages = 0
  // 400 MB through a log that is copied from 32 MB on: without checkpoints the log would hold all of it.
  for (let batch = 0; batch < 400; batch++) {
    const rows = Array.from({ length: 10 }, (_, i) => [batch * 10 + i, 0, 'x'.repeat(100_000), null])
    await store.execute(insertValues, { rows })
    const { log } = reader.prepare('pragma wal_checkpoint(noop)').get() as { log: number }
    pages = Math.max(pages, log)
  }
  reader.close()
  await store.close()
  assert.ok(pages < 25_000, `the log grew to ${pages} pages`)
})
