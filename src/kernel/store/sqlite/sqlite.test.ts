/** SQLite keeps the store's promises, in memory and on the disk, and one process at a time on a data directory. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, suite, test } from 'node:test'
import { SystemClock } from '../../clock/clock.ts'
import { CannotOpenStore } from '../store.ts'
import { insertValues } from '../testing/commands.ts'
import { storeContract } from '../testing/conformance.ts'
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
