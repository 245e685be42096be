/**
 * What many messages for a queue at once are: messages like all others. They are kept as one row until somebody receives
 * (services/sqs/store/bundle.ts), which nothing here may show.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Queue, type ReceivedMessage, startSns } from './support.ts'

const fixture = await startSns()
const { sns, sqs } = fixture

const RAW = { RawMessageDelivery: 'true' }
const MessageAttributes = {
  colour: { DataType: 'String', StringValue: 'blue' },
  bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
}
const texts = (count: number, prefix = 'm') => Array.from({ length: count }, (_, n) => `${prefix}${n} "é😀\\`)

/** Ten messages to one queue are as many deliveries as are bundled; so are these to each of several. */
async function publishTen(topic: string, prefix?: string): Promise<string[]> {
  const messages = texts(10, prefix)
  await sns.publishBatch({
    TopicArn: topic,
    PublishBatchRequestEntries: messages.map((Message, n) => ({ Id: `${n}`, Message, MessageAttributes })),
  })
  return messages
}

async function depth({ url }: Queue): Promise<[visible: number, inFlight: number, delayed: number]> {
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ['All'] })
  const {
    ApproximateNumberOfMessages: visible,
    ApproximateNumberOfMessagesNotVisible: inFlight,
    ApproximateNumberOfMessagesDelayed: delayed,
  } = Attributes
  return [Number(visible), Number(inFlight), Number(delayed)]
}

async function drain(queue: Queue): Promise<ReceivedMessage[]> {
  const all: ReceivedMessage[] = []
  for (;;) {
    const messages = await fixture.receive(queue)
    if (messages.length === 0) return all
    all.push(...messages)
  }
}

const bodiesOf = (messages: readonly ReceivedMessage[]) => messages.map(({ Body }) => Body)

test('each queue gets its own copies, whole and in their order', async () => {
  const topic = await fixture.createTopic()
  const queues = [await fixture.subscribeQueue(topic, RAW), await fixture.subscribeQueue(topic, RAW)]
  const enveloped = await fixture.subscribeQueue(topic)
  const published = await publishTen(topic)
  const ids = new Set<string | undefined>()
  for (const queue of queues) {
    assert.deepEqual(await depth(queue), [10, 0, 0])
    const received = await fixture.receive(queue)
    assert.deepEqual(bodiesOf(received), published)
    for (const { MessageId, MessageAttributes: given, Attributes } of received) {
      ids.add(MessageId)
      assert.equal(given?.colour?.StringValue, 'blue')
      assert.deepEqual([...(given?.bytes?.BinaryValue ?? [])], [0, 255])
      assert.equal(Attributes.ApproximateReceiveCount, '1')
      assert.ok(Number(Attributes.SentTimestamp) > 0)
    }
    assert.deepEqual(await depth(queue), [0, 10, 0])
  }
  assert.equal(ids.size, 20)
  const documents = await fixture.envelopes(enveloped)
  assert.deepEqual(
    documents.map(({ Message, Signature }) => [Message, Buffer.from(String(Signature), 'base64').length]),
    published.map((text) => [text, 256]),
  )
})

test('they are received one by one, and between others, the oldest first', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW)
  await sqs.sendMessage({ QueueUrl: queue.url, MessageBody: 'before' })
  fixture.advance(1)
  const first = await publishTen(topic, 'first')
  fixture.advance(1)
  await sqs.sendMessage({ QueueUrl: queue.url, MessageBody: 'between' })
  fixture.advance(1)
  const second = await publishTen(topic, 'second')
  assert.deepEqual(await depth(queue), [22, 0, 0])
  const one = await fixture.receive(queue, { MaxNumberOfMessages: 1 })
  assert.deepEqual(bodiesOf([...one, ...(await drain(queue))]), ['before', ...first, 'between', ...second])
})

test('what was received is deleted, or comes back', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW)
  const [kept, ...others] = await publishTen(topic)
  const received = await fixture.receive(queue)
  await sqs.deleteMessageBatch({
    QueueUrl: queue.url,
    Entries: received.slice(1).map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle })),
  })
  fixture.advance(30)
  assert.deepEqual(await fixture.bodies(queue), [kept])
  assert.equal(others.length, 9)
})

test('who waits for messages is woken', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW)
  const waiting = fixture.receive(queue, { WaitTimeSeconds: 20 })
  assert.deepEqual(await fixture.receive(queue), [])
  const published = await publishTen(topic)
  assert.deepEqual(bodiesOf(await waiting), published)
})

test('a delay of the queue holds', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW, await fixture.createQueue({ DelaySeconds: '60' }))
  const published = await publishTen(topic)
  assert.deepEqual(await depth(queue), [0, 0, 10])
  assert.deepEqual(await fixture.receive(queue), [])
  fixture.advance(60)
  assert.deepEqual(await fixture.bodies(queue), published)
})

