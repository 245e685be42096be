/** Dead-letter queues: on which receive a message is moved, what it keeps, and when it stays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const create = (fifo: boolean, attributes: Record<string, string> = {}) =>
  fifo ? fixture.createFifoQueue(attributes) : fixture.createQueue(attributes)
const send = (fifo: boolean, queue: string, body: string) =>
  fifo ? fixture.sendInGroups(queue, body) : fixture.send(queue, body)

/** A source with a dead-letter queue. */
async function pair(maxReceiveCount: number, fifo = false) {
  const deadLetters = await create(fifo)
  const policy = { deadLetterTargetArn: await fixture.arnOf(deadLetters), maxReceiveCount }
  const source = await create(fifo, { RedrivePolicy: JSON.stringify(policy) })
  return { source, deadLetters }
}

for (const fifo of [false, true]) {
  const kind = fifo ? 'FIFO' : 'standard'

  for (const maxReceiveCount of [1, 2, 5]) {
    test(`${kind}: a message is received ${maxReceiveCount} times and moved by the next attempt`, async () => {
      const { source, deadLetters } = await pair(maxReceiveCount, fifo)
      await send(fifo, source, 'g-1')
      for (let count = 1; count <= maxReceiveCount; count++) {
        const { Attributes } = await fixture.receiveOne(source, { VisibilityTimeout: 0 })
        assert.equal(Attributes.ApproximateReceiveCount, String(count))
      }
      assert.equal((await fixture.depth(deadLetters)).visible, 0)
      assert.deepEqual(await fixture.receive(source), [])
      assert.equal((await fixture.depth(source)).visible, 0)
      const moved = await fixture.receiveOne(deadLetters)
      assert.equal(moved.Attributes.ApproximateReceiveCount, String(maxReceiveCount + 1))
    })
  }

  test(`${kind}: the attempt that moves a message returns others`, async () => {
    const { source, deadLetters } = await pair(1, fifo)
    await send(fifo, source, 'g-1')
    await fixture.receiveOne(source, { VisibilityTimeout: 0 })
    await send(fifo, source, 'g-2')
    await send(fifo, source, 'g-3')
    assert.deepEqual(await fixture.bodies(source, { MaxNumberOfMessages: 2 }), ['g-2', 'g-3'])
    assert.deepEqual(await fixture.bodies(deadLetters), ['g-1'])
  })

  test(`${kind}: when the dead-letter queue was deleted the message goes on being received`, async () => {
    const { source, deadLetters } = await pair(1, fifo)
    await sqs.deleteQueue({ QueueUrl: deadLetters })
    await send(fifo, source, 'g-1')
    for (const count of ['1', '2', '3']) {
      const { Attributes } = await fixture.receiveOne(source, { VisibilityTimeout: 0 })
      assert.equal(Attributes.ApproximateReceiveCount, count)
    }
  })

  test(`${kind}: when the dead-letter queue no longer allows the source the message goes on being received`, async () => {
    const { source, deadLetters } = await pair(1, fifo)
    await sqs.setQueueAttributes({
      QueueUrl: deadLetters,
      Attributes: { RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }) },
    })
    await send(fifo, source, 'g-1')
    for (let i = 0; i < 3; i++) await fixture.receiveOne(source, { VisibilityTimeout: 0 })
  })

  test(`${kind}: a queue that names itself as its dead-letter queue keeps delivering`, async () => {
    const queue = await create(fifo)
    const policy = { deadLetterTargetArn: await fixture.arnOf(queue), maxReceiveCount: 1 }
    await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { RedrivePolicy: JSON.stringify(policy) } })
    await send(fifo, queue, 'g-1')
    for (let i = 0; i < 3; i++) await fixture.receiveOne(queue, { VisibilityTimeout: 0 })
    assert.deepEqual(await fixture.depth(queue), { visible: 1, inFlight: 0, delayed: 0 })
  })

  test(`${kind}: two queues that are each other's dead-letter queue hand a message back and forth`, async () => {
    const { source, deadLetters } = await pair(1, fifo)
    const back = { deadLetterTargetArn: await fixture.arnOf(source), maxReceiveCount: 2 }
    await sqs.setQueueAttributes({ QueueUrl: deadLetters, Attributes: { RedrivePolicy: JSON.stringify(back) } })
    await send(fifo, source, 'g-1')
    const rounds = [
      [source, ['1']],
      [deadLetters, ['2', '3']],
      [source, ['4']],
      [deadLetters, ['5', '6']],
    ] as const
    for (const [queue, counts] of rounds) {
      for (const count of counts) {
        const { Attributes } = await fixture.receiveOne(queue, { VisibilityTimeout: 0 })
        assert.equal(Attributes.ApproximateReceiveCount, count)
      }
      assert.deepEqual(await fixture.receive(queue), [])
    }
    assert.equal((await fixture.depth(source)).visible, 1)
  })

  test(`${kind}: in a chain each queue's consumers get a message as often as their queue allows`, async () => {
    const last = await create(fifo)
    const chain: string[] = [last]
    for (const maxReceiveCount of [2, 1, 3]) {
      const policy = { deadLetterTargetArn: await fixture.arnOf(chain[0] as string), maxReceiveCount }
      chain.unshift(await create(fifo, { RedrivePolicy: JSON.stringify(policy) }))
    }
    await send(fifo, chain[0] as string, 'g-1')
    const seen: string[][] = []
    for (const queue of chain.slice(0, -1)) {
      const counts: string[] = []
      for (;;) {
        const [message] = await fixture.receive(queue, { VisibilityTimeout: 0, MessageSystemAttributeNames: ['All'] })
        if (message === undefined) break
        counts.push(message.Attributes?.ApproximateReceiveCount ?? '')
      }
      seen.push(counts)
    }
    assert.deepEqual(seen, [['1', '2', '3'], ['4'], ['5', '6']])
    const { Attributes } = await fixture.receiveOne(last)
    assert.equal(Attributes.ApproximateReceiveCount, '7')
    assert.equal(Attributes.DeadLetterQueueSourceArn, await fixture.arnOf(chain[2] as string))
  })

  test(`${kind}: what a move task brought back from a dead-letter queue is received as often as a new message`, async () => {
    const { source, deadLetters } = await pair(2, fifo)
    await send(fifo, source, 'g-1')
    for (const round of [1, 2]) {
      for (const count of ['1', '2']) {
        const { Attributes } = await fixture.receiveOne(source, { VisibilityTimeout: 0, WaitTimeSeconds: 20 })
        assert.equal(Attributes.ApproximateReceiveCount, count, `round ${round}`)
      }
      assert.deepEqual(await fixture.receive(source), [])
      assert.equal((await fixture.depth(deadLetters)).visible, 1)
      await sqs.startMessageMoveTask({ SourceArn: await fixture.arnOf(deadLetters) })
    }
  })
}

