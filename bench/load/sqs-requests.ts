/** SQS requests as the JavaScript SDK sends them: AWS JSON 1.0. */
import { BATCH_ENTRIES, type Call, type FixedCall, messageBody, requestMaker } from './sdk-requests.ts'

/** Makes requests of one operation. */
function operationMaker(host: string, operation: string): (input: object) => string {
  const make = requestMaker({
    service: 'sqs',
    host,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${operation}`,
      'x-amzn-query-mode': 'true',
    },
    alsoSigned: 'x-amz-target;x-amz-user-agent;x-amzn-query-mode',
  })
  return (input) => make(JSON.stringify(input))
}

/** A message as far as a receiver here needs it. */
export interface Received {
  readonly ReceiptHandle: string
  readonly Body: string
}

export const readMessages = (answer: Buffer): readonly Received[] =>
  (JSON.parse(answer.toString()) as { Messages?: Received[] }).Messages ?? []

/** `answer` is that of a batch: entries can fail under a status of 200. */
export function requireNoFailedEntry(answer: Buffer): void {
  if (!answer.includes('"Failed"')) return
  const { Failed = [] } = JSON.parse(answer.toString()) as { Failed?: unknown[] }
  if (Failed.length > 0) throw new Error(`a batch entry failed: ${JSON.stringify(Failed[0])}`)
}

/** Requests to one queue. `host` is the value of the Host header. */
export class QueueRequests {
  readonly #host: string
  readonly #queue: { readonly QueueUrl: string }
  readonly #delete: (input: object) => string
  readonly #deleteBatch: (input: object) => string

  constructor(host: string, queueUrl: string) {
    this.#host = host
    this.#queue = { QueueUrl: queueUrl }
    this.#delete = operationMaker(host, 'DeleteMessage')
    this.#deleteBatch = operationMaker(host, 'DeleteMessageBatch')
  }

  send(body = messageBody()): FixedCall {
    return this.#fixed('SendMessage', { MessageBody: body })
  }

  sendFifo(group: string, deduplication: string): FixedCall {
    const input = { MessageBody: messageBody(), MessageGroupId: group, MessageDeduplicationId: deduplication }
    return this.#fixed('SendMessage', input)
  }

  sendBatch(): Call {
    const Entries = Array.from({ length: BATCH_ENTRIES }, (_, n) => ({ Id: `${n}`, MessageBody: messageBody() }))
    return this.#fixed('SendMessageBatch', { Entries })
  }

  receive(limit: number, waitSeconds = 0): Call {
    return this.#fixed('ReceiveMessage', { MaxNumberOfMessages: limit, WaitTimeSeconds: waitSeconds })
  }

  delete({ ReceiptHandle }: Received): Call {
    return { operation: 'DeleteMessage', data: this.#delete({ ...this.#queue, ReceiptHandle }) }
  }

  deleteBatch(messages: readonly Received[]): Call {
    const Entries = messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }))
    return { operation: 'DeleteMessageBatch', data: this.#deleteBatch({ ...this.#queue, Entries }) }
  }

  #fixed(operation: string, input: object): FixedCall {
    const make = operationMaker(this.#host, operation)
    return { operation, data: Buffer.from(make({ ...this.#queue, ...input }), 'latin1') }
  }
}
