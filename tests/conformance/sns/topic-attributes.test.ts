/** Topic attributes: exactly what GetTopicAttributes shows, and what can be set. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, invalidParameter, notFound, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const attributesOf = async (TopicArn: string) => (await sns.getTopicAttributes({ TopicArn })).Attributes ?? {}
const set = (TopicArn: string, AttributeName: string, AttributeValue?: string) =>
  sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue })

const EFFECTIVE_DELIVERY_POLICY =
  '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,' +
  '"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,' +
  '"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}'

const defaultPolicy = (arn: string) =>
  `{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{"AWS":"*"},` +
  `"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe",` +
  `"SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"${arn}","Condition":{"StringEquals":{"AWS:SourceOwner":"${ACCOUNT}"}}}]}`

const freshAttributes = (arn: string) => ({
  TopicArn: arn,
  Owner: ACCOUNT,
  DisplayName: '',
  Policy: defaultPolicy(arn),
  EffectiveDeliveryPolicy: EFFECTIVE_DELIVERY_POLICY,
  SubscriptionsConfirmed: '0',
  SubscriptionsPending: '0',
  SubscriptionsDeleted: '0',
})

test('a fresh standard topic has exactly these attributes', async () => {
  const arn = await fixture.createTopic()
  assert.deepEqual(await attributesOf(arn), freshAttributes(arn))
})

test('a fresh FIFO topic has two more', async () => {
  const arn = await fixture.createFifoTopic()
  assert.deepEqual(await attributesOf(arn), {
    ...freshAttributes(arn),
    FifoTopic: 'true',
    ContentBasedDeduplication: 'false',
  })
})

test('the counts follow the subscriptions', async () => {
  const topic = await fixture.createTopic()
  const { subscriptionArn } = await fixture.subscribeQueue(topic)
  await fixture.subscribe(topic, 'email', 'a@example.com')
  await fixture.subscribe(topic, 'email', 'b@example.com')
  const counts = async () => {
    const { SubscriptionsConfirmed, SubscriptionsPending, SubscriptionsDeleted } = await attributesOf(topic)
    return [SubscriptionsConfirmed, SubscriptionsPending, SubscriptionsDeleted]
  }
  assert.deepEqual(await counts(), ['1', '2', '0'])
  await sns.unsubscribe({ SubscriptionArn: subscriptionArn })
  assert.deepEqual(await counts(), ['0', '2', '1'])
})

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sns:Publish', Resource: '*' }],
})
const ROLE = `arn:aws:iam::${ACCOUNT}:role/feedback`

for (const [name, value, shown = value] of [
  ['DisplayName', 'Orders ✓'],
  ['DisplayName', 'x'.repeat(100)],
  ['DisplayName', ''],
  ['Policy', POLICY],
  ['KmsMasterKeyId', 'alias/aws/sns'],
  ['SignatureVersion', '1'],
  ['SignatureVersion', '2'],
  ['TracingConfig', 'PassThrough'],
  ['TracingConfig', 'Active'],
  ...['HTTP', 'Firehose', 'Lambda', 'Application', 'SQS'].flatMap((endpoint) => [
    [`${endpoint}SuccessFeedbackRoleArn`, ROLE] as const,
    [`${endpoint}SuccessFeedbackSampleRate`, '50'] as const,
    [`${endpoint}FailureFeedbackRoleArn`, ROLE] as const,
  ]),
] as readonly (readonly [string, string, string?])[]) {
  test(`${name} can be set to ${value.slice(0, 40)}, later and at creation, and is shown`, async () => {
    const topic = await fixture.createTopic()
    await set(topic, name, value)
    assert.deepEqual(await attributesOf(topic), { ...freshAttributes(topic), [name]: shown })
    const created = await fixture.createTopic({ [name]: value })
    assert.deepEqual(await attributesOf(created), { ...freshAttributes(created), [name]: shown })
  })
}

for (const [name, value, shown = value] of [
  ['ContentBasedDeduplication', 'true'],
  ['ContentBasedDeduplication', 'TRUE', 'true'],
  ['FifoThroughputScope', 'Topic'],
  ['FifoThroughputScope', 'MessageGroup'],
] as const) {
  test(`${name} of a FIFO topic can be set to ${value}`, async () => {
    const topic = await fixture.createFifoTopic()
    await set(topic, name, value)
    assert.equal((await attributesOf(topic))[name], shown)
    assert.equal((await attributesOf(await fixture.createFifoTopic({ [name]: value })))[name], shown)
  })
}

test('the empty value unsets what has no default', async () => {
  const topic = await fixture.createTopic({ KmsMasterKeyId: 'alias/aws/sns', HTTPFailureFeedbackRoleArn: ROLE })
  await set(topic, 'KmsMasterKeyId', '')
  await set(topic, 'HTTPFailureFeedbackRoleArn')
  assert.deepEqual(await attributesOf(topic), freshAttributes(topic))
})

test('the scope of deduplication does not go back', async () => {
  const topic = await fixture.createFifoTopic({ FifoThroughputScope: 'MessageGroup' })
  await assert.rejects(set(topic, 'FifoThroughputScope', 'Topic'), invalidParameter(/FifoThroughputScope/))
  assert.equal((await attributesOf(topic)).FifoThroughputScope, 'MessageGroup')
})

test('the archive of a FIFO topic begins with its policy', async () => {
  const topic = await fixture.createFifoTopic()
  assert.equal((await attributesOf(topic)).BeginningArchiveTime, undefined)
  await set(topic, 'ArchivePolicy', '{"MessageRetentionPeriod":"30"}')
  const { ArchivePolicy, BeginningArchiveTime = '' } = await attributesOf(topic)
  assert.equal(ArchivePolicy, '{"MessageRetentionPeriod":"30"}')
  assert.equal(new Date(BeginningArchiveTime).toISOString(), BeginningArchiveTime)
  await set(topic, 'ArchivePolicy', '{}')
  const { ArchivePolicy: none, BeginningArchiveTime: never } = await attributesOf(topic)
  assert.deepEqual([none, never], [undefined, undefined])
})

test('the delivery policy is shown with its one default, and the effective one with all of them', async () => {
  const topic = await fixture.createTopic()
  await set(
    topic,
    'DeliveryPolicy',
    '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":30,"numRetries":10},"defaultThrottlePolicy":null}}',
  )
  const { DeliveryPolicy = '', EffectiveDeliveryPolicy = '' } = await attributesOf(topic)
  assert.deepEqual(JSON.parse(DeliveryPolicy), {
    http: {
      defaultHealthyRetryPolicy: { minDelayTarget: 5, maxDelayTarget: 30, numRetries: 10 },
      disableSubscriptionOverrides: false,
    },
  })
  const { defaultHealthyRetryPolicy } = JSON.parse(EffectiveDeliveryPolicy).http
  assert.equal(defaultHealthyRetryPolicy.numRetries, 10)
  assert.equal(defaultHealthyRetryPolicy.backoffFunction, 'linear')
  await set(topic, 'DeliveryPolicy', '')
  assert.deepEqual(await attributesOf(topic), freshAttributes(topic))
})

test('names that are unknown, only read, or of creation alone can’t be set', async () => {
  const standard = await fixture.createTopic()
  const fifo = await fixture.createFifoTopic()
  for (const name of [
    'FifoTopic',
    'TopicArn',
    'Owner',
    'SubscriptionsPending',
    'EffectiveDeliveryPolicy',
    'BeginningArchiveTime',
    'displayName',
    'Nothing',
    '__proto__',
    '',
  ]) {
    for (const topic of [standard, fifo])
      await assert.rejects(set(topic, name, 'true'), invalidParameter('AttributeName'))
  }
  for (const name of ['ContentBasedDeduplication', 'FifoThroughputScope', 'ArchivePolicy']) {
    await assert.rejects(set(standard, name, 'true'), invalidParameter('AttributeName'))
  }
  await assert.rejects(set(fifo, 'TracingConfig', 'Active'), invalidParameter('AttributeName'))
})

for (const [name, value, what] of [
  ['DisplayName', 'x'.repeat(101), /^DisplayName/],
  ['DisplayName', 'a\nb', /^DisplayName/],
  ['Policy', '', /^Policy Error: null$/],
  ['Policy', 'no JSON', /^Policy Error: null$/],
  ['Policy', '{}', /^Policy Error: null$/],
  ['Policy', '{"Statement":[{"Effect":"Perhaps","Principal":"*","Action":"*"}]}', /^Policy Error: null$/],
  ['Policy', POLICY.replace('"*"}]', '"arn:aws:sns:us-east-1:000000000000:other"}]'), /^Policy Error: null$/],
  ['Policy', POLICY.replace('sns:Publish', 'sns:CreateTopic'), /^Policy statement action out of service scope!$/],
  ['Policy', POLICY.replace('"Principal":"*"', '"Principal":{"AWS":"me"}'), /^Policy Error: PrincipalNotFound$/],
  ['Policy', POLICY.replace('2012', 'x'.repeat(30 * 1024)), /^Policy Error: null$/],
  ['DeliveryPolicy', 'no JSON', /^DeliveryPolicy/],
  [
    'DeliveryPolicy',
    '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":30,"maxDelayTarget":5,"numRetries":3}}}',
    /^DeliveryPolicy/,
  ],
  ['SignatureVersion', '3', /^SignatureVersion/],
  ['SignatureVersion', '', /^SignatureVersion/],
  ['TracingConfig', 'On', /^TracingConfig/],
  ['SQSSuccessFeedbackSampleRate', '101', /^SQSSuccessFeedbackSampleRate/],
  ['SQSSuccessFeedbackRoleArn', 'role', /^SQSSuccessFeedbackRoleArn/],
] as const) {
  test(`${name} refuses ${JSON.stringify(value.slice(0, 60))}, and changes nothing`, async () => {
    const topic = await fixture.createTopic()
    const tail = what.source.slice(1)
    await assert.rejects(set(topic, name, value), invalidParameter(new RegExp(`^Invalid parameter: ${tail}`)))
    await assert.rejects(
      fixture.createTopic({ [name]: value }),
      invalidParameter(new RegExp(`^Invalid parameter: Attributes Reason: ${tail}`)),
    )
    assert.deepEqual(await attributesOf(topic), freshAttributes(topic))
  })
}

test('an account in the policy is read back as the ARN of its root', async () => {
  const policy = POLICY.replace('"Principal":"*"', '"Principal":{"AWS":"111111111111"}')
  const topic = await fixture.createTopic()
  await set(topic, 'Policy', policy)
  for (const one of [topic, await fixture.createTopic({ Policy: policy })]) {
    const [statement] = JSON.parse((await attributesOf(one)).Policy ?? '').Statement
    assert.deepEqual(statement.Principal, { AWS: 'arn:aws:iam::111111111111:root' })
  }
})

test('CreateTopic refuses attributes that a topic does not have, or not at its creation', async () => {
  for (const name of ['Nothing', 'Owner', 'TopicArn']) {
    await assert.rejects(
      fixture.createTopic({ [name]: 'x' }),
      invalidParameter(/^Invalid parameter: Attributes Reason: /),
    )
  }
})

test('a topic that is not there has no attributes', async () => {
  await assert.rejects(set(topicArnOf('nothing'), 'DisplayName', 'x'), notFound('Topic'))
  await assert.rejects(sns.getTopicAttributes({ TopicArn: topicArnOf('nothing') }), notFound('Topic'))
})
