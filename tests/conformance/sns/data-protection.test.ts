/** Data protection policies: putting and getting them, and what they do on the way in and out. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ACCOUNT, invalidParameter, OTHER_ACCOUNT, refusal, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { sns } = fixture
const RAW = { RawMessageDelivery: 'true' }

const EMAIL = 'arn:aws:dataprotection::aws:data-identifier/EmailAddress'

const policyOf = (DataDirection: string, Operation: object, Principal = ['*'], DataIdentifier = [EMAIL]) =>
  JSON.stringify({
    Name: 'policy',
    Version: '2021-06-01',
    Statement: [{ DataDirection, Principal, DataIdentifier, Operation }],
  })

const denyInbound = policyOf('Inbound', { Deny: {} })

const put = (ResourceArn: string, DataProtectionPolicy: string) =>
  sns.putDataProtectionPolicy({ ResourceArn, DataProtectionPolicy })
const get = async (ResourceArn: string) => (await sns.getDataProtectionPolicy({ ResourceArn })).DataProtectionPolicy

async function protectedTopic(policy: string): Promise<string> {
  const topic = await fixture.createTopic()
  await put(topic, policy)
  return topic
}

describe('the policy', () => {
  test('is returned as it was written, and is no attribute of the topic', async () => {
    const topic = await fixture.createTopic()
    const before = await sns.getTopicAttributes({ TopicArn: topic })
    assert.equal(await get(topic), undefined)
    const policy = `${JSON.stringify(JSON.parse(denyInbound), undefined, 2)}\n`
    await put(topic, policy)
    assert.equal(await get(topic), policy)
    assert.deepEqual((await sns.getTopicAttributes({ TopicArn: topic })).Attributes, before.Attributes)
  })

  test('can come with CreateTopic, and be taken away', async () => {
    const { TopicArn = '' } = await sns.createTopic({ Name: fixture.newName(), DataProtectionPolicy: denyInbound })
    assert.equal(await get(TopicArn), denyInbound)
    await assert.rejects(fixture.publish(TopicArn, 'to a@example.com'), denied(TopicArn))
    await put(TopicArn, '')
    assert.equal(await get(TopicArn), undefined)
    await fixture.publish(TopicArn, 'to a@example.com')
  })

  test('may name an identifier of AWS’s in the form of a region’s own', async () => {
    const regional = 'arn:aws:dataprotection:us-east-1::data-identifier/EmailAddress'
    const topic = await protectedTopic(policyOf('Inbound', { Deny: {} }, ['*'], [regional]))
    await assert.rejects(fixture.publish(topic, 'to a@example.com'), denied(topic))
  })

  for (const [what, policy] of [
    ['no JSON', 'x'],
    ['another version', denyInbound.replace('2021-06-01', '2012-10-17')],
    ['no statement', '{"Name":"p","Version":"2021-06-01","Statement":[]}'],
    ['another direction', policyOf('Sideways', { Deny: {} })],
    ['two operations', policyOf('Inbound', { Deny: {}, Deidentify: { RedactConfig: {} } })],
    ['an unknown identifier', policyOf('Inbound', { Deny: {} }, ['*'], ['Mine'])],
    ['more than 30,720 characters', denyInbound.replace('policy', 'x'.repeat(30_720))],
  ] as const) {
    test(`is refused: ${what}`, async () => {
      const topic = await fixture.createTopic()
      await assert.rejects(put(topic, policy), invalidParameter(/DataProtectionPolicy Reason: /))
      await assert.rejects(
        sns.createTopic({ Name: 'never', DataProtectionPolicy: policy }),
        invalidParameter(/DataProtectionPolicy Reason: /),
      )
      assert.equal(await get(topic), undefined)
    })
  }

  test('is for standard topics', async () => {
    const fifo = await fixture.createFifoTopic()
    await assert.rejects(put(fifo, denyInbound), invalidParameter(/not supported for FIFO topics/))
  })

  test('of a topic that is not there can’t be had', async () => {
    const missing = topicArnOf('nothing')
    await assert.rejects(get(missing), refusal('NotFound', 'Topic does not exist', 404))
    await assert.rejects(put(missing, denyInbound), refusal('ResourceNotFound', 'Resource does not exist', 404))
  })
})

const denied = (topic: string, account = ACCOUNT) =>
  refusal(
    'AuthorizationError',
    `User: arn:aws:iam::${account}:user/millrace is not authorized to perform: SNS:Publish on resource: ${topic}`,
    403,
  )

describe('on the way in', () => {
  test('Deny refuses the publish, and a batch as a whole', async () => {
    const topic = await protectedTopic(denyInbound)
    const queue = await fixture.subscribeQueue(topic, RAW)
    await assert.rejects(fixture.publish(topic, 'write to a@example.com'), denied(topic))
    await assert.rejects(
      sns.publishBatch({
        TopicArn: topic,
        PublishBatchRequestEntries: [
          { Id: 'a', Message: 'nothing here' },
          { Id: 'b', Message: 'write to a@example.com' },
        ],
      }),
      denied(topic),
    )
    await fixture.publish(topic, 'nothing here')
    assert.deepEqual(await fixture.bodies(queue), ['nothing here'])
  })

  test('Deidentify masks or takes out, for everybody, and JSON stays JSON', async () => {
    for (const [operation, hidden] of [
      [{ MaskConfig: { MaskWithCharacter: '#' } }, '#############'],
      [{ RedactConfig: {} }, ''],
    ] as const) {
      const topic = await protectedTopic(policyOf('Inbound', { Deidentify: operation }))
      const [raw, enveloped] = [await fixture.subscribeQueue(topic, RAW), await fixture.subscribeQueue(topic)]
      await fixture.publish(topic, 'write to a@example.com now')
      await fixture.publish(topic, '{"to":"a@example.com"}')
      const expected = [`write to ${hidden} now`, `{"to":"${hidden}"}`]
      assert.deepEqual(new Set(await fixture.bodies(raw)), new Set(expected))
      assert.deepEqual(new Set((await fixture.envelopes(enveloped)).map(({ Message }) => Message)), new Set(expected))
    }
  })

  test('a statement is for the principals it names', async () => {
    const topic = await protectedTopic(policyOf('Inbound', { Deny: {} }, [`arn:aws:iam::${OTHER_ACCOUNT}:root`]))
    await fixture.publish(topic, 'write to a@example.com')
    const { sns: theirs } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
    const published = theirs.publish({ TopicArn: topic, Message: 'write to a@example.com' })
    await assert.rejects(published, denied(topic, OTHER_ACCOUNT))
  })
})

describe('on the way out', () => {
  test('Deny keeps the message from the subscriber, and the publish succeeds', async () => {
    const topic = await protectedTopic(policyOf('Outbound', { Deny: {} }))
    const queue = await fixture.subscribeQueue(topic, RAW)
    await fixture.publish(topic, 'write to a@example.com')
    await fixture.publish(topic, 'nothing here')
    assert.deepEqual(await fixture.bodies(queue), ['nothing here'])
  })

  test('each subscriber sees what the statements for its owner leave', async () => {
    const hide = { Deidentify: { MaskConfig: { MaskWithCharacter: '*' } } }
    const topic = await protectedTopic(policyOf('Outbound', hide, [`arn:aws:iam::${OTHER_ACCOUNT}:root`]))
    const own = await fixture.subscribeQueue(topic, RAW)
    const { sns: theirSns, sqs: theirSqs } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
    const { QueueUrl } = await theirSqs.createQueue({ QueueName: 'theirs' })
    const Endpoint = `arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:theirs`
    await theirSns.subscribe({ TopicArn: topic, Protocol: 'sqs', Endpoint, Attributes: RAW })
    await fixture.publish(topic, 'write to a@example.com')
    assert.deepEqual(await fixture.bodies(own), ['write to a@example.com'])
    const { Messages = [] } = await theirSqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 })
    assert.deepEqual(
      Messages.map(({ Body }) => Body),
      ['write to *************'],
    )
  })
})
