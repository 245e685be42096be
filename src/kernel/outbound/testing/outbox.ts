/** A store that has the outbox and nothing else, on the engine that the tests run on. */

import { dropDatabase, freshDatabase } from '../../../testing/postgres.ts'
import { SystemClock } from '../../clock/clock.ts'
import { openPostgres } from '../../store/postgres/engine.ts'
import { openSqlite } from '../../store/sqlite/engine.ts'
import type { Store } from '../../store/store.ts'
import { listOutbox, type RecordedItem } from '../store.ts'

export interface TestOutbox extends AsyncDisposable {
  readonly store: Store
  readonly clock: SystemClock
  /** The newest hundred, newest first. */
  items(): Promise<RecordedItem[]>
}

export async function openTestOutbox(): Promise<TestOutbox> {
  const clock = new SystemClock()
  const url = await freshDatabase()
  const options = {
    clock,
    commands: [new URL('../store.ts', import.meta.url)],
    migrations: [{ service: 'outbound', folder: new URL('../migrations/', import.meta.url) }],
  }
  const store =
    url === undefined
      ? await openSqlite({ ...options, directory: undefined })
      : await openPostgres({ ...options, url, poolSize: 2, statementTimeoutMs: 30_000 })
  return {
    store,
    clock,
    items: () =>
      store.execute(listOutbox, { channel: undefined, destination: undefined, before: undefined, limit: 100 }),
    async [Symbol.asyncDispose]() {
      await store.close()
      clock.close()
      if (url !== undefined) await dropDatabase(url)
    },
  }
}
