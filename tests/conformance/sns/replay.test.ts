/** Replays: a subscription gets once more what a FIFO topic has archived. What is refused: at the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drain, drainEnvelopes, publishAll, replayEnded, replayPolicy } from './fifo-support.ts'
import { type Envelope, invalidParameter, startSns } from './support.ts'

const fixture = await startSns()
const { sns, sqs, node } = fixture

const ARCHIVE = { ArchivePolicy: '{"MessageRetentionPeriod":"30"}' }
const EVERYTHING = replayPolicy(0)

const createTopic = () => fixture.createFifoTopic(ARCHIVE)

const set = (SubscriptionArn: string, AttributeName: string, AttributeValue?: string) =>
  sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue })

/** Sets a replay policy and waits for the end. */
async function replay(subscriptionArn: string, policy = EVERYTHING): Promise<void> {
  await set(subscriptionArn, 'ReplayPolicy', policy)
  assert.equal(await replayEnded(sns, subscriptionArn), 'Completed')
}

async function attributesOf(SubscriptionArn: string): Promise<Record<string, string>> {
  const { Attributes = {} } = await sns.getSubscriptionAttributes({ SubscriptionArn })
  return Attributes
}

const textsOf = (envelopes: readonly Envelope[]) => envelopes.map(({ Message }) => Message)

/** Publishes with a second between the messages; resolves to when they were published. */
async function publishBySeconds(topic: string, ...texts: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for (const text of texts) {
    fixture.advance(1)
    times.push(node.clock.now())
    await publishAll(sns, topic, [text])
  }
  fixture.advance(1)
  return times
}

test('a new subscription gets what was published before it, in order, and then what is published', async () => {
  const topic = await createTopic()
  const texts = Array.from({ length: 250 }, (_, at) => `message-${at}`)
  await publishAll(sns, topic, texts)
  const queue = await fixture.subscribeQueue(topic, { ReplayPolicy: EVERYTHING }, await fixture.createFifoQueue())
  assert.equal(await replayEnded(sns, queue.subscriptionArn), 'Completed')
  await publishAll(sns, topic, ['new'])
  const envelopes = await drainEnvelopes(sqs, queue)
  assert.deepEqual(textsOf(envelopes), [...texts, 'new'])
  assert.deepEqual(
    envelopes.map(({ Replayed }) => Replayed),
    [...texts.map(() => true), undefined],
  )
})

test('a replayed message has all that it had before, and says that it is one', async () => {
  const topic = await createTopic()
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  await fixture.publish(topic, 'text', {
    Subject: 'subject',
    MessageGroupId: 'g',
    MessageDeduplicationId: 'd',
    MessageAttributes: { b: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 255) } },
  })
  const [original] = await drain(sqs, queue)
  fixture.advance(60)
  await replay(queue.subscriptionArn)
  const [replayed] = await drain(sqs, queue)
  assert.deepEqual(JSON.parse(replayed?.Body ?? ''), { ...JSON.parse(original?.Body ?? ''), Replayed: true })
  assert.equal(replayed?.Attributes.MessageGroupId, 'g')
})

test('a queue takes a replay although it has just had the messages, and another one after that', async () => {
  const topic = await createTopic()
  const texts = ['one', 'two', 'three']
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  await publishAll(sns, topic, texts)
  await replay(queue.subscriptionArn)
  await replay(queue.subscriptionArn)
  assert.deepEqual(textsOf(await drainEnvelopes(sqs, queue)), [...texts, ...texts, ...texts])
})

test('messages that had one deduplication id in their time are all replayed', async () => {
  const topic = await createTopic()
  const publish = (text: string) =>
    fixture.publish(topic, text, { MessageGroupId: 'g', MessageDeduplicationId: 'same' })
  await publish('one')
  fixture.advance(300)
  await publish('two')
  const queue = await fixture.subscribeQueue(topic, { ReplayPolicy: EVERYTHING }, await fixture.createFifoQueue())
  assert.equal(await replayEnded(sns, queue.subscriptionArn), 'Completed')
  assert.deepEqual(textsOf(await drainEnvelopes(sqs, queue)), ['one', 'two'])
})

test('raw deliveries are replayed raw, and standard queues get them without group and id', async () => {
  const topic = await createTopic()
  await publishAll(sns, topic, ['one', 'two'])
  const queue = await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true', ReplayPolicy: EVERYTHING })
  assert.equal(await replayEnded(sns, queue.subscriptionArn), 'Completed')
  const received = await drain(sqs, queue)
  assert.deepEqual(received.map(({ Body }) => Body).sort(), ['one', 'two'])
  for (const { Attributes } of received) assert.ok(!('MessageGroupId' in Attributes))
})

