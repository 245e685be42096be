/**
 * Reads HTTP/1.1 messages off a connection at the least cost: of each the head, as text, and the body, which has to have
 * a content-length.
 */

/** Hears one message. `body` is a view that holds only during the call. */
export type OnMessage = (head: string, body: Buffer) => void

const HEAD_END = Buffer.from('\r\n\r\n')
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+) *(?:\r\n|$)/i
const MAX_HEAD_BYTES = 64 * 1024
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Bytes in, messages out. The bytes of one may come in any number of pieces, and one piece may hold several. */
export class MessageReader {
  readonly #onMessage: OnMessage
  #held: Buffer | undefined

  constructor(onMessage: OnMessage) {
    this.#onMessage = onMessage
  }

  /** Takes the next piece; it may be overwritten after the call. Throws when the bytes aren't a message it can read. */
  read(piece: Buffer): void {
    const bytes = this.#held === undefined ? piece : Buffer.concat([this.#held, piece])
    let at = 0
    while (at < bytes.length) {
      const end = this.#readOne(bytes, at)
      if (end === undefined) break
      at = end
    }
    this.#held = at < bytes.length ? Buffer.from(bytes.subarray(at)) : undefined
  }

  /** The offset behind the message that begins at `start`, or undefined while a part of it is missing. */
  #readOne(bytes: Buffer, start: number): number | undefined {
    const headEnd = bytes.indexOf(HEAD_END, start)
    if (headEnd === -1) {
      if (bytes.length - start > MAX_HEAD_BYTES) throw new Error('the head of the message is too long')
      return undefined
    }
    const head = bytes.toString('latin1', start, headEnd)
    const bodyStart = headEnd + HEAD_END.length
    const bodyEnd = bodyStart + contentLengthOf(head)
    if (bytes.length < bodyEnd) return undefined
    this.#onMessage(head, bytes.subarray(bodyStart, bodyEnd))
    return bodyEnd
  }
}

function contentLengthOf(head: string): number {
  const bytes = Number(CONTENT_LENGTH.exec(head)?.[1])
  if (!(bytes <= MAX_BODY_BYTES)) throw new Error(`a message without a usable content-length: ${head.slice(0, 200)}`)
  return bytes
}
