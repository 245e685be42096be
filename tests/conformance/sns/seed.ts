/** For what no operation does: commands of SNS, executed in a data directory before a node starts with it. */
import { SystemClock } from '../../../src/kernel/clock/clock.ts'
import { openPostgres } from '../../../src/kernel/store/postgres/engine.ts'
import { openSqlite } from '../../../src/kernel/store/sqlite/engine.ts'
import type { Store } from '../../../src/kernel/store/store.ts'
import { migrations } from '../../../src/platform.ts'
import { sns } from '../../../src/services/sns/index.ts'
import { databaseFor } from '../../../src/testing/postgres.ts'

export async function seed(dataDir: string, work: (store: Store) => Promise<unknown>): Promise<void> {
  const clock = new SystemClock()
  const url = await databaseFor(dataDir)
  const options = { clock, commands: [sns.commands as URL], migrations }
  const store =
    url === undefined
      ? await openSqlite({ ...options, directory: dataDir })
      : await openPostgres({ ...options, url, poolSize: 2, statementTimeoutMs: 30_000 })
  try {
    await work(store)
  } finally {
    await store.close()
    clock.close()
  }
}
