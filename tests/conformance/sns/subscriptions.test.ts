/** Subscribe: the endpoints of each protocol, what is answered, and what a repeated call may bring. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ACCOUNT,
  invalidParameter,
  notFound,
  OTHER_ACCOUNT,
  queueArnOf,
  refusal,
  startSns,
  topicArnOf,
} from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const PENDING = 'pending confirmation'
const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'

const listed = async (TopicArn: string) => (await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions ?? []

for (const [Protocol, Endpoint, pending] of [
  ['http', 'http://127.0.0.1:9/hook?a=b', true],
  ['https', 'https://user:secret@127.0.0.1:9/', true],
  ['email', 'someone@example.com', true],
  ['email-json', 'someone@example.com', true],
  ['sms', '+15551234567', false],
  ['sms', '+12/34-567.890', false],
  ['sqs', queueArnOf('not-there'), false],
  ['sqs', `arn:aws:sqs:eu-west-1:${ACCOUNT}:not-there`, false],
  ['sqs', `arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:theirs`, true],
] as const) {
  test(`${Protocol} ${Endpoint} is ${pending ? 'asked to confirm' : 'confirmed at once'}`, async () => {
    const TopicArn = await fixture.createTopic()
    const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol, Endpoint })
    const arn = await fixture.subscribe(TopicArn, Protocol, Endpoint)
    assert.match(arn, new RegExp(`^${TopicArn}:${UUID}$`))
    assert.equal(SubscriptionArn, pending ? PENDING : arn)
    const shown = {
      SubscriptionArn: pending ? 'PendingConfirmation' : arn,
      Endpoint: Endpoint.replace('secret', '****'),
    }
    assert.deepEqual(await listed(TopicArn), [{ ...shown, Owner: ACCOUNT, Protocol, TopicArn }])
  })
}

for (const [protocol, endpoint, what] of [
  ['http', 'https://example.com', 'Endpoint must match the specified protocol'],
  ['http', 'example.com', 'Endpoint must match the specified protocol'],
  ['http', '', 'Endpoint must match the specified protocol'],
  ['http', 'http://', 'Endpoint must match the specified protocol'],
  ['http', 'http://a b', 'Endpoint must match the specified protocol'],
  ['https', 'http://example.com', 'Endpoint must match the specified protocol'],
  ['email', 'nobody', 'Email address'],
  ['email', 'a@example.com\nBcc: b@example.com', 'Email address'],
  ['email-json', 'nobody', 'Email address'],
  ['sqs', 'http://localhost:4566/000000000000/queue', 'SQS endpoint ARN'],
  ['sqs', 'arn:aws:sqs:us-east-1:queue', 'SQS endpoint ARN'],
  ['sqs', topicArnOf('topic'), 'SQS endpoint ARN'],
  ['sqs', '', 'SQS endpoint ARN'],
  ['lambda', queueArnOf('queue'), 'Lambda endpoint ARN'],
  ['firehose', queueArnOf('queue'), 'Firehose endpoint ARN'],
  ['application', queueArnOf('queue'), `Application endpoint arn invalid:${queueArnOf('queue')}`],
  ['carrier-pigeon', 'x', 'Amazon SNS does not support this protocol string: carrier-pigeon'],
  ['SQS', queueArnOf('queue'), 'Amazon SNS does not support this protocol string: SQS'],
  ['__proto__', 'x', 'Amazon SNS does not support this protocol string: __proto__'],
] as const) {
  test(`${protocol} refuses the endpoint ${JSON.stringify(endpoint)}`, async () => {
    const topic = await fixture.createTopic()
    await assert.rejects(fixture.subscribe(topic, protocol, endpoint), invalidParameter(what))
    assert.deepEqual(await listed(topic), [])
  })
}

for (const number of ['', '+1555--1234567', '+15551234567.', '+1555letters', '/15551234567']) {
  test(`sms refuses ${JSON.stringify(number)}, without the usual prefix`, async () => {
    const topic = await fixture.createTopic()
    await assert.rejects(
      fixture.subscribe(topic, 'sms', number),
      refusal('InvalidParameter', `Invalid SMS endpoint: ${number}`),
    )
  })
}

for (const [protocol, endpoint, attributes] of [
  ['lambda', `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`, {}],
  [
    'firehose',
    `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/s`,
    { SubscriptionRoleArn: `arn:aws:iam::${ACCOUNT}:role/r` },
  ],
  ['application', `arn:aws:sns:us-east-1:${ACCOUNT}:endpoint/GCM/app/5e3e9847-3183-3f18-a7e8-671c3a57d4b3`, {}],
] as const) {
  test(`${protocol}: what isn’t there can’t be subscribed`, async () => {
    const topic = await fixture.createTopic()
    const missing = `Endpoint Reason: Endpoint does not exist for endpoint ${endpoint}`
    await assert.rejects(fixture.subscribe(topic, protocol, endpoint, attributes), invalidParameter(missing))
  })
}

test('a subscription to Firehose needs a role', async () => {
  const topic = await fixture.createTopic()
  const stream = `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/s`
  await assert.rejects(fixture.subscribe(topic, 'firehose', stream), invalidParameter(/SubscriptionRoleArn/))
})

test('only FIFO topics may have FIFO queues; they may have standard ones too, and nothing else', async () => {
  const standard = await fixture.createTopic()
  const fifo = await fixture.createFifoTopic()
  const refusedFifo = 'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics'
  await assert.rejects(fixture.subscribe(standard, 'sqs', queueArnOf('queue.fifo')), invalidParameter(refusedFifo))
  await fixture.subscribe(fifo, 'sqs', queueArnOf('queue.fifo'))
  await fixture.subscribe(fifo, 'sqs', queueArnOf('queue'))
  for (const [protocol, endpoint] of [
    ['http', 'http://localhost'],
    ['email', 'a@example.com'],
    ['sms', '+15551234567'],
  ] as const) {
    const refused = invalidParameter(`Invalid protocol type: ${protocol}`)
    await assert.rejects(fixture.subscribe(fifo, protocol, endpoint), refused)
  }
})

test('that the topic is missing is told before what is wrong with the endpoint', async () => {
  const missing = topicArnOf('nothing')
  for (const [protocol, endpoint, attributes] of [
    ['sqs', 'no ARN', {}],
    ['pigeon', 'x', {}],
    ['sqs', queueArnOf('queue'), { RawMessageDelivery: 'maybe' }],
  ] as const) {
    await assert.rejects(fixture.subscribe(missing, protocol, endpoint, attributes), notFound('Topic'))
  }
})

test('a queue in another region, or one that is created later, gets its messages', async () => {
  const topic = await fixture.createTopic()
  const { sqs } = fixture.clientsFor({ region: 'eu-west-1' })
  await fixture.subscribe(topic, 'sqs', `arn:aws:sqs:eu-west-1:${ACCOUNT}:abroad`)
  await fixture.subscribe(topic, 'sqs', queueArnOf('later'))
  await fixture.publish(topic, 'lost')
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'abroad' })
  const later = await fixture.createQueue({}, 'later')
  await fixture.publish(topic, 'found')
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 })
  const abroad = Messages.map(({ Body = '' }) => JSON.parse(Body).Message)
  assert.deepEqual(abroad, ['found'])
  assert.deepEqual(
    (await fixture.envelopes(later)).map(({ Message }) => Message),
    ['found'],
  )
})

const FILTER = { FilterPolicy: '{"a":["x"]}' }
const OTHERS = 'Attributes Reason: Subscription already exists with different attributes'

for (const [what, first, again, same] of [
  ['none, none', {}, {}, true],
  ['some, none', FILTER, {}, true],
  ['some, the same', FILTER, FILTER, true],
  ['some, the same in other spelling', FILTER, { FilterPolicy: '{ "a" : [ "x" ] }' }, true],
  ['some, a subset', { ...FILTER, RawMessageDelivery: 'true' }, FILTER, true],
  ['none, the default', {}, { RawMessageDelivery: 'false', FilterPolicyScope: 'MessageAttributes' }, true],
  ['true, True', { RawMessageDelivery: 'true' }, { RawMessageDelivery: 'True' }, true],
  ['none, one more', {}, FILTER, false],
  ['some, a different one', FILTER, { FilterPolicy: '{"a":["y"]}' }, false],
  ['some, one more', FILTER, { ...FILTER, RawMessageDelivery: 'true' }, false],
  ['true, false', { RawMessageDelivery: 'true' }, { RawMessageDelivery: 'false' }, false],
] as const) {
  test(`Subscribe twice with the attributes ${what}: ${same ? 'the same subscription' : 'refused'}`, async () => {
    const topic = await fixture.createTopic()
    const arn = await fixture.subscribe(topic, 'sqs', queueArnOf('queue'), first)
    const repeated = fixture.subscribe(topic, 'sqs', queueArnOf('queue'), again)
    if (same) assert.equal(await repeated, arn)
    else await assert.rejects(repeated, invalidParameter(OTHERS))
    assert.equal((await listed(topic)).length, 1)
  })
}

test('a pending subscription stays the same one when its endpoint is subscribed again', async () => {
  const topic = await fixture.createTopic()
  const arn = await fixture.subscribe(topic, 'email', 'a@example.com')
  assert.equal(await fixture.subscribe(topic, 'email', 'a@example.com'), arn)
  assert.notEqual(await fixture.subscribe(topic, 'email-json', 'a@example.com'), arn)
  assert.equal((await listed(topic)).length, 2)
})

test('one subscription for each topic and endpoint, and one message', async () => {
  const [one, two] = [await fixture.createTopic(), await fixture.createTopic()]
  const queue = await fixture.subscribeQueue(one)
  assert.equal((await fixture.subscribeQueue(one, {}, queue)).subscriptionArn, queue.subscriptionArn)
  await fixture.subscribeQueue(two, {}, queue)
  await fixture.publish(one, 'from one')
  await fixture.publish(two, 'from two')
  assert.deepEqual((await fixture.envelopes(queue)).map(({ Message }) => Message).sort(), ['from one', 'from two'])
})

test('a topic that is not there can’t be subscribed to', async () => {
  await assert.rejects(fixture.subscribe(topicArnOf('nothing'), 'sqs', queueArnOf('queue')), notFound('Topic'))
})

test('a FIFO topic has a hundred subscriptions at most', async () => {
  const topic = await fixture.createFifoTopic()
  await Promise.all(Array.from({ length: 100 }, (_, i) => fixture.subscribe(topic, 'sqs', queueArnOf(`q-${i}`))))
  await assert.rejects(
    fixture.subscribe(topic, 'sqs', queueArnOf('one-more')),
    refusal('SubscriptionLimitExceeded', /maximum/, 403),
  )
  await fixture.subscribe(topic, 'sqs', queueArnOf('q-0'))
})

test('an endpoint that is subscribed many times at once has one subscription', async () => {
  const topic = await fixture.createTopic()
  const arns = await Promise.all(Array.from({ length: 20 }, () => fixture.subscribe(topic, 'sqs', queueArnOf('queue'))))
  assert.equal(new Set(arns).size, 1)
  assert.equal((await listed(topic)).length, 1)
})

test('subscriptions that come and go at once are counted right', async () => {
  const TopicArn = await fixture.createTopic()
  const names = Array.from({ length: 30 }, (_, i) => `q-${i}`)
  const arns = await Promise.all(names.map((name) => fixture.subscribe(TopicArn, 'sqs', queueArnOf(name))))
  const calls = arns.flatMap((SubscriptionArn, i) => [
    sns.unsubscribe({ SubscriptionArn }),
    sns.unsubscribe({ SubscriptionArn }),
    fixture.subscribe(TopicArn, 'email', `a${i}@example.com`),
  ])
  await Promise.all(calls)
  const { Attributes = {} } = await sns.getTopicAttributes({ TopicArn })
  const { SubscriptionsConfirmed, SubscriptionsPending, SubscriptionsDeleted } = Attributes
  assert.deepEqual([SubscriptionsConfirmed, SubscriptionsPending, SubscriptionsDeleted], ['0', '30', '30'])
})

test('what is published while subscriptions come and go reaches those that stay', async () => {
  const topic = await fixture.createTopic()
  const stays = await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' })
  const bodies = Array.from({ length: 10 }, (_, i) => `m-${i}`)
  await Promise.all(
    bodies.map(async (body, i) => {
      const arn = await fixture.subscribe(topic, 'sqs', queueArnOf(`passing-${i}`), { FilterPolicy: `{"a":["${i}"]}` })
      await Promise.all([fixture.publish(topic, body), sns.unsubscribe({ SubscriptionArn: arn })])
    }),
  )
  assert.deepEqual((await fixture.bodies(stays)).sort(), bodies)
})