test('a window takes in what was published at its ends', async () => {
  const topic = await createTopic()
  const [, second = 0, third = 0] = await publishBySeconds(topic, 'one', 'two', 'three', 'four')
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  const cases: readonly { policy: string; texts: readonly string[] }[] = [
    { policy: replayPolicy(second), texts: ['two', 'three', 'four'] },
    { policy: replayPolicy(0, third + 500), texts: ['one', 'two', 'three'] },
    { policy: replayPolicy(second, third + 500), texts: ['two', 'three'] },
    { policy: replayPolicy(second + 500, third - 1), texts: [] },
    { policy: replayPolicy(0, 1), texts: [] },
    { policy: replayPolicy(node.clock.now() + 3_600_000), texts: [] },
    { policy: replayPolicy(third, node.clock.now() + 3_600_000), texts: ['three', 'four'] },
  ]
  for (const { policy, texts } of cases) {
    await replay(queue.subscriptionArn, policy)
    assert.deepEqual(textsOf(await drainEnvelopes(sqs, queue)), texts, policy)
  }
})

test('an ending point in the future takes in nothing that is published after the replay was asked for', async () => {
  const topic = await createTopic()
  await publishAll(sns, topic, ['one'])
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  await replay(queue.subscriptionArn, replayPolicy(0, node.clock.now() + 3_600_000))
  await publishAll(sns, topic, ['two'])
  fixture.advance(60)
  assert.deepEqual(textsOf(await drainEnvelopes(sqs, queue)), ['one', 'two'])
})

test('the filter policy of the subscription holds for a replay', async () => {
  const topic = await createTopic()
  await publishAll(sns, topic, ['{"kind":"a"}', '{"kind":"b"}', '{"kind":"c"}'])
  const FilterPolicy = '{"kind":["a","c"]}'
  const queue = await fixture.subscribeQueue(
    topic,
    { FilterPolicy, FilterPolicyScope: 'MessageBody', ReplayPolicy: EVERYTHING },
    await fixture.createFifoQueue(),
  )
  assert.equal(await replayEnded(sns, queue.subscriptionArn), 'Completed')
  assert.deepEqual(textsOf(await drainEnvelopes(sqs, queue)), ['{"kind":"a"}', '{"kind":"c"}'])
  await set(queue.subscriptionArn, 'FilterPolicy', '{"kind":["b"]}')
  await replay(queue.subscriptionArn)
  assert.deepEqual(textsOf(await drainEnvelopes(sqs, queue)), ['{"kind":"b"}'])
})

test('other subscriptions have no part in a replay', async () => {
  const topic = await createTopic()
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  const other = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  await publishAll(sns, topic, ['one'])
  await replay(queue.subscriptionArn)
  assert.equal((await drain(sqs, queue)).length, 2)
  assert.equal((await drain(sqs, other)).length, 1)
  assert.ok(!('ReplayStatus' in (await attributesOf(other.subscriptionArn))))
})

test('what is published during a replay comes once, and the replayed messages keep their order', async () => {
  const topic = await createTopic()
  const old = Array.from({ length: 500 }, (_, at) => `old-${at}`)
  await publishAll(sns, topic, old)
  const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
  const fresh = Array.from({ length: 100 }, (_, at) => `new-${at}`)
  await Promise.all([replay(queue.subscriptionArn), publishAll(sns, topic, fresh)])
  const { replayed = [], live = [] } = Object.groupBy(await drainEnvelopes(sqs, queue), ({ Replayed }) =>
    Replayed === true ? 'replayed' : 'live',
  )
  assert.deepEqual(textsOf(live), fresh)
  // The first ones may have been archived before the replay was asked for.
  assert.ok(replayed.length >= old.length)
  assert.deepEqual(textsOf(replayed), [...old, ...fresh].slice(0, replayed.length))
})

test('what a queue does not take goes to the dead-letter queue of the subscription', async () => {
  const topic = await createTopic()
  await publishAll(sns, topic, ['one', 'two'])
  const dead = await fixture.createFifoQueue()
  const gone = await fixture.createFifoQueue()
  await sqs.deleteQueue({ QueueUrl: gone.url })
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn })
  const { subscriptionArn } = await fixture.subscribeQueue(topic, { RedrivePolicy, ReplayPolicy: EVERYTHING }, gone)
  assert.equal(await replayEnded(sns, subscriptionArn), 'Completed')
  const envelopes = await drainEnvelopes(sqs, dead)
  assert.deepEqual(textsOf(envelopes), ['one', 'two'])
  assert.ok(envelopes.every(({ Replayed }) => Replayed === true))
})

