/**
 * The walk of Terraform's AWS provider through aws_sqs_queue, aws_sqs_queue_policy, aws_sqs_queue_redrive_policy and
 * aws_sqs_queue_redrive_allow_policy, as a sequence of SDK calls: the provider can't be installed everywhere. Its order of
 * calls, what it waits for and the codes it knows are those of version 6.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { STS } from '@aws-sdk/client-sts'
import { clientOf, startSqs } from '../sqs/support.ts'
import {
  type Attributes,
  assertNoDrift,
  destroy,
  normalizeJson,
  type Resource,
  unlessGone,
  waitForAttributes,
} from './terraform-support.ts'

const fixture = await startSqs()
const { sqs, node } = fixture

const NOT_FOUND = 'AWS.SimpleQueueService.NonExistentQueue'
const DELETED_RECENTLY = 'AWS.SimpleQueueService.QueueDeletedRecently'

/** What the resource aws_sqs_queue has arguments for; the rest of what is read only counts or dates. */
const MANAGED = new Set([
  'QueueArn',
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'Policy',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
])

interface QueueState {
  readonly name: string | undefined
  readonly attributes: Attributes
  readonly tags: Attributes
}

const allAttributes = async (url: string): Promise<Attributes> => {
  const { Attributes = {} } = await sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ['All'] })
  return Attributes
}

/** The provider takes a path of two segments, and no other, for one with a queue's name. */
function nameIn(url: string): string | undefined {
  const segments = new URL(url).pathname.split('/')
  assert.equal(segments.length, 3, url)
  return segments[2]
}

const queues: Resource<QueueState> = {
  async read(url) {
    const attributes = await unlessGone(NOT_FOUND, () => allAttributes(url))
    if (attributes === undefined) return undefined
    const { Tags = {} } = await sqs.listQueueTags({ QueueUrl: url })
    const managed = Object.entries(attributes).filter(([name]) => MANAGED.has(name))
    return { name: nameIn(url), attributes: Object.fromEntries(managed), tags: Tags }
  },

  async destroy(url) {
    await unlessGone(NOT_FOUND, () => sqs.deleteQueue({ QueueUrl: url }))
    // Fifteen times in a row there is no such queue.
    for (let seen = 0; seen < 15; seen++) assert.equal(await unlessGone(NOT_FOUND, () => allAttributes(url)), undefined)
  },
}

/** The numbers are always sent, also those that are the defaults. */
const numbers = (changes: Attributes = {}): Attributes => ({
  DelaySeconds: '0',
  MaximumMessageSize: '262144',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  VisibilityTimeout: '30',
  ...changes,
})

async function createQueue(name: string, attributes: Attributes, tags?: Attributes): Promise<string> {
  const { QueueUrl } = await sqs.createQueue({
    QueueName: name,
    Attributes: { ...attributes },
    tags: tags && { ...tags },
  })
  const url = QueueUrl as string
  await waitForAttributes(() => allAttributes(url), attributes)
  return url
}

