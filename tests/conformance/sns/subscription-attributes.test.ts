/** Subscription attributes: exactly what is shown, what can be set, and how Subscribe and SetSubscriptionAttributes refuse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ACCOUNT,
  invalidParameter,
  invalidParameterBeginning,
  notFound,
  OTHER_ACCOUNT,
  queueArnOf,
  startSns,
} from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const attributesOf = async (SubscriptionArn: string) =>
  (await sns.getSubscriptionAttributes({ SubscriptionArn })).Attributes ?? {}
const set = (SubscriptionArn: string, AttributeName: string, AttributeValue?: string) =>
  sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue })

const QUEUE = queueArnOf('queue')
const subscribed = async (attributes = {}) => fixture.subscribe(await fixture.createTopic(), 'sqs', QUEUE, attributes)

const freshAttributes = (SubscriptionArn: string) => ({
  SubscriptionArn,
  TopicArn: SubscriptionArn.slice(0, SubscriptionArn.lastIndexOf(':')),
  Owner: ACCOUNT,
  Protocol: 'sqs',
  Endpoint: QUEUE,
  SubscriptionPrincipal: `arn:aws:iam::${ACCOUNT}:user/millrace`,
  PendingConfirmation: 'false',
  ConfirmationWasAuthenticated: 'true',
  RawMessageDelivery: 'false',
})

test('a fresh subscription of a queue has exactly these attributes', async () => {
  const arn = await subscribed()
  assert.deepEqual(await attributesOf(arn), freshAttributes(arn))
})

test('one of a queue in another account is pending, and was not confirmed', async () => {
  const endpoint = `arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:queue`
  const arn = await fixture.subscribe(await fixture.createTopic(), 'sqs', endpoint)
  assert.deepEqual(await attributesOf(arn), {
    ...freshAttributes(arn),
    Endpoint: endpoint,
    PendingConfirmation: 'true',
    ConfirmationWasAuthenticated: 'false',
  })
})

test('one of an HTTP endpoint shows the delivery policy in force', async () => {
  const arn = await fixture.subscribe(await fixture.createTopic(), 'http', 'http://127.0.0.1:9')
  const { EffectiveDeliveryPolicy = '', ...others } = await attributesOf(arn)
  assert.deepEqual(others, {
    ...freshAttributes(arn),
    Protocol: 'http',
    Endpoint: 'http://127.0.0.1:9',
    PendingConfirmation: 'true',
    ConfirmationWasAuthenticated: 'false',
  })
  const { healthyRetryPolicy, sicklyRetryPolicy, throttlePolicy, guaranteed } = JSON.parse(EffectiveDeliveryPolicy)
  assert.equal(healthyRetryPolicy.numRetries, 3)
  assert.deepEqual([sicklyRetryPolicy, throttlePolicy, guaranteed], [null, null, false])
})

const REDRIVE = JSON.stringify({ deadLetterTargetArn: queueArnOf('dead') })

for (const [name, value, shown] of [
  ['RawMessageDelivery', 'true', { RawMessageDelivery: 'true' }],
  ['RawMessageDelivery', 'TRUE', { RawMessageDelivery: 'true' }],
  ['RawMessageDelivery', 'False', {}],
  ['FilterPolicy', '{"a":["x"]}', { FilterPolicy: '{"a":["x"]}', FilterPolicyScope: 'MessageAttributes' }],
  ['FilterPolicy', '', {}],
  ['FilterPolicy', '{}', {}],
  ['FilterPolicyScope', 'MessageBody', {}],
  ['RedrivePolicy', REDRIVE, { RedrivePolicy: REDRIVE }],
  ['RedrivePolicy', '', {}],
] as const) {
  test(`${name} can be set to ${JSON.stringify(value)}, at once or later`, async () => {
    const later = await subscribed()
    await set(later, name, value)
    assert.deepEqual(await attributesOf(later), { ...freshAttributes(later), ...shown })
    const atOnce = await subscribed({ [name]: value })
    assert.deepEqual(await attributesOf(atOnce), { ...freshAttributes(atOnce), ...shown })
  })
}

test('the scope is shown while there is a policy, and may be set before it', async () => {
  const arn = await subscribed({ FilterPolicyScope: 'MessageBody' })
  assert.equal((await attributesOf(arn)).FilterPolicyScope, undefined)
  const FilterPolicy = '{"a":{"b":["x"]}}'
  await set(arn, 'FilterPolicy', FilterPolicy)
  assert.deepEqual(await attributesOf(arn), { ...freshAttributes(arn), FilterPolicy, FilterPolicyScope: 'MessageBody' })
  await assert.rejects(
    set(arn, 'FilterPolicyScope', 'MessageAttributes'),
    invalidParameter('Filter policy scope MessageAttributes does not support nested filter policy'),
  )
  for (const cleared of ['', '{}', undefined]) {
    await set(arn, 'FilterPolicy', FilterPolicy)
    await set(arn, 'FilterPolicy', cleared)
    assert.deepEqual(await attributesOf(arn), freshAttributes(arn))
  }
})

test('the empty value takes a redrive policy away', async () => {
  const arn = await subscribed({ RedrivePolicy: REDRIVE })
  await set(arn, 'RedrivePolicy', '')
  assert.deepEqual(await attributesOf(arn), freshAttributes(arn))
})

const placeAt = (column: number) =>
  `\n at [Source: REDACTED (\`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION\` disabled); line: 1, column: ${column}]`

/** Recorded: the words of SNS's parser, and where it stopped. */
for (const [value, fault] of [
  [
    '{invalidjson',
    `Unexpected character ('i' (code 105)): was expecting double-quote to start field name${placeAt(2)}`,
  ],
  [
    'invalid',
    "Unrecognized token 'invalid': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')" +
      placeAt(8),
  ],
] as const) {
  for (const name of ['FilterPolicy', 'RedrivePolicy']) {
    test(`${name} says where ${value} is no JSON`, async () => {
      const tail = `${name}: failed to parse JSON. ${fault}`
      await assert.rejects(set(await subscribed(), name, value), invalidParameter(tail))
      await assert.rejects(subscribed({ [name]: value }), invalidParameter(`Attributes Reason: ${tail}`))
    })
  }
}

