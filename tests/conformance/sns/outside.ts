/** The outside, as the tests of deliveries have it: HTTP endpoints that keep what they get, and answer what a test says. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { after } from 'node:test'
import type { SnsFixture } from './support.ts'

export interface Received {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A document that was posted, or the envelope in a queue. */
export interface Document {
  readonly Type: string
  readonly MessageId: string
  readonly Token: string
  readonly TopicArn: string
  readonly Message: string
  readonly SubscribeURL: string
  readonly UnsubscribeURL: string
  readonly [member: string]: unknown
}

/** A status, with headers if it needs some; or no answer at all. */
export type Answer = number | { readonly status: number; readonly headers: Record<string, string> } | 'none' | 'hang up'

export class Endpoint {
  readonly requests: Received[] = []
  /** What the next requests are answered; 200 unless told otherwise. */
  answer: (request: Received) => Answer = () => 200
  url = ''
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #seen = 0
  #onRequest: (() => void) | undefined

  constructor(serve: (listener: RequestListener) => Server = createServer) {
    this.#server = serve((request, response) => void this.#receive(request, response))
    this.#server.on('connection', (socket: Socket) => this.#sockets.add(socket))
  }

  async listen(scheme = 'http', port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
    return this
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** Those that came since the last call; waits for as many as that. */
  async next(count: number): Promise<Received[]> {
    while (this.requests.length < this.#seen + count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#onRequest = resolve
      await promise
    }
    const from = this.#seen
    this.#seen = this.requests.length
    const came = this.requests.slice(from)
    assert.equal(came.length, count, came.map(({ body }) => body).join('\n'))
    return came
  }

  async nextOne(): Promise<Received> {
    return (await this.next(1))[0] as Received
  }

  async nextDocument(): Promise<Document> {
    return JSON.parse((await this.nextOne()).body) as Document
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #receive(request: IncomingMessage, response: Parameters<RequestListener>[1]): Promise<void> {
    let body = ''
    try {
      for await (const chunk of request.setEncoding('utf8')) body += chunk
    } catch {
      return // the node has gone
    }
    const { method, url: path, headers } = request
    const received = { method, path, headers, body }
    const answer = this.answer(received)
    if (answer === 'hang up') request.socket.destroy()
    else if (answer !== 'none') {
      const { status, headers: given } = typeof answer === 'number' ? { status: answer, headers: {} } : answer
      response.writeHead(status, given).end(`answered ${status}`)
    }
    this.requests.push(received)
    this.#onRequest?.()
  }
}

/** Listens until the tests of the file have ended. */
export async function openEndpoint(answer?: Endpoint['answer'], port?: number): Promise<Endpoint> {
  const endpoint = await new Endpoint().listen('http', port)
  if (answer !== undefined) endpoint.answer = answer
  after(() => endpoint.close())
  return endpoint
}

type Attributes = Readonly<Record<string, string>>

/** Subscribes an endpoint and follows the link that it gets; resolves to the subscription's ARN. */
export async function subscribeEndpoint(
  sns: SnsFixture,
  topicArn: string,
  endpoint: Endpoint,
  attributes: Attributes = {},
  url = endpoint.url,
): Promise<string> {
  const answer = endpoint.answer
  endpoint.answer = () => 200
  const arn = await sns.subscribe(topicArn, 'http', url, attributes)
  const { SubscribeURL } = await endpoint.nextDocument()
  assert.equal((await fetch(SubscribeURL)).status, 200)
  endpoint.answer = answer
  return arn
}

/** The subscription's form of a delivery policy. */
export const retryPolicy = (policy: Readonly<Record<string, number | string>>): string =>
  JSON.stringify({ healthyRetryPolicy: { minDelayTarget: 20, maxDelayTarget: 20, numRetries: 3, ...policy } })

export const redriveTo = (queueArn: string): Attributes => ({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: queueArn }),
})

/** The value of a metric, added up over all its labels that match. */
export async function metric(url: string, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${url}/_millrace/metrics`)).text()
  const lines = text.split('\n').filter((line) => line.startsWith(`millrace_${name}`) && line.includes(labels))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** What hasn't come about by then, will not: the time that a test has is two minutes. */
const PATIENCE_MS = 60_000

/** Asks again and again until something is so; rejects if it isn't in time. */
export async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('what was waited for has not come about')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** How often sending to targets has come to rest. */
const rests = (url: string): Promise<number> => metric(url, 'job_runs_total', 'kind="sns.deliver"')

/**
 * Resolves when what `act` leads to has been sent, and written down: then time may pass. To be used for everything that
 * makes a node send, or for nothing: it counts.
 */
export async function settled<T>(sns: SnsFixture, act: () => Promise<T>, times = 1): Promise<T> {
  const { url } = sns.node
  const before = await rests(url)
  const result = await act()
  await eventually(async () => (await rests(url)) >= before + times)
  return result
}
