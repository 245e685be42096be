import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { looksAt } from './churn.ts'
import { Deafener } from './load/deafener.ts'
import { readPgbench } from './pgbench.ts'
import { postgresStore } from './stores.ts'

const REPORT = `
number of transactions actually processed: 61812
number of failed transactions: 0 (0.000%)
latency average = 3.094 ms
initial connection time = 88.302 ms
tps = 20686.160834 (without initial connection time)
`

test('what pgbench reports is read', () => {
  assert.deepEqual(readPgbench(REPORT), { perSecond: 20686.160834, transactions: 61812 })
})

const unusable = [
  { name: 'failed transactions', report: REPORT.replace('failed transactions: 0', 'failed transactions: 3') },
  { name: 'nothing was done', report: REPORT.replace('processed: 61812', 'processed: 0') },
  { name: 'another form', report: 'tps = 5' },
]
for (const { name, report } of unusable) {
  test(`no ceiling comes from a report of pgbench with ${name}`, () => {
    assert.throws(() => readPgbench(report), /no usable figures/)
  })
}

test('a churned queue is looked at early, and at the end', () => {
  assert.deepEqual(looksAt(200_000), [100_000, 200_000])
  assert.deepEqual(looksAt(1_000_000), [100_000, 1_000_000])
  assert.deepEqual(looksAt(10_000_000), [100_000, 1_000_000, 10_000_000])
})

test('a PostgreSQL of our own: durable, with a ceiling, databases that go, and listeners that can be deafened', async (t) => {
  const store = await postgresStore(undefined, 4).catch((error: Error) => error)
  if (store instanceof Error) {
    assert.match(store.message, /not on this machine/)
    return t.skip(store.message)
  }
  try {
    assert.match(store.title, /^PostgreSQL \d+.*, fsync on, synchronous_commit on, full_page_writes on/)
    const { perSecond, postgresMicros } = await store.ceiling.measure()
    assert.ok(perSecond > 0)
    if (store.postgresPid !== undefined) assert.ok((postgresMicros as number) > 0)

    const place = await store.newPlace()
    const { url } = place.database as NonNullable<typeof place.database>
    const clients = await Promise.all([0, 0, 1].map((n) => connect(place.nodeArgs(n)[1] as string)))
    const [lane, listener, other] = clients as [Client, Client, Client]
    await lane.query('select 1')
    for (const client of [listener, other]) await client.query('listen millrace')
    const ended = new Promise((resolve) => listener.once('end', resolve))
    const deafener = new Deafener({ url, applicationName: 'millrace-bench-0' })
    await deafener.deafen()
    await ended
    for (const client of [lane, other]) await client.query('select 1')
    await assert.rejects(deafener.deafen(), /0 listening connections/)
    await deafener.close()

    await place.remove()
    await assert.rejects(connect(url), /does not exist/)
  } finally {
    await store.close()
  }
})

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  client.on('error', () => undefined) // the connections are ended under their clients
  await client.connect()
  return client
}
