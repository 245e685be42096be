import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectiveTopicDeliveryPolicy } from './delivery-policy.ts'
import { expectRefusal } from './expect-refusal.ts'
import { defaultPolicy } from './policy.ts'
import {
  asksForFifo,
  changeTopicAttribute,
  checkSameAttributes,
  createTopicAttributes,
  deduplicatesByGroup,
  hasContentBasedDeduplication,
  isFifo,
  type TopicAttributes,
} from './topic-attributes.ts'
import { describeTopic } from './topic-description.ts'

const ARN = 'arn:aws:sns:us-east-1:000000000000:t'
const NOW = 1_700_000_000_000
const ROLE = 'arn:aws:iam::000000000000:role/logs'
const policy = JSON.stringify({ Statement: { Effect: 'Allow', Principal: '*', Action: 'sns:*', Resource: '*' } })
const deliveryPolicy = JSON.stringify({ http: { defaultThrottlePolicy: { maxReceivesPerSecond: 5 } } })

const topic = (attributes: TopicAttributes) => ({ arn: ARN, accountId: '000000000000', attributes })
const create = (given: Readonly<Record<string, string>>) => createTopicAttributes(given, ARN, NOW)
const describe = (given: Readonly<Record<string, string>>) =>
  describeTopic(
    { ...topic(create(given)), confirmed: 1, pending: 2, deleted: 3 },
    effectiveTopicDeliveryPolicy(undefined),
  )

// Reading

const fresh = {
  DisplayName: '',
  EffectiveDeliveryPolicy:
    '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,' +
    '"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},' +
    '"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}',
  Owner: '000000000000',
  Policy: defaultPolicy(ARN, '000000000000'),
  SubscriptionsConfirmed: '1',
  SubscriptionsDeleted: '3',
  SubscriptionsPending: '2',
  TopicArn: ARN,
}

test('a new standard topic shows exactly these attributes', () => assert.deepEqual(describe({}), fresh))

test('a new FIFO topic shows two more', () =>
  assert.deepEqual(describe({ FifoTopic: 'true' }), {
    ...fresh,
    ContentBasedDeduplication: 'false',
    FifoTopic: 'true',
  }))

test('a topic that says it is not FIFO shows nothing of it', () =>
  assert.deepEqual(describe({ FifoTopic: 'false' }), fresh))

test('what is set is shown', () => {
  const given = {
    DisplayName: 'Orders',
    Policy: policy,
    KmsMasterKeyId: 'alias/aws/sns',
    SignatureVersion: '2',
    TracingConfig: 'Active',
    HTTPSuccessFeedbackRoleArn: ROLE,
    HTTPSuccessFeedbackSampleRate: '100',
    HTTPFailureFeedbackRoleArn: ROLE,
    SQSSuccessFeedbackSampleRate: '0',
  }
  assert.deepEqual(describe(given), { ...fresh, ...given })
})

test('an archive shows since when it is active', () => {
  const ArchivePolicy = '{"MessageRetentionPeriod":"30"}'
  const described = describe({ FifoTopic: 'true', ArchivePolicy })
  assert.equal(described.ArchivePolicy, ArchivePolicy)
  assert.equal(described.BeginningArchiveTime, '2023-11-14T22:13:20.000Z')
})

// Creating

const accepted: readonly { given: Readonly<Record<string, string>>; kept: TopicAttributes }[] = [
  { given: {}, kept: {} },
  { given: { FifoTopic: 'False' }, kept: {} },
  { given: { FifoTopic: 'TRUE' }, kept: { FifoTopic: 'true' } },
  { given: { DisplayName: 'x'.repeat(100) }, kept: { DisplayName: 'x'.repeat(100) } },
  { given: { DisplayName: '👍'.repeat(100) }, kept: { DisplayName: '👍'.repeat(100) } },
  { given: { KmsMasterKeyId: '', DeliveryPolicy: '' }, kept: {} },
  { given: { HTTPSuccessFeedbackRoleArn: '', LambdaSuccessFeedbackSampleRate: '' }, kept: {} },
  {
    given: { FifoTopic: 'true', ContentBasedDeduplication: 'True', FifoThroughputScope: 'MessageGroup' },
    kept: { FifoTopic: 'true', ContentBasedDeduplication: 'true', FifoThroughputScope: 'MessageGroup' },
  },
  { given: { FifoTopic: 'true', ArchivePolicy: '{}' }, kept: { FifoTopic: 'true' } },
]
for (const { given, kept } of accepted) {
  test(`a topic may be created with ${JSON.stringify(given).slice(0, 80)}`, () => assert.deepEqual(create(given), kept))
}

