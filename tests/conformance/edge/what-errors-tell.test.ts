/** What errors repeat of a request is bounded, and they have nothing of the runtime's own; what is shown has no passwords. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { runProgram } from '../../../src/testing/node.ts'
import { startSns } from '../sns/support.ts'

const fixture = await startSns()
const { sns, node } = fixture
const topic = await fixture.createTopic()
const queue = await fixture.createQueue()
const other = await fixture.createQueue()
const subscription = await fixture.subscribe(topic, 'sqs', queue.arn)

type Input = Readonly<Record<string, unknown>>

/** A call of SQS in JSON. */
async function call(operation: string, input: Input | string) {
  const answer = await fetch(node.url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  })
  return { status: answer.status, text: await answer.text() }
}

/** A call of either service in the Query protocol. */
async function query(parameters: Readonly<Record<string, string>>, version = '2010-03-31') {
  const body = new URLSearchParams({ Version: version, ...parameters })
  const answer = await fetch(node.url, { method: 'POST', body })
  return { status: answer.status, text: await answer.text() }
}
const SQS_VERSION = '2012-11-05'

type Request = (value: string) => Promise<{ status: number; text: string }>

const setQueue = (name: string): Request => {
  return (value) => call('SetQueueAttributes', { QueueUrl: queue.url, Attributes: { [name]: value } })
}
const setTopic = (name: string): Request => {
  return (value) => query({ Action: 'SetTopicAttributes', TopicArn: topic, AttributeName: name, AttributeValue: value })
}
const setSubscription = (name: string): Request => {
  const to = { Action: 'SetSubscriptionAttributes', SubscriptionArn: subscription }
  return (value) => query({ ...to, AttributeName: name, AttributeValue: value })
}
const publish = (name: string): Request => {
  return (value) => query({ Action: 'Publish', TopicArn: topic, Message: 'm', [name]: value })
}

const requests: Readonly<Record<string, Request>> = {
  'a queue’s RedrivePolicy': setQueue('RedrivePolicy'),
  'a queue’s RedriveAllowPolicy': setQueue('RedriveAllowPolicy'),
  'a queue’s Policy': setQueue('Policy'),
  'a queue’s DelaySeconds': setQueue('DelaySeconds'),
  'a queue’s FifoQueue': setQueue('FifoQueue'),
  'a redrive target': (value) =>
    setQueue('RedrivePolicy')(JSON.stringify({ deadLetterTargetArn: value, maxReceiveCount: 1 })),
  'a receive count': (value) =>
    setQueue('RedrivePolicy')(JSON.stringify({ deadLetterTargetArn: other.arn, maxReceiveCount: value })),
  'a queue’s attribute': (value) => setQueue(value)('1'),
  'a queue’s name': (QueueName) => call('CreateQueue', { QueueName }),
  'a queue’s URL': (QueueUrl) => call('SendMessage', { QueueUrl, MessageBody: 'm' }),
  'a receipt handle': (ReceiptHandle) => call('DeleteMessage', { QueueUrl: queue.url, ReceiptHandle }),
  'a label': (Label) => call('RemovePermission', { QueueUrl: queue.url, Label }),
  'an action': (value) =>
    call('AddPermission', { QueueUrl: queue.url, Label: 'l', AWSAccountIds: ['111111111111'], Actions: [value] }),
  'a group id': (MessageGroupId) => call('SendMessage', { QueueUrl: queue.url, MessageBody: 'm', MessageGroupId }),
  'a task handle': (TaskHandle) => call('CancelMessageMoveTask', { TaskHandle }),
  'a move task’s source': (SourceArn) => call('StartMessageMoveTask', { SourceArn }),
  'a token': (NextToken) => call('ListQueues', { NextToken, MaxResults: 1 }),
  'an attribute’s name': (value) =>
    call('SendMessage', {
      QueueUrl: queue.url,
      MessageBody: 'm',
      MessageAttributes: { [value]: { DataType: 'String', StringValue: 'v' } },
    }),
  'an id in a batch': (Id) => call('SendMessageBatch', { QueueUrl: queue.url, Entries: [{ Id, MessageBody: 'm' }] }),
  'a body in JSON': (value) => call('ListQueues', value),
  'an operation': (value) => query({ Action: value }),
  'an operation of SQS': (value) => query({ Action: value }, SQS_VERSION),
  'a queue’s policy, in Query': (value) =>
    query(
      {
        Action: 'SetQueueAttributes',
        QueueUrl: queue.url,
        'Attribute.1.Name': 'RedrivePolicy',
        'Attribute.1.Value': value,
      },
      SQS_VERSION,
    ),
  'a topic’s name': (Name) => query({ Action: 'CreateTopic', Name }),
  'a topic’s ARN': (TopicArn) => query({ Action: 'GetTopicAttributes', TopicArn }),
  'a topic’s Policy': setTopic('Policy'),
  'a topic’s DeliveryPolicy': setTopic('DeliveryPolicy'),
  'a topic’s attribute': (value) => setTopic(value)('1'),
  'a data protection policy': (DataProtectionPolicy) =>
    query({ Action: 'PutDataProtectionPolicy', ResourceArn: topic, DataProtectionPolicy }),
  'a subscription’s FilterPolicy': setSubscription('FilterPolicy'),
  'a subscription’s RedrivePolicy': setSubscription('RedrivePolicy'),
  'a subscription’s DeliveryPolicy': setSubscription('DeliveryPolicy'),
  'a subscription’s ReplayPolicy': setSubscription('ReplayPolicy'),
  'a subscription’s RawMessageDelivery': setSubscription('RawMessageDelivery'),
  'a protocol': (Protocol) => query({ Action: 'Subscribe', TopicArn: topic, Protocol, Endpoint: 'e' }),
  'an address': (Endpoint) => query({ Action: 'Subscribe', TopicArn: topic, Protocol: 'https', Endpoint }),
  'a number to subscribe': (Endpoint) => query({ Action: 'Subscribe', TopicArn: topic, Protocol: 'sms', Endpoint }),
  'a number': (PhoneNumber) => query({ Action: 'Publish', Message: 'm', PhoneNumber }),
  'a subject': publish('Subject'),
  'a structure': publish('MessageStructure'),
  'a structured message': (Message) => query({ Action: 'Publish', TopicArn: topic, MessageStructure: 'json', Message }),
  'a platform': (Platform) => query({ Action: 'CreatePlatformApplication', Name: 'n', Platform }),
  'a token of a confirmation': (Token) => query({ Action: 'ConfirmSubscription', TopicArn: topic, Token }),
}

