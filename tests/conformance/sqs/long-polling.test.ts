/** Long polls: everything that makes a message available ends the wait, and nothing else does before its time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const idle = await fixture.createQueue()

/** Lets what was begun reach the store: two round trips through the same node. */
async function reachTheStore(): Promise<void> {
  for (let i = 0; i < 2; i++) await fixture.receive(idle, { WaitTimeSeconds: 0 })
}

/** Begins a long poll, of twenty seconds unless told otherwise, and lets it find nothing. */
async function poll(queue: string, options: Parameters<typeof fixture.receive>[1] = {}) {
  const answer = fixture.bodies(queue, { WaitTimeSeconds: 20, ...options })
  const waiting = { answer, isOver: false }
  const end = () => {
    waiting.isOver = true
  }
  answer.then(end, end)
  await reachTheStore()
  return waiting
}

test('a message that is there ends the wait at once, and the wait is not for more of them', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  assert.deepEqual(await fixture.bodies(queue, { WaitTimeSeconds: 20 }), ['x'])
})

test('a send ends the wait', async () => {
  const queue = await fixture.createQueue()
  const { answer } = await poll(queue)
  await fixture.send(queue, 'x')
  assert.deepEqual(await answer, ['x'])
})

test('a send to a FIFO queue ends the wait', async () => {
  const queue = await fixture.createFifoQueue()
  const { answer } = await poll(queue)
  await fixture.sendInGroups(queue, 'g-1')
  assert.deepEqual(await answer, ['g-1'])
})

test('a batch of messages ends as many waits', async () => {
  const queue = await fixture.createQueue()
  const polls = [await poll(queue, { MaxNumberOfMessages: 1 }), await poll(queue, { MaxNumberOfMessages: 1 })]
  const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id }))
  await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  const received = await Promise.all(polls.map(({ answer }) => answer))
  assert.deepEqual(received.flat().sort(), ['a', 'b'])
})

test('the end of a delay ends the wait', async () => {
  const queue = await fixture.createQueue()
  const { answer } = await poll(queue)
  await fixture.send(queue, 'x', { DelaySeconds: 5 })
  fixture.advance(5)
  assert.deepEqual(await answer, ['x'])
})

test('the end of a visibility timeout ends the wait', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  await fixture.receive(queue, { VisibilityTimeout: 10 })
  const { answer } = await poll(queue)
  fixture.advance(10)
  assert.deepEqual(await answer, ['x'])
})

for (const fifo of [false, true]) {
  const kind = fifo ? 'FIFO' : 'standard'
  const create = () => (fifo ? fixture.createFifoQueue() : fixture.createQueue())
  const send = (queue: string, body: string) => (fifo ? fixture.sendInGroups(queue, body) : fixture.send(queue, body))

  test(`${kind}: a change of visibility to 0 ends the wait`, async () => {
    const queue = await create()
    await send(queue, 'g-1')
    const message = await fixture.receiveOne(queue)
    const { answer } = await poll(queue)
    await fixture.changeVisibility(queue, message, 0)
    assert.deepEqual(await answer, ['g-1'])
  })

  test(`${kind}: a shorter visibility timeout is heard of by those who wait already`, async () => {
    const queue = await create()
    await send(queue, 'g-1')
    const message = await fixture.receiveOne(queue, { VisibilityTimeout: 600 })
    const { answer } = await poll(queue)
    await fixture.changeVisibility(queue, message, 3)
    fixture.advance(3)
    assert.deepEqual(await answer, ['g-1'])
  })

  test(`${kind}: what one waiter took and did not delete in time goes to the other`, async () => {
    const queue = await create()
    const polls = [await poll(queue, { VisibilityTimeout: 5 }), await poll(queue, { VisibilityTimeout: 5 })]
    await send(queue, 'g-1')
    await Promise.race(polls.map(({ answer }) => answer))
    await reachTheStore()
    assert.deepEqual(polls.map(({ isOver }) => isOver).sort(), [false, true])
    fixture.advance(5)
    assert.deepEqual(await Promise.all(polls.map(({ answer }) => answer)), [['g-1'], ['g-1']])
  })

  test(`${kind}: a message dead-lettered on a receive from its source ends the wait at the dead-letter queue`, async () => {
    const deadLetters = await create()
    const source = await create()
    const policy = { deadLetterTargetArn: await fixture.arnOf(deadLetters), maxReceiveCount: 1 }
    await sqs.setQueueAttributes({ QueueUrl: source, Attributes: { RedrivePolicy: JSON.stringify(policy) } })
    await send(source, 'g-1')
    await fixture.receive(source, { VisibilityTimeout: 0 })
    const { answer } = await poll(deadLetters)
    assert.deepEqual(await fixture.receive(source), [])
    assert.deepEqual(await answer, ['g-1'])
  })
}

