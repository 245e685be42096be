import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { loadModel } from '../../../src/kernel/protocol/load-model.ts'
import { awsCli, skipUnless } from '../../../src/testing/clients.ts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'
import { ACCOUNT, queueArnOf, topicArnOf } from '../sns/support.ts'
import { Cli, commandOf, confirmationToken, sentTo } from './support.ts'

describe('the AWS CLI', { skip: skipUnless(awsCli) }, () => {
  let node: TestNode
  let cli: Cli
  before(async () => {
    node = await startNode()
    cli = new Cli(node.url)
  })
  after(() => node.stop())

  const createTopic = async (name: string, ...args: string[]): Promise<string> =>
    (await cli.sns('create-topic', '--name', name, ...args)).TopicArn

  /** The life of the others is the business of their own walks. */
  const ofTopic = <T extends { TopicArn: string }>(topicArn: string, all: readonly T[]): T[] =>
    all.filter(({ TopicArn }) => TopicArn === topicArn)

  // Starting the program costs most of a second, so that the walks run side by side.
  describe('walks through', { concurrency: 3 }, () => {
    test('the life of a topic', async () => {
      const arn = await createTopic('life', '--attributes', 'DisplayName=Life', '--tags', 'Key=stage,Value=test')
      assert.equal(arn, topicArnOf('life'))
      const { Topics } = await cli.sns('list-topics')
      assert.deepEqual(ofTopic(arn, Topics), [{ TopicArn: arn }])

      const onTopic = (command: string, ...args: string[]) => cli.sns(command, '--topic-arn', arn, ...args)
      await onTopic('set-topic-attributes', '--attribute-name', 'SignatureVersion', '--attribute-value', '2')
      const { Attributes } = await onTopic('get-topic-attributes')
      const { DisplayName, SignatureVersion, Owner } = Attributes
      assert.deepEqual([DisplayName, SignatureVersion, Owner], ['Life', '2', ACCOUNT])

      const grant = ['--aws-account-id', '123456789012', '--action-name', 'Publish', 'Subscribe']
      await onTopic('add-permission', '--label', 'partner', ...grant)
      const policy = JSON.parse((await onTopic('get-topic-attributes')).Attributes.Policy)
      assert.deepEqual(policy.Statement[1].Action, ['SNS:Publish', 'SNS:Subscribe'])
      await onTopic('remove-permission', '--label', 'partner')

      const onResource = (command: string, ...args: string[]) => cli.sns(command, '--resource-arn', arn, ...args)
      await onResource('tag-resource', '--tags', 'Key=team,Value=a', 'Key=cost,Value=7')
      await onResource('untag-resource', '--tag-keys', 'stage', 'cost')
      assert.deepEqual(await onResource('list-tags-for-resource'), { Tags: [{ Key: 'team', Value: 'a' }] })

      const protection = JSON.stringify({
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
      await onResource('put-data-protection-policy', '--data-protection-policy', protection)
      assert.deepEqual(await onResource('get-data-protection-policy'), { DataProtectionPolicy: protection })

      await onTopic('delete-topic')
      const gone = await cli.run('sns', 'get-topic-attributes', '--topic-arn', arn)
      assert.notEqual(gone.code, 0)
    })

    test('subscriptions and their confirmation', async () => {
      const arn = await createTopic('subscriptions')
      const onTopic = (command: string, ...args: string[]) => cli.sns(command, '--topic-arn', arn, ...args)
      const endpoint = 'someone@example.com'
      const asked = await onTopic('subscribe', '--protocol', 'email', '--notification-endpoint', endpoint)
      assert.deepEqual(asked, { SubscriptionArn: 'pending confirmation' })
      const subscription = { Owner: ACCOUNT, Protocol: 'email', Endpoint: endpoint, TopicArn: arn }
      const listed = await onTopic('list-subscriptions-by-topic')
      assert.deepEqual(listed.Subscriptions, [{ ...subscription, SubscriptionArn: 'PendingConfirmation' }])

      const token = await confirmationToken(node.url, endpoint)
      const { SubscriptionArn } = await onTopic('confirm-subscription', '--token', token)
      const { Subscriptions } = await cli.sns('list-subscriptions')
      assert.deepEqual(ofTopic(arn, Subscriptions), [{ ...subscription, SubscriptionArn }])

      const onSubscription = (command: string, ...args: string[]) =>
        cli.sns(command, '--subscription-arn', SubscriptionArn, ...args)
      const policy = '{"a":["<&>"]}'
      await onSubscription(
        ...(['set-subscription-attributes', '--attribute-name', 'FilterPolicy'] as const),
        ...['--attribute-value', policy],
      )
      const { Attributes } = await onSubscription('get-subscription-attributes')
      assert.deepEqual([Attributes.FilterPolicy, Attributes.PendingConfirmation], [policy, 'false'])
      await onSubscription('unsubscribe')
      const { Attributes: counts } = await onTopic('get-topic-attributes')
      assert.deepEqual([counts.SubscriptionsConfirmed, counts.SubscriptionsDeleted], ['0', '1'])
    })

    test('messages, one by one and in batches', async () => {
      const arn = await createTopic('messages')
      const { QueueUrl } = await cli.sqs('create-queue', '--queue-name', 'messages')
      await cli.sns(
        ...(['subscribe', '--topic-arn', arn, '--protocol', 'sqs'] as const),
        ...['--notification-endpoint', queueArnOf('messages'), '--attributes', 'RawMessageDelivery=true'],
      )
      const { MessageId } = await cli.sns(
        ...([
          'publish',
          '--topic-arn',
          arn,
          '--message',
          'grüße, 😀',
          '--subject',
          'S',
          '--message-attributes',
        ] as const),
        '{"n":{"DataType":"Number.int","StringValue":"7"},"s":{"DataType":"String","StringValue":"a&b"}}',
      )
      assert.match(MessageId, /^[0-9a-f-]{36}$/)
      const batch = await cli.sns(
        ...(['publish-batch', '--topic-arn', arn, '--publish-batch-request-entries'] as const),
        ...['Id=a,Message=one', 'Id=b,Message=two'],
      )
      assert.deepEqual(
        batch.Successful.map((entry: { Id: string }) => entry.Id),
        ['a', 'b'],
      )
      assert.deepEqual(batch.Failed, [])
      const { Messages } = await cli.sqs(
        ...(['receive-message', '--queue-url', QueueUrl, '--max-number-of-messages', '10'] as const),
        ...['--message-attribute-names', 'All'],
      )
      assert.deepEqual(Messages.map((message: { Body: string }) => message.Body).sort(), ['grüße, 😀', 'one', 'two'])
      const first = Messages.find((message: { Body: string }) => message.Body === 'grüße, 😀')
      assert.deepEqual(first.MessageAttributes, {
        n: { StringValue: '7', DataType: 'Number.int' },
        s: { StringValue: 'a&b', DataType: 'String' },
      })
    })

    test('applications and their devices', async () => {
      const { PlatformApplicationArn } = await cli.sns(
        ...(['create-platform-application', '--name', 'app', '--platform', 'ADM'] as const),
        ...['--attributes', 'PlatformPrincipal=id,PlatformCredential=secret'],
      )
      assert.equal(PlatformApplicationArn, `arn:aws:sns:us-east-1:${ACCOUNT}:app/ADM/app`)
      const onApplication = (command: string, ...args: string[]) =>
        cli.sns(command, '--platform-application-arn', PlatformApplicationArn, ...args)
      await onApplication('set-platform-application-attributes', '--attributes', 'SuccessFeedbackSampleRate=50')
      const { Attributes } = await onApplication('get-platform-application-attributes')
      assert.deepEqual(Attributes, { Enabled: 'true', SuccessFeedbackSampleRate: '50' })
      assert.deepEqual(await cli.sns('list-platform-applications'), {
        PlatformApplications: [{ PlatformApplicationArn, Attributes }],
      })

      const device = { Enabled: 'true', Token: 'token-of-a-device', CustomUserData: 'someone' }
      const { EndpointArn } = await onApplication(
        ...(['create-platform-endpoint', '--token', device.Token] as const),
        ...['--custom-user-data', device.CustomUserData],
      )
      const onEndpoint = (command: string, ...args: string[]) =>
        cli.sns(command, '--endpoint-arn', EndpointArn, ...args)
      assert.deepEqual(await onEndpoint('get-endpoint-attributes'), { Attributes: device })
      assert.deepEqual(await onApplication('list-endpoints-by-platform-application'), {
        Endpoints: [{ EndpointArn, Attributes: device }],
      })
      await onEndpoint('set-endpoint-attributes', '--attributes', 'Enabled=false')
      const late = await cli.run('sns', 'publish', '--target-arn', EndpointArn, '--message', 'too late')
      assert.match(late.stderr, /\(EndpointDisabled\) when calling the Publish operation: Endpoint is disabled/)
      await onEndpoint('delete-endpoint')
      await onApplication('delete-platform-application')
      assert.deepEqual(await cli.sns('list-platform-applications'), { PlatformApplications: [] })
    })

    test('text messages', async () => {
      await cli.sns('set-sms-attributes', '--attributes', 'DefaultSMSType=Transactional,DefaultSenderID=Shop')
      assert.deepEqual(await cli.sns('get-sms-attributes', '--attributes', 'DefaultSMSType', 'MonthlySpendLimit'), {
        attributes: { DefaultSMSType: 'Transactional', MonthlySpendLimit: '1' },
      })
      const number = '+491701234567'
      await cli.sns('publish', '--phone-number', number, '--message', 'to a phone')
      const { message, senderId } = await sentTo(node.url, number)
      assert.deepEqual([message, senderId], ['to a phone', 'Shop'])
      const phone = ['--phone-number', number]
      assert.deepEqual(await cli.sns('check-if-phone-number-is-opted-out', ...phone), { isOptedOut: false })
      await cli.sns('opt-in-phone-number', ...phone)
      assert.deepEqual(await cli.sns('list-phone-numbers-opted-out'), { phoneNumbers: [] })
      assert.deepEqual(await cli.sns('list-origination-numbers'), { PhoneNumbers: [] })
    })

    test('the sandbox of text messages', async () => {
      assert.deepEqual(await cli.sns('get-sms-sandbox-account-status'), { IsInSandbox: true })
      const number = '+491707654321'
      const phone = ['--phone-number', number]
      await cli.sns('create-sms-sandbox-phone-number', ...phone, '--language-code', 'de-DE')
      const password = /\d+$/.exec((await sentTo(node.url, number)).message as string)?.[0] as string
      await cli.sns('verify-sms-sandbox-phone-number', ...phone, '--one-time-password', password)
      assert.deepEqual(await cli.sns('list-sms-sandbox-phone-numbers'), {
        PhoneNumbers: [{ PhoneNumber: number, Status: 'Verified' }],
      })
      await cli.sns('delete-sms-sandbox-phone-number', ...phone)
      assert.deepEqual(await cli.sns('list-sms-sandbox-phone-numbers'), { PhoneNumbers: [] })
    })

    /** Of the older and of the newer generation of the program. */
    const SERVICE_ERROR = [255, 254]
    const missing = ['--topic-arn', topicArnOf('missing')]
    const refusals = [
      {
        name: 'a missing topic',
        args: ['publish', ...missing, '--message', 'm'],
        says: /\(NotFound\) when calling the Publish operation: Topic does not exist$/m,
      },
      {
        name: 'a bad name',
        args: ['create-topic', '--name', 'a.b'],
        says: /\(InvalidParameter\) when calling the CreateTopic operation: Invalid parameter: Topic Name$/m,
      },
      {
        name: 'a bad message attribute',
        args: [
          'publish',
          ...missing,
          '--message',
          'm',
          '--message-attributes',
          '{"a":{"DataType":"Text","StringValue":"v"}}',
        ],
        says: /\(ParameterValueInvalid\) when calling the Publish operation: The message attribute 'a' has an invalid/,
      },
      {
        name: 'an unknown token',
        args: ['confirm-subscription', ...missing, '--token', '0'.repeat(288)],
        says: /\(InvalidParameter\) when calling the ConfirmSubscription operation: Invalid parameter: Token$/m,
      },
      {
        name: 'an unknown number of the sandbox',
        args: ['verify-sms-sandbox-phone-number', '--phone-number', '+491700000000', '--one-time-password', '12345'],
        says: /\(ResourceNotFound\) when calling the VerifySMSSandboxPhoneNumber operation: Resource does not exist$/m,
      },
    ]
    for (const { name, args, says } of refusals) {
      test(`${name} as an error with its code and sentence`, async () => {
        const { code, stdout, stderr } = await cli.run('sns', ...(args as [string, ...string[]]))
        assert.match(stderr, says)
        assert.equal(stdout, '')
        assert.ok(SERVICE_ERROR.includes(code), `exits with ${code}`)
      })
    }
  })

  test('has used every operation of SNS', () => {
    const used = [...cli.used].filter((command) => command.startsWith('sns ')).sort()
    const operations = [...loadModel('sns').operations.keys()].map((name) => `sns ${commandOf(name)}`).sort()
    assert.deepEqual(used, operations)
  })
})