for (const nothing of ['', '{}', undefined]) {
  test(`the policy ${nothing} ends a replay, and its status is shown no more`, async () => {
    const topic = await createTopic()
    await publishAll(sns, topic, ['one'])
    const queue = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
    await replay(queue.subscriptionArn)
    const { ReplayPolicy, ReplayStatus } = await attributesOf(queue.subscriptionArn)
    assert.deepEqual([ReplayPolicy, ReplayStatus], [EVERYTHING, 'Completed'])
    await set(queue.subscriptionArn, 'ReplayPolicy', nothing)
    const attributes = await attributesOf(queue.subscriptionArn)
    assert.ok(!('ReplayPolicy' in attributes) && !('ReplayStatus' in attributes))
  })
}

test('a change of another attribute begins no replay, and neither does subscribing again', async () => {
  const topic = await createTopic()
  await publishAll(sns, topic, ['one'])
  const queue = await fixture.subscribeQueue(topic, { ReplayPolicy: EVERYTHING }, await fixture.createFifoQueue())
  assert.equal(await replayEnded(sns, queue.subscriptionArn), 'Completed')
  await set(queue.subscriptionArn, 'RawMessageDelivery', 'true')
  const again = await fixture.subscribeQueue(topic, { ReplayPolicy: EVERYTHING }, queue)
  assert.equal(again.subscriptionArn, queue.subscriptionArn)
  assert.equal(await replayEnded(sns, queue.subscriptionArn), 'Completed')
  assert.equal((await drain(sqs, queue)).length, 1)
})

test('a subscription that has to be confirmed gets its replay when it is', async () => {
  const topic = await createTopic()
  await publishAll(sns, topic, ['one'])
  const { sqs: theirs } = fixture.clientsFor({ accountId: '111111111111' })
  const { QueueUrl: url = '' } = await theirs.createQueue({ QueueName: 'theirs' })
  const arn = 'arn:aws:sqs:us-east-1:111111111111:theirs'
  const subscriptionArn = await fixture.subscribe(topic, 'sqs', arn, { ReplayPolicy: EVERYTHING })
  assert.equal((await attributesOf(subscriptionArn)).ReplayStatus, 'Pending')
  await publishAll(sns, topic, ['two'])
  const [confirmation, ...others] = await drainEnvelopes(theirs, { url })
  assert.deepEqual([confirmation?.Type, others], ['SubscriptionConfirmation', []])
  await sns.confirmSubscription({ TopicArn: topic, Token: String(confirmation?.Token) })
  assert.equal(await replayEnded(sns, subscriptionArn), 'Completed')
  assert.deepEqual(textsOf(await drainEnvelopes(theirs, { url })).sort(), ['one', 'two'])
})

// What is refused

const NO_ARCHIVE = 'ReplayPolicy: the topic has no ArchivePolicy'

test('there is no replay without an archive', async () => {
  const topic = await fixture.createFifoTopic()
  const queue = await fixture.createFifoQueue()
  await assert.rejects(
    fixture.subscribeQueue(topic, { ReplayPolicy: EVERYTHING }, queue),
    invalidParameter(`Attributes Reason: ${NO_ARCHIVE}`),
  )
  const { subscriptionArn } = await fixture.subscribeQueue(topic, {}, queue)
  await assert.rejects(set(subscriptionArn, 'ReplayPolicy', EVERYTHING), invalidParameter(NO_ARCHIVE))
  assert.ok(!('ReplayPolicy' in (await attributesOf(subscriptionArn))))
})

test('subscriptions of a standard topic have no replays', async () => {
  const { subscriptionArn } = await fixture.subscribeQueue(await fixture.createTopic())
  await assert.rejects(set(subscriptionArn, 'ReplayPolicy', EVERYTHING), invalidParameter(/ReplayPolicy: /))
})

for (const bad of ['x', '[]', '{"PointType":"Offset"}', '{"PointType":"Timestamp"}', replayPolicy(2, 1)]) {
  test(`the policy ${bad} is refused`, async () => {
    const topic = await createTopic()
    const { subscriptionArn } = await fixture.subscribeQueue(topic, {}, await fixture.createFifoQueue())
    await assert.rejects(
      set(subscriptionArn, 'ReplayPolicy', bad),
      invalidParameter(/^Invalid parameter: ReplayPolicy: /),
    )
  })
}
