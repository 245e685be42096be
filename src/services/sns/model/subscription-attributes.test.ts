import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceError } from '../../../kernel/service-error.ts'
import { expectRefusal } from './expect-refusal.ts'
import {
  changeSubscriptionAttribute,
  checkSameSubscription,
  createSubscriptionAttributes,
  filterPolicyScope,
  isRaw,
  type Subscriber,
  type SubscriptionAttributes,
} from './subscription-attributes.ts'
import { describeSubscription } from './subscription-description.ts'

type Given = Readonly<Record<string, string>>

const place = { region: 'us-east-1', accountId: '000000000000' }
const topicArn = 'arn:aws:sns:us-east-1:000000000000:t'
const queue = 'arn:aws:sqs:us-east-1:000000000000:q'
const ROLE = 'arn:aws:iam::000000000000:role/firehose'

const sqs: Subscriber = { ...place, protocol: 'sqs', endpoint: queue, topicArn }
const http: Subscriber = { ...place, protocol: 'http', endpoint: 'http://localhost/', topicArn }
const lambda: Subscriber = { ...place, protocol: 'lambda', endpoint: 'arn:aws:lambda:…', topicArn }
const firehose: Subscriber = { ...place, protocol: 'firehose', endpoint: 'arn:aws:firehose:…', topicArn }
const standardOnFifo: Subscriber = { ...sqs, topicArn: `${topicArn}.fifo` }
const fifoOnFifo: Subscriber = { ...standardOnFifo, endpoint: `${queue}.fifo` }

const create = (subscriber: Subscriber, given: Given) => createSubscriptionAttributes(given, subscriber)
const change = (subscriber: Subscriber, attributes: SubscriptionAttributes, name: string, text?: string) =>
  changeSubscriptionAttribute({ ...subscriber, attributes }, name, text)

// Reading

const state = {
  ...sqs,
  subscriptionId: 'id',
  principal: 'arn:aws:iam::000000000000:user/u',
  status: 'confirmed',
  authenticated: true,
  attributes: {} as SubscriptionAttributes,
} as const

const fresh = {
  ConfirmationWasAuthenticated: 'true',
  Endpoint: queue,
  Owner: '000000000000',
  PendingConfirmation: 'false',
  Protocol: 'sqs',
  RawMessageDelivery: 'false',
  SubscriptionArn: `${topicArn}:id`,
  SubscriptionPrincipal: 'arn:aws:iam::000000000000:user/u',
  TopicArn: topicArn,
}

test('a new subscription of a queue shows exactly these attributes', () =>
  assert.deepEqual(describeSubscription(state), fresh))

test('a pending one says so', () =>
  assert.deepEqual(
    describeSubscription({
      ...state,
      protocol: 'http',
      endpoint: 'http://h/',
      status: 'pending',
      authenticated: false,
    }),
    {
      ...fresh,
      Protocol: 'http',
      Endpoint: 'http://h/',
      ConfirmationWasAuthenticated: 'false',
      PendingConfirmation: 'true',
    },
  ))

test('the scope of a filter policy is hidden until there is a policy', () => {
  const scoped = change(sqs, {}, 'FilterPolicyScope', 'MessageBody')
  assert.deepEqual(describeSubscription({ ...state, attributes: scoped }), fresh)
  const filtered = change(sqs, scoped, 'FilterPolicy', '{"a":{"b":["c"]}}')
  assert.deepEqual(describeSubscription({ ...state, attributes: filtered }), {
    ...fresh,
    FilterPolicy: '{"a":{"b":["c"]}}',
    FilterPolicyScope: 'MessageBody',
  })
  assert.deepEqual(describeSubscription({ ...state, attributes: { FilterPolicy: '{"a":["b"]}' } }), {
    ...fresh,
    FilterPolicy: '{"a":["b"]}',
    FilterPolicyScope: 'MessageAttributes',
  })
  for (const cleared of ['', '{}', '{ }']) {
    const attributes = change(sqs, filtered, 'FilterPolicy', cleared)
    assert.deepEqual(describeSubscription({ ...state, attributes }), fresh)
  }
})

test('what is set is shown, and what goes with it', () => {
  const attributes = { RawMessageDelivery: 'true', RedrivePolicy: '{}', ReplayPolicy: '{}', SubscriptionRoleArn: ROLE }
  const extras = { EffectiveDeliveryPolicy: '{}', ReplayStatus: 'In progress' } as const
  assert.deepEqual(describeSubscription({ ...state, attributes }, extras), { ...fresh, ...attributes, ...extras })
  assert.deepEqual(describeSubscription(state, { EffectiveDeliveryPolicy: undefined }), fresh)
})

