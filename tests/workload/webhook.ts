/** An HTTP endpoint of a topic, as the outside has them: it confirms its subscription, and fails now and then. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Random } from './random.ts'

const FAILS = 0.25
const HANGS_UP = 0.05

interface Document {
  readonly Type: string
  readonly Message: string
  readonly Token?: string
  readonly TopicArn: string
}

export class Webhook implements AsyncDisposable {
  /** The texts of what it has answered well, with how often. */
  readonly taken = new Map<string, number>()
  refused = 0
  /** Called with the token of a subscription that waits to be confirmed. */
  onConfirmation: (topicArn: string, token: string) => void = () => undefined
  readonly #random: Random
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  constructor(random: Random) {
    this.#random = random
  }

  /** Resolves to its URL. */
  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1').unref()
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    try {
      for await (const chunk of request.setEncoding('utf8')) text += chunk
    } catch {
      return // the node was killed while it sent this
    }
    const document = JSON.parse(text) as Document
    const fate = this.#random.int(0, 99) / 100
    if (fate < HANGS_UP + FAILS) this.refused++
    if (fate < HANGS_UP) return void request.socket.destroy()
    if (fate < HANGS_UP + FAILS) return void response.writeHead(503).end()
    if (document.Type === 'Notification') {
      this.taken.set(document.Message, (this.taken.get(document.Message) ?? 0) + 1)
    } else if (document.Token !== undefined) this.onConfirmation(document.TopicArn, document.Token)
    response.writeHead(200).end()
  }
}
