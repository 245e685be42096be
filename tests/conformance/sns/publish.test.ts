/** Publish: its one target, what a message may be, and what subscribers get. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, invalidParameter, notFound, queueArnOf, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const LIMIT = 262_144

const topic = await fixture.createTopic()
const raw = await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' })
const enveloped = await fixture.subscribeQueue(topic)

test('every subscriber gets the message, under one id that is not the queue’s', async () => {
  const at = fixture.node.clock.now()
  const { MessageId = '', SequenceNumber } = await fixture.publish(topic, 'hello', { Subject: 'greeting' })
  assert.match(MessageId, UUID)
  assert.equal(SequenceNumber, undefined)
  const received = await fixture.receiveOne(enveloped)
  const { Timestamp, Signature, SigningCertURL, ...document } = JSON.parse(received.Body)
  assert.deepEqual(document, {
    Type: 'Notification',
    MessageId,
    TopicArn: topic,
    Subject: 'greeting',
    Message: 'hello',
    SignatureVersion: '1',
    UnsubscribeURL: `${fixture.node.url}/?Action=Unsubscribe&SubscriptionArn=${enveloped.subscriptionArn}`,
  })
  assert.equal(new Date(Timestamp).toISOString(), Timestamp)
  const sinceMs = Date.parse(Timestamp) - at
  assert.ok(sinceMs >= 0 && sinceMs < 10_000, Timestamp)
  assert.equal(Buffer.from(Signature, 'base64').length, 256)
  assert.match(SigningCertURL, /\/SimpleNotificationService-[0-9a-f]{32}\.pem$/)
  assert.notEqual(received.MessageId, MessageId)
  const copy = await fixture.receiveOne(raw)
  assert.equal(copy.Body, 'hello')
  assert.notEqual(copy.MessageId, received.MessageId)
})

test('the members of the document have their order', async () => {
  const attributes = { a: { DataType: 'String', StringValue: 'x' } }
  await fixture.publish(topic, 'hello', { Subject: 'greeting', MessageAttributes: attributes })
  const { Body } = await fixture.receiveOne(enveloped)
  assert.deepEqual(Object.keys(JSON.parse(Body)), [
    'Type',
    'MessageId',
    'TopicArn',
    'Subject',
    'Message',
    'Timestamp',
    'SignatureVersion',
    'Signature',
    'SigningCertURL',
    'UnsubscribeURL',
    'MessageAttributes',
  ])
  await fixture.bodies(raw)
})

test('a message without subscribers is accepted', async () => {
  const { MessageId = '' } = await fixture.publish(await fixture.createTopic(), 'hello')
  assert.match(MessageId, UUID)
})

test('the target may be given as TargetArn', async () => {
  await sns.publish({ TargetArn: topic, Message: 'to the target' })
  assert.deepEqual(await fixture.bodies(raw), ['to the target'])
  await fixture.bodies(enveloped)
})

const missing = topicArnOf('nothing')
const endpoint = `arn:aws:sns:us-east-1:${ACCOUNT}:endpoint/GCM/app/5e3e9847-3183-3f18-a7e8-671c3a57d4b3`

for (const [target, expected] of [
  [{}, invalidParameter('TopicArn or TargetArn Reason: no value for required parameter')],
  [{ TopicArn: '' }, invalidParameter('TopicArn Reason: An ARN must have at least 6 elements, not 1')],
  [{ TargetArn: '' }, invalidParameter('TargetArn Reason: An ARN must have at least 6 elements, not 1')],
  [{ TopicArn: topic, TargetArn: topic }, invalidParameter(/^Invalid parameter: TopicArn, TargetArn /)],
  [{ TopicArn: topic, PhoneNumber: '+15551234567' }, invalidParameter(/^Invalid parameter: TopicArn, PhoneNumber /)],
  [{ TopicArn: missing }, notFound('Topic')],
  [{ TargetArn: missing }, notFound('Topic')],
  [{ TargetArn: endpoint }, invalidParameter('TargetArn Reason: No endpoint found for the target arn specified')],
  [{ PhoneNumber: 'x' }, invalidParameter('PhoneNumber Reason: x is not valid to publish to')],
  [{ PhoneNumber: '+1555a234567' }, invalidParameter('PhoneNumber Reason: +1555a234567 is not valid to publish to')],
] as const) {
  test(`the target ${JSON.stringify(target)} is refused`, async () => {
    await assert.rejects(sns.publish({ ...target, Message: 'x' }), expected)
  })
}

for (const [what, options, expected] of [
  ['an empty message', { Message: '' }, 'Empty message'],
  ['an empty subject', { Subject: '' }, 'Subject'],
  ['a subject of 101 characters', { Subject: 'x'.repeat(101) }, 'Subject'],
  ['a subject with a line break', { Subject: 'a\nBcc: b' }, 'Subject'],
  ['a subject with a carriage return', { Subject: 'a\rb' }, 'Subject'],
  ['a subject with a control character', { Subject: 'a\u0007b' }, 'Subject'],
  ['a subject that begins with a space', { Subject: ' a' }, 'Subject'],
  ['another message structure', { MessageStructure: 'xml' }, 'MessageStructure'],
  [
    'a deduplication id on a standard topic',
    { MessageDeduplicationId: 'x' },
    'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type',
  ],
  ['an empty group', { MessageGroupId: '' }, /MessageGroupId Reason: /],
  ['a group of 129 characters', { MessageGroupId: 'x'.repeat(129) }, /MessageGroupId Reason: /],
  ['a group with a space', { MessageGroupId: 'a b' }, /MessageGroupId Reason: /],
] as const) {
  test(`${what} is refused`, async () => {
    await assert.rejects(sns.publish({ TopicArn: topic, Message: 'x', ...options }), invalidParameter(expected))
    assert.deepEqual(await fixture.bodies(raw), [])
  })
}

test('a subject may have a hundred characters of any script', async () => {
  const Subject = `${'ж'.repeat(99)}\u{1f600}`
  await fixture.publish(topic, 'x', { Subject })
  assert.deepEqual(
    (await fixture.envelopes(enveloped)).map((one) => one.Subject),
    [Subject],
  )
  await fixture.bodies(raw)
})

test('texts arrive as they were, whatever is in them', async () => {
  const messages = ['<&>"\'', 'line\nbreak\r\ntab\t', '\u{1f600} é ж', ' ', '{"json":"text"}', '\\u0000', 'a+b%20c=d']
  for (const message of messages) await fixture.publish(topic, message)
  assert.deepEqual(new Set(await fixture.bodies(raw)), new Set(messages))
  assert.deepEqual(new Set((await fixture.envelopes(enveloped)).map(({ Message }) => Message)), new Set(messages))
})

test('a message may have 262,144 bytes, attributes included', async () => {
  const attributes = { size: { DataType: 'String', StringValue: 'x'.repeat(100) } }
  const extra = 'size'.length + 'String'.length + 100
  const tooLong = invalidParameter('Message too long')
  for (const [message, MessageAttributes] of [
    ['x'.repeat(LIMIT), undefined],
    ['é'.repeat(LIMIT / 2), undefined],
    ['x'.repeat(LIMIT - extra), attributes],
  ] as const) {
    await assert.rejects(fixture.publish(topic, `${message}x`, { MessageAttributes }), tooLong)
    await fixture.publish(topic, message, { MessageAttributes })
    assert.deepEqual(await fixture.bodies(raw), [message])
    assert.deepEqual(
      (await fixture.envelopes(enveloped)).map(({ Message }) => Message),
      [message],
    )
  }
})

test('a group on a standard topic goes on to standard queues, and is not in the document', async () => {
  await fixture.publish(topic, 'x', { MessageGroupId: 'tenant-7' })
  for (const queue of [raw, enveloped]) {
    const { Body, Attributes } = await fixture.receiveOne(queue)
    assert.equal(Attributes.MessageGroupId, 'tenant-7')
    assert.equal(Attributes.MessageDeduplicationId, undefined)
    assert.ok(!Body.includes('tenant-7'))
  }
  await fixture.publish(topic, 'x')
  for (const queue of [raw, enveloped]) {
    assert.equal((await fixture.receiveOne(queue)).Attributes.MessageGroupId, undefined)
  }
})

test('the X-Ray header of the request becomes the trace header of the message', async () => {
  const traced = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
  const body = new URLSearchParams({ Action: 'Publish', TopicArn: topic, Message: 'traced' })
  const answer = await fetch(fixture.node.url, { method: 'POST', headers: { 'x-amzn-trace-id': traced }, body })
  assert.equal(answer.status, 200)
  for (const queue of [raw, enveloped]) {
    assert.equal((await fixture.receiveOne(queue)).Attributes.AWSTraceHeader, traced)
  }
})

test('SQS says that SNS sent it', async () => {
  await fixture.publish(topic, 'x')
  assert.equal((await fixture.receiveOne(raw)).Attributes.SenderId, 'AIDAIT2UOQQY3AUEKVGXU')
  await fixture.bodies(enveloped)
})

test('a hundred queues get a message at once', async () => {
  const TopicArn = await fixture.createTopic()
  const queues = await Promise.all(Array.from({ length: 100 }, () => fixture.subscribeQueue(TopicArn)))
  await fixture.publish(TopicArn, 'to all')
  const received = await Promise.all(queues.map((queue) => fixture.envelopes(queue)))
  assert.deepEqual(
    received.map((envelopes) => envelopes.map(({ Message }) => Message)),
    queues.map(() => ['to all']),
  )
})

test('publishes at once are all delivered, each to the subscribers of its topic', async () => {
  const topics = await Promise.all(Array.from({ length: 5 }, () => fixture.createTopic()))
  const queues = await Promise.all(topics.map((one) => fixture.subscribeQueue(one, { RawMessageDelivery: 'true' })))
  const numbers = Array.from({ length: 10 }, (_, i) => i)
  await Promise.all(numbers.flatMap((number) => topics.map((one, at) => fixture.publish(one, `${at}-${number}`))))
  for (const [at, queue] of queues.entries()) {
    const bodies = await fixture.bodies(queue)
    assert.deepEqual(bodies.sort(), numbers.map((number) => `${at}-${number}`).sort())
  }
})

test('a topic that is published to while it is deleted takes a message or refuses it', async () => {
  const TopicArn = await fixture.createTopic()
  await fixture.subscribe(TopicArn, 'sqs', queueArnOf('any'))
  const [published] = await Promise.allSettled([fixture.publish(TopicArn, 'x'), sns.deleteTopic({ TopicArn })])
  if (published.status === 'rejected') notFound('Topic')(published.reason)
  await assert.rejects(fixture.publish(TopicArn, 'x'), notFound('Topic'))
})
