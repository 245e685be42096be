/**
 * Every way in which a copy can fail for good: it ends in the dead-letter queue if there is one, is counted, and is a line
 * of the log. On a node that is a process, since its log is looked at.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import type { MessageAttributeValue } from '@aws-sdk/client-sns'
import { SMTPServer } from 'smtp-server'
import { spawnNode } from '../../../src/testing/node.ts'
import { eventually, metric, openEndpoint, retryPolicy } from './outside.ts'
import { ACCOUNT, clientsOf, queueArnOf } from './support.ts'

/** The mail server: what it was sent, and whether it has the mailboxes. */
const mails: string[] = []
let hasMailboxes = true

const mailServer = new SMTPServer({
  disabledCommands: ['STARTTLS'],
  authOptional: true,
  onRcptTo: (_, __, done) =>
    done(hasMailboxes ? null : Object.assign(new Error('no such mailbox'), { responseCode: 550 })),
  onData: async (stream, _, done) => {
    mails.push((await stream.setEncoding('utf8').toArray()).join('').replace(/=\r\n/g, '').replaceAll('=3D', '='))
    done()
  },
})
mailServer.on('error', () => {})
mailServer.listen(0, '127.0.0.1')
await once(mailServer.server, 'listening')
const smtpUrl = `smtp://127.0.0.1:${(mailServer.server.address() as AddressInfo).port}`

const node = await spawnNode({ args: ['--log-level', 'info', '--smtp-url', smtpUrl, '--sqs-recreate-wait', 'off'] })
const { sns, sqs } = clientsOf(node.url)
after(async () => {
  sns.destroy()
  sqs.destroy()
  await node.kill()
  mailServer.close()
})

let names = 0
const newName = () => `n${++names}`

interface Queue {
  readonly url: string
  readonly arn: string
}

async function createQueue(attributes: Record<string, string> = {}): Promise<Queue> {
  const name = `${newName()}${attributes.FifoQueue ? '.fifo' : ''}`
  const { QueueUrl = '' } = await sqs.createQueue({ QueueName: name, Attributes: attributes })
  return { url: QueueUrl, arn: queueArnOf(name) }
}

async function createTopic(attributes: Record<string, string> = {}): Promise<string> {
  const { TopicArn = '' } = await sns.createTopic({
    Name: `${newName()}${attributes.FifoTopic ? '.fifo' : ''}`,
    Attributes: attributes,
  })
  return TopicArn
}

/** Resolves to the subscription's ARN. */
async function subscribe(
  TopicArn: string,
  Protocol: string,
  Endpoint: string,
  deadLetters: Queue | undefined,
  attributes: Record<string, string> = {},
): Promise<string> {
  const RedrivePolicy = deadLetters && JSON.stringify({ deadLetterTargetArn: deadLetters.arn })
  const { SubscriptionArn = '' } = await sns.subscribe({
    TopicArn,
    Protocol,
    Endpoint,
    ReturnSubscriptionArn: true,
    Attributes: { ...attributes, ...(RedrivePolicy !== undefined && { RedrivePolicy }) },
  })
  return SubscriptionArn
}

/** A copy that is to fail: what the log calls its target, and what makes it. */
interface Doomed {
  readonly target: string
  publish(): Promise<unknown>
}

interface Case {
  readonly name: string
  readonly protocol: string
  /** What the dead-letter queue gets; `lost` if it takes nothing. Without one there is `none`. */
  readonly letter: 'raw' | 'document' | 'lost' | 'none'
  readonly reason: RegExp
  readonly deadLetters?: Record<string, string>
  arrange(deadLetters: Queue | undefined): Promise<Doomed>
}

const RAW = { RawMessageDelivery: 'true' }
const MESSAGE = 'the message'

const string = (StringValue: string, DataType = 'String'): MessageAttributeValue => ({ DataType, StringValue })

