/**
 * The walk of Terraform's AWS provider through aws_sns_topic, aws_sns_topic_policy, aws_sns_topic_subscription,
 * aws_sns_topic_data_protection_policy, aws_sns_platform_application and aws_sns_sms_preferences, as a sequence of SDK
 * calls: see terraform-sqs.test.ts.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Tag } from '@aws-sdk/client-sns'
import { ACCOUNT, startSns, topicArnOf } from '../sns/support.ts'
import {
  type Attributes,
  assertNoDrift,
  assertPropagated,
  destroy,
  normalizeJson,
  policyMeaning,
  type Resource,
  unlessGone,
} from './terraform-support.ts'

const fixture = await startSns()
const { sns } = fixture

const NOT_FOUND = 'NotFound'

interface TopicState {
  readonly name: string | undefined
  readonly attributes: Attributes
  readonly tags: readonly Tag[]
}

/** What the resource aws_sns_topic has no argument for. */
const UNMANAGED = /^(EffectiveDeliveryPolicy|Subscriptions)/

const topics: Resource<TopicState> = {
  async read(arn) {
    const answer = await unlessGone(NOT_FOUND, () => sns.getTopicAttributes({ TopicArn: arn }))
    if (answer === undefined) return undefined
    const managed = Object.entries(answer.Attributes ?? {}).filter(([name]) => !UNMANAGED.test(name))
    const { Tags = [] } = await sns.listTagsForResource({ ResourceArn: arn })
    return { name: arn.split(':').at(-1), attributes: Object.fromEntries(managed), tags: Tags }
  },

  async destroy(arn) {
    await unlessGone(NOT_FOUND, () => sns.deleteTopic({ TopicArn: arn }))
  },
}

/** Rates are always sent, also when they are not in the configuration. */
const rates: Attributes = {
  ApplicationSuccessFeedbackSampleRate: '0',
  FirehoseSuccessFeedbackSampleRate: '0',
  HTTPSuccessFeedbackSampleRate: '0',
  LambdaSuccessFeedbackSampleRate: '0',
  SQSSuccessFeedbackSampleRate: '0',
}

async function putTopicAttributes(arn: string, attributes: Attributes): Promise<void> {
  for (const [AttributeName, AttributeValue] of Object.entries(attributes)) {
    await sns.setTopicAttributes({ TopicArn: arn, AttributeName, AttributeValue })
  }
}

/** Only what makes a FIFO topic goes with its creation, the rest follows one by one. */
async function createTopic(
  name: string,
  attributes: Attributes,
  tags: Tag[] = [],
  atOnce: Attributes = {},
): Promise<string> {
  const { TopicArn } = await sns.createTopic({ Name: name, Tags: tags, Attributes: { ...atOnce } })
  await putTopicAttributes(TopicArn as string, attributes)
  return TopicArn as string
}

/** As the provider has it: with one action more than new topics allow. */
const defaultPolicy = (arn: string) =>
  JSON.stringify({
    Version: '2008-10-17',
    Id: '__default_policy_ID',
    Statement: [
      {
        Sid: '__default_statement_ID',
        Effect: 'Allow',
        Principal: { AWS: '*' },
        Action: [
          'SNS:GetTopicAttributes',
          'SNS:SetTopicAttributes',
          'SNS:AddPermission',
          'SNS:RemovePermission',
          'SNS:DeleteTopic',
          'SNS:Subscribe',
          'SNS:ListSubscriptionsByTopic',
          'SNS:Publish',
          'SNS:Receive',
        ],
        Resource: arn,
        Condition: { StringEquals: { 'AWS:SourceOwner': ACCOUNT } },
      },
    ],
  })

async function policyOf(arn: string): Promise<string> {
  return (await topics.read(arn))?.attributes.Policy as string
}

