/** Delays: of a message, and of a queue for all of its messages. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

test('a message with a delay is counted as delayed, and received when the delay is over', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x', { DelaySeconds: 5 })
  assert.deepEqual(await fixture.depth(queue), { visible: 0, inFlight: 0, delayed: 1 })
  fixture.advance(4)
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(1)
  assert.deepEqual(await fixture.depth(queue), { visible: 1, inFlight: 0, delayed: 0 })
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('the delay of a queue holds for messages that name none; their own is the stronger, also when it is 0', async () => {
  const queue = await fixture.createQueue({ DelaySeconds: '10' })
  await fixture.send(queue, 'queue')
  await fixture.send(queue, 'none', { DelaySeconds: 0 })
  await fixture.send(queue, 'long', { DelaySeconds: 900 })
  assert.deepEqual(await fixture.bodies(queue), ['none'])
  fixture.advance(10)
  assert.deepEqual(await fixture.bodies(queue), ['queue'])
  fixture.advance(890)
  assert.ok((await fixture.bodies(queue)).includes('long'))
})

test('each entry of a batch has a delay of its own', async () => {
  const queue = await fixture.createQueue()
  const Entries = [0, 5, 10].map((DelaySeconds) => ({
    Id: `d${DelaySeconds}`,
    MessageBody: `d${DelaySeconds}`,
    DelaySeconds,
  }))
  await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  for (const { MessageBody } of Entries) {
    assert.deepEqual(await fixture.bodies(queue), [MessageBody])
    fixture.advance(5)
  }
})

for (const seconds of [-1, 901]) {
  test(`a delay of ${seconds} seconds is refused`, async () => {
    const queue = await fixture.createQueue()
    await assert.rejects(
      fixture.send(queue, 'x', { DelaySeconds: seconds }),
      invalidValue('DelaySeconds', seconds, 'DelaySeconds must be >= 0 and <= 900.'),
    )
  })
}

test('a new delay of a standard queue leaves the messages in it as they are', async () => {
  const queue = await fixture.createQueue({ DelaySeconds: '10' })
  await fixture.send(queue, 'before')
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { DelaySeconds: '0' } })
  await fixture.send(queue, 'after')
  assert.deepEqual(await fixture.bodies(queue), ['after'])
  fixture.advance(10)
  assert.deepEqual(await fixture.bodies(queue), ['before'])
})

test('a new delay of a FIFO queue holds for the messages in it too, from when they were sent', async () => {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, 'g-1', 'h-1')
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { DelaySeconds: '60' } })
  assert.deepEqual(await fixture.depth(queue), { visible: 0, inFlight: 0, delayed: 2 })
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(50)
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { DelaySeconds: '40' } })
  assert.deepEqual(await fixture.bodies(queue), ['g-1', 'h-1'])
})

test('a new delay of a FIFO queue neither hides nor releases what was received', async () => {
  const queue = await fixture.createFifoQueue({ VisibilityTimeout: '30' })
  await fixture.sendInGroups(queue, 'g-1', 'h-1')
  await fixture.receiveOne(queue, { MaxNumberOfMessages: 1 })
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { DelaySeconds: '900' } })
  assert.deepEqual(await fixture.depth(queue), { visible: 0, inFlight: 1, delayed: 1 })
  fixture.advance(30)
  assert.deepEqual(await fixture.bodies(queue), ['g-1'])
})

test('a message to a FIFO queue may not have a delay of its own; 0 stands for that of the queue', async () => {
  const queue = await fixture.createFifoQueue({ DelaySeconds: '10' })
  const ids = { MessageGroupId: 'g', MessageDeduplicationId: 'd' }
  await assert.rejects(
    fixture.send(queue, 'x', { ...ids, DelaySeconds: 2 }),
    invalidValue('DelaySeconds', 2, 'The request include parameter that is not valid for this queue type.'),
  )
  await fixture.send(queue, 'x', { ...ids, DelaySeconds: 0 })
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(10)
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})
