/**
 * Every operation on topics and subscriptions against what isn't there, ARNs that are none, and without what it requires;
 * and each code of the catalogue that a client can provoke, with its status.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Parameters, post } from '../clients/query-client.ts'
import { ACCOUNT, OTHER_ACCOUNT, queueArnOf, startSns, topicArnOf, withOptions } from './support.ts'

const fixture = await startSns(withOptions({ filterPoliciesPerTopic: 1 }))

const topic = await fixture.createTopic()

async function errorOf(Action: string, parameters: Parameters) {
  const { status, headers, xml, text } = await post(fixture.node.url, { Action, Version: '2010-03-31', ...parameters })
  assert.ok(xml.ErrorResponse !== undefined, text)
  const { Error: error, RequestId } = xml.ErrorResponse
  assert.equal(RequestId, headers.get('x-amzn-requestid'))
  assert.equal(error.Type, 'Sender')
  return { status, code: error.Code, message: error.Message }
}

const invalid = (message: string) => ({
  status: 400,
  code: 'InvalidParameter',
  message: `Invalid parameter: ${message}`,
})
const NO_TOPIC = { status: 404, code: 'NotFound', message: 'Topic does not exist' }
const NO_SUBSCRIPTION = { status: 404, code: 'NotFound', message: 'Subscription does not exist' }
const NO_RESOURCE = { status: 404, code: 'ResourceNotFound', message: 'Resource does not exist' }

/** Of each operation on a topic: the parameter that names it, what it requires besides, and what it says of a missing one. */
const onTopics: readonly (readonly [
  string,
  string,
  Parameters,
  { status: number; code: string; message: string } | undefined,
])[] = [
  ['GetTopicAttributes', 'TopicArn', {}, NO_TOPIC],
  ['SetTopicAttributes', 'TopicArn', { AttributeName: 'DisplayName', AttributeValue: 'x' }, NO_TOPIC],
  ['DeleteTopic', 'TopicArn', {}, undefined],
  ['ListSubscriptionsByTopic', 'TopicArn', {}, NO_TOPIC],
  ['Subscribe', 'TopicArn', { Protocol: 'sqs', Endpoint: queueArnOf('queue') }, NO_TOPIC],
  ['Publish', 'TopicArn', { Message: 'x' }, NO_TOPIC],
  ['Publish', 'TargetArn', { Message: 'x' }, NO_TOPIC],
  [
    'PublishBatch',
    'TopicArn',
    { 'PublishBatchRequestEntries.member.1.Id': 'a', 'PublishBatchRequestEntries.member.1.Message': 'x' },
    NO_TOPIC,
  ],
  [
    'AddPermission',
    'TopicArn',
    { Label: 'x', 'AWSAccountId.member.1': OTHER_ACCOUNT, 'ActionName.member.1': 'Publish' },
    NO_TOPIC,
  ],
  ['RemovePermission', 'TopicArn', { Label: 'x' }, NO_TOPIC],
  ['TagResource', 'ResourceArn', { 'Tags.member.1.Key': 'a', 'Tags.member.1.Value': 'b' }, NO_RESOURCE],
  ['UntagResource', 'ResourceArn', { 'TagKeys.member.1': 'a' }, NO_RESOURCE],
  ['ListTagsForResource', 'ResourceArn', {}, NO_RESOURCE],
  ['GetDataProtectionPolicy', 'ResourceArn', {}, NO_TOPIC],
  ['PutDataProtectionPolicy', 'ResourceArn', { DataProtectionPolicy: '' }, NO_RESOURCE],
]

for (const [operation, parameter, others, missing] of onTopics) {
  describe(`${operation} with ${parameter}`, () => {
    const call = (arn: string) => errorOf(operation, { ...others, [parameter]: arn })

    test('of too few parts', async () => {
      const parts = topic.split(':')
      for (const count of [1, 2, 3, 4, 5]) {
        const message = `${parameter} Reason: An ARN must have at least 6 elements, not ${count}`
        assert.deepEqual(await call(parts.slice(0, count).join(':')), invalid(message))
      }
    })

    test('of another region, service or partition, or of a subscription', async () => {
      for (const arn of [
        topic.replace('us-east-1', 'eu-west-1'),
        topic.replace('sns', 'sqs'),
        topic.replace('aws', 'aws-cn'),
        topic.replace('arn', 'nra'),
        `${topic}:5e3e9847-3183-3f18-a7e8-671c3a57d4b3`,
      ]) {
        assert.deepEqual(await call(arn), invalid(parameter))
      }
    })

    if (missing !== undefined) {
      test('of a topic that is not there, or of another account', async () => {
        assert.deepEqual(await call(topicArnOf('nothing')), missing)
        assert.deepEqual(await call(topic.replace(ACCOUNT, OTHER_ACCOUNT)), missing)
        assert.deepEqual(await call(`${topicArnOf('')}`), missing)
      })
    }
  })
}

