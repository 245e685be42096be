/**
 * What clients that don't read may hold. An answer that the socket took at once costs nothing here; one that it didn't
 * take is counted until it has.
 *
 * Invariants
 * - A connection begins no request while too much of its answers is unread, or too many of its requests are in hand:
 *   pipelined requests and streams wait their turn.
 * - A connection that takes nothing of its answers for a while is cut off.
 * - All unread answers together stay within a limit. Beyond it the connection with the most of them is cut off; of equal
 *   ones, the one that has stood still the longest.
 */
import type { ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { HttpRequest, HttpResponse } from './http-messages.ts'

/**
 * Requests of a connection of HTTP/1.1 that are worked on at once; HTTP/2 bounds its streams by itself. Each may have an
 * answer of 10 MiB, and is worked on to its end when the connection is cut off.
 */
const MAX_IN_HAND = 4
/** Requests that wait behind them. Nobody pipelines so many. */
const MAX_WAITING = 1000
/** Unread bytes of one connection beyond which it begins nothing more. */
const MAX_UNREAD_BYTES = 1024 * 1024
/** Beside its bytes, an answer that isn't read keeps its request. */
const ANSWER_BYTES = 2048
/** A longer answer is written in pieces of this size: each that is taken is progress. */
const PIECE_BYTES = 128 * 1024

/** Something that waits for its turn on a connection. */
export interface Waiting {
  begin(): void
  /** The connection has ended. */
  dropped(): void
}

/** A socket of HTTP/1.1, or a session of HTTP/2. */
interface Transport {
  readonly destroyed: boolean
  destroy(): void
  once(event: 'close', listener: () => void): unknown
}

export class Connection {
  readonly transport: Transport
  readonly maxInHand: number
  inHand = 0
  unreadBytes = 0
  /** `performance.now()` when it last took something. */
  progressAt = 0
  readonly waiting: Waiting[] = []
  /** Whether its end is listened for. */
  isWatched = false
  hasEnded = false

  constructor(transport: Transport, maxInHand: number) {
    this.transport = transport
    this.maxInHand = maxInHand
  }

  get hasRoom(): boolean {
    return this.inHand < this.maxInHand && this.unreadBytes <= MAX_UNREAD_BYTES
  }
}

export class WriteLimits {
  readonly #limitBytes: number
  readonly #stallMs: number
  readonly #connections = new WeakMap<object, Connection>()
  /** Those with unread answers. */
  readonly #behind = new Set<Connection>()
  #unreadBytes = 0

  constructor(limitBytes: number, stallMs: number) {
    this.#limitBytes = limitBytes
    this.#stallMs = stallMs
  }

  /** Of all connections. */
  get unreadBytes(): number {
    return this.#unreadBytes
  }

  connectionOf(request: HttpRequest): Connection {
    const overHttp1 = request.httpVersionMajor === 1
    const transport = overHttp1 ? request.socket : sessionOf(request as Http2ServerRequest)
    let connection = this.#connections.get(transport)
    if (connection === undefined) {
      connection = new Connection(transport, overHttp1 ? MAX_IN_HAND : Number.POSITIVE_INFINITY)
      this.#connections.set(transport, connection)
    }
    return connection
  }

  /** Begins now, or when the connection's turn has come; drops it if the connection ends before. */
  enter(connection: Connection, waiting: Waiting): void {
    if (connection.waiting.length === 0 && connection.hasRoom) {
      connection.inHand++
      return waiting.begin()
    }
    connection.waiting.push(waiting)
    this.#watch(connection)
    if (connection.waiting.length > MAX_WAITING) this.#cutOff(connection)
  }

  /** One that had begun has been answered. */
  leave(connection: Connection): void {
    connection.inHand--
    if (connection.waiting.length > 0) this.#beginWaiting(connection)
  }

  /** Ends a response with its body, and watches it until the client has taken it. `length` in bytes. */
  end(connection: Connection, response: HttpResponse, body: string | Uint8Array, length: number): void {
    // Cut off in this very turn: what is tracked for it would never be taken, nor be cut off again.
    if (connection.hasEnded) response.destroy()
    else if (length > PIECE_BYTES) this.#endInPieces(connection, response, body, length)
    else {
      response.end(body as string)
      if (response.writableLength > 0) this.#track(connection, response, length)
    }
  }

  /** Cuts off those that take nothing. `now` as `performance.now()`. */
  sweep(now: number): void {
    for (const connection of this.#behind) if (now - connection.progressAt > this.#stallMs) this.#cutOff(connection)
  }

  #endInPieces(connection: Connection, response: HttpResponse, body: string | Uint8Array, length: number): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    const stream = response as ServerResponse // the two have no common signature for what they both have
    this.#track(connection, response, length)
    if (connection.hasEnded) return // it had the most of all unread answers
    const write = (from: number): void => {
      const to = from + PIECE_BYTES
      if (to >= length) stream.end(bytes.subarray(from))
      else {
        stream.write(bytes.subarray(from, to), (error) => {
          if (error) return // which ends the connection, or the stream
          connection.progressAt = performance.now()
          write(to)
        })
      }
    }
    write(0)
  }

  #track(connection: Connection, response: HttpResponse, length: number): void {
    const bytes = length + ANSWER_BYTES
    if (connection.unreadBytes === 0) {
      connection.progressAt = performance.now()
      this.#behind.add(connection)
    }
    connection.unreadBytes += bytes
    this.#unreadBytes += bytes
    this.#watch(connection)
    let isTaken = false
    const taken = (): void => {
      if (isTaken || connection.hasEnded) return
      isTaken = true
      connection.progressAt = performance.now()
      connection.unreadBytes -= bytes
      this.#unreadBytes -= bytes
      if (connection.unreadBytes === 0) this.#behind.delete(connection)
      this.#beginWaiting(connection)
    }
    response.once('finish', taken)
    response.once('close', taken)
    while (this.#unreadBytes > this.#limitBytes) {
      const furthest = this.#furthestBehind()
      if (furthest === undefined) return
      this.#cutOff(furthest)
    }
  }

  #furthestBehind(): Connection | undefined {
    let furthest: Connection | undefined
    for (const connection of this.#behind) {
      const more = connection.unreadBytes - (furthest?.unreadBytes ?? 0)
      if (more > 0 || (more === 0 && connection.progressAt < (furthest?.progressAt ?? 0))) furthest = connection
    }
    return furthest
  }

  #beginWaiting(connection: Connection): void {
    while (connection.waiting.length > 0 && connection.hasRoom) {
      connection.inHand++
      connection.waiting.shift()?.begin()
    }
  }

  #watch(connection: Connection): void {
    if (connection.isWatched) return
    connection.isWatched = true
    if (connection.transport.destroyed) this.#ended(connection)
    else connection.transport.once('close', () => this.#ended(connection))
  }

  #cutOff(connection: Connection): void {
    this.#ended(connection)
    connection.transport.destroy()
  }

  #ended(connection: Connection): void {
    if (connection.hasEnded) return
    connection.hasEnded = true
    this.#behind.delete(connection)
    this.#unreadBytes -= connection.unreadBytes
    connection.unreadBytes = 0
    for (const waiting of connection.waiting.splice(0)) waiting.dropped()
  }
}

/** A stream that was reset has no session any more; what is still done for it is on its own account. */
const sessionOf = ({ stream }: Http2ServerRequest): Transport => (stream.session ?? stream) as Transport
