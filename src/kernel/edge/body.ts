/**
 * Receives a request's body, up to its limit and as long as there is room for it.
 *
 * A body that is refused is answered at once, and what still comes is read and dropped, so that the connection can carry
 * the next request; a client that goes on for as much again is cut off.
 */
import type { Http2ServerRequest } from 'node:http2'
import type { ArrivingBody, BodyBudget } from './body-budget.ts'
import type { HttpRequest } from './http-messages.ts'

const EMPTY = Buffer.alloc(0)

/** Every service takes a body of this size, so that most requests ask for no limit. */
const SMALL_BYTES = 64 * 1024

export interface BodyReceiver {
  /** The most bytes that the body may have. Asked once, and only if there is more than a little. */
  limit(): number
  /** One of the three is called, once; none if the client hangs up or falls silent first. What was counted for a whole body is the receiver's to give back. */
  whole(body: Buffer, countedBytes: number): void
  tooLarge(limitBytes: number): void
  noRoom(): void
}

export function receiveBody(request: HttpRequest, budget: BodyBudget, receiver: BodyReceiver): void {
  const body = new Body(request, budget, receiver)
  request.on('data', (chunk: Buffer) => body.add(chunk))
  request.on('end', () => body.end())
}

class Body implements ArrivingBody {
  progressAt = 0
  heldBytes = 0
  readonly #request: HttpRequest
  readonly #budget: BodyBudget
  readonly #receiver: BodyReceiver
  /** Not a number for one whose length isn't announced. */
  readonly #announcedBytes: number
  readonly #limitBytes: number
  #first: Buffer | undefined
  #chunks: Buffer[] | undefined
  #arrivedBytes = 0
  #state: 'new' | 'arriving' | 'refused' | 'whole' = 'new'

  constructor(request: HttpRequest, budget: BodyBudget, receiver: BodyReceiver) {
    this.#request = request
    this.#budget = budget
    this.#receiver = receiver
    const announced = request.headers['content-length']
    this.#announcedBytes = announced === undefined ? Number.NaN : Number(announced)
    this.#limitBytes = this.#announcedBytes <= SMALL_BYTES ? SMALL_BYTES : receiver.limit()
    if (this.#announcedBytes > this.#limitBytes) this.#refuse()
  }

  add(chunk: Buffer): void {
    this.#arrivedBytes += chunk.length
    if (this.#arrivedBytes > 2 * this.#limitBytes) return this.cutOff()
    if (this.#state === 'refused') return
    if (this.#state === 'new' && chunk.length === this.#announcedBytes) this.#takeWhole(chunk)
    else this.#takePart(chunk)
  }

  end(): void {
    if (this.#state === 'refused') return
    if (this.#state === 'arriving') this.#budget.settled(this)
    this.#state = 'whole'
    const chunks = this.#chunks
    const body = chunks === undefined ? (this.#first ?? EMPTY) : Buffer.concat(chunks, this.#arrivedBytes)
    this.#receiver.whole(body, this.#budget.admit(this.heldBytes))
  }

  giveUp(): void {
    this.#letGo()
    this.#receiver.noRoom()
  }

  cutOff(): void {
    if (this.#request.httpVersionMajor === 1) this.#request.socket.destroy()
    else (this.#request as Http2ServerRequest).stream.destroy()
  }

  /** How nearly all bodies come: without a word to the budget but their size. */
  #takeWhole(chunk: Buffer): void {
    if (!this.#budget.takeWhole(chunk.length)) return this.giveUp()
    this.heldBytes = chunk.length
    this.#first = chunk
  }

  #takePart(chunk: Buffer): void {
    if (this.#arrivedBytes > this.#limitBytes) return this.#refuse()
    if (this.#state === 'new') {
      this.#state = 'arriving'
      this.#request.once('close', () => this.#gone())
    }
    this.progressAt = performance.now()
    this.heldBytes = this.#arrivedBytes
    if (this.#first === undefined) this.#first = chunk
    else if (this.#chunks === undefined) this.#chunks = [this.#first, chunk]
    else this.#chunks.push(chunk)
    this.#budget.take(this, chunk.length)
  }

  #refuse(): void {
    this.#letGo()
    this.#receiver.tooLarge(this.#limitBytes)
  }

  /** The client hung up, or was cut off, before all of it was there: there will be no answer that gives it back. */
  #gone(): void {
    if (this.#state === 'arriving') this.#letGo()
  }

  #letGo(): void {
    if (this.#state === 'arriving') this.#budget.settled(this)
    this.#budget.giveBack(this.heldBytes)
    this.#state = 'refused'
    this.#first = this.#chunks = undefined
    this.heldBytes = 0
  }
}

/** For a request that was answered by its head: reads and drops what comes, up to a limit, and cuts off what goes on. */
export function dropBody(request: HttpRequest, limitBytes: number): void {
  let length = 0
  request.on('data', (chunk: Buffer) => {
    length += chunk.length
    if (length > limitBytes) request.destroy()
  })
}