test('a moved message keeps its id, content, attributes and times, and names the queue it came from', async () => {
  const { source, deadLetters } = await pair(1)
  const trace = 'Root=1-5759e988-bd862e3fe1be46a994272793'
  const { MessageId } = await fixture.send(source, 'x', {
    MessageGroupId: 'tenant',
    MessageAttributes: { Hello: { DataType: 'String', StringValue: 'World' } },
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: trace } },
  })
  const before = await fixture.receiveOne(source, { VisibilityTimeout: 5 })
  assert.equal(before.Attributes.DeadLetterQueueSourceArn, undefined)
  fixture.advance(5)
  assert.deepEqual(await fixture.receive(source), [])
  const after = await fixture.receiveOne(deadLetters, { MessageAttributeNames: ['All'] })
  assert.equal(after.MessageId, MessageId)
  assert.equal(after.Body, 'x')
  assert.equal(after.MD5OfMessageAttributes, '7db7fb1ba7f41366a8ea5eb18220b26d')
  assert.deepEqual(after.Attributes, {
    ...before.Attributes,
    ApproximateReceiveCount: '2',
    DeadLetterQueueSourceArn: await fixture.arnOf(source),
  })
})

test('the handles of a moved message are dead: they delete nothing in the source and are not valid in its new queue', async () => {
  const { source, deadLetters } = await pair(1)
  await fixture.send(source, 'x')
  const message = await fixture.receiveOne(source, { VisibilityTimeout: 0 })
  await fixture.receive(source)
  await fixture.delete(source, message)
  await assert.rejects(fixture.delete(deadLetters, message), refusal('ReceiptHandleIsInvalid', /is not a valid/, 404))
  assert.equal((await fixture.depth(deadLetters)).visible, 1)
})