for (const [operation, others, missing] of [
  ['GetSubscriptionAttributes', {}, NO_SUBSCRIPTION],
  ['SetSubscriptionAttributes', { AttributeName: 'RawMessageDelivery', AttributeValue: 'true' }, NO_SUBSCRIPTION],
  ['Unsubscribe', {}, undefined],
] as const) {
  describe(`${operation} with SubscriptionArn`, () => {
    const arn = `${topic}:5e3e9847-3183-3f18-a7e8-671c3a57d4b3`
    // Signed as for the region: a link that is followed without credentials is good in every one.
    const authorization = `AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sns/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`
    const call = async (SubscriptionArn: string) => {
      const body = new URLSearchParams({ Action: operation, SubscriptionArn, ...others })
      const answer = await fetch(fixture.node.url, { method: 'POST', headers: { authorization }, body })
      const text = await answer.text()
      const [, code, message] = /<Code>(.*)<\/Code><Message>(.*)<\/Message>/.exec(text) ?? []
      return { status: answer.status, code, message }
    }

    test('that is none', async () => {
      for (const [text, message] of [
        ['', 'SubscriptionArn Reason: no value for required parameter'],
        ['x', 'SubscriptionArn Reason: An ARN must have at least 6 elements, not 1'],
        ['a:b:c:d:e', 'SubscriptionArn Reason: An ARN must have at least 6 elements, not 5'],
        [topic, 'SubscriptionId'],
        [`${arn}:more`, 'SubscriptionId'],
        [arn.replace('us-east-1', 'eu-west-1'), 'SubscriptionArn'],
        [arn.replace('sns', 'sqs'), 'SubscriptionArn'],
      ] as const) {
        assert.deepEqual(await call(text), invalid(message))
      }
    })

    if (missing !== undefined) {
      test('of a subscription that is not there', async () => assert.deepEqual(await call(arn), missing))
    }
  })
}

describe('what comes before absent members', () => {
  const short = (parameter: string) => invalid(`${parameter} Reason: An ARN must have at least 6 elements, not 1`)
  const absent = {
    status: 400,
    code: 'ValidationError',
    message:
      "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null",
  }
  for (const [operation, parameter, resource] of [
    ['SetPlatformApplicationAttributes', 'PlatformApplicationArn', 'app/GCM/nothing'],
    ['SetEndpointAttributes', 'EndpointArn', 'endpoint/GCM/nothing/5e3e9847-3183-3f18-a7e8-671c3a57d4b3'],
  ] as const) {
    test(`${operation} looks at the form of its ARN, then for attributes, then for what it names`, async () => {
      assert.deepEqual(await errorOf(operation, { [parameter]: 'invalid-arn' }), short(parameter))
      const arn = `arn:aws:sns:us-east-1:${ACCOUNT}:${resource}`
      assert.deepEqual(await errorOf(operation, { [parameter]: arn }), absent)
      const attribute = { 'Attributes.entry.1.key': 'Enabled', 'Attributes.entry.1.value': 'true' }
      assert.equal((await errorOf(operation, { [parameter]: arn, ...attribute })).code, 'NotFound')
    })
  }

  test('Unsubscribe without an ARN has a sentence of its own', async () => {
    const expected = invalid('SubscriptionArn Reason: no value for required parameter')
    assert.deepEqual(await errorOf('Unsubscribe', {}), expected)
  })
})

describe('required members', () => {
  for (const [operation, parameters, member] of [
    ['CreateTopic', {}, 'name'],
    ['DeleteTopic', {}, 'topicArn'],
    ['GetTopicAttributes', {}, 'topicArn'],
    ['SetTopicAttributes', { TopicArn: topic }, 'attributeName'],
    ['Subscribe', { TopicArn: topic }, 'protocol'],
    ['Subscribe', { Protocol: 'sqs' }, 'topicArn'],
    ['ConfirmSubscription', { TopicArn: topic }, 'token'],
    ['GetSubscriptionAttributes', {}, 'subscriptionArn'],
    ['SetSubscriptionAttributes', { SubscriptionArn: topic }, 'attributeName'],
    ['ListSubscriptionsByTopic', {}, 'topicArn'],
    ['Publish', { TopicArn: topic }, 'message'],
    ['PublishBatch', { TopicArn: topic }, 'publishBatchRequestEntries'],
    ['AddPermission', { TopicArn: topic, Label: 'x', 'AWSAccountId.member.1': ACCOUNT }, 'actionName'],
    ['RemovePermission', { TopicArn: topic }, 'label'],
    ['TagResource', { ResourceArn: topic }, 'tags'],
    ['TagResource', { ResourceArn: topic, 'Tags.member.1.Key': 'x' }, 'tags.1.member.value'],
    ['UntagResource', { ResourceArn: topic }, 'tagKeys'],
    ['ListTagsForResource', {}, 'resourceArn'],
    ['PutDataProtectionPolicy', { ResourceArn: topic }, 'dataProtectionPolicy'],
    ['GetDataProtectionPolicy', {}, 'resourceArn'],
  ] as const) {
    test(`${operation} without ${member}`, async () => {
      const message = `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`
      assert.deepEqual(await errorOf(operation, parameters), { status: 400, code: 'ValidationError', message })
    })
  }
})

