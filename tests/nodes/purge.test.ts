/** A purge on one node while another sends: what was acknowledged after the purge is there. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { Client } from 'pg'
import { SystemClock } from '../../src/kernel/clock/clock.ts'
import { openPostgres } from '../../src/kernel/store/postgres/engine.ts'
import type { Store } from '../../src/kernel/store/store.ts'
import { createQueue, purgeQueue, receiveMessages } from '../../src/services/sqs/store.ts'
import { dropDatabase, freshDatabase } from '../../src/testing/postgres.ts'
import { goOn, pausedSend, reached } from './paused-send.ts'

const url = await freshDatabase()

suite('a purge and a send on two nodes', { skip: url === undefined && 'MILLRACE_TEST_STORE is not set' }, () => {
  const clock = new SystemClock()
  const queue = { accountId: '000000000000', region: 'us-east-1', name: 'purged' }
  let stores: [sender: Store, purger: Store]
  let admin: Client

  before(async () => {
    const open = () =>
      openPostgres({
        url: url as string,
        clock,
        commands: ['../../src/services/sqs/store.ts', './paused-send.ts'].map((path) => new URL(path, import.meta.url)),
        migrations: [
          { service: 'jobs', folder: new URL('../../src/kernel/jobs/migrations/', import.meta.url) },
          { service: 'sqs', folder: new URL('../../src/services/sqs/migrations/', import.meta.url) },
        ],
      })
    stores = [await open(), await open()]
    admin = new Client({ connectionString: url })
    await admin.connect()
  })
  after(async () => {
    await Promise.all(stores.map((store) => store.close()))
    await admin.end()
    clock.close()
    await dropDatabase(url as string)
  })

  test('the purge waits for a send that has looked its queue up, and the next send finds the new backlog', async () => {
    const [sender, purger] = stores
    await sender.execute(createQueue, { queue, attributes: {}, tags: {}, recreateWait: false })
    const order: string[] = []
    const send = (body: string) =>
      sender.execute(pausedSend, { queue, sender: 'sender', batch: false, messages: [messageOf(body)] })
    const sending = send('on its way').then(() => order.push('sent'))
    await reached.promise
    const purging = purger.execute(purgeQueue, queue).then(() => order.push('purged'))
    while (order.length === 0 && !(await somebodyWaits())); // a purge that doesn't wait is done
    goOn.resolve()
    await Promise.all([sending, purging])
    assert.deepEqual(order, ['sent', 'purged'])
    await send('after the purge')
    const call = { queue, limit: 10, visibilityTimeout: undefined, waitTime: 0, attemptId: undefined, maxInFlight: 100 }
    const { messages } = await purger.execute(receiveMessages, call)
    assert.deepEqual(
      messages.map(({ body }) => body),
      ['after the purge'],
    )
  })

  const somebodyWaits = async () => {
    const { rowCount } = await admin.query(
      `select from pg_locks l join pg_database d on d.oid = l.database where not granted and datname = current_database()`,
    )
    return rowCount !== 0
  }

  const messageOf = (body: string) => ({
    messageId: crypto.randomUUID(),
    body,
    attributes: null,
    sizeBytes: body.length,
    traceHeader: null,
    seal: null,
  })
})
