/**
 * What the conformance tests of SQS share: a node in this process, the official client, and short names for what every
 * test does. Time passes only by `advance`.
 */
import assert from 'node:assert/strict'
import { after } from 'node:test'
import {
  type Message,
  type ReceiveMessageCommandInput,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
  SQS,
} from '@aws-sdk/client-sqs'
import { type Config, configWith } from '../../../src/kernel/config/config.ts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'

type Attributes = Readonly<Record<string, string>>

export interface JsonAnswer {
  readonly status: number
  /** `x-amzn-query-error`: the public code and whose fault it is. */
  readonly queryError: string | null
  readonly text: string
  readonly body: Record<string, unknown>
}

export class SqsFixture {
  readonly node: TestNode
  readonly sqs: SQS
  #queues = 0
  readonly #others: SQS[] = []

  constructor(node: TestNode) {
    this.node = node
    this.sqs = clientOf(node.url)
  }

  /** A client of another account or in another region, for as long as the fixture lives. */
  clientFor(who: ClientIdentity): SQS {
    const client = clientOf(this.node.url, who)
    this.#others.push(client)
    return client
  }

  /** Moves the node's clock forward. */
  advance(seconds: number): void {
    this.node.clock.shift(seconds * 1000)
  }

  /** Creates a standard queue under a name of its own; resolves to its URL. */
  async createQueue(attributes: Attributes = {}, name = this.newName()): Promise<string> {
    const { QueueUrl } = await this.sqs.createQueue({ QueueName: name, Attributes: { ...attributes } })
    return QueueUrl as string
  }

  createFifoQueue(attributes: Attributes = {}): Promise<string> {
    return this.createQueue({ FifoQueue: 'true', ...attributes }, `${this.newName()}.fifo`)
  }

  newName(): string {
    this.#queues++
    return `queue-${this.#queues}`
  }

  send(
    queueUrl: string,
    body: string,
    options: Partial<SendMessageCommandInput> = {},
  ): Promise<SendMessageCommandOutput> {
    return this.sqs.sendMessage({ QueueUrl: queueUrl, MessageBody: body, ...options })
  }

  /** Sends to a FIFO queue messages that are named `<group>-<rest>`, one after the other, each once. */
  async sendInGroups(queueUrl: string, ...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const group = name.split('-', 1)[0] as string
      await this.send(queueUrl, name, { MessageGroupId: group, MessageDeduplicationId: name })
    }
  }

  /** Up to ten messages unless told otherwise. */
  async receive(queueUrl: string, options: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
    const { Messages } = await this.sqs.receiveMessage({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, ...options })
    return Messages ?? []
  }

  /** Receives the only message that is visible. */
  async receiveOne(queueUrl: string, options: Partial<ReceiveMessageCommandInput> = {}): Promise<ReceivedMessage> {
    const messages = await this.receive(queueUrl, { MessageSystemAttributeNames: ['All'], ...options })
    assert.equal(messages.length, 1)
    return messages[0] as ReceivedMessage
  }

  async bodies(queueUrl: string, options: Partial<ReceiveMessageCommandInput> = {}): Promise<(string | undefined)[]> {
    return (await this.receive(queueUrl, options)).map(({ Body }) => Body)
  }

  delete(queueUrl: string, { ReceiptHandle }: Message) {
    return this.sqs.deleteMessage({ QueueUrl: queueUrl, ReceiptHandle })
  }

  changeVisibility(queueUrl: string, { ReceiptHandle }: Message, seconds: number) {
    return this.sqs.changeMessageVisibility({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: seconds })
  }

  async attribute(queueUrl: string, name: string): Promise<string | undefined> {
    const { Attributes } = await this.sqs.getQueueAttributes({ QueueUrl: queueUrl, AttributeNames: [name as 'All'] })
    return Attributes?.[name as 'QueueArn']
  }

  arnOf(queueUrl: string): Promise<string> {
    return this.attribute(queueUrl, 'QueueArn') as Promise<string>
  }

  /** The approximate counts, which are exact here. */
  async depth(queueUrl: string): Promise<{ visible: number; inFlight: number; delayed: number }> {
    const { Attributes = {} } = await this.sqs.getQueueAttributes({ QueueUrl: queueUrl, AttributeNames: ['All'] })
    return {
      visible: Number(Attributes.ApproximateNumberOfMessages),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
    }
  }

  /** A request as it goes over the wire, for what the client can't or won't send. */
  async json(operation: string, input: unknown, headers: Readonly<Record<string, string>> = {}): Promise<JsonAnswer> {
    const answer = await fetch(this.node.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `AmazonSQS.${operation}`,
        ...headers,
      },
      body: JSON.stringify(input),
    })
    const text = await answer.text()
    return { status: answer.status, queryError: answer.headers.get('x-amzn-query-error'), text, body: JSON.parse(text) }
  }

  /** A request in the Query protocol; resolves to the XML. */
  async query(parameters: Readonly<Record<string, string | undefined>>): Promise<{ status: number; xml: string }> {
    const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
    const answer = await fetch(this.node.url, { method: 'POST', body: new URLSearchParams(given) })
    return { status: answer.status, xml: await answer.text() }
  }

  async close(): Promise<void> {
    for (const client of [this.sqs, ...this.#others]) client.destroy()
    await this.node.stop()
  }
}

/** A message with the system attributes that were asked for. */
export type ReceivedMessage = Message & { readonly Attributes: Record<string, string>; readonly ReceiptHandle: string }

export interface ClientIdentity {
  /** Twelve digits; without, the node's default account. */
  readonly accountId?: string
  readonly region?: string
}

export const clientOf = (url: string, { accountId = 'test', region = 'us-east-1' }: ClientIdentity = {}): SQS =>
  new SQS({ endpoint: url, region, maxAttempts: 1, credentials: { accessKeyId: accountId, secretAccessKey: 'test' } })

/** The defaults of the options of SQS, with some of them replaced. */
export const withOptions = (options: Partial<Config['sqs']>): Pick<Config, 'sqs'> => ({
  sqs: { ...configWith().sqs, ...options },
})

/** Starts the node that the tests of a file share; it stops after the last of them. */
export async function startSqs(config: Partial<Config> = {}): Promise<SqsFixture> {
  const fixture = new SqsFixture(await startNode(config))
  after(() => fixture.close())
  return fixture
}

/** For `assert.rejects`: the error as the client shows it, by its public code. */
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

export const invalidValue = (parameter: string, value: unknown, reason: string) =>
  refusal('InvalidParameterValue', `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`)
