/**
 * What the conformance tests of SNS share: a node in this process, the official clients, and short names for what every
 * test does. Time passes only by `advance`.
 */
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { type PublishCommandInput, type PublishCommandOutput, SNS } from '@aws-sdk/client-sns'
import { type Message, type ReceiveMessageCommandInput, SQS } from '@aws-sdk/client-sqs'
import { type Config, configWith } from '../../../src/kernel/config/config.ts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'

type Attributes = Readonly<Record<string, string>>

export const ACCOUNT = '000000000000'
export const OTHER_ACCOUNT = '111111111111'

/** The ARNs of what may not exist. */
export const topicArnOf = (name: string) => `arn:aws:sns:us-east-1:${ACCOUNT}:${name}`
export const queueArnOf = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`

export interface Queue {
  readonly url: string
  readonly arn: string
}

/** A Notification as a queue gets it. */
export interface Envelope {
  readonly Type: string
  readonly MessageId: string
  readonly TopicArn: string
  readonly Subject?: string
  readonly Message: string
  readonly Timestamp: string
  readonly MessageAttributes?: Readonly<Record<string, { readonly Type: string; readonly Value: string }>>
  readonly [member: string]: unknown
}

export interface ClientIdentity {
  /** Twelve digits; without, the node's default account. */
  readonly accountId?: string
  readonly region?: string
}

export const clientsOf = (url: string, { accountId = 'test', region = 'us-east-1' }: ClientIdentity = {}) => {
  const credentials = { accessKeyId: accountId, secretAccessKey: 'test' }
  const options = { endpoint: url, region, maxAttempts: 1, credentials }
  return { sns: new SNS(options), sqs: new SQS(options) }
}

export class SnsFixture {
  readonly node: TestNode
  readonly sns: SNS
  readonly sqs: SQS
  #names = 0
  readonly #clients: (SNS | SQS)[] = []

  constructor(node: TestNode) {
    this.node = node
    const { sns, sqs } = this.clientsFor({})
    this.sns = sns
    this.sqs = sqs
  }

  /** Clients of another account or in another region, for as long as the fixture lives. */
  clientsFor(who: ClientIdentity): { sns: SNS; sqs: SQS } {
    const clients = clientsOf(this.node.url, who)
    this.#clients.push(clients.sns, clients.sqs)
    return clients
  }

  /** Moves the node's clock forward. */
  advance(seconds: number): void {
    this.node.clock.shift(seconds * 1000)
  }

  newName(kind = 'topic'): string {
    this.#names++
    return `${kind}-${this.#names}`
  }

  /** Creates a standard topic under a name of its own; resolves to its ARN. */
  async createTopic(attributes: Attributes = {}, name = this.newName()): Promise<string> {
    const { TopicArn } = await this.sns.createTopic({ Name: name, Attributes: { ...attributes } })
    return TopicArn as string
  }

  createFifoTopic(attributes: Attributes = {}): Promise<string> {
    return this.createTopic({ FifoTopic: 'true', ...attributes }, `${this.newName()}.fifo`)
  }

  async createQueue(attributes: Attributes = {}, name = this.newName('queue')): Promise<Queue> {
    const { QueueUrl } = await this.sqs.createQueue({ QueueName: name, Attributes: { ...attributes } })
    return { url: QueueUrl as string, arn: queueArnOf(name) }
  }

  createFifoQueue(attributes: Attributes = {}): Promise<Queue> {
    return this.createQueue({ FifoQueue: 'true', ...attributes }, `${this.newName('queue')}.fifo`)
  }

  /** Resolves to the subscription's ARN, also if it has to be confirmed. */
  async subscribe(
    topicArn: string,
    protocol: string,
    endpoint: string | undefined,
    attributes?: Attributes,
  ): Promise<string> {
    const { SubscriptionArn } = await this.sns.subscribe({
      TopicArn: topicArn,
      Protocol: protocol,
      Endpoint: endpoint,
      Attributes: attributes && { ...attributes },
      ReturnSubscriptionArn: true,
    })
    return SubscriptionArn as string
  }

  /** Subscribes a queue, a new one unless it is given. */
  async subscribeQueue(
    topicArn: string,
    attributes: Attributes = {},
    queue?: Queue,
  ): Promise<Queue & { subscriptionArn: string }> {
    const target = queue ?? (await this.createQueue())
    return { ...target, subscriptionArn: await this.subscribe(topicArn, 'sqs', target.arn, attributes) }
  }

  publish(
    topicArn: string,
    message: string,
    options: Partial<PublishCommandInput> = {},
  ): Promise<PublishCommandOutput> {
    return this.sns.publish({ TopicArn: topicArn, Message: message, ...options })
  }

  /** Up to ten messages with everything they have. */
  async receive(
    { url }: Pick<Queue, 'url'>,
    options: Partial<ReceiveMessageCommandInput> = {},
  ): Promise<ReceivedMessage[]> {
    const { Messages = [] } = await this.sqs.receiveMessage({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
      ...options,
    })
    return Messages as ReceivedMessage[]
  }

  /** Receives the only message that is visible. */
  async receiveOne(queue: Pick<Queue, 'url'>): Promise<ReceivedMessage> {
    const messages = await this.receive(queue)
    assert.equal(messages.length, 1)
    return messages[0] as ReceivedMessage
  }

  async bodies(queue: Pick<Queue, 'url'>): Promise<string[]> {
    return (await this.receive(queue)).map(({ Body }) => Body)
  }

  /** The documents that are visible in a queue. */
  async envelopes(queue: Pick<Queue, 'url'>): Promise<Envelope[]> {
    return (await this.bodies(queue)).map((body) => JSON.parse(body) as Envelope)
  }

  /** What the outbox has for a mail address, a phone or the token of a device, the newest first, once it is so much. */
  async outbox(to: string, count = 1): Promise<OutboxItem[]> {
    for (;;) {
      const answer = await fetch(`${this.node.url}/_millrace/outbox?${new URLSearchParams({ to })}`)
      const { items } = (await answer.json()) as { items: OutboxItem[] }
      if (items.length >= count) return items
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.node.stop()
  }
}

