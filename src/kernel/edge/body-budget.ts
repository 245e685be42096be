/**
 * What the bodies of all requests may take together, from their first byte until the answer.
 *
 * Invariants
 * - Bytes count when they have arrived, not when they are announced: a client that promises much holds nothing.
 * - When there is no room the largest body that is still arriving is given up, so that a flood of large ones never keeps
 *   out the small ones: a tenth is kept for bodies that arrive in one piece.
 * - A body that makes no progress for a while is given up, whether or not there is room.
 */

export interface ArrivingBody {
  /** So much has arrived and is held. */
  readonly heldBytes: number
  /** `performance.now()` */
  readonly progressAt: number
  /** Lets go of what is held, and answers that the node is busy. */
  giveUp(): void
  /** Ends the connection: nothing comes any more. */
  cutOff(): void
}

/** Beside its body a request has its head and what it becomes: about so much. */
const REQUEST_BYTES = 2048

export class BodyBudget {
  readonly limitBytes: number
  readonly #stallMs: number
  readonly #arriving = new Set<ArrivingBody>()
  #usedBytes = 0

  constructor(limitBytes: number, stallMs: number) {
    this.limitBytes = limitBytes
    this.#stallMs = stallMs
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** A request has arrived, and is in hand until it is answered. Returns what is to be given back then. */
  admit(heldBytes: number): number {
    this.#usedBytes += REQUEST_BYTES
    return heldBytes + REQUEST_BYTES
  }

  /** Bytes that were counted are held no longer. */
  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
  }

  /** Counts a body that arrived whole with its first bytes. False if there is no room. */
  takeWhole(bytes: number): boolean {
    this.#makeRoom(bytes, this.limitBytes)
    if (this.#usedBytes + bytes > this.limitBytes) return false
    this.#usedBytes += bytes
    return true
  }

  /** Counts bytes of a body of which more is to come, and begins to watch it. It may be given up within the call. */
  take(body: ArrivingBody, bytes: number): void {
    this.#arriving.add(body)
    this.#usedBytes += bytes
    this.#makeRoom(0, 0.9 * this.limitBytes)
  }

  /** It has arrived, or will not. */
  settled(body: ArrivingBody): void {
    this.#arriving.delete(body)
  }

  /** Cuts off what makes no progress. `now` as `performance.now()`. */
  sweep(now: number): void {
    for (const body of this.#arriving) if (now - body.progressAt > this.#stallMs) body.cutOff()
  }

  #makeRoom(bytes: number, limitBytes: number): void {
    while (this.#usedBytes + bytes > limitBytes) {
      let largest: ArrivingBody | undefined
      for (const body of this.#arriving) if (body.heldBytes > (largest?.heldBytes ?? 0)) largest = body
      if (largest === undefined) return
      largest.giveUp() // which settles it
    }
  }
}