/** A raw subscription of a queue that is there, and a message that it can't take. */
const unfit = (name: string, reason: RegExp, attributes: MessageAttributeValue[], Message = MESSAGE): Case => ({
  name: `raw, ${name}`,
  protocol: 'sqs',
  letter: 'document',
  reason,
  async arrange(deadLetters) {
    const TopicArn = await createTopic()
    const target = await subscribe(TopicArn, 'sqs', (await createQueue()).arn, deadLetters, RAW)
    const MessageAttributes = Object.fromEntries(attributes.map((value, at) => [`a${at}`, value]))
    return { target, publish: () => sns.publish({ TopicArn, Message, MessageAttributes }) }
  },
})

function toMissingQueue(attributes: Record<string, string>) {
  return async (deadLetters: Queue | undefined): Promise<Doomed> => {
    const topic = await createTopic()
    const queue = await createQueue()
    const target = await subscribe(topic, 'sqs', queue.arn, deadLetters, attributes)
    await sqs.deleteQueue({ QueueUrl: queue.url })
    return { target, publish: () => sns.publish({ TopicArn: topic, Message: MESSAGE }) }
  }
}

function toEndpoint(status: number) {
  return async (deadLetters: Queue | undefined): Promise<Doomed> => {
    const topic = await createTopic()
    const endpoint = await openEndpoint()
    const DeliveryPolicy = retryPolicy({ numRetries: 1, numNoDelayRetries: 1 })
    const target = await subscribe(topic, 'http', endpoint.url, deadLetters, { DeliveryPolicy })
    await sns.confirmSubscription({ TopicArn: topic, Token: (await endpoint.nextDocument()).Token })
    endpoint.answer = () => status
    return { target, publish: () => sns.publish({ TopicArn: topic, Message: MESSAGE }) }
  }
}

/** A device that is subscribed, and then is no more. */
function toDevice(spoil: (EndpointArn: string) => Promise<unknown>) {
  return async (deadLetters: Queue | undefined): Promise<Doomed> => {
    const { PlatformApplicationArn } = await sns.createPlatformApplication({
      Name: newName(),
      Platform: 'GCM',
      Attributes: { PlatformCredential: 'key' },
    })
    const { EndpointArn = '' } = await sns.createPlatformEndpoint({ PlatformApplicationArn, Token: newName() })
    const topic = await createTopic()
    const target = await subscribe(topic, 'application', EndpointArn, deadLetters)
    await spoil(EndpointArn)
    return { target, publish: () => sns.publish({ TopicArn: topic, Message: MESSAGE }) }
  }
}

