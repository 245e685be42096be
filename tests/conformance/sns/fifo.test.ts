/** FIFO topics: what a message needs, what its queues get of it, and its sequence number. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PublishBatchRequestEntry } from '@aws-sdk/client-sns'
import { drain } from './fifo-support.ts'
import { invalidParameter, OTHER_ACCOUNT, queueArnOf, refusal, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

/** SHA-256 of `Test`. */
const TEST_HASH = '532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25'
const CONTENT_BASED = { ContentBasedDeduplication: 'true' }

const NO_GROUP = 'The MessageGroupId parameter is required for FIFO topics'
const NO_ID =
  'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly'

const refused: readonly { name: string; entry: Partial<PublishBatchRequestEntry>; sentence: string }[] = [
  { name: 'without a group', entry: { MessageDeduplicationId: 'd' }, sentence: NO_GROUP },
  { name: 'without a deduplication id', entry: { MessageGroupId: 'g' }, sentence: NO_ID },
  { name: 'without either', entry: {}, sentence: NO_GROUP },
]
for (const { name, entry, sentence } of refused) {
  test(`a message ${name} is refused, and so is a batch that holds one`, async () => {
    const topic = await fixture.createFifoTopic()
    const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
    await assert.rejects(fixture.publish(topic, 'x', entry), invalidParameter(sentence))
    const good = { Id: 'good', Message: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' }
    const batch = { TopicArn: topic, PublishBatchRequestEntries: [good, { Id: 'bad', Message: 'x', ...entry }] }
    await assert.rejects(sns.publishBatch(batch), invalidParameter(sentence))
    assert.deepEqual(await fixture.receive(queue), [])
  })
}

test('a FIFO queue gets the group and the deduplication id', async () => {
  const topic = await fixture.createFifoTopic()
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  await fixture.publish(topic, 'x', { MessageGroupId: 'group', MessageDeduplicationId: 'id' })
  const { MessageGroupId, MessageDeduplicationId } = (await fixture.receiveOne(queue)).Attributes
  assert.deepEqual([MessageGroupId, MessageDeduplicationId], ['group', 'id'])
})

for (const RawMessageDelivery of ['true', 'false']) {
  test(`a FIFO queue that makes no ids itself gets the hash of the message, raw delivery ${RawMessageDelivery}`, async () => {
    const topic = await fixture.createFifoTopic(CONTENT_BASED)
    const queue = await fixture.subscribeQueue(topic, { RawMessageDelivery }, await fixture.createFifoQueue())
    await fixture.publish(topic, 'Test', { MessageGroupId: 'g' })
    assert.equal((await fixture.receiveOne(queue)).Attributes.MessageDeduplicationId, TEST_HASH)
  })
}

test('an explicit id is stronger than the content', async () => {
  const topic = await fixture.createFifoTopic(CONTENT_BASED)
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue(CONTENT_BASED))
  for (const id of ['one', 'two', undefined]) {
    await fixture.publish(topic, 'Test', { MessageGroupId: 'g', MessageDeduplicationId: id })
  }
  const ids = (await fixture.receive(queue)).map(({ Attributes }) => Attributes.MessageDeduplicationId)
  assert.deepEqual(ids, ['one', 'two', TEST_HASH])
})

test('a standard queue gets the messages without group and id, and no repeats', async () => {
  const topic = await fixture.createFifoTopic(CONTENT_BASED)
  const queue = await fixture.subscribeQueue(topic)
  for (const message of ['one', 'one', 'two']) await fixture.publish(topic, message, { MessageGroupId: 'g' })
  const received = await fixture.receive(queue)
  assert.deepEqual(received.map(({ Body }) => JSON.parse(Body).Message).sort(), ['one', 'two'])
  for (const { Attributes } of received) {
    for (const name of ['MessageGroupId', 'MessageDeduplicationId', 'SequenceNumber']) assert.ok(!(name in Attributes))
  }
})

test('sequence numbers ascend, have twenty digits, and are in the documents; a queue has its own', async () => {
  const topic = await fixture.createFifoTopic(CONTENT_BASED)
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  const answered: string[] = []
  for (let i = 0; i < 9; i++) {
    const { SequenceNumber } = await fixture.publish(topic, `message ${i}`, { MessageGroupId: `g${i % 3}` })
    answered.push(SequenceNumber as string)
  }
  const batch = [0, 1, 2].map((i) => ({ Id: String(i), Message: `entry ${i}`, MessageGroupId: 'g' }))
  const { Successful = [] } = await sns.publishBatch({ TopicArn: topic, PublishBatchRequestEntries: batch })
  answered.push(...Successful.map(({ SequenceNumber }) => SequenceNumber as string))
  for (const number of answered) assert.match(number, /^[1-9]\d{19}$/)
  assert.deepEqual(answered, answered.toSorted())
  assert.equal(new Set(answered).size, answered.length)
  const received = await drain(fixture.sqs, queue)
  const told = received.map(({ Body }) => JSON.parse(Body).SequenceNumber)
  assert.deepEqual(told.toSorted(), answered)
  for (const { Body, Attributes } of received) {
    assert.notEqual(Attributes.SequenceNumber, JSON.parse(Body).SequenceNumber)
  }
})

test('a FIFO queue under two topics compares the ids of both', async () => {
  const topics = [await fixture.createFifoTopic(), await fixture.createFifoTopic()]
  const queue = await fixture.createFifoQueue()
  for (const topic of topics) {
    await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' }, queue)
    await fixture.publish(topic, topic, { MessageGroupId: 'g', MessageDeduplicationId: 'd' })
  }
  assert.deepEqual(await fixture.bodies(queue), [topics[0]])
})

test('a FIFO topic has a hundred subscriptions at most, those that wait for their confirmation among them', async () => {
  const topic = await fixture.createFifoTopic()
  const subscribe = (name: string) => fixture.subscribe(topic, 'sqs', queueArnOf(name))
  const arns: string[] = []
  for (let i = 0; i < 99; i++) arns.push(await subscribe(`limit-${i}.fifo`))
  await fixture.subscribe(topic, 'sqs', 'arn:aws:sqs:us-east-1:111111111111:elsewhere.fifo')
  const { Attributes } = await sns.getTopicAttributes({ TopicArn: topic })
  assert.deepEqual([Attributes?.SubscriptionsConfirmed, Attributes?.SubscriptionsPending], ['99', '1'])
  await assert.rejects(subscribe('limit-100.fifo'), refusal('SubscriptionLimitExceeded', /maximum number/, 403))
  assert.equal(await subscribe('limit-0.fifo'), arns[0])
  await sns.unsubscribe({ SubscriptionArn: arns[0] })
  await subscribe('limit-100.fifo')
})

test('a FIFO queue of another account is asked for its confirmation', async () => {
  const topic = await fixture.createFifoTopic()
  const { sqs: theirs } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
  const { QueueUrl: url = '' } = await theirs.createQueue({
    QueueName: 'theirs.fifo',
    Attributes: { FifoQueue: 'true' },
  })
  await fixture.subscribe(topic, 'sqs', `arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:theirs.fifo`)
  const [message] = await drain(theirs, { url })
  const { Type, Token } = JSON.parse(message?.Body ?? '{}')
  assert.equal(Type, 'SubscriptionConfirmation')
  await sns.confirmSubscription({ TopicArn: topic, Token })
  await fixture.publish(topic, 'x', { MessageGroupId: 'g', MessageDeduplicationId: 'd' })
  assert.equal((await drain(theirs, { url })).length, 1)
})