test('too long for one queue, and delivered to the other', async () => {
  const topic = await fixture.createTopic()
  const small = await fixture.subscribeQueue(topic, RAW, await fixture.createQueue({ MaximumMessageSize: '1024' }))
  const large = await fixture.subscribeQueue(topic, RAW)
  const messages = ['x'.repeat(1025), ...texts(9)]
  await sns.publishBatch({
    TopicArn: topic,
    PublishBatchRequestEntries: messages.map((Message, n) => ({ Id: `${n}`, Message })),
  })
  assert.deepEqual(await fixture.bodies(small), messages.slice(1))
  assert.deepEqual(await fixture.bodies(large), messages)
})

test('messages of hundreds of kilobytes, beside short ones', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW)
  const messages = [
    ...texts(4),
    'y'.repeat(200_000),
    'z'.repeat(20_000),
    'z'.repeat(25_000),
    'short',
    'é'.repeat(2_000),
  ]
  await sns.publishBatch({
    TopicArn: topic,
    PublishBatchRequestEntries: messages.map((Message, n) => ({ Id: `${n}`, Message })),
  })
  assert.deepEqual(bodiesOf(await drain(queue)).toSorted(), messages.toSorted())
})

test('groups of a standard topic go on to the queue', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW)
  await sns.publishBatch({
    TopicArn: topic,
    PublishBatchRequestEntries: texts(10).map((Message, n) => ({ Id: `${n}`, Message, MessageGroupId: `g${n}` })),
  })
  const groups = (await fixture.receive(queue)).map(({ Attributes }) => Attributes.MessageGroupId)
  assert.deepEqual(
    groups,
    texts(10).map((_, n) => `g${n}`),
  )
})

test('retention ends them, received or not', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW, await fixture.createQueue({ MessageRetentionPeriod: '60' }))
  await publishTen(topic, 'old')
  fixture.advance(40)
  const later = await publishTen(topic, 'new')
  fixture.advance(20)
  assert.deepEqual(await depth(queue), [10, 0, 0])
  assert.deepEqual(await fixture.bodies(queue), later)
  await publishTen(topic, 'old')
  fixture.advance(60)
  assert.deepEqual(await fixture.receive(queue), [])
  assert.deepEqual(await depth(queue), [0, 0, 0])
})

test('a purge removes them', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic, RAW)
  await publishTen(topic)
  await sqs.purgeQueue({ QueueUrl: queue.url })
  assert.deepEqual(await depth(queue), [0, 0, 0])
  assert.deepEqual(await fixture.receive(queue), [])
  const published = await publishTen(topic)
  assert.deepEqual(await fixture.bodies(queue), published)
})

test('copies of one message from two queues reach one dead-letter queue', async () => {
  const topic = await fixture.createTopic()
  const deadLetters = await fixture.createQueue()
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1 })
  const attributes = { RedrivePolicy, VisibilityTimeout: '1' }
  const queues = [
    await fixture.subscribeQueue(topic, RAW, await fixture.createQueue(attributes)),
    await fixture.subscribeQueue(topic, RAW, await fixture.createQueue(attributes)),
  ]
  const published = await publishTen(topic)
  for (const queue of queues) assert.equal((await fixture.receive(queue)).length, 10)
  fixture.advance(1)
  for (const queue of queues) assert.deepEqual(await fixture.receive(queue), [])
  assert.deepEqual(bodiesOf(await drain(deadLetters)).toSorted(), [...published, ...published].toSorted())
})

test('a move task takes them along', async () => {
  const topic = await fixture.createTopic()
  const deadLetters = await fixture.createQueue()
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1 })
  await fixture.createQueue({ RedrivePolicy })
  await fixture.subscribeQueue(topic, RAW, deadLetters)
  const destination = await fixture.createQueue()
  const published = [...(await publishTen(topic, 'a')), ...(await publishTen(topic, 'b'))]
  await sqs.startMessageMoveTask({ SourceArn: deadLetters.arn, DestinationArn: destination.arn })
  for (;;) {
    const { Results = [] } = await sqs.listMessageMoveTasks({ SourceArn: deadLetters.arn })
    const [task] = Results
    if (task?.Status === 'COMPLETED') {
      assert.equal(task.ApproximateNumberOfMessagesMoved, 20)
      break
    }
    assert.equal(task?.Status, 'RUNNING')
  }
  assert.deepEqual(await depth(deadLetters), [0, 0, 0])
  assert.deepEqual(bodiesOf(await drain(destination)).toSorted(), published.toSorted())
})
