/**
 * Requests in hand: each has its place from its arrival to its answer, where what it holds is counted and given back.
 * The limits themselves are in body-budget.ts and write-limits.ts.
 */
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { BodyBudget } from './body-budget.ts'
import type { HttpRequest, HttpResponse } from './http-messages.ts'
import { type Connection, type Waiting, WriteLimits } from './write-limits.ts'

export interface InHandOptions {
  /** Of all bodies that are arriving or in hand. By default by the memory that there is. */
  readonly maxInflightBodyBytes?: number | undefined
  /** Of all answers that clients haven't read yet. By default by the memory that there is. */
  readonly maxUnreadAnswerBytes?: number | undefined
  /** After so long without progress a body that arrives, or an answer that is to be read, ends its connection. */
  readonly stallTimeoutMs: number
  /** Of this process that have as much in hand: each has its share. 1 unless given. */
  readonly threads?: number
}

export class InHand {
  readonly bodies: BodyBudget
  readonly answers: WriteLimits
  readonly #sweeper: NodeJS.Timeout

  constructor({ maxInflightBodyBytes, maxUnreadAnswerBytes, stallTimeoutMs, threads = 1 }: InHandOptions) {
    const share = (bytes: number | undefined) => (bytes === undefined ? shareOfMemory(threads) : bytes / threads)
    this.bodies = new BodyBudget(share(maxInflightBodyBytes), stallTimeoutMs)
    this.answers = new WriteLimits(share(maxUnreadAnswerBytes), stallTimeoutMs)
    this.#sweeper = setInterval(() => this.#sweep(), Math.ceil(stallTimeoutMs / 4)).unref()
  }

  placeFor(request: HttpRequest): Place {
    return new Place(this, this.answers.connectionOf(request))
  }

  close(): void {
    clearInterval(this.#sweeper)
  }

  #sweep(): void {
    const now = performance.now()
    this.bodies.sweep(now)
    this.answers.sweep(now)
  }
}

const MIB = 1024 * 1024

/**
 * Of an eighth of what the process may use, 128 MiB at most, since a body is there several times over while it is worked
 * on. No thread has less than 16 MiB: any body fits in.
 */
function shareOfMemory(threads: number): number {
  const constrained = process.constrainedMemory() || Number.POSITIVE_INFINITY
  const memory = Math.min(constrained, totalmem(), getHeapStatistics().heap_size_limit)
  return Math.max(Math.min(memory / 8, 128 * MIB) / threads, 16 * MIB)
}

/** One request's place. */
export class Place implements Waiting {
  readonly #inHand: InHand
  readonly #connection: Connection
  #countedBytes = 0
  #begin: (() => void) | undefined
  #hasEntered = false

  constructor(inHand: InHand, connection: Connection) {
    this.#inHand = inHand
    this.#connection = connection
  }

  /** Calls `begin` when it is this request's turn; never if its connection ends before. */
  enter(countedBytes: number, begin: () => void): void {
    this.#countedBytes = countedBytes
    this.#begin = begin
    this.#inHand.answers.enter(this.#connection, this)
  }

  begin(): void {
    this.#hasEntered = true
    this.#begin?.()
  }

  dropped(): void {
    this.#giveBack()
  }

  /** Ends the response; what the request held is given back. */
  end(response: HttpResponse, body: string | Uint8Array, length: number): void {
    this.#inHand.answers.end(this.#connection, response, body, length)
    this.leave()
  }

  /** It has been answered, or nobody is left to answer to. */
  leave(): void {
    this.#giveBack()
    if (!this.#hasEntered) return
    this.#hasEntered = false
    this.#inHand.answers.leave(this.#connection)
  }

  #giveBack(): void {
    this.#inHand.bodies.giveBack(this.#countedBytes)
    this.#countedBytes = 0
  }
}