// Values that are taken

const dlq = JSON.stringify({ deadLetterTargetArn: `${queue}-dlq` })
const fifoDlq = JSON.stringify({ deadLetterTargetArn: `${queue}-dlq.fifo` })
const replay = '{"PointType":"Timestamp","StartingPoint":"2024-01-01T00:00:00Z"}'

const accepted: readonly { of: Subscriber; given: Given; kept: SubscriptionAttributes }[] = [
  { of: sqs, given: {}, kept: {} },
  ...['true', 'TRUE', 'True'].map((text) => ({
    of: sqs,
    given: { RawMessageDelivery: text },
    kept: { RawMessageDelivery: 'true' },
  })),
  { of: http, given: { RawMessageDelivery: 'true' }, kept: { RawMessageDelivery: 'true' } },
  { of: lambda, given: { RawMessageDelivery: 'False' }, kept: { RawMessageDelivery: 'false' } },
  { of: sqs, given: { FilterPolicy: '{"a":["b"]}' }, kept: { FilterPolicy: '{"a":["b"]}' } },
  {
    of: sqs,
    given: { FilterPolicy: '{}', FilterPolicyScope: 'MessageBody' },
    kept: { FilterPolicyScope: 'MessageBody' },
  },
  {
    of: sqs,
    given: { FilterPolicy: '{"a":{"b":["c"]}}', FilterPolicyScope: 'MessageBody' },
    kept: { FilterPolicy: '{"a":{"b":["c"]}}', FilterPolicyScope: 'MessageBody' },
  },
  { of: sqs, given: { RedrivePolicy: dlq }, kept: { RedrivePolicy: dlq } },
  { of: http, given: { RedrivePolicy: dlq }, kept: { RedrivePolicy: dlq } },
  { of: standardOnFifo, given: { RedrivePolicy: dlq }, kept: { RedrivePolicy: dlq } },
  { of: fifoOnFifo, given: { RedrivePolicy: fifoDlq }, kept: { RedrivePolicy: fifoDlq } },
  { of: sqs, given: { RedrivePolicy: '', DeliveryPolicy: '', ReplayPolicy: '', SubscriptionRoleArn: '' }, kept: {} },
  { of: firehose, given: { SubscriptionRoleArn: ROLE }, kept: { SubscriptionRoleArn: ROLE } },
  { of: fifoOnFifo, given: { ReplayPolicy: replay }, kept: { ReplayPolicy: replay } },
  { of: fifoOnFifo, given: { ReplayPolicy: '{}' }, kept: {} },
]
for (const { of, given, kept } of accepted) {
  test(`${of.protocol} may be subscribed with ${JSON.stringify(given).slice(0, 90)}`, () =>
    assert.deepEqual(create(of, given), kept))
}

test('a delivery policy is kept in the form in which it is shown', () =>
  assert.deepEqual(create(http, { DeliveryPolicy: '{"throttlePolicy":{"maxReceivesPerSecond":5}}' }), {
    DeliveryPolicy:
      '{"healthyRetryPolicy":null,"sicklyRetryPolicy":null,"throttlePolicy":{"maxReceivesPerSecond":5},' +
      '"requestPolicy":null,"guaranteed":false}',
  }))

// Values that are refused: the same tail by both operations, after their own prefix

