/**
 * SQS requests as the JavaScript SDK sends them (AWS JSON 1.0): the same headers at the same lengths, made beforehand.
 * The signature is of the right size but doesn't verify: the server runs in open mode.
 */

/** A request and the operation it counts for. `data` is a Buffer, or latin-1 text where it differs every time. */
export interface Call {
  readonly operation: string
  data: Buffer | string
}

const BODY_BYTES = 200
export const BATCH_ENTRIES = 10

const FILLER = 'The quick brown fox jumps over the lazy dog, and 0123456789 pack my box with five dozen liquor jugs. '
/** `start`, filled up to 200 bytes of plain text. */
export const messageBody = (start = ''): string => (start + FILLER.repeat(2)).slice(0, BODY_BYTES)

/** The head of a request up to the content-length, and what follows it. */
function sdkHead(host: string, operation: string): [string, string] {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
  const signed =
    'amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-target;x-amz-user-agent;x-amzn-query-mode'
  const first = [
    'POST / HTTP/1.1',
    'content-type: application/x-amz-json-1.0',
    `x-amz-target: AmazonSQS.${operation}`,
    'x-amzn-query-mode: true',
    'content-length: ',
  ]
  const rest = [
    '',
    'x-amz-user-agent: aws-sdk-js/3.1168.0',
    'user-agent: aws-sdk-js/3.1168.0 ua/2.1 os/linux#6.18.44 lang/js md/nodejs#24.21.0 api/sqs#3.1168.0 m/N,E,e',
    `host: ${host}`,
    'amz-sdk-invocation-id: 28a5684e-80fe-4de2-96fa-d5fe37f76855',
    'amz-sdk-request: attempt=1; max=3',
    `x-amz-date: ${date}`,
    `x-amz-content-sha256: ${hash}`,
    `authorization: AWS4-HMAC-SHA256 Credential=000000000000/${date.slice(0, 8)}/us-east-1/sqs/aws4_request, SignedHeaders=${signed}, Signature=${hash}`,
    'Connection: keep-alive',
    '\r\n',
  ]
  return [first.join('\r\n'), rest.join('\r\n')]
}

/** Makes requests of one operation. Inputs are ASCII: their length is their size. */
function requestMaker(host: string, operation: string): (input: object) => string {
  const [head, rest] = sdkHead(host, operation)
  return (input) => {
    const json = JSON.stringify(input)
    return `${head}${json.length}${rest}${json}`
  }
}

/** A number of fixed width inside a request, rewritten in place: every message differs, and nothing is allocated. */
export class Digits {
  readonly #request: Buffer
  readonly #at: number
  readonly #width: number

  /** `marker` is the placeholder in the request, as wide as the number will be. */
  constructor(request: Buffer, marker: string) {
    this.#request = request
    this.#at = request.indexOf(marker)
    this.#width = marker.length
    if (this.#at === -1) throw new Error(`the request has no ${marker}`)
  }

  write(value: number): void {
    let left = value
    for (let at = this.#at + this.#width - 1; at >= this.#at; at--) {
      this.#request[at] = 48 + (left % 10)
      left = Math.floor(left / 10)
    }
  }
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
    this.#delete = requestMaker(host, 'DeleteMessage')
    this.#deleteBatch = requestMaker(host, 'DeleteMessageBatch')
  }

  send(body = messageBody()): Call & { data: Buffer } {
    return this.#fixed('SendMessage', { MessageBody: body })
  }

  sendFifo(group: string, deduplication: string): Call & { data: Buffer } {
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

  #fixed(operation: string, input: object): Call & { data: Buffer } {
    return { operation, data: Buffer.from(requestMaker(this.#host, operation)({ ...this.#queue, ...input }), 'latin1') }
  }
}
