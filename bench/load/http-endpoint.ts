/** An endpoint over HTTP that costs as little as it can: it shares the machine with the server that sends to it. */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { MessageReader } from './message-reader.ts'

/** Hears what is posted: its type, as the header of SNS has it, and the body. What it returns false for is never answered. */
export type OnPost = (type: string, body: Buffer) => boolean

const TYPE = /\r\nx-amz-sns-message-type: *(\w+)/i
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

export class HttpEndpoint {
  readonly #server: net.Server
  readonly #sockets = new Set<net.Socket>()

  private constructor(onPost: OnPost) {
    this.#server = net.createServer({ noDelay: true }, (socket) => {
      const reader = new MessageReader((head, body) => {
        if (onPost(TYPE.exec(head)?.[1] ?? '', body)) socket.write(ANSWER, 'latin1')
      })
      this.#sockets.add(socket)
      socket.on('data', (piece) => reader.read(piece))
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('error', () => socket.destroy()) // who waited too long for an answer hangs up
    })
  }

  static async open(onPost: OnPost): Promise<HttpEndpoint> {
    const endpoint = new HttpEndpoint(onPost)
    await once(endpoint.#server.listen(0, '127.0.0.1'), 'listening')
    return endpoint
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Hangs up, whatever is on its way. */
  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }
}