const refusedValues: readonly { of: Subscriber; name: string; text: string; tail: string }[] = [
  { of: sqs, name: 'Nonsense', text: 'x', tail: 'AttributeName' },
  { of: sqs, name: 'constructor', text: 'x', tail: 'AttributeName' },
  { of: sqs, name: 'PendingConfirmation', text: 'true', tail: 'AttributeName' },
  { of: sqs, name: 'EffectiveDeliveryPolicy', text: '{}', tail: 'AttributeName' },
  ...['', 'test-ValUe', 'yes', ' true'].map((text) => ({
    of: sqs,
    name: 'RawMessageDelivery',
    text,
    tail: `RawMessageDelivery: Invalid value [${text}]. Must be true or false.`,
  })),
  {
    of: lambda,
    name: 'RawMessageDelivery',
    text: 'true',
    tail: 'Delivery protocol [lambda] does not support raw message delivery.',
  },
  ...['', 'messagebody', 'x'].map((text) => ({
    of: sqs,
    name: 'FilterPolicyScope',
    text,
    tail: `FilterPolicyScope: Invalid value [${text}]. Please use either MessageBody or MessageAttributes`,
  })),
  { of: sqs, name: 'FilterPolicy', text: '{"k":"v"}', tail: 'FilterPolicy: "k" must be an object or an array' },
  { of: sqs, name: 'FilterPolicy', text: '{"k":[]}', tail: 'FilterPolicy: Empty arrays are not allowed' },
  {
    of: sqs,
    name: 'FilterPolicy',
    text: JSON.stringify(Object.fromEntries('abcdef'.split('').map((key) => [key, ['v']]))),
    tail: 'FilterPolicy: Filter policy can not have more than 5 keys',
  },
  {
    of: sqs,
    name: 'FilterPolicy',
    text: JSON.stringify({ a: Array.from({ length: 151 }, (_, i) => i) }),
    tail: 'FilterPolicy: Filter policy is too complex',
  },
  {
    of: sqs,
    name: 'FilterPolicy',
    text: '{"a":{"b":["c"]}}',
    tail: 'Filter policy scope MessageAttributes does not support nested filter policy',
  },
  ...['{"deadLetterTargetArn":"x"}', '{"deadLetterTargetArn":1}', '{}'].map((text) => ({
    of: sqs,
    name: 'RedrivePolicy',
    text,
    tail: 'RedrivePolicy: deadLetterTargetArn is an invalid arn',
  })),
  {
    of: sqs,
    name: 'RedrivePolicy',
    text: '{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:q"}',
    tail: 'RedrivePolicy: deadLetterTargetArn is an invalid arn',
  },
  {
    of: sqs,
    name: 'RedrivePolicy',
    text: '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111111111111:q"}',
    tail: 'RedrivePolicy: deadLetterTargetArn is an invalid arn',
  },
  {
    of: sqs,
    name: 'RedrivePolicy',
    text: JSON.stringify({ deadLetterTargetArn: queue, maxReceiveCount: 5 }),
    tail: 'RedrivePolicy: invalid JSON. Attribute maxReceiveCount is unknown.',
  },
  { of: sqs, name: 'RedrivePolicy', text: '[]', tail: 'RedrivePolicy: failed to parse JSON. It is not an object.' },
  {
    of: fifoOnFifo,
    name: 'RedrivePolicy',
    text: dlq,
    tail: 'RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.',
  },
  ...[sqs, standardOnFifo, http].map((of) => ({
    of,
    name: 'RedrivePolicy',
    text: fifoDlq,
    tail: 'RedrivePolicy: must use a standard queue as DLQ for a Subscription that is not FIFO.',
  })),
  {
    of: sqs,
    name: 'DeliveryPolicy',
    text: '{}',
    tail: 'Delivery protocol [sqs] does not support a delivery policy.',
  },
  {
    of: sqs,
    name: 'SubscriptionRoleArn',
    text: ROLE,
    tail: 'Delivery protocol [sqs] does not support a subscription role.',
  },
  {
    of: firehose,
    name: 'SubscriptionRoleArn',
    text: 'x',
    tail: 'SubscriptionRoleArn: Invalid value [x]. Must be the ARN of an IAM role.',
  },
  {
    of: firehose,
    name: 'SubscriptionRoleArn',
    text: '',
    tail: 'SubscriptionRoleArn: no value for required attribute',
  },
  {
    of: sqs,
    name: 'ReplayPolicy',
    text: replay,
    tail: 'ReplayPolicy: is only supported for subscriptions to FIFO topics',
  },
  {
    of: fifoOnFifo,
    name: 'ReplayPolicy',
    text: '{"PointType":"Id"}',
    tail: 'ReplayPolicy: PointType value is invalid',
  },
]
for (const { of, name, text, tail } of refusedValues) {
  test(`${of.protocol}: ${name} can't be ${text.slice(0, 60)}: ${tail}`, () => {
    expectRefusal(
      () => create(of, { [name]: text }),
      'InvalidParameterException',
      `Invalid parameter: Attributes Reason: ${tail}`,
    )
    expectRefusal(() => change(of, {}, name, text), 'InvalidParameterException', `Invalid parameter: ${tail}`)
  })
}

