/** What a deleted application leaves: its devices' rows, collected slice by slice. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SystemClock } from '../../../kernel/clock/clock.ts'
import { leaseJobs } from '../../../kernel/jobs/store.ts'
import { openPostgres } from '../../../kernel/store/postgres/engine.ts'
import { openSqlite } from '../../../kernel/store/sqlite/engine.ts'
import type { Store } from '../../../kernel/store/store.ts'
import { dropDatabase, freshDatabase } from '../../../testing/postgres.ts'
import {
  COLLECT_APPLICATION_JOB,
  collectApplication,
  createEndpoint,
  createPlatformApplication,
  deletePlatformApplication,
  getPlatformApplication,
  listEndpoints,
} from '../store.ts'

const clock = new SystemClock()
const folder = (path: string) => new URL(path, import.meta.url)
const application = { accountId: '000000000000', region: 'us-east-1', platform: 'GCM', name: 'app' }

let url: string | undefined
let store: Store

before(async () => {
  url = await freshDatabase()
  const options = {
    clock,
    commands: [folder('../../../kernel/jobs/store.ts'), folder('../store.ts')],
    migrations: [
      { service: 'jobs', folder: folder('../../../kernel/jobs/migrations/') },
      { service: 'sns', folder: folder('../migrations/') },
    ],
  }
  store =
    url === undefined
      ? await openSqlite({ ...options, directory: undefined })
      : await openPostgres({ ...options, url, poolSize: 2, statementTimeoutMs: 30_000 })
})
after(async () => {
  await store.close()
  clock.close()
  if (url !== undefined) await dropDatabase(url)
})

async function registerMany(count: number): Promise<void> {
  const occasion = { origin: 'http://localhost:4566', keyId: 'key' }
  const calls = Array.from({ length: count }, (_, at) => ({
    application,
    asked: { Token: `token-${at}` },
    endpointId: crypto.randomUUID(),
    ...occasion,
  }))
  await Promise.all(calls.map((call) => store.execute(createEndpoint, call)))
}

test('its devices are collected by a job, a thousand at a time, and those of its successor are not', async () => {
  await store.execute(createPlatformApplication, { application, attributes: {} })
  const { applicationId } = await store.execute(getPlatformApplication, application)
  await registerMany(1_500)
  await store.execute(deletePlatformApplication, application)
  await store.execute(createPlatformApplication, { application, attributes: {} })
  await registerMany(1)

  const lease = { owner: 'test', kinds: [COLLECT_APPLICATION_JOB], limit: 10, leaseMs: 30_000, held: [] }
  const { jobs } = await store.execute(leaseJobs, lease)
  assert.deepEqual(
    jobs.map(({ payload }) => JSON.parse(payload)),
    [{ applicationId }],
  )
  assert.equal(await store.execute(collectApplication, { applicationId }), true)
  assert.equal(await store.execute(collectApplication, { applicationId }), false)
  assert.equal((await store.execute(listEndpoints, { application, after: 0, limit: 10 })).length, 1)
})
