/** A store with the commands of SNS and SQS and no node around it, so that a test decides when a job's work is done. */
import type { SystemClock } from '../../../kernel/clock/clock.ts'
import { openPostgres } from '../../../kernel/store/postgres/engine.ts'
import { openSqlite } from '../../../kernel/store/sqlite/engine.ts'
import type { Store } from '../../../kernel/store/store.ts'
import { dropDatabase, freshDatabase } from '../../../testing/postgres.ts'

const options = {
  commands: [new URL('../store.ts', import.meta.url), new URL('../../sqs/store.ts', import.meta.url)],
  migrations: [
    { service: 'jobs', folder: new URL('../../../kernel/jobs/migrations/', import.meta.url) },
    { service: 'sqs', folder: new URL('../../sqs/migrations/', import.meta.url) },
    { service: 'sns', folder: new URL('../migrations/', import.meta.url) },
  ],
}

/** On the engine on which the tests run. */
export async function openTestStore(clock: SystemClock): Promise<{ store: Store; close(): Promise<void> }> {
  const url = await freshDatabase()
  if (url === undefined) {
    const store = await openSqlite({ directory: undefined, clock, ...options })
    return { store, close: () => store.close() }
  }
  const store = await openPostgres({ url, clock, ...options })
  return {
    store,
    async close() {
      await store.close()
      await dropDatabase(url)
    },
  }
}
