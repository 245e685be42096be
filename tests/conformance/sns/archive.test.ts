/** Archives of FIFO topics: what they keep, for how long, and what ends them. What they hold is seen through replays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drainEnvelopes, publishAll, replayEnded, replayPolicy } from './fifo-support.ts'
import { invalidParameter, refusal, startSns } from './support.ts'

const fixture = await startSns()
const { sns, sqs } = fixture

const DAY_SECONDS = 86_400
const days = (count: number) => `{"MessageRetentionPeriod":"${count}"}`

const createTopic = (ArchivePolicy = days(30)) => fixture.createFifoTopic({ ArchivePolicy })

const set = (TopicArn: string, AttributeValue: string) =>
  sns.setTopicAttributes({ TopicArn, AttributeName: 'ArchivePolicy', AttributeValue })

async function attributesOf(TopicArn: string): Promise<Record<string, string>> {
  const { Attributes = {} } = await sns.getTopicAttributes({ TopicArn })
  return Attributes
}

const beginningOf = async (topic: string) => Date.parse((await attributesOf(topic)).BeginningArchiveTime ?? '')

/** All that the archive of a topic holds, as a new subscriber gets it. */
async function archived(topic: string): Promise<string[]> {
  const ReplayPolicy = replayPolicy(0)
  const { subscriptionArn, ...queue } = await fixture.subscribeQueue(
    topic,
    { ReplayPolicy },
    await fixture.createFifoQueue(),
  )
  assert.equal(await replayEnded(sns, subscriptionArn), 'Completed')
  const envelopes = await drainEnvelopes(sqs, queue)
  await sns.unsubscribe({ SubscriptionArn: subscriptionArn })
  return envelopes.map(({ Message }) => Message)
}

test('an archive shows its policy and since when it is active, and neither once it is switched off', async () => {
  const topic = await fixture.createFifoTopic()
  const before = fixture.node.clock.now()
  await set(topic, days(7))
  const { ArchivePolicy, BeginningArchiveTime = '' } = await attributesOf(topic)
  assert.equal(ArchivePolicy, days(7))
  assert.match(BeginningArchiveTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.ok(Math.abs(Date.parse(BeginningArchiveTime) - before) < 5_000)
  for (const off of ['{}', '']) {
    await set(topic, off)
    const attributes = await attributesOf(topic)
    assert.ok(!('ArchivePolicy' in attributes) && !('BeginningArchiveTime' in attributes))
  }
})

test('the beginning stays when the policy changes, and moves on with the retention', async () => {
  const topic = await createTopic(days(2))
  const beginning = await beginningOf(topic)
  fixture.advance(DAY_SECONDS)
  await set(topic, days(3))
  assert.equal(await beginningOf(topic), beginning)
  fixture.advance(4 * DAY_SECONDS)
  assert.ok((await beginningOf(topic)) >= beginning + 2 * DAY_SECONDS * 1000)
})

test('a topic can be made again with the archive that it has', async () => {
  const topic = await createTopic(days(2))
  fixture.advance(1)
  const name = topic.split(':').at(-1)
  assert.equal(await fixture.createTopic({ FifoTopic: 'true', ArchivePolicy: days(2) }, name), topic)
})

for (const bad of [days(0), days(366), '{"MessageRetentionPeriod":"x"}', '[]', 'x']) {
  test(`the policy ${bad} is refused`, async () => {
    await assert.rejects(createTopic(bad), invalidParameter(/^Invalid parameter: Attributes Reason: ArchivePolicy: /))
    const topic = await fixture.createFifoTopic()
    await assert.rejects(set(topic, bad), invalidParameter(/^Invalid parameter: ArchivePolicy: /))
  })
}

test('a standard topic has no archive', async () => {
  const topic = await fixture.createTopic()
  await assert.rejects(set(topic, days(1)), invalidParameter('AttributeName'))
})

test('a topic with an active archive can not be deleted', async () => {
  const topic = await createTopic()
  await assert.rejects(sns.deleteTopic({ TopicArn: topic }), refusal('InvalidState', /ArchivePolicy/))
  await set(topic, '{}')
  await sns.deleteTopic({ TopicArn: topic })
  await assert.rejects(attributesOf(topic), refusal('NotFound', 'Topic does not exist', 404))
})

test('an archive keeps what is published, also while nobody is subscribed, and each message once', async () => {
  const topic = await fixture.createFifoTopic()
  await publishAll(sns, topic, ['before'])
  await set(topic, days(1))
  await publishAll(sns, topic, ['one', 'two'])
  await publishAll(sns, topic, ['one', 'three'])
  assert.deepEqual(await archived(topic), ['one', 'two', 'three'])
})

test('a message is kept for as long as the policy says', async () => {
  const topic = await createTopic(days(2))
  await publishAll(sns, topic, ['old'])
  fixture.advance(DAY_SECONDS)
  await publishAll(sns, topic, ['new'])
  fixture.advance(DAY_SECONDS - 60)
  assert.deepEqual(await archived(topic), ['old', 'new'])
  fixture.advance(61)
  assert.deepEqual(await archived(topic), ['new'])
})

test('a shorter period holds for what is there, and a longer one does not bring it back', async () => {
  const topic = await createTopic(days(10))
  await publishAll(sns, topic, ['old'])
  fixture.advance(3 * DAY_SECONDS)
  await publishAll(sns, topic, ['new'])
  await set(topic, days(2))
  assert.deepEqual(await archived(topic), ['new'])
  await set(topic, days(10))
  assert.deepEqual(await archived(topic), ['new'])
})

test('an archive that is switched off loses what it held', async () => {
  const topic = await createTopic()
  await publishAll(sns, topic, ['one'])
  await set(topic, '{}')
  await publishAll(sns, topic, ['two'])
  fixture.advance(1)
  await set(topic, days(30))
  await publishAll(sns, topic, ['three'])
  assert.deepEqual(await archived(topic), ['three'])
})
