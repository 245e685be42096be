/** Unsubscribe through the API. Links in what was delivered are the matter of links.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidParameter, notFound, queueArnOf, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const unsubscribe = (SubscriptionArn: string) => sns.unsubscribe({ SubscriptionArn })
const topic = await fixture.createTopic()

test('a removed subscription gets nothing, is listed as deleted for a day, and can’t be read', {
  timeout: 20_000,
}, async () => {
  const TopicArn = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(TopicArn)
  await unsubscribe(queue.subscriptionArn)
  await fixture.publish(TopicArn, 'for nobody')
  assert.deepEqual(await fixture.bodies(queue), [])
  const SubscriptionArn = queue.subscriptionArn
  await assert.rejects(sns.getSubscriptionAttributes({ SubscriptionArn }), notFound('Subscription'))
  const listed = async () =>
    (await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions?.map((one) => one.SubscriptionArn)
  assert.deepEqual(await listed(), ['Deleted'])
  fixture.advance(24 * 3600)
  while ((await listed())?.length !== 0);
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  assert.equal(Attributes?.SubscriptionsDeleted, '0')
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

test('a pending subscription can be removed', async () => {
  const TopicArn = await fixture.createTopic()
  await unsubscribe(await fixture.subscribe(TopicArn, 'email', 'a@example.com'))
  const { Attributes } = await sns.getTopicAttributes({ TopicArn })
  assert.deepEqual([Attributes?.SubscriptionsPending, Attributes?.SubscriptionsDeleted], ['0', '1'])
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