describe('aws_sns_topic', () => {
  test('a standard topic: create with tags, plan, update, import, destroy', async () => {
    const DeliveryPolicy = normalizeJson(
      '{"http":{"disableSubscriptionOverrides":false,"defaultHealthyRetryPolicy":{"numRetries":3,"minDelayTarget":1,"maxDelayTarget":2}}}',
    )
    const asked = {
      ...rates,
      DisplayName: 'Orders',
      DeliveryPolicy,
      KmsMasterKeyId: 'alias/aws/sns',
      SignatureVersion: '2',
      TracingConfig: 'Active',
      SQSSuccessFeedbackRoleArn: `arn:aws:iam::${ACCOUNT}:role/feedback`,
      SQSSuccessFeedbackSampleRate: '50',
    }
    const tags = [{ Key: 'stage', Value: 'test' }]
    const arn = await createTopic('orders', asked, tags)
    assert.equal(arn, topicArnOf('orders'))
    const created = await topics.read(arn)
    assert.ok(created)
    assertPropagated(created.attributes, { ...asked, TopicArn: arn, Owner: ACCOUNT })
    assert.equal(JSON.parse(created.attributes.Policy as string).Id, '__default_policy_ID')
    assert.deepEqual(created.tags, tags)
    await assertNoDrift(topics, arn, created)

    await putTopicAttributes(arn, {
      DisplayName: '',
      DeliveryPolicy: '',
      KmsMasterKeyId: '',
      TracingConfig: 'PassThrough',
    })
    await sns.untagResource({ ResourceArn: arn, TagKeys: ['stage'] })
    await sns.tagResource({ ResourceArn: arn, Tags: [{ Key: 'team', Value: 'a' }] })
    const { DeliveryPolicy: _, KmsMasterKeyId: __, ...others } = created.attributes
    const updated = {
      name: 'orders',
      attributes: { ...others, DisplayName: '', TracingConfig: 'PassThrough' },
      tags: [{ Key: 'team', Value: 'a' }],
    }
    await assertNoDrift(topics, arn, updated)
    await destroy(topics, arn)
  })

  test('a topic without arguments has no drift', async () => {
    const arn = await createTopic('plain', rates)
    const state = await topics.read(arn)
    assert.ok(state)
    assertPropagated(state.attributes, { ...rates, DisplayName: '', TopicArn: arn, Owner: ACCOUNT })
    await assertNoDrift(topics, arn, state)
    await destroy(topics, arn)
  })

  test('a FIFO topic with an archive, which has to go before the topic', async () => {
    const ArchivePolicy = '{"MessageRetentionPeriod":"30"}'
    const atOnce = { FifoTopic: 'true', FifoThroughputScope: 'MessageGroup' }
    const asked = { ...rates, ArchivePolicy, ContentBasedDeduplication: 'true' }
    const arn = await createTopic('orders.fifo', asked, [], atOnce)
    const created = await topics.read(arn)
    assert.ok(created)
    assertPropagated(created.attributes, { ...asked, ...atOnce })
    assert.ok(created.attributes.BeginningArchiveTime)
    await assertNoDrift(topics, arn, created)
    await putTopicAttributes(arn, { ArchivePolicy: '{}', ContentBasedDeduplication: 'false' })
    const updated = await topics.read(arn)
    assert.equal(updated?.attributes.BeginningArchiveTime, undefined)
    await destroy(topics, arn)
  })
})

test('aws_sns_topic_policy: create, plan, update, import; to destroy it is to set the default again', async () => {
  const arn = await createTopic('shared', rates)
  for (const effect of ['Allow', 'Deny']) {
    const Policy = normalizeJson(`{
      "Version": "2012-10-17", "Id": "p",
      "Statement": [{ "Sid": "s", "Effect": "${effect}", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
        "Action": ["SNS:Publish"], "Resource": "${arn}" }] }`)
    await putTopicAttributes(arn, { Policy })
    assert.deepEqual(policyMeaning(await policyOf(arn)), policyMeaning(Policy))
  }
  await putTopicAttributes(arn, { Policy: defaultPolicy(arn) })
  assert.deepEqual(policyMeaning(await policyOf(arn)), policyMeaning(defaultPolicy(arn)))
  await destroy(topics, arn)
  await unlessGone(NOT_FOUND, () => putTopicAttributes(arn, { Policy: defaultPolicy(arn) }))
})

const PENDING = 'Cannot unsubscribe a subscription that is pending confirmation'