/** What is said after the prefix, which is another one for Subscribe. */
for (const [name, value, tail] of [
  ['RawMessageDelivery', '', 'RawMessageDelivery: Invalid value [].'],
  ['RawMessageDelivery', 'test-ValUe', 'RawMessageDelivery: Invalid value [test-ValUe]. Must be true or false.'],
  [
    'FilterPolicyScope',
    'Message',
    'FilterPolicyScope: Invalid value [Message]. Please use either MessageBody or MessageAttributes',
  ],
  ['FilterPolicyScope', '', 'FilterPolicyScope: Invalid value []. Please use either MessageBody or MessageAttributes'],
  ['FilterPolicy', '{a}', 'FilterPolicy: failed to parse JSON. '],
  ['FilterPolicy', '{"a":"x"}', 'FilterPolicy: "a" must be an object or an array'],
  ['FilterPolicy', '{"a":{"b":["x"]}}', 'Filter policy scope MessageAttributes does not support nested filter policy'],
  ['RedrivePolicy', 'x', 'RedrivePolicy: failed to parse JSON. '],
  ['RedrivePolicy', '{}', 'RedrivePolicy: deadLetterTargetArn is an invalid arn'],
  ['RedrivePolicy', '{"deadLetterTargetArn":"queue"}', 'RedrivePolicy: deadLetterTargetArn is an invalid arn'],
  [
    'RedrivePolicy',
    `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:${ACCOUNT}:dead"}`,
    'RedrivePolicy: deadLetterTargetArn is an invalid arn',
  ],
  [
    'RedrivePolicy',
    `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:dead"}`,
    'RedrivePolicy: deadLetterTargetArn is an invalid arn',
  ],
  ['RedrivePolicy', `{"deadLetterTargetArn":"${queueArnOf('dead.fifo')}"}`, 'RedrivePolicy: must use a standard queue'],
  ['DeliveryPolicy', '{}', 'Delivery protocol [sqs] does not support a delivery policy.'],
  [
    'SubscriptionRoleArn',
    `arn:aws:iam::${ACCOUNT}:role/r`,
    'Delivery protocol [sqs] does not support a subscription role.',
  ],
  ['Nothing', 'x', 'AttributeName'],
  ['PendingConfirmation', 'false', 'AttributeName'],
  ['__proto__', 'x', 'AttributeName'],
] as const) {
  test(`${name} refuses ${JSON.stringify(value)}, and changes nothing`, async () => {
    const arn = await subscribed()
    await assert.rejects(set(arn, name, value), invalidParameterBeginning(tail))
    assert.deepEqual(await attributesOf(arn), freshAttributes(arn))
    const attributes = Object.fromEntries([[name, value]])
    await assert.rejects(subscribed(attributes), invalidParameterBeginning(`Attributes Reason: ${tail}`))
  })
}

