/** Deduplication in FIFO queues: for five minutes from its acceptance, a message's repeats are accepted and dropped. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const WINDOW_SECONDS = 300

const send = (queue: string, body: string, group: string, id?: string) =>
  fixture.send(queue, body, { MessageGroupId: group, MessageDeduplicationId: id })

test('a repeat is answered with the id and the sequence number of the first, and the digest of its own body', async () => {
  const queue = await fixture.createFifoQueue()
  const first = await send(queue, 'test', 'g', 'd')
  const repeat = await send(queue, 'message', 'g', 'd')
  assert.equal(repeat.MessageId, first.MessageId)
  assert.equal(repeat.SequenceNumber, first.SequenceNumber)
  assert.equal(repeat.MD5OfMessageBody, '78e731027d8fd50ed642340b7c9a63b3')
  assert.deepEqual(await fixture.bodies(queue), ['test'])
})

test('repeats are dropped also after the first was received and deleted', async () => {
  const queue = await fixture.createFifoQueue()
  const first = await send(queue, 'x', 'g', 'd')
  await fixture.delete(queue, await fixture.receiveOne(queue))
  assert.equal((await send(queue, 'x', 'g', 'd')).MessageId, first.MessageId)
  assert.deepEqual(await fixture.receive(queue), [])
})

test('five minutes after the first a message is new again, and repeats do not prolong the time', async () => {
  const queue = await fixture.createFifoQueue()
  const first = await send(queue, 'x', 'g', 'd')
  fixture.advance(WINDOW_SECONDS - 1)
  assert.equal((await send(queue, 'x', 'g', 'd')).MessageId, first.MessageId)
  fixture.advance(1)
  const second = await send(queue, 'x', 'g', 'd')
  assert.notEqual(second.MessageId, first.MessageId)
  assert.ok(BigInt(second.SequenceNumber ?? '') > BigInt(first.SequenceNumber ?? ''))
  assert.equal((await send(queue, 'x', 'g', 'd')).MessageId, second.MessageId)
  assert.deepEqual(await fixture.bodies(queue), ['x', 'x'])
})

test('a purge forgets what was sent before', async () => {
  const queue = await fixture.createFifoQueue()
  const first = await send(queue, 'x', 'g', 'd')
  await sqs.purgeQueue({ QueueUrl: queue })
  assert.notEqual((await send(queue, 'x', 'g', 'd')).MessageId, first.MessageId)
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('a repeat within one batch is dropped and answered as the first', async () => {
  const queue = await fixture.createFifoQueue()
  const Entries = ['a', 'b', 'c'].map((Id) => ({
    Id,
    MessageBody: Id,
    MessageGroupId: 'g',
    MessageDeduplicationId: Id === 'c' ? 'other' : 'same',
  }))
  const { Successful = [] } = await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  assert.equal(Successful[1]?.MessageId, Successful[0]?.MessageId)
  assert.equal(Successful[1]?.SequenceNumber, Successful[0]?.SequenceNumber)
  assert.deepEqual(await fixture.bodies(queue), ['a', 'c'])
})

test('of repeats that arrive together one is stored', async () => {
  const queue = await fixture.createFifoQueue()
  const sent = await Promise.all(Array.from({ length: 20 }, (_, i) => send(queue, `m${i}`, 'g', 'd')))
  assert.equal(new Set(sent.map(({ MessageId }) => MessageId)).size, 1)
  assert.equal((await fixture.depth(queue)).visible, 1)
})

test('one queue does not remember what another was sent', async () => {
  const queues = [await fixture.createFifoQueue(), await fixture.createFifoQueue()]
  for (const queue of queues) await send(queue, 'x', 'g', 'd')
  for (const queue of queues) assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('content-based deduplication compares bodies, not attributes, by their SHA-256', async () => {
  const queue = await fixture.createFifoQueue({ ContentBasedDeduplication: 'true' })
  const first = await send(queue, 'same', 'g')
  const repeat = await fixture.send(queue, 'same', {
    MessageGroupId: 'g',
    MessageAttributes: { Hello: { DataType: 'String', StringValue: 'World' } },
  })
  assert.equal(repeat.MessageId, first.MessageId)
  assert.equal(repeat.MD5OfMessageAttributes, '7db7fb1ba7f41366a8ea5eb18220b26d')
  assert.notEqual((await send(queue, 'other', 'g')).MessageId, first.MessageId)
  const [message] = await fixture.receive(queue, { MessageSystemAttributeNames: ['MessageDeduplicationId'] })
  assert.equal(message?.Attributes?.MessageDeduplicationId, createHash('sha256').update('same').digest('hex'))
})

test('an explicit id is stronger than the content', async () => {
  const queue = await fixture.createFifoQueue({ ContentBasedDeduplication: 'true' })
  await send(queue, 'same', 'g', 'one')
  await send(queue, 'same', 'g', 'two')
  await send(queue, 'different', 'g', 'two')
  await send(queue, 'same', 'g')
  assert.deepEqual(await fixture.bodies(queue), ['same', 'same', 'same'])
})

test('switching content-based deduplication holds for the next send', async () => {
  const queue = await fixture.createFifoQueue()
  await assert.rejects(send(queue, 'x', 'g'))
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { ContentBasedDeduplication: 'true' } })
  await send(queue, 'x', 'g')
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { ContentBasedDeduplication: 'false' } })
  await assert.rejects(send(queue, 'x', 'g'))
})

const PER_GROUP = { DeduplicationScope: 'messageGroup' }

test('ids are compared across the groups of a queue, unless its scope is the message group', async () => {
  const across = await fixture.createFifoQueue()
  const within = await fixture.createFifoQueue(PER_GROUP)
  for (const queue of [across, within]) {
    for (const group of ['g', 'h', 'g']) await send(queue, group, group, 'd')
  }
  assert.deepEqual(await fixture.bodies(across), ['g'])
  assert.deepEqual(await fixture.bodies(within), ['g', 'h'])
})

test('contents are compared in the same scope as ids', async () => {
  const within = await fixture.createFifoQueue({ ...PER_GROUP, ContentBasedDeduplication: 'true' })
  for (const group of ['g', 'h', 'g']) await send(within, 'same', group)
  assert.deepEqual(await fixture.bodies(within), ['same', 'same'])
})

test('a change of the scope changes the attribute, and not how the ids of that queue are compared', async () => {
  const across = await fixture.createFifoQueue()
  const within = await fixture.createFifoQueue(PER_GROUP)
  for (const [queue, scope] of [
    [across, 'messageGroup'],
    [within, 'queue'],
  ] as const) {
    await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { DeduplicationScope: scope } })
    assert.equal(await fixture.attribute(queue, 'DeduplicationScope'), scope)
    for (const group of ['g', 'h', 'g']) await send(queue, group, group, 'd')
  }
  assert.deepEqual(await fixture.bodies(across), ['g'])
  assert.deepEqual(await fixture.bodies(within), ['g', 'h'])
})
