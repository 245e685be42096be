/** Dead-letter queues of subscriptions to the outside: what arrives there, and when. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { metric, openEndpoint, redriveTo, retryPolicy, settled, subscribeEndpoint } from './outside.ts'
import { startSns } from './support.ts'

const sns = await startSns()

const MessageAttributes = {
  color: { DataType: 'String', StringValue: 'blue' },
  bytes: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
}

/** A topic with an endpoint that refuses everything, and its dead-letter queue. */
async function scene(attributes: Readonly<Record<string, string>> = {}) {
  const topicArn = await sns.createTopic()
  const deadLetters = await sns.createQueue()
  const endpoint = await openEndpoint()
  const given = { ...redriveTo(deadLetters.arn), ...attributes }
  const arn = await settled(sns, () => subscribeEndpoint(sns, topicArn, endpoint, given))
  endpoint.answer = () => 404
  return { topicArn, deadLetters, endpoint, arn }
}

test('what the endpoint was sent: the document, with everything in it', async () => {
  const { topicArn, deadLetters, endpoint } = await scene()
  await settled(sns, () => sns.publish(topicArn, 'lost', { Subject: 's', MessageAttributes }))
  const sent = await endpoint.nextOne()
  const { Body, MD5OfBody, MessageAttributes: none } = await sns.receiveOne(deadLetters)
  assert.equal(Body, sent.body)
  assert.equal(MD5OfBody, hash('md5', Body, 'hex'))
  assert.equal(none, undefined)
})

test('raw: the message, with its attributes', async () => {
  const { topicArn, deadLetters, endpoint } = await scene({ RawMessageDelivery: 'true' })
  await settled(sns, () => sns.publish(topicArn, 'lost', { Subject: 's', MessageAttributes }))
  assert.equal((await endpoint.nextOne()).body, 'lost')
  const { Body, MessageAttributes: received } = await sns.receiveOne(deadLetters)
  assert.equal(Body, 'lost')
  assert.equal(received?.color?.StringValue, 'blue')
  assert.deepEqual([...(received?.bytes?.BinaryValue ?? [])], [0, 255])
})

test('the text is the one for the endpoint’s protocol', async () => {
  const { topicArn, deadLetters } = await scene({ RawMessageDelivery: 'true' })
  const Message = JSON.stringify({ default: 'd', http: 'for http', sqs: 'for sqs' })
  await settled(sns, () => sns.publish(topicArn, Message, { MessageStructure: 'json' }))
  assert.deepEqual(await sns.bodies(deadLetters), ['for http'])
})

test('many at once, each once', async () => {
  const { topicArn, deadLetters, endpoint } = await scene({ RawMessageDelivery: 'true' })
  const texts = Array.from({ length: 60 }, (_, i) => `m${i}`)
  for (let i = 0; i < texts.length; i += 10) {
    const entries = texts.slice(i, i + 10).map((Message, j) => ({ Id: String(j), Message }))
    await sns.sns.publishBatch({ TopicArn: topicArn, PublishBatchRequestEntries: entries })
  }
  await endpoint.next(60)
  const received: string[] = []
  while (received.length < 60) {
    const { Messages = [] } = await sns.sqs.receiveMessage({
      QueueUrl: deadLetters.url,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 20,
    })
    received.push(...Messages.map(({ Body }) => Body as string))
  }
  assert.deepEqual(received.toSorted(), texts.toSorted())
})

test('one that isn’t there: the message is lost, and counted', async () => {
  const counted = async () => ({
    failed: await metric(sns.node.url, 'sns_notifications_failed_total', 'protocol="http"'),
    redriven: await metric(sns.node.url, 'sns_notifications_redriven_total'),
    lost: await metric(sns.node.url, 'sns_notifications_failed_to_redrive_total'),
  })
  const { topicArn, deadLetters, arn } = await scene()
  const before = await counted()
  await settled(sns, () => sns.publish(topicArn, 'kept'))
  await sns.sqs.deleteQueue({ QueueUrl: deadLetters.url })
  await settled(sns, () => sns.publish(topicArn, 'lost'))
  const { failed, redriven, lost } = await counted()
  assert.deepEqual([failed - before.failed, redriven - before.redriven, lost - before.lost], [2, 1, 1])

  // Without a policy nothing is redriven; the subscription works on.
  await sns.sns.setSubscriptionAttributes({
    SubscriptionArn: arn,
    AttributeName: 'RedrivePolicy',
    AttributeValue: '',
  })
  await settled(sns, () => sns.publish(topicArn, 'dropped'))
  const after = await counted()
  assert.deepEqual([after.failed - failed, after.redriven - redriven, after.lost - lost], [1, 0, 0])
})

test('a policy that is set while a message is being tried counts for it', async () => {
  const { topicArn, endpoint, arn } = await scene({ DeliveryPolicy: retryPolicy({ numRetries: 1 }) })
  const other = await sns.createQueue()
  endpoint.answer = () => 503
  await settled(sns, () => sns.publish(topicArn, 'late'))
  const AttributeValue = redriveTo(other.arn).RedrivePolicy
  await sns.sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName: 'RedrivePolicy', AttributeValue })
  await settled(sns, async () => sns.advance(20))
  assert.deepEqual(
    (await sns.envelopes(other)).map(({ Message }) => Message),
    ['late'],
  )
})