export interface OutboxItem {
  readonly channel: string
  readonly account: string
  readonly region: string
  readonly destination: string
  readonly content: Readonly<Record<string, unknown>>
}

export type ReceivedMessage = Message & { readonly Body: string; readonly Attributes: Record<string, string> }

/** The defaults of the options of SNS, with some of them replaced. */
export const withOptions = (options: Partial<Config['sns']>): Pick<Config, 'sns'> => ({
  sns: { ...configWith().sns, ...options },
})

/** Starts the node that the tests of a file share; it stops after the last of them. */
export async function startSns(config: Partial<Config> = {}): Promise<SnsFixture> {
  const fixture = new SnsFixture(await startNode(config))
  after(() => fixture.close())
  return fixture
}

/** For `assert.rejects`: the error as the client shows it, by its code on the wire. */
export const refusal =
  (code: string, message: string | RegExp, status = 400) =>
  (error: unknown) => {
    const {
      Code,
      message: told,
      $metadata,
    } = error as { Code: string; message: string; $metadata: { httpStatusCode: number } }
    assert.equal(Code, code, told)
    if (typeof message === 'string') assert.equal(told, message)
    else assert.match(told, message)
    assert.equal($metadata.httpStatusCode, status)
    return true
  }

export const invalidParameter = (what: string | RegExp) =>
  refusal('InvalidParameter', typeof what === 'string' ? `Invalid parameter: ${what}` : what)

/** Where the sentence goes on in words that are not on record. */
export const invalidParameterBeginning = (what: string) =>
  invalidParameter(new RegExp(`^Invalid parameter: ${what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`))

export const notFound = (noun: string) => refusal('NotFound', `${noun} does not exist`, 404)