test('a new limit of receives holds for the messages that are there', async () => {
  const { source, deadLetters } = await pair(5)
  await fixture.send(source, 'x')
  for (let i = 0; i < 3; i++) await fixture.receiveOne(source, { VisibilityTimeout: 0 })
  const policy = { deadLetterTargetArn: await fixture.arnOf(deadLetters), maxReceiveCount: '2' }
  await sqs.setQueueAttributes({ QueueUrl: source, Attributes: { RedrivePolicy: JSON.stringify(policy) } })
  assert.deepEqual(await fixture.receive(source), [])
  assert.deepEqual(await fixture.bodies(deadLetters), ['x'])
})

test('FIFO: a moved message keeps its ids, gets a new sequence number, and its group goes on with the next', async () => {
  const { source, deadLetters } = await pair(1, true)
  await fixture.sendInGroups(source, 'g-1', 'g-2')
  const before = await fixture.receiveOne(source, { MaxNumberOfMessages: 1, VisibilityTimeout: 0 })
  assert.deepEqual(await fixture.bodies(source), ['g-2'])
  const after = await fixture.receiveOne(deadLetters)
  assert.equal(after.MessageId, before.MessageId)
  assert.equal(after.Attributes.MessageGroupId, 'g')
  assert.equal(after.Attributes.MessageDeduplicationId, 'g-1')
  assert.ok(BigInt(after.Attributes.SequenceNumber ?? '') > BigInt(before.Attributes.SequenceNumber ?? ''))
})

test('FIFO: the group of a moved message stays blocked by what is still in flight', async () => {
  const { source, deadLetters } = await pair(1, true)
  await fixture.sendInGroups(source, 'g-1', 'g-2', 'g-3')
  const [first] = await fixture.receive(source, { MaxNumberOfMessages: 2 })
  await fixture.changeVisibility(source, first ?? {}, 0)
  assert.deepEqual(await fixture.receive(source), []) // moves the first; the second is in flight
  assert.deepEqual(await fixture.bodies(deadLetters), ['g-1'])
  assert.deepEqual(await fixture.receive(source), [])
})

test('FIFO: the dead-letter queue takes a message whose deduplication id it has seen', async () => {
  const { source, deadLetters } = await pair(1, true)
  await fixture.sendInGroups(deadLetters, 'g-1')
  await fixture.sendInGroups(source, 'g-1')
  await fixture.receiveOne(source, { VisibilityTimeout: 0 })
  assert.deepEqual(await fixture.receive(source), [])
  assert.deepEqual(await fixture.bodies(deadLetters), ['g-1', 'g-1'])
})

test('a FIFO queue and a standard queue can not be the dead-letter queue of each other', async () => {
  for (const fifo of [false, true]) {
    const target = await create(!fifo)
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: await fixture.arnOf(target), maxReceiveCount: 1 })
    await assert.rejects(
      create(fifo, { RedrivePolicy }),
      refusal(
        'InvalidParameterValue',
        `Value ${RedrivePolicy} for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source..`,
      ),
    )
  }
})