test('a delivery policy is kept in the form in which it is shown', () =>
  assert.equal(
    create({ DeliveryPolicy: deliveryPolicy }).DeliveryPolicy,
    '{"http":{"disableSubscriptionOverrides":false,"defaultThrottlePolicy":{"maxReceivesPerSecond":5}}}',
  ))

/** What is said of a value: the same by both operations, after their own prefix. */
const badValues = [
  { name: 'DisplayName', text: 'x'.repeat(101), tail: 'DisplayName: must be at most 100 characters long' },
  { name: 'DisplayName', text: 'a\nBcc: b', tail: 'DisplayName: must not contain control characters' },
  { name: 'Policy', text: '', tail: 'Policy Error: null' },
  { name: 'Policy', text: '{}', tail: 'Policy Error: null' },
  { name: 'KmsMasterKeyId', text: 'a b', tail: 'KmsMasterKeyId: Invalid value' },
  { name: 'SignatureVersion', text: '3', tail: 'SignatureVersion: Invalid value [3]. Please use either 1 or 2' },
  { name: 'SignatureVersion', text: '', tail: 'SignatureVersion: Invalid value []. Please use either 1 or 2' },
  {
    name: 'TracingConfig',
    text: 'active',
    tail: 'TracingConfig: Invalid value [active]. Please use either PassThrough or Active',
  },
  {
    name: 'HTTPSuccessFeedbackRoleArn',
    text: 'x',
    tail: 'HTTPSuccessFeedbackRoleArn: Invalid value [x]. Must be the ARN of an IAM role.',
  },
  ...['101', '-1', '1.5', 'x'].map((text) => ({
    name: 'SQSSuccessFeedbackSampleRate',
    text,
    tail: `SQSSuccessFeedbackSampleRate: Invalid value [${text}]. Must be an integer between 0 and 100.`,
  })),
]
const badFifoValues = [
  {
    name: 'ContentBasedDeduplication',
    text: 'yes',
    tail: 'ContentBasedDeduplication: Invalid value [yes]. Must be true or false.',
  },
  {
    name: 'FifoThroughputScope',
    text: 'Group',
    tail: 'FifoThroughputScope: Invalid value [Group]. Please use either Topic or MessageGroup',
  },
  {
    name: 'ArchivePolicy',
    text: '{"MessageRetentionPeriod":"366"}',
    tail: 'ArchivePolicy: MessageRetentionPeriod value is invalid',
  },
]
for (const [FifoTopic, values] of [['false', badValues] as const, ['true', badFifoValues] as const]) {
  for (const { name, text, tail } of values) {
    test(`${name} can't be ${JSON.stringify(text).slice(0, 40)}`, () => {
      expectRefusal(
        () => create({ FifoTopic, [name]: text }),
        'InvalidParameterException',
        `Invalid parameter: Attributes Reason: ${tail}`,
      )
      expectRefusal(
        () => changeTopicAttribute(topic(create({ FifoTopic })), name, text, NOW),
        'InvalidParameterException',
        `Invalid parameter: ${tail}`,
      )
    })
  }
}

test('a delivery policy is refused under its own rules', () => {
  const text = '{"http":{"defaultThrottlePolicy":{"maxReceivesPerSecond":0}}}'
  const said = 'DeliveryPolicy: http.defaultThrottlePolicy.maxReceivesPerSecond must'
  assert.throws(() => create({ DeliveryPolicy: text }), new RegExp(`^.*parameter: Attributes Reason: ${said}`))
  assert.throws(() => changeTopicAttribute(topic({}), 'DeliveryPolicy', text, NOW), new RegExp(`^.*parameter: ${said}`))
})

