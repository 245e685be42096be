/** Retention: a message lives for the queue's retention period from when it was sent, whatever its state. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const EMPTY = { visible: 0, inFlight: 0, delayed: 0 }

for (const fifo of [false, true]) {
  const kind = fifo ? 'FIFO' : 'standard'
  const create = (attributes: Record<string, string>) =>
    fifo ? fixture.createFifoQueue(attributes) : fixture.createQueue(attributes)
  const send = (queue: string, body: string) => (fifo ? fixture.sendInGroups(queue, body) : fixture.send(queue, body))

  test(`${kind}: a visible message is gone when its retention is over, and not before`, async () => {
    const queue = await create({ MessageRetentionPeriod: '60' })
    await send(queue, 'g-1')
    fixture.advance(59)
    assert.deepEqual(await fixture.bodies(queue, { VisibilityTimeout: 0 }), ['g-1'])
    fixture.advance(1)
    assert.deepEqual(await fixture.receive(queue), [])
    assert.deepEqual(await fixture.depth(queue), EMPTY)
  })

  test(`${kind}: a delayed message expires before it was ever visible`, async () => {
    const queue = await create({ MessageRetentionPeriod: '60', DelaySeconds: '100' })
    await send(queue, 'g-1')
    fixture.advance(60)
    assert.deepEqual(await fixture.depth(queue), EMPTY)
    fixture.advance(40)
    assert.deepEqual(await fixture.receive(queue), [])
  })

  test(`${kind}: a message expires while it is in flight, and does not come back`, async () => {
    const queue = await create({ MessageRetentionPeriod: '60', VisibilityTimeout: '70' })
    await send(queue, 'g-1')
    await fixture.receiveOne(queue)
    fixture.advance(60)
    assert.deepEqual(await fixture.depth(queue), EMPTY)
    fixture.advance(10)
    assert.deepEqual(await fixture.receive(queue), [])
  })

  test(`${kind}: a receive passes over what has expired and takes what has not`, async () => {
    const queue = await create({ MessageRetentionPeriod: '60' })
    for (const body of ['g-1', 'h-1', 'g-2']) await send(queue, body)
    fixture.advance(30)
    for (const body of ['g-3', 'i-1']) await send(queue, body)
    fixture.advance(30)
    assert.deepEqual((await fixture.bodies(queue)).sort(), ['g-3', 'i-1'])
    assert.deepEqual(await fixture.depth(queue), { visible: 0, inFlight: 2, delayed: 0 })
  })

  test(`${kind}: a shorter period holds for the messages that are there`, async () => {
    const queue = await create({})
    await send(queue, 'g-1')
    fixture.advance(100)
    await send(queue, 'g-2')
    await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { MessageRetentionPeriod: '100' } })
    assert.deepEqual(await fixture.bodies(queue), ['g-2'])
  })
}

test('a longer period spares a message in flight whose group would else have moved on', async () => {
  const queue = await fixture.createFifoQueue({ MessageRetentionPeriod: '60' })
  await fixture.sendInGroups(queue, 'g-1', 'g-2')
  await fixture.receiveOne(queue, { MaxNumberOfMessages: 1, VisibilityTimeout: 100 })
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { MessageRetentionPeriod: '600' } })
  fixture.advance(60)
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(40)
  assert.deepEqual(await fixture.bodies(queue), ['g-1', 'g-2'])
})

/** A source and its dead-letter queue, which keeps messages for 120 seconds and just got one that was sent 100 s ago. */
async function deadLettered(fifo: boolean): Promise<string> {
  const create = (attributes: Record<string, string>) =>
    fifo ? fixture.createFifoQueue(attributes) : fixture.createQueue(attributes)
  const deadLetters = await create({ MessageRetentionPeriod: '120' })
  const policy = { deadLetterTargetArn: await fixture.arnOf(deadLetters), maxReceiveCount: 1 }
  const source = await create({ RedrivePolicy: JSON.stringify(policy) })
  await (fifo ? fixture.sendInGroups(source, 'g-1') : fixture.send(source, 'g-1'))
  await fixture.receiveOne(source, { VisibilityTimeout: 100 })
  fixture.advance(100)
  assert.deepEqual(await fixture.receive(source), [])
  return deadLetters
}

test('in a standard dead-letter queue retention counts from when the message was first sent', async () => {
  const deadLetters = await deadLettered(false)
  assert.equal((await fixture.depth(deadLetters)).visible, 1)
  fixture.advance(20)
  assert.deepEqual(await fixture.receive(deadLetters), [])
  assert.deepEqual(await fixture.depth(deadLetters), EMPTY)
})

test('in a FIFO dead-letter queue retention counts from when the message came there', async () => {
  const deadLetters = await deadLettered(true)
  fixture.advance(119)
  assert.deepEqual(await fixture.bodies(deadLetters, { VisibilityTimeout: 0 }), ['g-1'])
  fixture.advance(1)
  assert.deepEqual(await fixture.receive(deadLetters), [])
})