test('a message that a later delay ends for is not overlooked when another waiter was served before', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'first', { DelaySeconds: 5 })
  await fixture.send(queue, 'second', { DelaySeconds: 8 })
  const polls = [await poll(queue), await poll(queue)]
  fixture.advance(5)
  assert.deepEqual(await Promise.race(polls.map(({ answer }) => answer)), ['first'])
  await reachTheStore()
  fixture.advance(3)
  assert.deepEqual((await Promise.all(polls.map(({ answer }) => answer))).flat().sort(), ['first', 'second'])
})

test('a receive that leaves its message visible lets the next waiter have it too', async () => {
  const queue = await fixture.createQueue()
  const polls = [await poll(queue, { VisibilityTimeout: 0 }), await poll(queue, { VisibilityTimeout: 0 })]
  await fixture.send(queue, 'x')
  assert.deepEqual(await Promise.all(polls.map(({ answer }) => answer)), [['x'], ['x']])
})

test('the deletion of the last message in flight of a group ends the wait for the next one', async () => {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, 'g-1', 'g-2')
  const message = await fixture.receiveOne(queue, { MaxNumberOfMessages: 1 })
  const { answer } = await poll(queue)
  await fixture.delete(queue, message)
  assert.deepEqual(await answer, ['g-2'])
})

test('a message in flight that outlives its retention makes way for the next of its group', async () => {
  const queue = await fixture.createFifoQueue({ MessageRetentionPeriod: '60' })
  await fixture.sendInGroups(queue, 'g-1')
  fixture.advance(50)
  await fixture.sendInGroups(queue, 'g-2')
  await fixture.receive(queue, { MaxNumberOfMessages: 1, VisibilityTimeout: 43_200 })
  const { answer } = await poll(queue)
  fixture.advance(10)
  assert.deepEqual(await answer, ['g-2'])
})

test('the end of a message move ends the wait', async () => {
  const source = await fixture.createQueue()
  const deadLetters = await fixture.createQueue()
  const SourceArn = await fixture.arnOf(deadLetters)
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: SourceArn, maxReceiveCount: 1 })
  await sqs.setQueueAttributes({ QueueUrl: source, Attributes: { RedrivePolicy } })
  await fixture.send(source, 'x')
  await fixture.receive(source, { VisibilityTimeout: 0 })
  await fixture.receive(source)
  const { answer } = await poll(source)
  await sqs.startMessageMoveTask({ SourceArn })
  assert.deepEqual(await answer, ['x'])
})

test('a shorter delay of the queue ends the wait for the messages of a FIFO queue', async () => {
  const queue = await fixture.createFifoQueue({ DelaySeconds: '600' })
  await fixture.sendInGroups(queue, 'g-1')
  const { answer } = await poll(queue)
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { DelaySeconds: '0' } })
  assert.deepEqual(await answer, ['g-1'])
})

test('the deletion of the queue ends the wait with an error', async () => {
  const queue = await fixture.createQueue()
  const answer = fixture.receive(queue, { WaitTimeSeconds: 20 })
  const refused = assert.rejects(
    answer,
    refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.'),
  )
  await reachTheStore()
  await sqs.deleteQueue({ QueueUrl: queue })
  await refused
})

test('the wait ends empty when its time is over, and not before', async () => {
  const queue = await fixture.createQueue()
  const waiting = await poll(queue)
  fixture.advance(19)
  await reachTheStore()
  assert.equal(waiting.isOver, false)
  fixture.advance(1)
  assert.deepEqual(await waiting.answer, [])
})

test('the wait of the queue holds where the receive names none', async () => {
  const queue = await fixture.createQueue({ ReceiveMessageWaitTimeSeconds: '20' })
  const waiting = await poll(queue, { WaitTimeSeconds: undefined })
  assert.equal(waiting.isOver, false)
  await fixture.send(queue, 'x')
  assert.deepEqual(await waiting.answer, ['x'])
})

test('a wait of 0 does not wait, whatever the wait of the queue', async () => {
  const queue = await fixture.createQueue({ ReceiveMessageWaitTimeSeconds: '20' })
  const began = fixture.node.clock.now()
  assert.deepEqual(await fixture.receive(queue, { WaitTimeSeconds: 0 }), [])
  assert.ok(fixture.node.clock.now() - began < 20_000)
})

test('what is sent after a waiting client has hung up is there for others, as if that client had not been', async () => {
  const queue = await fixture.createQueue()
  const controller = new AbortController()
  const answer = sqs.receiveMessage(
    { QueueUrl: queue, WaitTimeSeconds: 20, VisibilityTimeout: 43_200 },
    { abortSignal: controller.signal },
  )
  const aborted = assert.rejects(answer, { name: 'AbortError' })
  await reachTheStore()
  controller.abort()
  await aborted
  await fixture.send(queue, 'x')
  const message = await fixture.receiveOne(queue, { WaitTimeSeconds: 20 })
  assert.equal(message.Attributes.ApproximateReceiveCount, '1')
})
