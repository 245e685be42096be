/**
 * An HTTP/1.1 client that costs as little as it can: it shares the machine with the server it measures.
 *
 * One connection has at most one request on its way. Requests are sent as they stand; of an answer only the status,
 * the content-length and the body are read. Whatever else an answer may be (chunked, switched, cut short) is an error:
 * the run that meets it fails rather than measuring something else.
 */
import net from 'node:net'
import { MessageReader } from './message-reader.ts'

/** Hears one answer. `body` is a view that holds only during the call. */
export type OnAnswer = (status: number, body: Buffer) => void

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Reads answers. */
export class AnswerReader extends MessageReader {
  constructor(onAnswer: OnAnswer) {
    super((head, body) => onAnswer(statusOf(head), body))
  }
}

function statusOf(head: string): number {
  const status = Number(head.slice(9, 12))
  if (!head.startsWith('HTTP/1.') || !(status >= 200 && status <= 599)) {
    throw new Error(`not an HTTP/1.1 answer: ${head.slice(0, 40)}`)
  }
  return status
}

/** Sockets are read one after the other in one thread, and a reader copies what it keeps: one buffer serves them all. */
const sharedReadBuffer = Buffer.allocUnsafe(64 * 1024)

export class HttpConnection {
  readonly #socket: net.Socket
  #onAnswer: OnAnswer | undefined

  private constructor(socket: net.Socket) {
    this.#socket = socket
  }

  /** Connects. From then on whatever ends the connection before `close` is told to `onFailure`. */
  static open(endpoint: Endpoint, onFailure: (error: Error) => void): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const reader = new AnswerReader((status, body) => connection.#answered(status, body))
      const onBytes = (count: number, buffer: Uint8Array) => {
        try {
          reader.read((buffer as Buffer).subarray(0, count))
        } catch (error) {
          socket.destroy(error as Error)
        }
        return true
      }
      const socket = net.connect({
        ...endpoint,
        noDelay: true,
        onread: { buffer: sharedReadBuffer, callback: onBytes },
      })
      const connection = new HttpConnection(socket)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        socket.on('error', onFailure)
        socket.on('end', () => onFailure(new Error('the server closed a connection')))
        resolve(connection)
      })
    })
  }

  /** Sends one whole request (text is taken as latin-1). The connection must be idle: `onAnswer` hears the answer. */
  request(data: Buffer | string, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer
    this.#socket.write(data, 'latin1')
  }

  /** Hangs up, whatever is on its way. */
  close(): void {
    this.#socket.removeAllListeners('end')
    this.#socket.destroy()
  }

  #answered(status: number, body: Buffer): void {
    const onAnswer = this.#onAnswer
    if (onAnswer === undefined) throw new Error('an answer that nobody asked for')
    this.#onAnswer = undefined
    onAnswer(status, body)
  }
}