/** Of V8, Node.js and OpenSSL. */
const RUNTIME =
  /Unexpected token|Unexpected end of|" is not valid JSON|in JSON at|Invalid URL|ERR_|node:|OpenSSL|DECODER|error:[0-9A-F]{8}|Cannot read|undefined|\[object|RangeError|TypeError|SyntaxError/

/** Texts that are no JSON, or end in the middle, in every way that a parser may complain of. */
const malformed = [
  '{',
  '{"a"',
  '{"a":',
  '[1,',
  '"a',
  'x',
  '{"a":1}}',
  "{'a':1}",
  '{"a":"\\u00zz"}',
  '1e',
  '{"a":\u0001}',
  '\ufeff{',
]

describe('a request of a quarter of a megabyte', () => {
  for (const [name, request] of Object.entries(requests)) {
    test(`is not repeated: ${name}`, async () => {
      for (const value of ['x'.repeat(250_000), `{"a":"${'x'.repeat(250_000)}"}`]) {
        const { status, text } = await request(value)
        assert.ok(status < 500, text.slice(0, 300))
        assert.ok(text.length < 8192, `${text.length} characters: ${text.slice(0, 100)}`)
      }
    })
  }
})

describe('a malformed document', () => {
  for (const [name, request] of Object.entries(requests)) {
    test(`is refused in the service’s own words: ${name}`, async () => {
      for (const value of malformed) {
        const { status, text } = await request(value)
        assert.ok(status < 500, text)
        if (status >= 400) assert.doesNotMatch(text.replaceAll(value, ''), RUNTIME, value)
      }
    })
  }
})

describe('a password in an endpoint', () => {
  test('is never shown, and is what the endpoint is called with', async () => {
    const Endpoint = 'https://user:pass%40word@some.invalid/hook?a=b'
    const shown = 'https://user:****@some.invalid/hook?a=b'
    const arn = await fixture.subscribe(topic, 'https', Endpoint)
    const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn: arn })
    assert.equal(Attributes?.Endpoint, shown)
    for (const list of [sns.listSubscriptions({}), sns.listSubscriptionsByTopic({ TopicArn: topic })]) {
      const { Subscriptions = [] } = await list
      assert.ok(Subscriptions.some(({ Endpoint }) => Endpoint === shown))
      assert.doesNotMatch(JSON.stringify(Subscriptions), /pass/)
    }
    // It is the same subscription if it is the same endpoint, its password included.
    assert.equal(await fixture.subscribe(topic, 'https', Endpoint), arn)
    assert.notEqual(await fixture.subscribe(topic, 'https', Endpoint.replace('word', 'other')), arn)
  })

  test('credentials of platforms are not shown', async () => {
    const { PlatformApplicationArn } = await sns.createPlatformApplication({
      Name: 'app',
      Platform: 'GCM',
      Attributes: { PlatformPrincipal: 'secret-principal', PlatformCredential: 'secret-credential' },
    })
    const { Attributes } = await sns.getPlatformApplicationAttributes({ PlatformApplicationArn })
    const { PlatformApplications } = await sns.listPlatformApplications({})
    assert.doesNotMatch(JSON.stringify([Attributes, PlatformApplications]), /secret/)
  })
})

for (const args of [
  ['--store', 'postgers://user:secret@host/database'],
  ['--smtp-url', 'smpt://user:secret@host'],
  ['--public-url', 'ftp://user:secret@host'],
  ['--sns-sms-webhook-url', 'ftp://user:secret@host'],
]) {
  test(`${args[0]} that can’t be used is not repeated with its password`, async () => {
    const { code, stdout, stderr } = await runProgram(args)
    assert.equal(code, 2)
    assert.match(stderr, /user:\*\*\*\*@host/)
    assert.doesNotMatch(stdout + stderr, /secret/)
  })
}

test('a database that isn’t there is named without its password', async () => {
  const { code, stdout, stderr } = await runProgram([
    '--store',
    'postgres://user:secret@127.0.0.1:1/database',
    '--port',
    '0',
  ])
  assert.equal(code, 1)
  assert.doesNotMatch(stdout + stderr, /secret/)
})
