/** The SDK for JavaScript uses every operation of SNS, and finds each answer and each error as its types say. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as sdk from '@aws-sdk/client-sns'
import { loadModel } from '../../../src/kernel/protocol/load-model.ts'
import { ACCOUNT, queueArnOf, startSns, topicArnOf } from '../sns/support.ts'
import { confirmationToken, sentTo } from './support.ts'

const fixture = await startSns()
const { sns } = fixture
const { url } = fixture.node

const used = new Set<string>()
sns.middlewareStack.add(
  (next, { commandName = '' }) => {
    used.add(commandName.replace(/Command$/, ''))
    return next
  },
  { step: 'initialize' },
)

const UUID = /^[0-9a-f-]{36}$/
const PENDING = 'PendingConfirmation'

describe('the SDK for JavaScript walks through', () => {
  test('the life of a topic', async () => {
    const DataProtectionPolicy = JSON.stringify({
      Name: 'p',
      Version: '2021-06-01',
      Statement: [
        {
          Sid: 's',
          DataDirection: 'Inbound',
          Principal: ['*'],
          DataIdentifier: ['arn:aws:dataprotection::aws:data-identifier/EmailAddress'],
          Operation: { Deny: {} },
        },
      ],
    })
    const { TopicArn } = await sns.createTopic({
      Name: 'life',
      Attributes: { DisplayName: 'Life & <more>' },
      Tags: [{ Key: 'stage', Value: 'test' }],
      DataProtectionPolicy,
    })
    assert.equal(TopicArn, topicArnOf('life'))
    assert.deepEqual((await sns.listTopics({})).Topics, [{ TopicArn }])

    await sns.setTopicAttributes({ TopicArn, AttributeName: 'SignatureVersion', AttributeValue: '2' })
    const { Attributes = {} } = await sns.getTopicAttributes({ TopicArn })
    const { DisplayName, SignatureVersion, Owner, SubscriptionsPending } = Attributes
    assert.deepEqual([DisplayName, SignatureVersion], ['Life & <more>', '2'])
    assert.deepEqual([Owner, SubscriptionsPending], [ACCOUNT, '0'])

    await sns.tagResource({ ResourceArn: TopicArn, Tags: [{ Key: 'team', Value: 'a' }] })
    await sns.untagResource({ ResourceArn: TopicArn, TagKeys: ['stage'] })
    const { Tags } = await sns.listTagsForResource({ ResourceArn: TopicArn })
    assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }])

    const grant = { AWSAccountId: ['123456789012'], ActionName: ['Publish', 'Subscribe'] }
    await sns.addPermission({ TopicArn, Label: 'partner', ...grant })
    const policyOf = async () => JSON.parse((await sns.getTopicAttributes({ TopicArn })).Attributes?.Policy as string)
    assert.deepEqual((await policyOf()).Statement[1].Action, ['SNS:Publish', 'SNS:Subscribe'])
    await sns.removePermission({ TopicArn, Label: 'partner' })
    assert.equal((await policyOf()).Statement.length, 1)

    const stored = await sns.getDataProtectionPolicy({ ResourceArn: TopicArn })
    assert.equal(stored.DataProtectionPolicy, DataProtectionPolicy)
    await assert.rejects(sns.publish({ TopicArn, Message: 'to a@example.com' }), sdk.AuthorizationErrorException)
    await sns.putDataProtectionPolicy({ ResourceArn: TopicArn, DataProtectionPolicy: '' })
    await sns.publish({ TopicArn, Message: 'to a@example.com' })

    await sns.deleteTopic({ TopicArn })
    await assert.rejects(sns.getTopicAttributes({ TopicArn }), sdk.NotFoundException)
  })

  test('subscriptions and their confirmation', async () => {
    const TopicArn = await fixture.createTopic()
    const queue = await fixture.createQueue()
    const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn })
    const Endpoint = 'someone@example.com'
    const asked = await sns.subscribe({ TopicArn, Protocol: 'email', Endpoint })
    assert.equal(asked.SubscriptionArn, 'pending confirmation')
    const byQueue = { SubscriptionArn, Owner: ACCOUNT, Protocol: 'sqs', Endpoint: queue.arn, TopicArn }
    const byMail = { Owner: ACCOUNT, Protocol: 'email', Endpoint, TopicArn }
    const ofTopic = async () => (await sns.listSubscriptionsByTopic({ TopicArn })).Subscriptions
    assert.deepEqual(await ofTopic(), [byQueue, { ...byMail, SubscriptionArn: PENDING }])

    const Token = await confirmationToken(url, Endpoint)
    const confirmed = await sns.confirmSubscription({ TopicArn, Token, AuthenticateOnUnsubscribe: 'true' })
    assert.ok(confirmed.SubscriptionArn?.startsWith(`${TopicArn}:`))
    assert.deepEqual(await ofTopic(), [byQueue, { ...byMail, SubscriptionArn: confirmed.SubscriptionArn }])
    const { Subscriptions = [] } = await sns.listSubscriptions({})
    assert.deepEqual(Subscriptions, await ofTopic())

    const FilterPolicy = '{"a":["<&>"]}'
    await sns.setSubscriptionAttributes({
      SubscriptionArn,
      AttributeName: 'FilterPolicy',
      AttributeValue: FilterPolicy,
    })
    const { Attributes = {} } = await sns.getSubscriptionAttributes({ SubscriptionArn })
    assert.deepEqual([Attributes.FilterPolicy, Attributes.FilterPolicyScope], [FilterPolicy, 'MessageAttributes'])
    assert.deepEqual([Attributes.PendingConfirmation, Attributes.Endpoint], ['false', queue.arn])

    await sns.unsubscribe({ SubscriptionArn })
    await sns.unsubscribe({ SubscriptionArn: confirmed.SubscriptionArn })
    const left = (await ofTopic())?.map(({ SubscriptionArn }) => SubscriptionArn)
    assert.ok(left?.every((arn) => arn === 'Deleted'))
  })

  test('messages, one by one and in batches', async () => {
    const TopicArn = await fixture.createTopic()
    const queue = await fixture.subscribeQueue(TopicArn, { RawMessageDelivery: 'true' })
    const Message = 'a & b < c > "d" \r\n\t😀'
    const MessageAttributes = {
      text: { DataType: 'String', StringValue: 'grüße' },
      number: { DataType: 'Number.int', StringValue: '7' },
      bytes: { DataType: 'Binary', BinaryValue: Uint8Array.from({ length: 256 }, (_, i) => i) },
    }
    const { MessageId, SequenceNumber } = await sns.publish({ TopicArn, Message, Subject: 'S', MessageAttributes })
    assert.match(MessageId as string, UUID)
    assert.equal(SequenceNumber, undefined)
    const received = await fixture.receiveOne(queue)
    assert.equal(received.Body, Message)
    assert.deepEqual(received.MessageAttributes, MessageAttributes)

    const fifo = await fixture.createFifoTopic({ ContentBasedDeduplication: 'true' })
    const batch = await sns.publishBatch({
      TopicArn: fifo,
      PublishBatchRequestEntries: ['one', 'two'].map((text) => ({ Id: text, Message: text, MessageGroupId: 'g' })),
    })
    assert.deepEqual(batch.Failed, [])
    const [one, two] = batch.Successful ?? []
    assert.deepEqual([one?.Id, two?.Id], ['one', 'two'])
    assert.ok(BigInt(one?.SequenceNumber as string) < BigInt(two?.SequenceNumber as string))
  })

  test('pages of topics', async () => {
    const { sns } = fixture.clientsFor({ region: 'eu-west-1' })
    const names = Array.from({ length: 101 }, (_, i) => `page-${String(i).padStart(3, '0')}`)
    await Promise.all(names.map((Name) => sns.createTopic({ Name })))
    const pages: (readonly (string | undefined)[])[] = []
    for await (const { Topics = [] } of sdk.paginateListTopics({ client: sns }, {})) {
      pages.push(Topics.map(({ TopicArn }) => TopicArn?.split(':').at(-1)))
    }
    assert.deepEqual(pages, [names.slice(0, 100), names.slice(100)])
  })

  test('applications and their devices', async () => {
    const { PlatformApplicationArn } = await sns.createPlatformApplication({
      Name: 'app',
      Platform: 'ADM',
      Attributes: { PlatformPrincipal: 'id', PlatformCredential: 'secret' },
    })
    assert.equal(PlatformApplicationArn, `arn:aws:sns:us-east-1:${ACCOUNT}:app/ADM/app`)
    await sns.setPlatformApplicationAttributes({
      PlatformApplicationArn,
      Attributes: { SuccessFeedbackSampleRate: '50' },
    })
    const application = await sns.getPlatformApplicationAttributes({ PlatformApplicationArn })
    assert.deepEqual(application.Attributes, { Enabled: 'true', SuccessFeedbackSampleRate: '50' })
    const { PlatformApplications } = await sns.listPlatformApplications({})
    assert.deepEqual(PlatformApplications, [{ PlatformApplicationArn, Attributes: application.Attributes }])

    const Token = 'token-of-a-device'
    const created = await sns.createPlatformEndpoint({ PlatformApplicationArn, Token, CustomUserData: 'someone' })
    const EndpointArn = created.EndpointArn as string
    assert.ok(EndpointArn.startsWith(`arn:aws:sns:us-east-1:${ACCOUNT}:endpoint/ADM/app/`))
    const Attributes = { Enabled: 'true', Token, CustomUserData: 'someone' }
    assert.deepEqual((await sns.getEndpointAttributes({ EndpointArn })).Attributes, Attributes)
    const { Endpoints } = await sns.listEndpointsByPlatformApplication({ PlatformApplicationArn })
    assert.deepEqual(Endpoints, [{ EndpointArn, Attributes }])
    await sns.publish({ TargetArn: EndpointArn, Message: 'to a device' })
    assert.match(JSON.stringify(await sentTo(url, Token)), /to a device/)

    await sns.setEndpointAttributes({ EndpointArn, Attributes: { Enabled: 'false' } })
    const late = sns.publish({ TargetArn: EndpointArn, Message: 'too late' })
    await assert.rejects(late, sdk.EndpointDisabledException)
    await sns.deleteEndpoint({ EndpointArn })
    await assert.rejects(sns.getEndpointAttributes({ EndpointArn }), sdk.NotFoundException)
    await sns.deletePlatformApplication({ PlatformApplicationArn })
    assert.deepEqual((await sns.listPlatformApplications({})).PlatformApplications, [])
  })

  test('text messages and their sandbox', async () => {
    assert.deepEqual((await sns.getSMSAttributes({})).attributes, { MonthlySpendLimit: '1' })
    await sns.setSMSAttributes({ attributes: { DefaultSMSType: 'Transactional', DefaultSenderID: 'Shop' } })
    const { attributes } = await sns.getSMSAttributes({ attributes: ['DefaultSMSType'] })
    assert.deepEqual(attributes, { DefaultSMSType: 'Transactional' })

    const phoneNumber = '+491701234567'
    const { MessageId } = await sns.publish({ PhoneNumber: phoneNumber, Message: 'to a phone' })
    assert.match(MessageId as string, UUID)
    const { message, senderId } = await sentTo(url, phoneNumber)
    assert.deepEqual([message, senderId], ['to a phone', 'Shop'])
    assert.equal((await sns.checkIfPhoneNumberIsOptedOut({ phoneNumber })).isOptedOut, false)
    await sns.optInPhoneNumber({ phoneNumber })
    assert.deepEqual((await sns.listPhoneNumbersOptedOut({})).phoneNumbers, [])
    assert.deepEqual((await sns.listOriginationNumbers({ MaxResults: 30 })).PhoneNumbers, [])

    assert.equal((await sns.getSMSSandboxAccountStatus({})).IsInSandbox, true)
    const PhoneNumber = '+491707654321'
    const listed = async () => (await sns.listSMSSandboxPhoneNumbers({ MaxResults: 10 })).PhoneNumbers
    await sns.createSMSSandboxPhoneNumber({ PhoneNumber, LanguageCode: 'de-DE' })
    assert.deepEqual(await listed(), [{ PhoneNumber, Status: 'Pending' }])
    const sent = (await sentTo(url, PhoneNumber)).message as string
    const OneTimePassword = /\d+$/.exec(sent)?.[0]
    const failed = sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword: `${OneTimePassword}0` })
    await assert.rejects(failed, sdk.VerificationException)
    await sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword })
    assert.deepEqual(await listed(), [{ PhoneNumber, Status: 'Verified' }])
    await sns.deleteSMSSandboxPhoneNumber({ PhoneNumber })
    assert.deepEqual(await listed(), [])
  })
})

describe('the SDK for JavaScript shows', () => {
  const TopicArn = topicArnOf('missing')
  const entry = { Id: 'same', Message: 'm' }
  const refusals = [
    {
      what: 'a missing topic',
      call: () => sns.publish({ TopicArn, Message: 'm' }),
      is: [sdk.NotFoundException, 'NotFound', 404],
      says: 'Topic does not exist',
    },
    {
      what: 'a bad name',
      call: () => sns.createTopic({ Name: 'a b' }),
      is: [sdk.InvalidParameterException, 'InvalidParameter', 400],
      says: 'Invalid parameter: Topic Name',
    },
    {
      what: 'a bad message attribute',
      call: () =>
        sns.publish({ TopicArn, Message: 'm', MessageAttributes: { a: { DataType: 'Text', StringValue: 'v' } } }),
      is: [sdk.InvalidParameterValueException, 'ParameterValueInvalid', 400],
      says: "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
    },
    {
      what: 'tags of a missing topic',
      call: () => sns.listTagsForResource({ ResourceArn: TopicArn }),
      is: [sdk.ResourceNotFoundException, 'ResourceNotFound', 404],
      says: 'Resource does not exist',
    },
    {
      what: 'a batch with one Id twice',
      call: () => sns.publishBatch({ TopicArn, PublishBatchRequestEntries: [entry, entry] }),
      is: [sdk.BatchEntryIdsNotDistinctException, 'BatchEntryIdsNotDistinct', 400],
      says: 'Two or more batch entries in the request have the same Id.',
    },
    {
      what: 'a missing application',
      call: () =>
        sns.getPlatformApplicationAttributes({ PlatformApplicationArn: TopicArn.replace('missing', 'app/GCM/a') }),
      is: [sdk.NotFoundException, 'NotFound', 404],
      says: 'PlatformApplication does not exist',
    },
    {
      what: 'an unknown SMS attribute',
      call: () => sns.setSMSAttributes({ attributes: { Nonsense: '1' } }),
      is: [sdk.InvalidParameterException, 'InvalidParameter', 400],
      says: 'Nonsense is not a valid attribute',
    },
    {
      what: 'a member that is missing, which no class is modelled for',
      call: () => sns.subscribe({ TopicArn, Protocol: undefined, Endpoint: queueArnOf('q') }),
      is: [sdk.SNSServiceException, 'ValidationError', 400],
      says: "1 validation error detected: Value null at 'protocol' failed to satisfy constraint: Member must not be null",
    },
  ] as const
  for (const { what, call, is, says } of refusals) {
    const [type, code, status] = is
    test(`${what} as an error of its class, with its code and sentence`, async () => {
      const error = await call().then(
        () => assert.fail('it was not refused'),
        (error: sdk.SNSServiceException & { Code?: string; Type?: string }) => error,
      )
      assert.ok(error instanceof type, String(error))
      assert.equal(error.name, type === sdk.SNSServiceException ? code : type.name)
      assert.deepEqual([error.Code, error.Type, error.message], [code, 'Sender', says])
      assert.equal(error.$metadata.httpStatusCode, status)
      assert.match(error.$metadata.requestId as string, UUID)
    })
  }
})

test('the SDK for JavaScript has used every operation of SNS', () => {
  assert.deepEqual([...used].sort(), [...loadModel('sns').operations.keys()].sort())
})
