/** A fan-out to many queues is one batch: as many look-ups as for one queue, and an outcome for each. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseArn } from '../../../kernel/arn.ts'
import { SystemClock } from '../../../kernel/clock/clock.ts'
import { openSqlite } from '../../../kernel/store/sqlite/engine.ts'
import type { Store } from '../../../kernel/store/store.ts'
import type { AddressedDelivery } from '../../../kernel/targets/delivery.ts'
import { queueArn } from '../model/names.ts'
import { createQueue, receiveMessages } from '../store.ts'
import { fanOut } from './testing/fan-out.ts'

const clock = new SystemClock()
const address = (name: string) => ({ accountId: '000000000000', region: 'us-east-1', name })
const names = Array.from({ length: 100 }, (_, at) => (at % 2 === 0 ? `queue-${at}` : `queue-${at}.fifo`))

let store: Store

before(async () => {
  store = await openSqlite({
    directory: undefined,
    clock,
    commands: ['../store.ts', './testing/fan-out.ts'].map((path) => new URL(path, import.meta.url)),
    migrations: [
      { service: 'jobs', folder: new URL('../../../kernel/jobs/migrations/', import.meta.url) },
      { service: 'sqs', folder: new URL('../migrations/', import.meta.url) },
    ],
  })
  for (const name of names) {
    const attributes = name.endsWith('.fifo') ? { FifoQueue: 'true' } : {}
    await store.execute(createQueue, { queue: address(name), attributes, tags: {}, recreateWait: false })
  }
})

after(async () => {
  await store.close()
  clock.close()
})

function deliveryTo(name: string, body: string): AddressedDelivery {
  const ofGroup = name.endsWith('.fifo') ? { groupId: 'g', deduplicationId: body } : {}
  const delivery = { body, sourceArn: 'arn:aws:sns:us-east-1:000000000000:topic', senderId: 'sender', ...ofGroup }
  return { arn: parseArn(queueArn(address(name))) as AddressedDelivery['arn'], delivery }
}

async function received(name: string): Promise<string[]> {
  const call = { queue: address(name), limit: 10, visibilityTimeout: undefined, waitTime: 0, attemptId: undefined }
  const { messages } = await store.execute(receiveMessages, { ...call, maxInFlight: 1000 })
  return messages.map(({ body }) => body)
}

test('a hundred queues cost as many look-ups as ten', async () => {
  const [ten, all] = await Promise.all(
    [names.slice(0, 10), names].map((some, at) =>
      store.execute(fanOut, { deliveries: some.map((name) => deliveryTo(name, `message-${at}`)) }),
    ),
  )
  assert.equal(all?.answers, ten?.answers)
  assert.deepEqual(new Set(all?.refusals), new Set([null]))
  for (const name of names) assert.ok((await received(name)).includes('message-1'), name)
})

test('what is refused has written nothing, and the others are delivered', async () => {
  const deliveries = [
    deliveryTo('queue-0', 'first'),
    deliveryTo('nowhere', 'lost'),
    deliveryTo('queue-0', ''),
    deliveryTo('queue-2', 'second'),
  ]
  const { refusals } = await store.execute(fanOut, { deliveries })
  assert.deepEqual(
    refusals.map((refusal) => refusal === null),
    [true, false, false, true],
  )
  assert.match(refusals[1] ?? '', /does not exist/)
  assert.deepEqual(await received('queue-0'), ['first'])
  assert.deepEqual(await received('queue-2'), ['second'])
})
