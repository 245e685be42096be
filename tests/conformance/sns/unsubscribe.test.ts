/** Unsubscribe through the API. Links in what was delivered are the matter of links.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidParameter, notFound, queueArnOf, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const unsubscribe = (SubscriptionArn: string) => sns.unsubscribe({ SubscriptionArn })
const topic = await fixture.createTopic()

const listed = async (TopicArn: string) =>
  (await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions?.map((one) => one.SubscriptionArn)
const deleted = async (TopicArn: string) => {
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  return Attributes?.SubscriptionsDeleted
}

test('the removed subscription of a queue gets nothing, is not listed any more, and can’t be read', async () => {
  const TopicArn = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(TopicArn)
  await unsubscribe(queue.subscriptionArn)
  await fixture.publish(TopicArn, 'for nobody')
  assert.deepEqual(await fixture.bodies(queue), [])
  const SubscriptionArn = queue.subscriptionArn
  await assert.rejects(sns.getSubscriptionAttributes({ SubscriptionArn }), notFound('Subscription'))
  assert.deepEqual(await listed(TopicArn), [])
  const { Subscriptions } = await sns.listSubscriptions({})
  assert.deepEqual(
    Subscriptions?.filter((one) => one.TopicArn === TopicArn),
    [],
  )
  assert.equal(await deleted(TopicArn), '1')
})

test('that of an address which had confirmed it is listed as deleted for a day', { timeout: 20_000 }, async () => {
  const TopicArn = await fixture.createTopic()
  const SubscriptionArn = await fixture.subscribe(TopicArn, 'email-json', 'gone@example.com')
  const [sent] = await fixture.outbox('gone@example.com')
  const { Token } = JSON.parse(String(sent?.content.text))
  await sns.confirmSubscription({ TopicArn, Token })
  await unsubscribe(SubscriptionArn)
  assert.deepEqual(await listed(TopicArn), ['Deleted'])
  fixture.advance(24 * 3600)
  while ((await listed(TopicArn))?.length !== 0);
  assert.equal(await deleted(TopicArn), '0')
})

test('an endpoint that is subscribed anew has another subscription', async () => {
  const TopicArn = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(TopicArn, { RawMessageDelivery: 'true' })
  await unsubscribe(queue.subscriptionArn)
  const again = await fixture.subscribeQueue(TopicArn, {}, queue)
  assert.notEqual(again.subscriptionArn, queue.subscriptionArn)
  await fixture.publish(TopicArn, 'once')
  assert.deepEqual(
    (await fixture.envelopes(queue)).map(({ Message }) => Message),
    ['once'],
  )
})

test('what is not there is removed without complaint, also twice', async () => {
  const arn = await fixture.subscribe(topic, 'sqs', queueArnOf('queue'))
  await unsubscribe(arn)
  await unsubscribe(arn)
  await unsubscribe(`${topic}:5e3e9847-3183-3f18-a7e8-671c3a57d4b3`)
  await unsubscribe(`${topic}:no-uuid`)
  await unsubscribe('arn:aws:sns:us-east-1:000000000000:no-topic:5e3e9847-3183-3f18-a7e8-671c3a57d4b3')
})

test('a pending subscription can’t be removed, unless its topic is gone', async () => {
  const TopicArn = await fixture.createTopic()
  const arn = await fixture.subscribe(TopicArn, 'email', 'a@example.com')
  await assert.rejects(
    unsubscribe(arn),
    invalidParameter('SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation'),
  )
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  assert.deepEqual([Attributes?.SubscriptionsPending, Attributes?.SubscriptionsDeleted], ['1', '0'])
  await sns.deleteTopic({ TopicArn })
  await unsubscribe(arn)
})

const short = (count: number) => `SubscriptionArn Reason: An ARN must have at least 6 elements, not ${count}`

for (const [arn, what] of [
  ['', 'SubscriptionArn Reason: no value for required parameter'],
  ['x', short(1)],
  ['pending confirmation', short(1)],
  ['arn:aws:sns:us-east-1:000000000000', short(5)],
  [topic, 'SubscriptionId'],
  [`${topic.replace('us-east-1', 'eu-west-1')}:5e3e9847-3183-3f18-a7e8-671c3a57d4b3`, 'SubscriptionArn'],
] as const) {
  test(`the ARN ${JSON.stringify(arn)} is refused`, async () => {
    await assert.rejects(unsubscribe(arn), invalidParameter(what))
    await assert.rejects(sns.getSubscriptionAttributes({ SubscriptionArn: arn }), invalidParameter(what))
    await assert.rejects(
      sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: 'RawMessageDelivery' }),
      invalidParameter(what),
    )
  })
}
