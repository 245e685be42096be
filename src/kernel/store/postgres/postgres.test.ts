/** PostgreSQL keeps the store's promises, also between nodes. Runs where MILLRACE_TEST_STORE names a server. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Client } from 'pg'
import { dropDatabase, freshDatabase } from '../../../testing/postgres.ts'
import { SystemClock } from '../../clock/clock.ts'
import type { ServiceError } from '../../service-error.ts'
import { unavailable } from '../group.ts'
import type { Store } from '../store.ts'
import * as commands from '../testing/commands.ts'
import { storeContract } from '../testing/conformance.ts'
import { openPostgres, type PostgresOptions } from './engine.ts'
import { sleep } from './testing/sleep.ts'

const url = await freshDatabase()

suite('PostgreSQL', { skip: url === undefined && 'MILLRACE_TEST_STORE is not set' }, () => {
  if (url === undefined) return
  storeContract({ durable: true, open: (options) => openPostgres({ ...options, url }) })
  after(() => dropDatabase(url))
})

suite('PostgreSQL and its nodes', { skip: url === undefined && 'MILLRACE_TEST_STORE is not set' }, () => {
  let database: string
  let clock: SystemClock
  const stores: Store[] = []
  const problems: (string | undefined)[] = []

  before(async () => {
    database = (await freshDatabase()) as string
    clock = new SystemClock()
  })
  after(async () => {
    await Promise.all(stores.map((store) => store.close()))
    clock.close()
    await dropDatabase(database)
  })

  const open = async (options: Partial<PostgresOptions> = {}): Promise<Store> => {
    const store = await openPostgres({
      url: database,
      clock,
      commands: ['../testing/commands.ts', './testing/sleep.ts'].map((path) => new URL(path, import.meta.url)),
      migrations: [{ service: 'test', folder: new URL('../testing/migrations/', import.meta.url) }],
      onHealth: (problem) => problems.push(problem),
      ...options,
    })
    stores.push(store)
    return store
  }

  /** As the first look that finds it, at the pace of the store. */
  async function eventually<T>(look: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await look()
      } catch (error) {
        assert.equal((error as ServiceError).code, 'ServiceUnavailable')
        await nextTurn()
      }
    }
  }

  test('nodes that start at once migrate once', async () => {
    const both = await Promise.all([open(), open()])
    await both[0].execute(commands.deposit, { account: 'shared', amount: 3 })
    assert.equal(await both[1].execute(commands.balance, { account: 'shared' }), 3)
  })

  test('a wake-up reaches the other nodes, once', async () => {
    const [a, b] = [await open(), await open()]
    const heard: number[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const { promise: listening, resolve: isListening } = Promise.withResolvers<void>()
    b.onMissedWakes(isListening) // told when its connection is made
    await listening
    b.onWake('test', (key, count) => {
      if (key === 'end') resolve()
      else heard.push(count)
    })
    await a.execute(commands.wakeUp, { key: 'k', count: 3 })
    await a.execute(commands.wakeUp, { key: 'end', count: 1 })
    await promise
    assert.deepEqual(heard, [4])
  })

  test('ids ascend over the nodes', async () => {
    const nodes = [await open(), await open()]
    let last = 0
    for (let i = 0; i < 20; i++) {
      const [id] = await (nodes[i % 2] as Store).execute(commands.takeIds, { count: 1 })
      assert.ok((id as number) > last)
      last = id as number
    }
  })

  test('when connections are cut, calls fail with 503 until there are new ones, and health says so', async () => {
    const store = await open({ statementTimeoutMs: 5_000 })
    await store.execute(commands.readNow, null)
    problems.length = 0
    const admin = new Client({ connectionString: database })
    await admin.connect()
    const slow = store.execute(sleep, { seconds: 4 }).catch((error: unknown) => error)
    await eventually(async () => {
      const { rowCount } = await admin.query(`select from pg_stat_activity where query like '%pg_sleep($1)%'`)
      if ((rowCount as number) < 1) throw unavailable()
    })
    await admin.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    await admin.end()
    assert.equal(((await slow) as ServiceError).status, 503)
    assert.match(problems[0] ?? '', /database/)
    await eventually(() => store.execute(commands.readNow, null))
    assert.equal(problems.at(-1), undefined)
  })

  test('a statement that takes too long fails with 503, and no other call does', async () => {
    const store = await open({ statementTimeoutMs: 200 })
    problems.length = 0
    const error = await store.execute(sleep, { seconds: 4 }).catch((error: unknown) => error)
    assert.equal((error as ServiceError).status, 503)
    await store.execute(commands.readNow, null)
    assert.deepEqual(problems, [])
  })

  test('a database that is away refuses calls and not the start; wrong credentials refuse the start', async () => {
    const away = new URL(database)
    away.port = '1'
    problems.length = 0
    const store = await open({ url: away.href })
    assert.match(problems[0] ?? '', /can not be reached/)
    await assert.rejects(store.execute(commands.readNow, null), { code: 'ServiceUnavailable' })
    const missing = new URL(database)
    missing.pathname = '/millrace_no_such_database'
    await assert.rejects(open({ url: missing.href }), { name: 'CannotOpenStore' })
  })
})
