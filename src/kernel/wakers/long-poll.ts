/** The loop of a long poll: attempt, and while there is nothing, wait for a reason to attempt again (see wakers.ts). */
import type { Millis } from '../clock/clock.ts'
import type { Wakers } from './wakers.ts'

/** What one attempt found. */
export interface Attempt<T> {
  /** Undefined if there was nothing. */
  readonly value: T | undefined
  /**
   * With a value: false if nothing was left for others. Only then is the next waiter left asleep, so `nextAt` must then
   * tell of everything that time will make available, including what this attempt took and may not keep.
   */
  readonly more?: boolean
  /** When the mere passing of time makes something available, as a time of the clock; undefined if it won't. */
  readonly nextAt?: Millis | undefined
}

export interface LongPoll<T> {
  readonly wakers: Wakers
  /** What is waited for: the key under which wake-ups are told. */
  readonly key: string
  /** A time of the clock. One attempt is made even if it has passed. */
  readonly deadline: Millis
  attempt(): Promise<Attempt<T>>
  /** As `Caller.onHangUp`. */
  onHangUp(fn: () => void): () => void
}

/**
 * Resolves to the first value found, or to undefined at the deadline, after a hang-up, or when the node drains. An
 * attempt that is under way then is waited for, and what it found is returned: after a hang-up it is for the caller to
 * give it back. Rejects with what an attempt threw.
 */
export async function longPoll<T>({ wakers, key, deadline, attempt, onHangUp }: LongPoll<T>): Promise<T | undefined> {
  const waiter = wakers.enter(key, deadline)
  const stopListening = onHangUp(() => waiter.dismiss())
  try {
    do {
      if (!waiter.begin()) return undefined
      const { value, nextAt, more = true } = await attempt()
      if (value !== undefined) {
        if (more) waiter.owe() // which leave() passes on to the next
        waiter.leave()
      }
      if (nextAt !== undefined) wakers.wakeAt(key, nextAt) // after leaving: no timer if nobody else waits
      if (value !== undefined) return value
    } while (await waiter.park())
    return undefined
  } catch (error) {
    waiter.owe() // the others should learn of it too: a deleted queue, say
    throw error
  } finally {
    stopListening()
    waiter.leave()
  }
}