const subscriptions: Resource<Attributes> = {
  async read(arn) {
    const answer = await unlessGone(NOT_FOUND, () => sns.getSubscriptionAttributes({ SubscriptionArn: arn }))
    return answer?.Attributes
  },

  async destroy(arn) {
    await sns.unsubscribe({ SubscriptionArn: arn }).catch((error: Error) => {
      assert.ok(error.message.includes(PENDING), error.message)
    })
  },
}

async function subscribe(topicArn: string, Protocol: string, Endpoint: string, attributes: Attributes = {}) {
  const { SubscriptionArn } = await sns.subscribe({
    TopicArn: topicArn,
    Protocol,
    Endpoint,
    Attributes: { ...attributes },
    ReturnSubscriptionArn: true,
  })
  return SubscriptionArn as string
}

async function putSubscriptionAttributes(arn: string, attributes: Readonly<Record<string, string | undefined>>) {
  for (const [AttributeName, AttributeValue] of Object.entries(attributes)) {
    await sns.setSubscriptionAttributes({ SubscriptionArn: arn, AttributeName, AttributeValue })
  }
}

describe('aws_sns_topic_subscription', () => {
  test('to a queue: create, wait for its confirmation, plan, update, import, destroy', async () => {
    const topicArn = await createTopic('notices', rates)
    const queue = await fixture.createQueue()
    const deadLetters = await fixture.createQueue()
    const asked = {
      RawMessageDelivery: 'true',
      FilterPolicy: normalizeJson('{ "event": ["created"], "amount": [{ "numeric": [">", 100] }] }'),
      FilterPolicyScope: 'MessageAttributes',
      RedrivePolicy: normalizeJson(`{ "deadLetterTargetArn": "${deadLetters.arn}" }`),
    }
    const arn = await subscribe(topicArn, 'sqs', queue.arn, asked)
    const created = await subscriptions.read(arn)
    assert.ok(created)
    assertPropagated(created, {
      ...asked,
      SubscriptionArn: arn,
      TopicArn: topicArn,
      Owner: ACCOUNT,
      Protocol: 'sqs',
      Endpoint: queue.arn,
      PendingConfirmation: 'false',
      ConfirmationWasAuthenticated: 'true',
    })
    await assertNoDrift(subscriptions, arn, created)

    // To the scope of bodies first, with a nested policy; back last, after the flat one.
    const nested = normalizeJson('{ "order": { "state": ["paid"] } }')
    await putSubscriptionAttributes(arn, { FilterPolicyScope: 'MessageBody', FilterPolicy: nested })
    assertPropagated((await subscriptions.read(arn)) ?? {}, { FilterPolicyScope: 'MessageBody', FilterPolicy: nested })
    await putSubscriptionAttributes(arn, { FilterPolicy: asked.FilterPolicy, FilterPolicyScope: 'MessageAttributes' })
    await assertNoDrift(subscriptions, arn, created)

    // What is taken away: an empty policy is `{}`, and no redrive policy is no value at all.
    await putSubscriptionAttributes(arn, { RawMessageDelivery: 'false', FilterPolicy: '{}', RedrivePolicy: undefined })
    const bare = await subscriptions.read(arn)
    assert.equal(bare?.RawMessageDelivery, 'false')
    assert.equal(bare?.RedrivePolicy, undefined)
    await destroy(subscriptions, arn)
    await destroy(topics, topicArn)
  })

  test('to an e-mail address, whose confirmation is not waited for', async () => {
    const topicArn = await createTopic('mails', rates)
    const arn = await subscribe(topicArn, 'email', 'a@example.com')
    assert.match(arn, /^arn:aws:sns:us-east-1:000000000000:mails:[0-9a-f-]{36}$/)
    const created = await subscriptions.read(arn)
    assert.ok(created)
    assertPropagated(created, { PendingConfirmation: 'true', ConfirmationWasAuthenticated: 'false' })
    await assertNoDrift(subscriptions, arn, created)
    // What is not confirmed can't be unsubscribed: the provider is content with that, and it is gone by itself days later.
    await subscriptions.destroy(arn)
    await destroy(topics, topicArn)
    assert.equal((await subscriptions.read(arn))?.PendingConfirmation, 'true')
  })
})

