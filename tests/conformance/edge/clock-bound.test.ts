/** How far the clock goes, and that everything works there; and in a store whose clock went further once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSns } from '../sns/support.ts'

const CENTURY_MS = 100 * 365 * 86_400_000
const CENTURIES = 69

const advance = async (url: string, advanceMs: number) => {
  const answer = await fetch(`${url}/_millrace/clock`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ advanceMs }),
  })
  return { status: answer.status, text: await answer.text() }
}

test('at the bound messages are sent, received, hidden and deleted, and topics deliver and sign', async () => {
  const fixture = await startSns()
  const { sqs, node } = fixture
  for (let i = 0; i < CENTURIES; i++) assert.equal((await advance(node.url, CENTURY_MS)).status, 200)
  const refused = await advance(node.url, 1)
  assert.equal(refused.status, 400)
  assert.match(refused.text, /ahead of the machine's by \d+ milliseconds at most/)
  assert.equal((await advance(node.url, 0)).status, 200)

  for (const attributes of [{}, { FifoQueue: 'true' }]) {
    const queue = attributes.FifoQueue ? await fixture.createFifoQueue() : await fixture.createQueue()
    const ids = attributes.FifoQueue ? { MessageGroupId: 'g', MessageDeduplicationId: 'd' } : {}
    await sqs.sendMessage({ QueueUrl: queue.url, MessageBody: 'late', ...ids })
    const { ReceiptHandle, Attributes } = await fixture.receiveOne(queue)
    assert.equal(new Date(Number(Attributes.SentTimestamp)).toISOString().length, '8926-01-01T00:00:00.000Z'.length)
    await sqs.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: 43_000 })
    await sqs.deleteMessage({ QueueUrl: queue.url, ReceiptHandle })
    await assert.rejects(
      sqs.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout: 1 }),
      /Message does not exist/,
    )
  }

  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic)
  await fixture.publish(topic, 'late')
  const [document] = await fixture.envelopes(queue)
  assert.match(document?.Timestamp ?? '', /^\d{4}-/)
  assert.match(await (await fetch(document?.SigningCertURL as string)).text(), /BEGIN CERTIFICATE/)
})

test('two that advance the clock at once do not pass the bound together', async () => {
  const { node } = await startSns()
  for (let i = 0; i < CENTURIES - 1; i++) await advance(node.url, CENTURY_MS)
  const statuses = await Promise.all([1, 2, 3].map(async () => (await advance(node.url, CENTURY_MS)).status))
  assert.deepEqual(statuses.toSorted(), [200, 400, 400])
})

test('a clock that is beyond the bound already is used as it is: messages are received and deleted', async () => {
  const fixture = await startSns()
  const { sqs, node } = fixture
  node.clock.shift(2 ** 48)
  const queue = await fixture.createQueue()
  await sqs.sendMessage({ QueueUrl: queue.url, MessageBody: 'too late' })
  const { Body, ReceiptHandle } = await fixture.receiveOne(queue)
  assert.equal(Body, 'too late')
  await sqs.deleteMessage({ QueueUrl: queue.url, ReceiptHandle })
  fixture.advance(60)
  assert.deepEqual(await fixture.receive(queue), [])
})