const unknown: readonly { given: Readonly<Record<string, string>>; name: string }[] = [
  { given: { Nonsense: 'x' }, name: 'Nonsense' },
  { given: { TopicArn: ARN }, name: 'TopicArn' },
  { given: { BeginningArchiveTime: '2023-11-14T22:13:20.000Z' }, name: 'BeginningArchiveTime' },
  { given: { constructor: 'x' }, name: 'constructor' },
  { given: { ContentBasedDeduplication: 'false' }, name: 'ContentBasedDeduplication' },
  { given: { FifoThroughputScope: 'Topic' }, name: 'FifoThroughputScope' },
  { given: { ArchivePolicy: '{}' }, name: 'ArchivePolicy' },
  { given: { FifoTopic: 'true', TracingConfig: 'Active' }, name: 'TracingConfig' },
]
for (const { given, name } of unknown) {
  test(`${JSON.stringify(given)} can't be created with`, () =>
    expectRefusal(
      () => create(given),
      'InvalidParameterException',
      `Invalid parameter: Attributes Reason: Unknown attribute ${name}`,
    ))
}

test('whether a topic is to be FIFO is true or false', () => {
  assert.equal(asksForFifo({}), false)
  assert.equal(asksForFifo({ FifoTopic: 'True' }), true)
  expectRefusal(
    () => asksForFifo({ FifoTopic: 'yes' }),
    'InvalidParameterException',
    'Invalid parameter: Attributes Reason: FifoTopic: Invalid value [yes]. Must be true or false.',
  )
})

// Changing

const change = (given: Readonly<Record<string, string>>, name: string, text?: string) =>
  changeTopicAttribute(topic(create(given)), name, text, NOW)

const unchangeable: readonly { given: Readonly<Record<string, string>>; name: string; text: string }[] = [
  { given: {}, name: 'FifoTopic', text: 'true' },
  { given: { FifoTopic: 'true' }, name: 'FifoTopic', text: 'true' },
  { given: {}, name: 'Nonsense', text: 'x' },
  { given: {}, name: '', text: '' },
  { given: {}, name: 'Owner', text: '111111111111' },
  { given: {}, name: 'SubscriptionsPending', text: '0' },
  { given: {}, name: 'EffectiveDeliveryPolicy', text: '{}' },
  { given: { FifoTopic: 'true' }, name: 'BeginningArchiveTime', text: '' },
  { given: {}, name: 'ContentBasedDeduplication', text: 'true' },
  { given: { FifoTopic: 'true' }, name: 'TracingConfig', text: 'Active' },
]
for (const { given, name, text } of unchangeable) {
  test(`${name} of ${JSON.stringify(given)} can't be set`, () =>
    expectRefusal(() => change(given, name, text), 'InvalidParameterException', 'Invalid parameter: AttributeName'))
}

test('an attribute is set, replaced and unset', () => {
  assert.deepEqual(change({}, 'KmsMasterKeyId', 'k'), { KmsMasterKeyId: 'k' })
  assert.deepEqual(change({ KmsMasterKeyId: 'k', SignatureVersion: '1' }, 'KmsMasterKeyId', 'l'), {
    KmsMasterKeyId: 'l',
    SignatureVersion: '1',
  })
  assert.deepEqual(change({ KmsMasterKeyId: 'k', SignatureVersion: '1' }, 'KmsMasterKeyId'), { SignatureVersion: '1' })
  assert.deepEqual(change({ DeliveryPolicy: deliveryPolicy }, 'DeliveryPolicy', ''), {})
})

test('an archive begins once, and ends with its policy', () => {
  const started = change({ FifoTopic: 'true' }, 'ArchivePolicy', '{"MessageRetentionPeriod":"1"}')
  assert.equal(started.BeginningArchiveTime, new Date(NOW).toISOString())
  const longer = changeTopicAttribute(topic(started), 'ArchivePolicy', '{"MessageRetentionPeriod":"2"}', NOW + 1)
  assert.equal(longer.BeginningArchiveTime, started.BeginningArchiveTime)
  for (const text of ['{}', '']) {
    assert.deepEqual(changeTopicAttribute(topic(longer), 'ArchivePolicy', text, NOW), { FifoTopic: 'true' })
  }
})

