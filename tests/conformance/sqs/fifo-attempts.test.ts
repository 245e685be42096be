/** Receive attempts of FIFO queues: a receive whose answer was lost can be repeated under the same attempt id. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, startSqs } from './support.ts'

const fixture = await startSqs()

const receive = (queue: string, attempt: string, options = {}) =>
  fixture.receive(queue, { ReceiveRequestAttemptId: attempt, ...options })

const handlesOf = (messages: readonly { ReceiptHandle?: string }[]) =>
  messages.map(({ ReceiptHandle }) => ReceiptHandle)

/** A FIFO queue of which the attempt `a` has received everything. */
async function attempted() {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, 'g-1', 'g-2', 'h-1')
  const messages = await receive(queue, 'a')
  assert.deepEqual(
    messages.map(({ Body }) => Body),
    ['g-1', 'g-2', 'h-1'],
  )
  return { queue, messages }
}

test('a repeat returns the same messages with the same handles, and does not count as a receive', async () => {
  const { queue, messages } = await attempted()
  const repeat = await receive(queue, 'a', { MessageSystemAttributeNames: ['All'] })
  assert.deepEqual(handlesOf(repeat), handlesOf(messages))
  assert.deepEqual(
    repeat.map(({ Body }) => Body),
    messages.map(({ Body }) => Body),
  )
  for (const { Attributes } of repeat) assert.equal(Attributes?.ApproximateReceiveCount, '1')
})

test('another attempt, or none, gets nothing while the messages are in flight', async () => {
  const { queue } = await attempted()
  assert.deepEqual(await receive(queue, 'b'), [])
  assert.deepEqual(await fixture.receive(queue), [])
})

test('a repeat hides the messages anew, and its handles delete them', async () => {
  const { queue, messages } = await attempted()
  fixture.advance(20)
  await receive(queue, 'a')
  fixture.advance(29)
  assert.deepEqual(await fixture.receive(queue), [])
  for (const message of messages) await fixture.delete(queue, message)
  assert.deepEqual(await fixture.depth(queue), { visible: 0, inFlight: 0, delayed: 0 })
})

test('after one of the messages was deleted the attempt is not repeated', async () => {
  const { queue, messages } = await attempted()
  await fixture.delete(queue, messages[0] ?? {})
  assert.deepEqual(await receive(queue, 'a'), [])
})

test('after the visibility of one of the messages was changed the attempt is not repeated', async () => {
  const { queue, messages } = await attempted()
  await fixture.changeVisibility(queue, messages[2] ?? {}, 600)
  assert.deepEqual(await receive(queue, 'a'), [])
})

test('after the visibility timeout the same attempt is a receive like any other', async () => {
  const { queue, messages } = await attempted()
  fixture.advance(30)
  const again = await receive(queue, 'a', { MessageSystemAttributeNames: ['All'] })
  assert.deepEqual(
    again.map(({ Body, Attributes }) => [Body, Attributes?.ApproximateReceiveCount]),
    [
      ['g-1', '2'],
      ['g-2', '2'],
      ['h-1', '2'],
    ],
  )
  for (const handle of handlesOf(again)) assert.ok(!handlesOf(messages).includes(handle))
})

test('five minutes later the same attempt is not repeated', async () => {
  const queue = await fixture.createFifoQueue({ VisibilityTimeout: '600' })
  await fixture.sendInGroups(queue, 'g-1')
  assert.equal((await receive(queue, 'a')).length, 1)
  fixture.advance(299)
  assert.equal((await receive(queue, 'a')).length, 1)
  fixture.advance(1)
  assert.deepEqual(await receive(queue, 'a'), [])
})

test('an attempt that found nothing finds what was sent since', async () => {
  const queue = await fixture.createFifoQueue()
  assert.deepEqual(await receive(queue, 'a'), [])
  await fixture.sendInGroups(queue, 'g-1')
  assert.equal((await receive(queue, 'a')).length, 1)
})

for (const id of ['a b', 'x'.repeat(129)]) {
  test(`an attempt id of ${id.length} characters${id.includes(' ') ? ' with a space' : ''} is refused`, async () => {
    const queue = await fixture.createFifoQueue()
    await assert.rejects(
      receive(queue, id),
      invalidValue(
        'ReceiveRequestAttemptId',
        id,
        'ReceiveRequestAttemptId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
      ),
    )
  })
}

test('a standard queue takes no notice of attempt ids', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  assert.equal((await receive(queue, 'a b')).length, 1)
  assert.deepEqual(await receive(queue, 'a b'), [])
})
