/**
 * Receives a request's body, up to a limit.
 *
 * A body that is too large is answered at once, and what still comes is read and dropped, so that the connection can
 * carry the next request; a client that goes on for as much again is cut off.
 */
import type { HttpRequest } from './exchange.ts'

const EMPTY = Buffer.alloc(0)

/** Calls one of the two, once; neither if the client hangs up or falls silent first. */
export function receiveBody(
  request: HttpRequest,
  limitBytes: number,
  onBody: (body: Buffer) => void,
  onTooLarge: () => void,
): void {
  let first: Buffer | undefined
  let chunks: Buffer[] | undefined
  let length = 0
  let tooLarge = Number(request.headers['content-length']) > limitBytes
  if (tooLarge) onTooLarge()

  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > 2 * limitBytes) request.destroy()
    if (tooLarge) return
    if (length > limitBytes) {
      tooLarge = true
      first = chunks = undefined
      onTooLarge()
    } else if (first === undefined) first = chunk
    else if (chunks === undefined) chunks = [first, chunk]
    else chunks.push(chunk)
  })
  request.on('end', () => {
    if (!tooLarge) onBody(chunks === undefined ? (first ?? EMPTY) : Buffer.concat(chunks, length))
  })
}

/** For a request that was answered by its head: reads and drops what comes, up to a limit, and cuts off what goes on. */
export function dropBody(request: HttpRequest, limitBytes: number): void {
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > limitBytes) request.destroy()
  })
}
