/** Deduplication in FIFO topics: for five minutes from its acceptance, a message's repeats are accepted and dropped. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidParameter, type Queue, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const WINDOW_SECONDS = 300
const PER_GROUP = { FifoThroughputScope: 'MessageGroup' }

/** A topic with a standard queue, which itself drops nothing, so that all it lacks was dropped by the topic. */
async function createTopic(attributes: Record<string, string> = {}): Promise<[topic: string, queue: Queue]> {
  const topic = await fixture.createFifoTopic(attributes)
  return [topic, await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' })]
}

const publish = async (topic: string, message: string, MessageGroupId: string, MessageDeduplicationId?: string) => {
  const { MessageId, SequenceNumber } = await fixture.publish(topic, message, {
    MessageGroupId,
    MessageDeduplicationId,
  })
  return { MessageId, SequenceNumber }
}

const sorted = async (queue: Queue) => (await fixture.bodies(queue)).sort()

test('a repeat is answered with the id and the sequence number of the first, and goes nowhere', async () => {
  const [topic, queue] = await createTopic()
  const first = await publish(topic, 'one', 'g', 'd')
  assert.deepEqual(await publish(topic, 'two', 'h', 'd'), first)
  assert.deepEqual(await fixture.bodies(queue), ['one'])
})

test('a batch that is published again is answered as it was the first time', async () => {
  const [topic, queue] = await createTopic()
  const PublishBatchRequestEntries = ['a', 'b', 'c'].map((Id) => ({
    Id,
    Message: Id,
    MessageGroupId: 'g',
    MessageDeduplicationId: Id,
  }))
  const first = await sns.publishBatch({ TopicArn: topic, PublishBatchRequestEntries })
  const again = await sns.publishBatch({ TopicArn: topic, PublishBatchRequestEntries })
  assert.equal(first.Successful?.length, 3)
  assert.deepEqual([again.Successful, again.Failed], [first.Successful, []])
  assert.deepEqual(await sorted(queue), ['a', 'b', 'c'])
})

test('a batch with some repeats delivers the others', async () => {
  const [topic, queue] = await createTopic()
  const first = await publish(topic, 'a', 'g', 'a')
  const entry = (Id: string, MessageDeduplicationId: string) => ({
    Id,
    Message: Id,
    MessageGroupId: 'g',
    MessageDeduplicationId,
  })
  const { Successful = [] } = await sns.publishBatch({
    TopicArn: topic,
    PublishBatchRequestEntries: [entry('b', 'a'), entry('c', 'c'), entry('d', 'c')],
  })
  const [b, c, d] = Successful.map(({ MessageId, SequenceNumber }) => ({ MessageId, SequenceNumber }))
  assert.deepEqual(b, first)
  assert.deepEqual(d, c)
  assert.deepEqual(await sorted(queue), ['a', 'c'])
})

test('of repeats that arrive together one is delivered', async () => {
  const [topic, queue] = await createTopic()
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => publish(topic, `m${i}`, 'g', 'd')))
  assert.equal(new Set(answers.map(({ MessageId }) => MessageId)).size, 1)
  assert.equal((await fixture.receive(queue)).length, 1)
})

test('five minutes after the first a message is new again, and repeats do not prolong the time', async () => {
  const [topic, queue] = await createTopic()
  const first = await publish(topic, 'one', 'g', 'd')
  fixture.advance(WINDOW_SECONDS - 1)
  assert.deepEqual(await publish(topic, 'two', 'g', 'd'), first)
  fixture.advance(1)
  const second = await publish(topic, 'three', 'g', 'd')
  assert.notEqual(second.MessageId, first.MessageId)
  assert.ok(BigInt(second.SequenceNumber ?? '') > BigInt(first.SequenceNumber ?? ''))
  assert.deepEqual(await publish(topic, 'four', 'g', 'd'), second)
  assert.deepEqual(await sorted(queue), ['one', 'three'])
})

test('content-based deduplication compares messages, not subjects and attributes', async () => {
  const [topic, queue] = await createTopic({ ContentBasedDeduplication: 'true' })
  const first = await publish(topic, 'same', 'g')
  const { MessageId } = await fixture.publish(topic, 'same', {
    MessageGroupId: 'g',
    Subject: 'another',
    MessageAttributes: { a: { DataType: 'String', StringValue: 'b' } },
  })
  assert.equal(MessageId, first.MessageId)
  await publish(topic, 'other', 'g')
  assert.deepEqual(await sorted(queue), ['other', 'same'])
})

test('switching content-based deduplication holds for the next message', async () => {
  const [topic] = await createTopic()
  const set = (AttributeValue: string) =>
    sns.setTopicAttributes({ TopicArn: topic, AttributeName: 'ContentBasedDeduplication', AttributeValue })
  await assert.rejects(publish(topic, 'x', 'g'))
  await set('true')
  await publish(topic, 'x', 'g')
  await set('false')
  await assert.rejects(publish(topic, 'x', 'g'))
})

test('one topic does not remember what was published to another, nor to an earlier one of its name', async () => {
  const topics = [await createTopic(), await createTopic()]
  for (const [topic, queue] of topics) {
    await publish(topic, 'x', 'g', 'd')
    assert.deepEqual(await fixture.bodies(queue), ['x'])
  }
  const [topic] = topics[0] as [string, Queue]
  await sns.deleteTopic({ TopicArn: topic })
  await fixture.createTopic({ FifoTopic: 'true' }, topic.split(':').at(-1))
  const queue = await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' })
  await publish(topic, 'y', 'g', 'd')
  assert.deepEqual(await fixture.bodies(queue), ['y'])
})

test('ids are compared across the groups of a topic, unless its scope is the message group', async () => {
  const [across, fromAcross] = await createTopic({ FifoThroughputScope: 'Topic' })
  const [within, fromWithin] = await createTopic(PER_GROUP)
  for (const topic of [across, within]) for (const group of ['g', 'h', 'g']) await publish(topic, group, group, 'd')
  assert.deepEqual(await sorted(fromAcross), ['g'])
  assert.deepEqual(await sorted(fromWithin), ['g', 'h'])
})

test('the scope can be narrowed to the message group, and not widened again', async () => {
  const [topic, queue] = await createTopic()
  const set = (AttributeValue: string) =>
    sns.setTopicAttributes({ TopicArn: topic, AttributeName: 'FifoThroughputScope', AttributeValue })
  await set('MessageGroup')
  for (const group of ['g', 'h', 'g']) await publish(topic, group, group, 'd')
  assert.deepEqual(await sorted(queue), ['g', 'h'])
  await assert.rejects(set('Topic'), invalidParameter(/FifoThroughputScope/))
  const { Attributes } = await sns.getTopicAttributes({ TopicArn: topic })
  assert.equal(Attributes?.FifoThroughputScope, 'MessageGroup')
})
