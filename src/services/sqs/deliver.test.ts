/** A queue as a target: what another service delivers is a message, in that service's transaction. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { parseArn } from '../../kernel/arn.ts'
import { SystemClock } from '../../kernel/clock/clock.ts'
import { openSqlite } from '../../kernel/store/sqlite/engine.ts'
import type { Store } from '../../kernel/store/store.ts'
import { type Delivery, Undeliverable } from '../../kernel/targets/delivery.ts'
import { createTargets, type Targets } from '../../kernel/targets/targets.ts'
import { queueArn } from './model/names.ts'
import { loadAttributes } from './model/stored-attributes.ts'
import { createQueue, deliverToQueue, receiveMessages } from './store.ts'

const clock = new SystemClock()
const address = (name: string) => ({ accountId: '000000000000', region: 'us-east-1', name })
const arnOf = (name: string) => parseArn(queueArn(address(name))) as NonNullable<ReturnType<typeof parseArn>>
const delivery: Delivery = {
  body: 'hello',
  sourceArn: 'arn:aws:sns:us-east-1:000000000000:topic',
  senderId: 'AIDATEST',
}

let store: Store
let targets: Targets

before(async () => {
  store = await openSqlite({
    directory: undefined,
    clock,
    commands: [new URL('./store.ts', import.meta.url)],
    migrations: [
      { service: 'jobs', folder: new URL('../../kernel/jobs/migrations/', import.meta.url) },
      { service: 'sqs', folder: new URL('./migrations/', import.meta.url) },
    ],
  })
  targets = createTargets(store)
  targets.register('sqs', { command: deliverToQueue })
  for (const [name, attributes] of [
    ['standard', { MaximumMessageSize: '1024' }],
    ['ordered.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' }],
  ] as const) {
    await store.execute(createQueue, { queue: address(name), attributes, tags: {}, recreateWait: true })
  }
})

after(async () => {
  await store.close()
  clock.close()
})

async function received(name: string) {
  const call = { queue: address(name), limit: 10, visibilityTimeout: undefined, waitTime: 0, attemptId: undefined }
  const { messages } = await store.execute(receiveMessages, { ...call, maxInFlight: 1000 })
  return messages
}

test('a delivery is a message with its attributes, sender and trace header', async () => {
  const attributes = { colour: { dataType: 'String', stringValue: 'red' } }
  await targets.deliver(arnOf('standard'), { ...delivery, attributes, traceHeader: 'Root=1-2-3' })
  const [message] = await received('standard')
  assert.deepEqual([message?.body, message?.sender, message?.traceHeader], ['hello', 'AIDATEST', 'Root=1-2-3'])
  assert.deepEqual(loadAttributes(message?.attributes ?? null), { colour: { DataType: 'String', StringValue: 'red' } })
})

test('a FIFO queue takes the group, and drops a repeat', async () => {
  await targets.deliver(arnOf('ordered.fifo'), { ...delivery, groupId: 'g' })
  await targets.deliver(arnOf('ordered.fifo'), { ...delivery, groupId: 'g' })
  assert.deepEqual(
    (await received('ordered.fifo')).map(({ groupId }) => groupId),
    ['g'],
  )
})

const refusals = [
  { name: 'a queue that does not exist', queue: 'nowhere', change: {} },
  { name: 'a message that is too long for the queue', queue: 'standard', change: { body: 'x'.repeat(1025) } },
  { name: 'a message without a group for a FIFO queue', queue: 'ordered.fifo', change: {} },
]
for (const { name, queue, change } of refusals) {
  test(`${name} is undeliverable`, async () => {
    await assert.rejects(targets.deliver(arnOf(queue), { ...delivery, ...change }), Undeliverable)
  })
}
