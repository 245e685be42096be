/** For tests: a server that is a queue of one kind of message, just good enough for a generator. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BATCH_ENTRIES } from './sdk-requests.ts'

export class FakeQueue implements AsyncDisposable {
  /** Messages that can be received. */
  depth: number
  deepest: number
  /** Requests that came to each port. */
  readonly requests: number[]
  readonly #servers
  readonly #waiting: (() => void)[] = []

  private constructor(ports: number, depth: number) {
    this.depth = this.deepest = depth
    this.requests = Array.from({ length: ports }, () => 0)
    this.#servers = this.requests.map((_, port) => {
      return createServer(async (request, response) => {
        this.requests[port] = (this.requests[port] as number) + 1
        const json = JSON.stringify(await this.#answer(request))
        response.setHeader('content-length', json.length).end(json)
      })
    })
  }

  static async open(ports: number, depth: number): Promise<FakeQueue> {
    const queue = new FakeQueue(ports, depth)
    await Promise.all(queue.#servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')))
    return queue
  }

  get endpoints(): string[] {
    return this.#servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close().closeAllConnections()
  }

  async #answer(request: IncomingMessage): Promise<object> {
    const input = JSON.parse((await request.toArray()).join('')) as {
      MaxNumberOfMessages: number
      WaitTimeSeconds: number
    }
    switch (request.headers['x-amz-target']) {
      case 'AmazonSQS.SendMessage':
        return this.#send(1)
      case 'AmazonSQS.SendMessageBatch':
        return this.#send(BATCH_ENTRIES)
      case 'AmazonSQS.ReceiveMessage':
        return this.#receive(input.MaxNumberOfMessages, input.WaitTimeSeconds > 0)
      default:
        return {}
    }
  }

  #send(count: number): object {
    this.depth += count
    this.deepest = Math.max(this.deepest, this.depth)
    for (const wake of this.#waiting.splice(0)) wake()
    return {}
  }

  async #receive(limit: number, isLong: boolean): Promise<object> {
    while (isLong && this.depth === 0) await new Promise<void>((wake) => this.#waiting.push(wake))
    const count = Math.min(limit, this.depth)
    this.depth -= count
    return { Messages: Array.from({ length: count }, () => ({ ReceiptHandle: 'handle', Body: '' })) }
  }
}