async function updateQueue(url: string, attributes: Attributes): Promise<void> {
  await sqs.setQueueAttributes({ QueueUrl: url, Attributes: { ...attributes } })
  await waitForAttributes(() => allAttributes(url), attributes)
}

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`

test('the provider is configured: it asks who it is', async () => {
  const sts = new STS({
    endpoint: node.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  })
  const { Account, Arn } = await sts.getCallerIdentity({})
  assert.equal(Account, '000000000000')
  assert.match(Arn as string, /^arn:aws:(iam|sts)::000000000000:/)
  sts.destroy()
})

describe('aws_sqs_queue', () => {
  test('a standard queue: create with tags, plan, update, import, destroy, create again', async () => {
    const tags = { stage: 'test', 'team name': 'a=b' }
    const url = await createQueue('orders', numbers({ DelaySeconds: '5' }), tags)
    const created: QueueState = {
      name: 'orders',
      attributes: { ...numbers({ DelaySeconds: '5' }), QueueArn: arnOf('orders'), SqsManagedSseEnabled: 'true' },
      tags,
    }
    await assertNoDrift(queues, url, created)

    await updateQueue(url, { DelaySeconds: '0', VisibilityTimeout: '60' })
    await sqs.untagQueue({ QueueUrl: url, TagKeys: ['team name'] })
    await sqs.tagQueue({ QueueUrl: url, Tags: { stage: 'live', owner: 'b' } })
    const updated: QueueState = {
      ...created,
      attributes: { ...created.attributes, DelaySeconds: '0', VisibilityTimeout: '60' },
      tags: { stage: 'live', owner: 'b' },
    }
    await assertNoDrift(queues, url, updated)

    const { QueueUrl: imported } = await sqs.getQueueUrl({ QueueName: 'orders' })
    assert.equal(imported, url)
    await assertNoDrift(queues, imported as string, updated)

    await destroy(queues, url)
    assert.equal(await unlessGone(DELETED_RECENTLY, () => createQueue('orders', numbers())), undefined)
    fixture.advance(61)
    await destroy(queues, await createQueue('orders', numbers()))
  })

  test('a FIFO queue', async () => {
    const asked = numbers({ FifoQueue: 'true', ContentBasedDeduplication: 'true' })
    const url = await createQueue('orders.fifo', asked)
    const created: QueueState = {
      name: 'orders.fifo',
      attributes: {
        ...asked,
        QueueArn: arnOf('orders.fifo'),
        SqsManagedSseEnabled: 'true',
        DeduplicationScope: 'queue',
        FifoThroughputLimit: 'perQueue',
      },
      tags: {},
    }
    await assertNoDrift(queues, url, created)
    const faster = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
    await updateQueue(url, { ...faster, ContentBasedDeduplication: 'false' })
    await assertNoDrift(queues, url, {
      ...created,
      attributes: { ...created.attributes, ...faster, ContentBasedDeduplication: 'false' },
    })
    await destroy(queues, url)
  })

  test('encryption: a key, none, SSE of SQS and none', async () => {
    const key = { KmsMasterKeyId: 'alias/aws/sqs', KmsDataKeyReusePeriodSeconds: '600' }
    const url = await createQueue('encrypted', numbers(key))
    const attributes = { ...numbers(), QueueArn: arnOf('encrypted') }
    const state = (more: Attributes): QueueState => ({
      name: 'encrypted',
      attributes: { ...attributes, ...more },
      tags: {},
    })
    await assertNoDrift(queues, url, state({ ...key, SqsManagedSseEnabled: 'false' }))
    await updateQueue(url, { KmsMasterKeyId: '', KmsDataKeyReusePeriodSeconds: '300' })
    await assertNoDrift(queues, url, state({ SqsManagedSseEnabled: 'false' }))
    await updateQueue(url, { SqsManagedSseEnabled: 'true' })
    await assertNoDrift(queues, url, state({ SqsManagedSseEnabled: 'true' }))
    await destroy(queues, url)
    const unencrypted = await createQueue('unencrypted', numbers({ SqsManagedSseEnabled: 'false' }))
    assert.equal((await queues.read(unencrypted))?.attributes.SqsManagedSseEnabled, 'false')
    await destroy(queues, unencrypted)
  })

  test('its policies inline: as they were written they are no drift', async () => {
    const deadLetters = await createQueue('dead-letters', numbers())
    const documents = {
      Policy: normalizeJson(`{
        "Version": "2012-10-17", "Id": "p",
        "Statement": [{ "Sid": "s", "Effect": "Allow", "Principal": { "AWS": "111122223333" },
          "Action": ["sqs:SendMessage", "sqs:ReceiveMessage"], "Resource": "${arnOf('source')}" }] }`),
      RedrivePolicy: normalizeJson(`{ "maxReceiveCount": 4, "deadLetterTargetArn": "${arnOf('dead-letters')}" }`),
      RedriveAllowPolicy: normalizeJson('{ "redrivePermission": "denyAll" }'),
    }
    const url = await createQueue('source', numbers(documents))
    const read = await queues.read(url)
    assert.equal(read?.attributes.RedrivePolicy, documents.RedrivePolicy)
    assert.equal(read?.attributes.RedriveAllowPolicy, documents.RedriveAllowPolicy)
    const none = { Policy: '', RedrivePolicy: '', RedriveAllowPolicy: '' }
    await updateQueue(url, none)
    const bare = await queues.read(url)
    for (const name of Object.keys(none)) assert.equal(bare?.attributes[name], undefined)
    for (const each of [url, deadLetters]) await destroy(queues, each)
  })

  test('in another region than the node’s, its URL still has a path of two segments', async () => {
    const abroad = clientOf(node.url, { region: 'eu-central-1' })
    const { QueueUrl } = await abroad.createQueue({ QueueName: 'abroad', Attributes: { ...numbers() } })
    const url = QueueUrl as string
    assert.equal(nameIn(url), 'abroad')
    const { Attributes } = await abroad.getQueueAttributes({ QueueUrl: url, AttributeNames: ['All'] })
    assert.equal(Attributes?.QueueArn, 'arn:aws:sqs:eu-central-1:000000000000:abroad')
    await abroad.deleteQueue({ QueueUrl: url })
    const read = () => abroad.getQueueAttributes({ QueueUrl: url, AttributeNames: ['All'] })
    assert.equal(await unlessGone(NOT_FOUND, read), undefined)
    abroad.destroy()
  })

  test('the data sources aws_sqs_queue and aws_sqs_queues find it', async () => {
    const url = await createQueue('listed-1', numbers(), { a: 'b' })
    const { QueueUrl } = await sqs.getQueueUrl({ QueueName: 'listed-1' })
    assert.equal(QueueUrl, url)
    const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['QueueArn'] })
    assert.deepEqual(Attributes, { QueueArn: arnOf('listed-1') })
    assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { a: 'b' })
    assert.deepEqual((await sqs.listQueues({ QueueNamePrefix: 'listed-' })).QueueUrls, [url])
    await destroy(queues, url)
  })
})

/** One attribute that has a resource of its own: to be without it is to be gone. */
const attributeResource = (name: 'Policy' | 'RedrivePolicy' | 'RedriveAllowPolicy') => ({
  async upsert(url: string, text: string): Promise<void> {
    const attributes = { [name]: normalizeJson(text) }
    await sqs.setQueueAttributes({ QueueUrl: url, Attributes: attributes })
    await waitForAttributes(() => allAttributes(url), attributes)
  },

  async read(url: string): Promise<string | undefined> {
    const read = () => sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: [name] })
    const answer = await unlessGone(NOT_FOUND, read)
    return answer?.Attributes?.[name]
  },

  async destroy(url: string): Promise<void> {
    const none = { [name]: '' }
    const remove = () => sqs.setQueueAttributes({ QueueUrl: url, Attributes: none })
    if ((await unlessGone(NOT_FOUND, remove)) !== undefined) await waitForAttributes(() => allAttributes(url), none)
  },
})

const policyFor = (name: string, effect: string) => `{
  "Version": "2012-10-17",
  "Statement": [{ "Effect": "${effect}", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage",
    "Resource": "${arnOf(name)}", "Condition": { "ArnEquals": { "aws:SourceArn": "arn:aws:sns:us-east-1:0:t" } } }]
}`

for (const { type, name, texts } of [
  {
    type: 'aws_sqs_queue_policy',
    name: 'Policy',
    texts: [policyFor('owner-1', 'Allow'), policyFor('owner-1', 'Deny')],
  },
  {
    type: 'aws_sqs_queue_redrive_policy',
    name: 'RedrivePolicy',
    texts: [4, 5].map((count) => `{"maxReceiveCount":${count},"deadLetterTargetArn":"${arnOf('target-2')}"}`),
  },
  {
    type: 'aws_sqs_queue_redrive_allow_policy',
    name: 'RedriveAllowPolicy',
    texts: [`{"sourceQueueArns":["${arnOf('s')}"],"redrivePermission":"byQueue"}`, '{"redrivePermission":"allowAll"}'],
  },
] as const) {
  test(`${type}: create, plan, update, import, destroy, also without its queue`, async () => {
    const resource = attributeResource(name)
    const deadLetters = await createQueue('target-2', numbers())
    const url = await createQueue('owner-1', numbers())
    for (const text of texts) {
      await resource.upsert(url, text)
      await assertNoDrift(resource, url, normalizeJson(text))
    }
    await destroy(resource, url)
    await destroy(queues, url)
    await destroy(resource, url)
    await destroy(queues, deadLetters)
    fixture.advance(61)
  })
}
