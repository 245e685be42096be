/**
 * The platform's only source of time. It can be shifted forward (`POST /_millrace/clock`), and every deadline follows,
 * in order: timers that a shift makes due fire by due time.
 *
 * `now()` never goes back, even when the machine's clock does.
 */
export type Millis = number

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): Millis
  /** How far the clock is ahead of the machine's, in milliseconds. */
  readonly offset: Millis
  /** Moves the clock forward by `ms` (≥ 0). */
  shift(ms: Millis): void
  /** Calls `fn` once when the clock reaches `due`; returns the function that cancels it. Not precise below 1 ms. */
  at(due: Millis, fn: () => void): () => void
  /** Cancels every timer. */
  close(): void
}

interface Timer {
  readonly due: Millis
  readonly fn: () => void
  handle: NodeJS.Timeout | undefined
}

/** Node's timers hold at most 2^31-1 ms; a later one is armed again. */
const MAX_DELAY = 2 ** 31 - 1

export class SystemClock implements Clock {
  #offset: Millis
  #last: Millis = 0
  readonly #timers = new Set<Timer>()

  constructor(offset: Millis = 0) {
    this.#offset = offset
  }

  get offset(): Millis {
    return this.#offset
  }

  now(): Millis {
    const now = Date.now() + this.#offset
    if (now > this.#last) this.#last = now
    return this.#last
  }

  shift(ms: Millis): void {
    if (!(ms >= 0)) throw new RangeError('a clock is only shifted forward')
    this.#offset += ms
    const now = this.now()
    const timers = [...this.#timers].sort((a, b) => a.due - b.due)
    for (const timer of timers) {
      if (!this.#timers.has(timer)) continue
      if (timer.due <= now) this.#fire(timer)
      else this.#arm(timer)
    }
  }

  at(due: Millis, fn: () => void): () => void {
    const timer: Timer = { due, fn, handle: undefined }
    this.#timers.add(timer)
    this.#arm(timer)
    return () => this.#drop(timer)
  }

  close(): void {
    for (const timer of [...this.#timers]) this.#drop(timer)
  }

  #arm(timer: Timer): void {
    clearTimeout(timer.handle)
    const delay = Math.min(Math.max(timer.due - this.now(), 0), MAX_DELAY)
    timer.handle = setTimeout(() => (timer.due <= this.now() ? this.#fire(timer) : this.#arm(timer)), delay)
  }

  #fire(timer: Timer): void {
    this.#drop(timer)
    timer.fn()
  }

  #drop(timer: Timer): void {
    clearTimeout(timer.handle)
    this.#timers.delete(timer)
  }
}