for (const name of ['RedrivePolicy', 'FilterPolicy'] as const) {
  test(`${name} that is no JSON is refused with the parser’s words`, () => {
    const prefix = `${name}: failed to parse JSON. `
    const says = (before: string) => (error: ServiceError) =>
      error.code === 'InvalidParameterException' && error.message.startsWith(`Invalid parameter: ${before}${prefix}`)
    assert.throws(() => create(sqs, { [name]: '{invalid' }), says('Attributes Reason: '))
    assert.throws(() => change(sqs, {}, name, '{invalid'), says(''))
  })
}

test('a delivery policy is refused under its own rules', () => {
  const text = '{"throttlePolicy":{"maxReceivesPerSecond":0}}'
  const said = 'DeliveryPolicy: throttlePolicy.maxReceivesPerSecond must'
  assert.throws(() => create(http, { DeliveryPolicy: text }), new RegExp(`^.*parameter: Attributes Reason: ${said}`))
  assert.throws(() => change(http, {}, 'DeliveryPolicy', text), new RegExp(`^.*parameter: ${said}`))
})

test('Firehose needs a role', () =>
  expectRefusal(
    () => create(firehose, {}),
    'InvalidParameterException',
    'Invalid parameter: Attributes Reason: SubscriptionRoleArn: no value for required attribute',
  ))

test('a scope must suit the policy there is', () => {
  const attributes = create(sqs, { FilterPolicy: '{"a":{"b":["c"]}}', FilterPolicyScope: 'MessageBody' })
  expectRefusal(
    () => change(sqs, attributes, 'FilterPolicyScope', 'MessageAttributes'),
    'InvalidParameterException',
    'Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy',
  )
  assert.equal(filterPolicyScope(attributes), 'MessageBody')
  assert.equal(filterPolicyScope({}), 'MessageAttributes')
})

test('raw deliveries must suit the delivery policy there is', () => {
  const DeliveryPolicy = '{"requestPolicy":{"headerContentType":"text/csv"}}'
  const attributes = create(http, { RawMessageDelivery: 'true', DeliveryPolicy })
  assert.equal(isRaw(attributes), true)
  assert.throws(() => change(http, attributes, 'RawMessageDelivery', 'false'), /DeliveryPolicy: .*text\/csv/)
})

test('an attribute is replaced, and unset by the empty text', () => {
  const attributes = create(sqs, { RawMessageDelivery: 'true', RedrivePolicy: dlq })
  assert.deepEqual(change(sqs, attributes, 'RawMessageDelivery', 'FALSE'), {
    RawMessageDelivery: 'false',
    RedrivePolicy: dlq,
  })
  assert.deepEqual(change(sqs, attributes, 'RedrivePolicy'), { RawMessageDelivery: 'true' })
})

// Subscribing again

const again: readonly { current: Given; given: Given; same: boolean }[] = [
  { current: { RawMessageDelivery: 'true' }, given: {}, same: true },
  { current: { RawMessageDelivery: 'true' }, given: { RawMessageDelivery: 'True' }, same: true },
  { current: {}, given: { RawMessageDelivery: 'false' }, same: true },
  { current: {}, given: { RawMessageDelivery: 'False', FilterPolicyScope: 'MessageAttributes' }, same: true },
  { current: { FilterPolicy: '{"a":["b"]}' }, given: { FilterPolicy: '{ "a": [ "b" ] }' }, same: true },
  { current: {}, given: { FilterPolicy: '{}' }, same: true },
  { current: { RedrivePolicy: dlq }, given: { RedrivePolicy: dlq }, same: true },
  { current: {}, given: { RawMessageDelivery: 'true' }, same: false },
  { current: { RawMessageDelivery: 'true' }, given: { RawMessageDelivery: 'false' }, same: false },
  { current: {}, given: { FilterPolicyScope: 'MessageBody' }, same: false },
  { current: { FilterPolicy: '{"a":["b"]}' }, given: { FilterPolicy: '{"a":["c"]}' }, same: false },
  { current: {}, given: { FilterPolicy: '{"a":["b"]}' }, same: false },
]
for (const { current, given, same } of again) {
  test(`subscribing with ${JSON.stringify(given)} over ${JSON.stringify(current)} is ${same ? 'the same' : 'refused'}`, () => {
    const check = () => checkSameSubscription(create(sqs, current), create(sqs, given))
    if (same) return check()
    expectRefusal(
      check,
      'InvalidParameterException',
      'Invalid parameter: Attributes Reason: Subscription already exists with different attributes',
    )
  })
}
