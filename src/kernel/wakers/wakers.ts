/**
 * Long-poll waiters: receivers that stay until their key (a queue) has something for them.
 *
 * A waiter enters before its first attempt and leaves once: with a value, at its deadline, when its client hangs up, or
 * when the node drains. In between it is either attempting or parked, and keeps its place: the oldest is woken first.
 *
 * Invariants
 * - A wake-up is heard only after the commit that made something available (`tx.wake`), never inside the transaction.
 * - Each wake-up is owed to one waiter until an attempt of that waiter begins. One that arrives during an attempt, which
 *   may have looked too early, makes the waiter attempt again rather than park: nothing is missed in between.
 * - A waiter that leaves while an attempt is owed to it passes that on to the next.
 * - Wake-ups beyond the number of waiters are dropped: by then each of them will attempt again.
 * - A key holds memory, and at most one timer for what becomes available by time alone, only while it has waiters.
 *
 * A wake-up is a hint: the waiter attempts again and may park again. The loop around all this: long-poll.ts.
 */
import type { Clock, Millis } from '../clock/clock.ts'

/** One long poll's place in the line; driven by long-poll.ts. */
export interface Waiter {
  /** An attempt begins, and covers every wake-up so far. False if none should, because the waiter was dismissed. */
  begin(): boolean
  /** This waiter, or who comes after it, has a reason to attempt again. */
  owe(): void
  /** Waits for a reason to attempt again; false when the time has come to leave empty-handed. */
  park(): Promise<boolean>
  /** Nobody waits for the result any more: no further attempt. */
  dismiss(): void
  /** Ends the wait. Once is enough; more do nothing. */
  leave(): void
}

export class Wakers {
  readonly #clock: Clock
  readonly #keys = new Map<string, KeyWaiters>()
  #draining = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many keys have waiters. */
  get keys(): number {
    return this.#keys.size
  }

  /** Joins the end of the key's line. `deadline` is a time of the clock. The caller must see to it that `leave` is called. */
  enter(key: string, deadline: Millis): Waiter {
    let line = this.#keys.get(key)
    if (line === undefined) {
      line = new KeyWaiters(this.#clock, () => this.#keys.delete(key))
      this.#keys.set(key, line)
    }
    const waiter = new LineWaiter(this.#clock, line, deadline)
    if (this.#draining) waiter.dismiss()
    line.add(waiter)
    return waiter
  }

  /** Up to `count` waiters of the key attempt again, the oldest first. */
  wake(key: string, count = 1): void {
    this.#keys.get(key)?.wake(count)
  }

  /** Wake-ups may have been missed: the oldest waiter of each key attempts again. What it finds and leaves wakes the next. */
  lookAgain(): void {
    for (const line of this.#keys.values()) line.wake(1)
  }

  /** Something becomes available for the key at `due` by the mere passing of time: its oldest waiter attempts then. */
  wakeAt(key: string, due: Millis): void {
    this.#keys.get(key)?.wakeAt(due)
  }

  /** Every waiter, now or later, leaves empty-handed after the attempt it is making. For a node that shuts down. */
  drain(): void {
    this.#draining = true
    for (const line of this.#keys.values()) line.dismissAll()
  }
}

/** The line of one key, oldest first. */
class KeyWaiters {
  readonly #clock: Clock
  readonly #onEmpty: () => void
  readonly #waiters = new Set<LineWaiter>()
  #due: Millis = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, onEmpty: () => void) {
    this.#clock = clock
    this.#onEmpty = onEmpty
  }

  add(waiter: LineWaiter): void {
    this.#waiters.add(waiter)
  }

  remove(waiter: LineWaiter): void {
    if (!this.#waiters.delete(waiter)) return
    if (waiter.isOwed) this.wake(1)
    if (this.#waiters.size > 0) return
    this.#cancelTimer?.()
    this.#onEmpty()
  }

  wake(count: number): void {
    let left = count
    for (const waiter of this.#waiters) {
      if (left <= 0) return
      if (waiter.isOwed || waiter.isDismissed) continue
      waiter.owe()
      left--
    }
  }

  wakeAt(due: Millis): void {
    if (due >= this.#due) return // the earlier attempt will learn of the later time
    this.#cancelTimer?.()
    this.#due = due
    this.#cancelTimer = this.#clock.at(due, () => {
      this.#due = Number.POSITIVE_INFINITY
      this.wake(1)
    })
  }

  dismissAll(): void {
    for (const waiter of this.#waiters) waiter.dismiss()
  }
}

class LineWaiter implements Waiter {
  isOwed = false
  isDismissed = false
  readonly #clock: Clock
  readonly #line: KeyWaiters
  readonly #deadline: Millis
  #resume: ((again: boolean) => void) | undefined
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock, line: KeyWaiters, deadline: Millis) {
    this.#clock = clock
    this.#line = line
    this.#deadline = deadline
  }

  begin(): boolean {
    if (this.isDismissed) return false
    this.isOwed = false
    return true
  }

  owe(): void {
    this.isOwed = true
    this.#unpark(true)
  }

  park(): Promise<boolean> {
    if (this.isDismissed || this.#clock.now() >= this.#deadline) return Promise.resolve(false)
    if (this.isOwed) return Promise.resolve(true)
    this.#cancelTimer ??= this.#clock.at(this.#deadline, () => this.#unpark(false))
    return new Promise((resolve) => {
      this.#resume = resolve
    })
  }

  dismiss(): void {
    this.isDismissed = true
    this.#unpark(false)
  }

  leave(): void {
    this.#cancelTimer?.()
    this.#line.remove(this)
  }

  #unpark(again: boolean): void {
    this.#resume?.(again)
    this.#resume = undefined
  }
}