const optOut = (phoneNumber: string) =>
  fetch(`${node.url}/_millrace/sns/opt-outs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phoneNumber }),
  })

async function toFifoQueue(deadLetters: Queue | undefined, replay: boolean): Promise<Doomed> {
  const topic = await createTopic({ FifoTopic: 'true', ArchivePolicy: '{"MessageRetentionPeriod":"1"}' })
  const queue = await createQueue({ FifoQueue: 'true' })
  const publish = () =>
    sns.publish({ TopicArn: topic, Message: MESSAGE, MessageGroupId: 'g', MessageDeduplicationId: newName() })
  if (replay) await publish()
  const target = await subscribe(topic, 'sqs', queue.arn, deadLetters)
  await sqs.deleteQueue({ QueueUrl: queue.url })
  const ReplayPolicy = JSON.stringify({ PointType: 'Timestamp', StartingPoint: new Date(0).toISOString() })
  const set = { SubscriptionArn: target, AttributeName: 'ReplayPolicy', AttributeValue: ReplayPolicy }
  return { target, publish: replay ? () => sns.setSubscriptionAttributes(set) : publish }
}

const NO_QUEUE = /queue does not exist/

const cases: readonly Case[] = [
  unfit('an attribute with a control character', /character/, [string('a\u0001b')]),
  unfit('a number of 39 digits', /to a number/, [string('1'.repeat(39), 'Number')]),
  unfit(
    'eleven attributes',
    /exceeds the allowed maximum/,
    Array.from({ length: 11 }, () => string('v')),
  ),
  unfit('a type of 300 characters', /type must be shorter/, [string('v', `String.${'x'.repeat(300)}`)]),
  unfit('a text with a control character', /characters/, [], `\u0001${MESSAGE}`),
  { name: 'raw, no queue', protocol: 'sqs', letter: 'raw', reason: NO_QUEUE, arrange: toMissingQueue(RAW) },
  { name: 'no queue', protocol: 'sqs', letter: 'document', reason: NO_QUEUE, arrange: toMissingQueue({}) },
  {
    name: 'a queue of smaller messages',
    protocol: 'sqs',
    letter: 'document',
    reason: /1024 bytes/,
    async arrange(deadLetters) {
      const topic = await createTopic()
      const { arn } = await createQueue({ MaximumMessageSize: '1024' })
      const target = await subscribe(topic, 'sqs', arn, deadLetters)
      return { target, publish: () => sns.publish({ TopicArn: topic, Message: MESSAGE.padEnd(2000) }) }
    },
  },
  {
    name: 'no FIFO queue',
    protocol: 'sqs',
    letter: 'document',
    reason: NO_QUEUE,
    deadLetters: { FifoQueue: 'true' },
    arrange: (deadLetters) => toFifoQueue(deadLetters, false),
  },
  {
    name: 'a replay without its queue',
    protocol: 'sqs',
    letter: 'document',
    reason: NO_QUEUE,
    deadLetters: { FifoQueue: 'true' },
    arrange: (deadLetters) => toFifoQueue(deadLetters, true),
  },
  { name: 'HTTP 404', protocol: 'http', letter: 'document', reason: /answered 404/, arrange: toEndpoint(404) },
  {
    name: 'HTTP 503 until the last retry',
    protocol: 'http',
    letter: 'document',
    reason: /answered 503/,
    arrange: toEndpoint(503),
  },
  {
    name: 'a mailbox that is gone',
    protocol: 'email',
    letter: 'document',
    reason: /no such mailbox/,
    async arrange(deadLetters) {
      const topic = await createTopic()
      const target = await subscribe(topic, 'email', 'someone@example.com', deadLetters)
      await eventually(async () => mails.length > 0)
      await sns.confirmSubscription({ TopicArn: topic, Token: /Token=([0-9a-f]+)/.exec(mails[0] as string)?.[1] })
      hasMailboxes = false
      return { target, publish: () => sns.publish({ TopicArn: topic, Message: MESSAGE }) }
    },
  },
  {
    name: 'a phone whose owner wants no messages',
    protocol: 'sms',
    letter: 'document',
    reason: /wants no messages/,
    async arrange(deadLetters) {
      const topic = await createTopic()
      const target = await subscribe(topic, 'sms', '+15005550101', deadLetters)
      await optOut('+15005550101')
      return { target, publish: () => sns.publish({ TopicArn: topic, Message: MESSAGE }) }
    },
  },
  {
    name: 'a device that is disabled',
    protocol: 'application',
    letter: 'document',
    reason: /is disabled/,
    arrange: toDevice((EndpointArn) => sns.setEndpointAttributes({ EndpointArn, Attributes: { Enabled: 'false' } })),
  },
  {
    name: 'a device that is gone',
    protocol: 'application',
    letter: 'document',
    reason: /is gone/,
    arrange: toDevice((EndpointArn) => sns.deleteEndpoint({ EndpointArn })),
  },
  {
    name: 'a dead-letter queue of smaller messages',
    protocol: 'sqs',
    letter: 'lost',
    reason: NO_QUEUE,
    deadLetters: { MaximumMessageSize: '1024' },
    async arrange(deadLetters) {
      const topic = await createTopic()
      const target = await subscribe(topic, 'sqs', queueArnOf('nowhere'), deadLetters, RAW)
      return { target, publish: () => sns.publish({ TopicArn: topic, Message: MESSAGE.padEnd(2000) }) }
    },
  },
  {
    name: 'no dead-letter queue where one is named',
    protocol: 'sqs',
    letter: 'lost',
    reason: NO_QUEUE,
    async arrange(deadLetters) {
      const doomed = await toMissingQueue(RAW)(deadLetters)
      await sqs.deleteQueue({ QueueUrl: deadLetters?.url })
      return doomed
    },
  },
  {
    name: 'no dead-letter queue',
    protocol: 'sqs',
    letter: 'none',
    reason: NO_QUEUE,
    arrange: () => toMissingQueue(RAW)(undefined),
  },
  {
    name: 'what data protection keeps from the subscriber, and so from its dead-letter queue',
    protocol: 'sqs',
    letter: 'none',
    reason: /data protection policy/,
    async arrange(deadLetters) {
      const topic = await createTopic()
      const target = await subscribe(topic, 'sqs', (await createQueue()).arn, deadLetters)
      await sns.putDataProtectionPolicy({ ResourceArn: topic, DataProtectionPolicy: denyOutbound })
      return { target, publish: () => sns.publish({ TopicArn: topic, Message: 'write to a@example.com' }) }
    },
  },
  {
    name: 'a text message to a phone whose owner wants none',
    protocol: 'sms',
    letter: 'none',
    reason: /wants no messages/,
    async arrange() {
      const PhoneNumber = '+15005550102'
      await optOut(PhoneNumber)
      const target = `${ACCOUNT}/us-east-1/${PhoneNumber}`
      return { target, publish: () => sns.publish({ PhoneNumber, Message: MESSAGE }) }
    },
  },
]

const denyOutbound = JSON.stringify({
  Name: 'policy',
  Version: '2021-06-01',
  Statement: [
    {
      Sid: 's',
      DataDirection: 'Outbound',
      Principal: ['*'],
      DataIdentifier: ['arn:aws:dataprotection::aws:data-identifier/EmailAddress'],
      Operation: { Deny: {} },
    },
  ],
})

interface LogLine {
  readonly target?: string
  readonly reason: string
  readonly copies: number
  readonly redriven: number
  readonly notRedriven: number
  readonly level: number
}

const WARN = 40

async function loggedOf(target: string): Promise<LogLine[]> {
  const lines = () =>
    node.output.stderr
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.includes(target))
  const found = () =>
    lines()
      .map((line) => JSON.parse(line) as LogLine)
      .filter((line) => line.target === target)
  await eventually(async () => found().length > 0)
  return found()
}

async function counted(protocol: string) {
  const [failed = 0, redriven = 0, lost = 0] = await Promise.all([
    metric(node.url, 'sns_notifications_failed_total', `protocol="${protocol}"`),
    metric(node.url, 'sns_notifications_redriven_total'),
    metric(node.url, 'sns_notifications_failed_to_redrive_total'),
  ])
  return { failed, redriven, lost }
}

/** In what form a queue has the message; undefined if it has none, or isn't there. */
async function letterIn({ url }: Queue): Promise<string | undefined> {
  const { Messages: [message, ...others] = [] } = await sqs
    .receiveMessage({ QueueUrl: url, MaxNumberOfMessages: 10 })
    .catch(() => ({ Messages: [] }))
  assert.deepEqual(others, [])
  if (message === undefined) return undefined
  return message.Body?.startsWith('{"Type":"Notification"') ? 'document' : 'raw'
}

for (const { name, protocol, letter, reason, deadLetters: attributes, arrange } of cases) {
  test(`${name}: ${letter}`, async () => {
    const deadLetters = await createQueue(attributes)
    const { target, publish } = await arrange(deadLetters)
    const before = await counted(protocol)
    await publish()
    const [line, ...others] = (await loggedOf(target)) as [LogLine, ...LogLine[]]
    assert.deepEqual(others, [])
    assert.match(line.reason, reason)
    const redriven = letter === 'raw' || letter === 'document' ? 1 : 0
    const notRedriven = letter === 'lost' ? 1 : 0
    assert.deepEqual([line.copies, line.redriven, line.notRedriven], [1, redriven, notRedriven])
    assert.equal(line.level >= WARN, redriven === 0)
    const { failed, redriven: went, lost } = await counted(protocol)
    assert.deepEqual([failed, went, lost], [before.failed + 1, before.redriven + redriven, before.lost + notRedriven])
    assert.equal(await letterIn(deadLetters), redriven === 0 ? undefined : letter)
  })
}