test('aws_sns_topic_data_protection_policy: create, plan, update, import, destroy', async () => {
  const arn = await createTopic('protected', rates)
  const read = async () => (await sns.getDataProtectionPolicy({ ResourceArn: arn })).DataProtectionPolicy
  for (const direction of ['Inbound', 'Outbound']) {
    const policy = normalizeJson(`{
      "Name": "p", "Description": "d", "Version": "2021-06-01",
      "Statement": [{ "Sid": "deny", "DataDirection": "${direction}", "Principal": ["*"],
        "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"], "Operation": { "Deny": {} } }] }`)
    await sns.putDataProtectionPolicy({ ResourceArn: arn, DataProtectionPolicy: policy })
    assert.equal(normalizeJson((await read()) as string), policy)
  }
  await sns.putDataProtectionPolicy({ ResourceArn: arn, DataProtectionPolicy: '' })
  assert.ok(!(await read()))
  await destroy(topics, arn)
  assert.equal(await unlessGone(NOT_FOUND, read), undefined)
})

const applications: Resource<Attributes> = {
  async read(arn) {
    const read = () => sns.getPlatformApplicationAttributes({ PlatformApplicationArn: arn })
    return (await unlessGone(NOT_FOUND, read))?.Attributes
  },

  async destroy(arn) {
    await unlessGone(NOT_FOUND, () => sns.deletePlatformApplication({ PlatformApplicationArn: arn }))
  },
}

test('aws_sns_platform_application: create, plan, update, import, destroy; its name and platform are in its ARN', async () => {
  const topicArn = await createTopic('events', rates)
  const role = `arn:aws:iam::${ACCOUNT}:role/feedback`
  const events = { EventDeliveryFailure: topicArn, EventEndpointCreated: topicArn }
  const feedback = { SuccessFeedbackRoleArn: role, FailureFeedbackRoleArn: role, SuccessFeedbackSampleRate: '100' }
  const { PlatformApplicationArn } = await sns.createPlatformApplication({
    Name: 'app',
    Platform: 'GCM',
    Attributes: { PlatformCredential: 'key', ...events, ...feedback },
  })
  const arn = PlatformApplicationArn as string
  assert.equal(arn, `arn:aws:sns:us-east-1:${ACCOUNT}:app/GCM/app`)
  const created = await applications.read(arn)
  assert.ok(created)
  assertPropagated(created, { ...events, ...feedback })
  assert.equal(created.PlatformCredential, undefined)
  await assertNoDrift(applications, arn, created)

  const changes = { EventEndpointCreated: '', SuccessFeedbackSampleRate: '50', PlatformCredential: 'another' }
  await sns.setPlatformApplicationAttributes({ PlatformApplicationArn: arn, Attributes: changes })
  const updated = await applications.read(arn)
  assert.ok(updated)
  assertPropagated(updated, { ...events, ...feedback, EventEndpointCreated: '', SuccessFeedbackSampleRate: '50' })
  await destroy(applications, arn)
  await destroy(topics, topicArn)
})

test('aws_sns_sms_preferences: set, plan, update; to destroy them is to set all of them to nothing', async () => {
  const read = async () => (await sns.getSMSAttributes({})).attributes ?? {}
  const before = await read()
  const role = `arn:aws:iam::${ACCOUNT}:role/sms`
  const asked = { DefaultSenderID: 'Sender', DefaultSMSType: 'Transactional', MonthlySpendLimit: '5' }
  const more = { DeliveryStatusIAMRole: role, DeliveryStatusSuccessSamplingRate: '75' }
  for (const attributes of [asked, { ...asked, ...more, DefaultSMSType: 'Promotional' }]) {
    await sns.setSMSAttributes({ attributes })
    assertPropagated(await read(), attributes)
  }
  const names = [...Object.keys({ ...asked, ...more }), 'UsageReportS3Bucket']
  await sns.setSMSAttributes({ attributes: Object.fromEntries(names.map((name) => [name, ''])) })
  assert.deepEqual(await read(), before)
})
