/** The visibility timeout: from a receive to the next, and how ChangeMessageVisibility moves its end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

/** A queue, standard unless told otherwise, with one message that was just received. */
async function received(visibilityTimeout: number, fifo = false) {
  const queue = await (fifo ? fixture.createFifoQueue() : fixture.createQueue())
  await fixture.send(queue, 'x', fifo ? { MessageGroupId: 'g', MessageDeduplicationId: 'd' } : {})
  return { queue, message: await fixture.receiveOne(queue, { VisibilityTimeout: visibilityTimeout }) }
}

test('a message that was received is in flight, and nobody else gets it before its timeout', async () => {
  const { queue } = await received(30)
  assert.deepEqual(await fixture.depth(queue), { visible: 0, inFlight: 1, delayed: 0 })
  fixture.advance(29)
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(1)
  assert.deepEqual(await fixture.depth(queue), { visible: 1, inFlight: 0, delayed: 0 })
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('when it comes back it has a new handle and one receive more, and the time of its first receive', async () => {
  const { queue, message } = await received(30)
  fixture.advance(30)
  const again = await fixture.receiveOne(queue)
  assert.equal(again.MessageId, message.MessageId)
  assert.notEqual(again.ReceiptHandle, message.ReceiptHandle)
  assert.equal(message.Attributes.ApproximateReceiveCount, '1')
  assert.equal(again.Attributes.ApproximateReceiveCount, '2')
  assert.equal(again.Attributes.ApproximateFirstReceiveTimestamp, message.Attributes.ApproximateFirstReceiveTimestamp)
  assert.equal(again.Attributes.SentTimestamp, message.Attributes.SentTimestamp)
})

test("the queue's timeout holds where the receive names none", async () => {
  const queue = await fixture.createQueue({ VisibilityTimeout: '5' })
  await fixture.send(queue, 'x')
  await fixture.receiveOne(queue)
  fixture.advance(4)
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(1)
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('a receive with a timeout of 0 leaves the message visible and counts all the same', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  for (const count of ['1', '2', '3']) {
    const { Attributes } = await fixture.receiveOne(queue, { VisibilityTimeout: 0 })
    assert.equal(Attributes.ApproximateReceiveCount, count)
    assert.deepEqual(await fixture.depth(queue), { visible: 1, inFlight: 0, delayed: 0 })
  }
})

for (const fifo of [false, true]) {
  const kind = fifo ? 'FIFO' : 'standard'

  test(`${kind}: a changed timeout counts from the change, and may be longer or shorter`, async () => {
    const { queue, message } = await received(10, fifo)
    fixture.advance(5)
    await fixture.changeVisibility(queue, message, 60)
    fixture.advance(59)
    assert.deepEqual(await fixture.receive(queue), [])
    await fixture.changeVisibility(queue, message, 3)
    fixture.advance(3)
    assert.deepEqual(await fixture.bodies(queue), ['x'])
  })

  test(`${kind}: a timeout of 0 makes the message visible at once`, async () => {
    const { queue, message } = await received(43_200, fifo)
    await fixture.changeVisibility(queue, message, 0)
    assert.deepEqual(await fixture.depth(queue), { visible: 1, inFlight: 0, delayed: 0 })
    assert.deepEqual(await fixture.bodies(queue), ['x'])
  })

  test(`${kind}: a changed timeout is not remembered for the next receive`, async () => {
    const { queue, message } = await received(10, fifo)
    await fixture.changeVisibility(queue, message, 600)
    fixture.advance(600)
    await fixture.receiveOne(queue)
    fixture.advance(30)
    assert.deepEqual(await fixture.bodies(queue), ['x'])
  })

  test(`${kind}: changing a message that is visible again succeeds and does not hide it`, async () => {
    const { queue, message } = await received(10, fifo)
    fixture.advance(10)
    await fixture.changeVisibility(queue, message, 60)
    assert.deepEqual(await fixture.bodies(queue), ['x'])
  })

  test(`${kind}: changing a message that was deleted is refused`, async () => {
    const { queue, message } = await received(10, fifo)
    await fixture.delete(queue, message)
    await assert.rejects(
      fixture.changeVisibility(queue, message, 60),
      invalidValue(
        'ReceiptHandle',
        message.ReceiptHandle,
        'Message does not exist or is not available for visibility timeout change.',
      ),
    )
  })

  test(`${kind}: changing a message that outlived its retention is refused`, async () => {
    const { queue, message } = await received(600, fifo)
    await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { MessageRetentionPeriod: '60' } })
    fixture.advance(60)
    await assert.rejects(
      fixture.changeVisibility(queue, message, 60),
      refusal('InvalidParameterValue', /Reason: Message does not exist or is not available/),
    )
  })
}

test('a timeout is from 0 to 43200 seconds', async () => {
  const { queue, message } = await received(10)
  for (const seconds of [-1, 43_201]) {
    await assert.rejects(
      fixture.changeVisibility(queue, message, seconds),
      invalidValue('VisibilityTimeout', seconds, 'VisibilityTimeout must be an integer between 0 and 43200.'),
    )
  }
})

test('a change without a timeout or without a handle lacks a parameter', async () => {
  const { queue, message } = await received(10)
  const { ReceiptHandle } = message
  for (const [parameter, input] of [
    ['VisibilityTimeout', { ReceiptHandle }],
    ['ReceiptHandle', { VisibilityTimeout: 1 }],
  ] as const) {
    const { status, queryError, body } = await fixture.json('ChangeMessageVisibility', { QueueUrl: queue, ...input })
    assert.equal(status, 400)
    assert.equal(queryError, 'MissingParameter;Sender')
    assert.equal(body.message, `The request must contain the parameter ${parameter}.`)
  }
})

const beyondTheLimit = (seconds: number) =>
  invalidValue(
    'VisibilityTimeout',
    seconds,
    'Total VisibilityTimeout for the message is beyond the limit [43200 seconds]',
  )

test('no message stays hidden for more than twelve hours from its receive', async () => {
  const { queue, message } = await received(43_200)
  fixture.advance(1)
  await assert.rejects(fixture.changeVisibility(queue, message, 43_200), beyondTheLimit(43_200))
  await fixture.changeVisibility(queue, message, 43_100)
})

test('a change within what is left of the twelve hours is taken as it is, one beyond is refused and changes nothing', async () => {
  const { queue, message } = await received(40_000)
  fixture.advance(40_000 - 1)
  await assert.rejects(fixture.changeVisibility(queue, message, 3_202), beyondTheLimit(3_202))
  await fixture.changeVisibility(queue, message, 3_000)
  fixture.advance(2_999)
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(1)
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('each receive has twelve hours of its own', async () => {
  const { queue } = await received(43_200)
  fixture.advance(43_200)
  const again = await fixture.receiveOne(queue, { VisibilityTimeout: 10 })
  await fixture.changeVisibility(queue, again, 43_100)
})

test('a batch changes each message by its own timeout', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'a')
  await fixture.send(queue, 'b')
  const messages = await fixture.receive(queue)
  const { Successful } = await sqs.changeMessageVisibilityBatch({
    QueueUrl: queue,
    Entries: messages.map(({ ReceiptHandle, Body }) => ({
      Id: Body,
      ReceiptHandle,
      VisibilityTimeout: Body === 'a' ? 0 : 100,
    })),
  })
  assert.deepEqual(Successful, [{ Id: 'a' }, { Id: 'b' }])
  assert.deepEqual(await fixture.bodies(queue, { VisibilityTimeout: 1000 }), ['a'])
  fixture.advance(100)
  assert.deepEqual(await fixture.bodies(queue), ['b'])
})