test('a FIFO queue of a FIFO topic needs a FIFO dead-letter queue; a standard queue of it, a standard one', async () => {
  const topic = await fixture.createFifoTopic()
  const [fifo, standard] = ['dead.fifo', 'dead'].map((name) =>
    JSON.stringify({ deadLetterTargetArn: queueArnOf(name) }),
  )
  const complaint = 'RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.'
  const arn = await fixture.subscribe(topic, 'sqs', queueArnOf('a.fifo'))
  await assert.rejects(set(arn, 'RedrivePolicy', standard), invalidParameter(complaint))
  await set(arn, 'RedrivePolicy', fifo)
  const RedrivePolicy = standard as string
  await assert.rejects(
    fixture.subscribe(topic, 'sqs', queueArnOf('b.fifo'), { RedrivePolicy }),
    invalidParameter(`Attributes Reason: ${complaint}`),
  )
  await fixture.subscribe(topic, 'sqs', queueArnOf('c'), { RedrivePolicy })
})

test('raw delivery is for queues, HTTP and Firehose', async () => {
  const topic = await fixture.createTopic()
  for (const [protocol, endpoint] of [
    ['email', 'a@example.com'],
    ['sms', '+15551234567'],
  ] as const) {
    await assert.rejects(
      fixture.subscribe(topic, protocol, endpoint, { RawMessageDelivery: 'true' }),
      invalidParameter(`Attributes Reason: Delivery protocol [${protocol}] does not support raw message delivery.`),
    )
  }
  const arn = await fixture.subscribe(topic, 'http', 'http://127.0.0.1:9', { RawMessageDelivery: 'true' })
  assert.equal((await attributesOf(arn)).RawMessageDelivery, 'true')
})

test('the delivery policy of an HTTP endpoint is shown with nulls for what it leaves out', async () => {
  const arn = await fixture.subscribe(await fixture.createTopic(), 'http', 'http://127.0.0.1:9')
  await set(arn, 'DeliveryPolicy', '{"throttlePolicy":{"maxReceivesPerSecond":7}}')
  const { DeliveryPolicy = '', EffectiveDeliveryPolicy = '' } = await attributesOf(arn)
  assert.deepEqual(JSON.parse(DeliveryPolicy), {
    healthyRetryPolicy: null,
    sicklyRetryPolicy: null,
    throttlePolicy: { maxReceivesPerSecond: 7 },
    requestPolicy: null,
    guaranteed: false,
  })
  assert.deepEqual(JSON.parse(EffectiveDeliveryPolicy).throttlePolicy, { maxReceivesPerSecond: 7 })
  await assert.rejects(
    set(arn, 'DeliveryPolicy', '{"throttlePolicy":{"maxReceivesPerSecond":0}}'),
    invalidParameter(/^Invalid parameter: DeliveryPolicy: .*maxReceivesPerSecond/),
  )
})

test('a replay is for subscriptions to FIFO topics', async () => {
  const ReplayPolicy = '{"PointType":"Timestamp","StartingPoint":"2024-01-01T00:00:00Z"}'
  await assert.rejects(
    subscribed({ ReplayPolicy }),
    invalidParameter(/^Invalid parameter: Attributes Reason: ReplayPolicy/),
  )
})

test('a change holds for the next message', async () => {
  const topic = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topic)
  await fixture.publish(topic, 'in a document')
  await set(queue.subscriptionArn, 'RawMessageDelivery', 'true')
  await fixture.publish(topic, 'raw')
  await set(queue.subscriptionArn, 'FilterPolicy', '{"a":["x"]}')
  await fixture.publish(topic, 'filtered out')
  await set(queue.subscriptionArn, 'FilterPolicy', '')
  await fixture.publish(topic, 'raw again')
  const bodies = await fixture.bodies(queue)
  assert.deepEqual(
    bodies.map((body) => (body.startsWith('{') ? JSON.parse(body).Message : body)),
    ['in a document', 'raw', 'raw again'],
  )
})

test('a subscription that is not there has no attributes', async () => {
  const topic = await fixture.createTopic()
  const other = await subscribed()
  for (const arn of [
    `${topic}:5e3e9847-3183-3f18-a7e8-671c3a57d4b3`,
    `${topic}:x`,
    other.replace(/topic-\d+/, topic.split(':')[5] as string),
  ]) {
    await assert.rejects(attributesOf(arn), notFound('Subscription'))
    await assert.rejects(set(arn, 'RawMessageDelivery', 'true'), notFound('Subscription'))
  }
})
