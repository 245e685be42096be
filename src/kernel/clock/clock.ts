/**
 * The platform's only source of time. It can be shifted forward (`POST /_millrace/clock`), and every deadline follows,
 * in order: timers that a shift makes due fire by due time.
 *
 * `now()` never goes back, even when the machine's clock does: it then runs at half speed until the machine's clock has
 * caught up, so that timers are late rather than stuck.
 */
export type Millis = number

export interface Clock {
  /** Whole milliseconds since the epoch. */
  now(): Millis
  /** How far the clock was shifted ahead of the machine's, in milliseconds. */
  readonly offset: Millis
  /** Moves the clock forward by a whole number of milliseconds (≥ 0). Throws a RangeError for anything else. */
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

/** A smaller correction leaves the timers as they are: each of them is late by that at most. */
const UNNOTICED_MS = 20

export class SystemClock implements Clock {
  #offset: Millis
  /** The machine's clock at the last reading. */
  #machine: Millis = 0
  /** The last reading, before rounding: at half speed a millisecond of the machine's is half of one here. */
  #reading = 0
  /** How far the machine's clock is behind the one that is followed. */
  #skew: Millis = 0
  readonly #timers = new Set<Timer>()

  constructor(offset: Millis = 0) {
    this.#offset = offset
  }

  get offset(): Millis {
    return this.#offset
  }

  now(): Millis {
    const machine = Date.now() + this.#skew
    const passed = Math.max(machine - this.#machine, 0)
    this.#machine = machine
    this.#reading = Math.max(machine + this.#offset, this.#reading + passed / 2)
    return Math.floor(this.#reading)
  }

  shift(ms: Millis): void {
    if (!Number.isSafeInteger(ms) || ms < 0)
      throw new RangeError('a clock is only shifted forward, by whole milliseconds')
    this.now()
    this.#offset += ms
    this.#reading += ms
    const now = this.now()
    const timers = [...this.#timers].sort((a, b) => a.due - b.due)
    for (const timer of timers) this.#arm(timer) // all of them first: a callback that throws must not strand the rest
    for (const timer of timers) {
      if (timer.due > now) break
      if (this.#timers.has(timer)) this.#fire(timer)
    }
  }

  /**
   * Follows a clock that counts for all nodes, by one reading of it (without the offset) that took `tookMs` to get. It was
   * taken at some moment of that time: as long as this clock may have been right, it is left alone.
   */
  follow(reading: Millis, tookMs: Millis): void {
    const here = Date.now() + this.#skew
    const correction = Math.max(reading - here, 0) + Math.min(reading + Math.ceil(tookMs) - here, 0)
    if (correction === 0) return
    this.now()
    this.#skew += correction
    this.#machine += correction // what was corrected is no time that passed
    if (correction > UNNOTICED_MS) for (const timer of this.#timers) this.#arm(timer)
  }

  at(due: Millis, fn: () => void): () => void {
    const timer: Timer = { due, fn, handle: undefined }
    this.#timers.add(timer)
    this.#arm(timer)
    return () => this.#drop(timer)
  }

  close(): void {
    for (const timer of this.#timers) this.#drop(timer)
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