test('the scope of deduplication narrows, and never widens again', () => {
  const narrowed = change({ FifoTopic: 'true', FifoThroughputScope: 'Topic' }, 'FifoThroughputScope', 'MessageGroup')
  assert.equal(narrowed.FifoThroughputScope, 'MessageGroup')
  assert.deepEqual(changeTopicAttribute(topic(narrowed), 'FifoThroughputScope', 'MessageGroup', NOW), narrowed)
  expectRefusal(
    () => changeTopicAttribute(topic(narrowed), 'FifoThroughputScope', 'Topic', NOW),
    'InvalidParameterException',
    'Invalid parameter: FifoThroughputScope: cannot be changed from MessageGroup to Topic',
  )
})

test('attributes tell what a publish needs to know', () => {
  const attributes = create({
    FifoTopic: 'true',
    ContentBasedDeduplication: 'true',
    FifoThroughputScope: 'MessageGroup',
  })
  for (const tells of [isFifo, hasContentBasedDeduplication, deduplicatesByGroup]) {
    assert.equal(tells(attributes), true)
    assert.equal(tells({}), false)
  }
})

// Creating again

const reformatted = JSON.stringify(JSON.parse(policy), null, 2)
const again: readonly { current: Record<string, string>; given: Record<string, string>; same: boolean }[] = [
  { current: { DisplayName: 'a' }, given: {}, same: true },
  { current: { DisplayName: 'a' }, given: { DisplayName: 'a' }, same: true },
  { current: { DisplayName: 'a', SignatureVersion: '2' }, given: { SignatureVersion: '2' }, same: true },
  { current: {}, given: { DisplayName: '' }, same: true },
  { current: {}, given: { FifoTopic: 'false' }, same: true },
  { current: { FifoTopic: 'true' }, given: { FifoTopic: 'True', ContentBasedDeduplication: 'False' }, same: true },
  { current: { Policy: policy }, given: { Policy: reformatted }, same: true },
  { current: {}, given: { Policy: defaultPolicy(ARN, '000000000000') }, same: true },
  { current: { DeliveryPolicy: deliveryPolicy }, given: { DeliveryPolicy: deliveryPolicy }, same: true },
  {
    current: { FifoTopic: 'true', ArchivePolicy: '{"MessageRetentionPeriod":"1"}' },
    given: { FifoTopic: 'true', ArchivePolicy: '{ "MessageRetentionPeriod": "1" }' },
    same: true,
  },
  { current: { DisplayName: 'a' }, given: { DisplayName: 'b' }, same: false },
  { current: {}, given: { DisplayName: 'b' }, same: false },
  { current: {}, given: { SignatureVersion: '1' }, same: false },
  { current: {}, given: { TracingConfig: 'PassThrough' }, same: false },
  { current: { DisplayName: 'a' }, given: { DisplayName: 'a', KmsMasterKeyId: 'k' }, same: false },
  { current: {}, given: { Policy: policy }, same: false },
  {
    current: { FifoTopic: 'true' },
    given: { FifoTopic: 'true', ContentBasedDeduplication: 'true' },
    same: false,
  },
]
for (const { current, given, same } of again) {
  const names = `${JSON.stringify(given).slice(0, 60)} over ${JSON.stringify(current).slice(0, 60)}`
  test(`creating ${names} is ${same ? 'the same topic' : 'refused'}`, () => {
    // The clock has moved on since the topic was created.
    const check = () => checkSameAttributes(topic(create(current)), createTopicAttributes(given, ARN, NOW + 60_000))
    if (same) return check()
    expectRefusal(
      check,
      'InvalidParameterException',
      'Invalid parameter: Attributes Reason: Topic already exists with different attributes',
    )
  })
}