const batchOf = (...ids: readonly string[]) =>
  Object.fromEntries(
    ids.flatMap((id, at) => [
      [`PublishBatchRequestEntries.member.${at + 1}.Id`, id],
      [`PublishBatchRequestEntries.member.${at + 1}.Message`, 'x'],
    ]),
  )
const tagsOf = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => at + 1).flatMap((number) => [
      [`Tags.member.${number}.Key`, `k${number}`],
      [`Tags.member.${number}.Value`, ''],
    ]),
  )
const DENY = JSON.stringify({
  Name: 'deny',
  Version: '2021-06-01',
  Statement: [
    {
      DataDirection: 'Inbound',
      Principal: ['*'],
      DataIdentifier: ['arn:aws:dataprotection::aws:data-identifier/EmailAddress'],
      Operation: { Deny: {} },
    },
  ],
})

describe('the catalogue', () => {
  for (const [code, status, operation, parameters] of [
    ['InvalidParameter', 400, 'CreateTopic', { Name: '' }],
    [
      'ParameterValueInvalid',
      400,
      'Publish',
      {
        TopicArn: topic,
        Message: 'x',
        'MessageAttributes.entry.1.Name': 'a',
        'MessageAttributes.entry.1.Value.DataType': 'x',
      },
    ],
    ['ValidationError', 400, 'CreateTopic', {}],
    ['NotFound', 404, 'Publish', { TopicArn: topicArnOf('nothing'), Message: 'x' }],
    ['ResourceNotFound', 404, 'ListTagsForResource', { ResourceArn: topicArnOf('nothing') }],
    ['TagLimitExceeded', 400, 'TagResource', { ResourceArn: topic, ...tagsOf(51) }],
    ['EmptyBatchRequest', 400, 'PublishBatch', { TopicArn: topic, PublishBatchRequestEntries: '' }],
    ['TooManyEntriesInBatchRequest', 400, 'PublishBatch', { TopicArn: topic, ...batchOf(...'abcdefghijk') }],
    ['BatchEntryIdsNotDistinct', 400, 'PublishBatch', { TopicArn: topic, ...batchOf('a', 'a') }],
    ['InvalidBatchEntryId', 400, 'PublishBatch', { TopicArn: topic, ...batchOf('a b') }],
    [
      'BatchRequestTooLong',
      400,
      'PublishBatch',
      { TopicArn: topic, ...batchOf('a', 'b'), 'PublishBatchRequestEntries.member.1.Message': 'x'.repeat(262_144) },
    ],
    ['InvalidAction', 400, 'Nothing', {}],
  ] as readonly (readonly [string, number, string, Parameters])[]) {
    test(`${code} is ${status}`, async () => {
      const answered = await errorOf(operation, parameters)
      assert.deepEqual([answered.code, answered.status], [code, status])
      assert.notEqual(answered.message, '')
    })
  }

  test('AuthorizationError is 403', async () => {
    const { TopicArn = '' } = await fixture.sns.createTopic({ Name: 'protected', DataProtectionPolicy: DENY })
    const { code, status } = await errorOf('Publish', { TopicArn, Message: 'to a@example.com' })
    assert.deepEqual([code, status], ['AuthorizationError', 403])
  })

  test('InvalidState is 400', async () => {
    const TopicArn = await fixture.createFifoTopic({ ArchivePolicy: '{"MessageRetentionPeriod":"1"}' })
    const { code, status } = await errorOf('DeleteTopic', { TopicArn })
    assert.deepEqual([code, status], ['InvalidState', 400])
  })

  test('FilterPolicyLimitExceeded is 403', async () => {
    const FilterPolicy = '{"a":["x"]}'
    await fixture.subscribe(topic, 'sqs', queueArnOf('one'), { FilterPolicy })
    const attribute = { 'Attributes.entry.1.key': 'FilterPolicy', 'Attributes.entry.1.value': FilterPolicy }
    const parameters = { TopicArn: topic, Protocol: 'sqs', Endpoint: queueArnOf('two'), ...attribute }
    const { code, status } = await errorOf('Subscribe', parameters)
    assert.deepEqual([code, status], ['FilterPolicyLimitExceeded', 403])
  })

  test('TopicLimitExceeded is 403: an account has a thousand FIFO topics in a region', async () => {
    const { sns } = fixture.clientsFor({ region: 'ap-south-1' })
    const create = (name: string) => sns.createTopic({ Name: `${name}.fifo`, Attributes: { FifoTopic: 'true' } })
    for (let from = 0; from < 1000; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, at) => create(`t-${from + at}`)))
    }
    await create('t-0')
    await assert.rejects(create('one-more'), (error) => {
      const { Code, $metadata } = error as { Code: string; $metadata: { httpStatusCode: number } }
      assert.deepEqual([Code, $metadata.httpStatusCode], ['TopicLimitExceeded', 403])
      return true
    })
    await sns.deleteTopic({ TopicArn: `arn:aws:sns:ap-south-1:${ACCOUNT}:t-7.fifo` })
    await create('one-more')
  })
})
