/**
 * Time limits of what goes over sockets. They are in real time: whoever moves the platform's clock forward must not break
 * off what is under way.
 */
import { type Millis, SystemClock } from '../clock/clock.ts'

/** Nobody shifts it. */
const realTime = new SystemClock()

/** Runs `fn` with a signal that is aborted after `ms`; ends when `fn` does. */
export async function withDeadline<T>(ms: Millis, fn: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const cancel = realTime.at(realTime.now() + ms, () => controller.abort())
  try {
    return await fn(controller.signal)
  } finally {
    cancel()
  }
}

/** The same for whoever can be ended by a call: an AbortSignal costs an HTTP request as much as its own headers. */
export class Deadline {
  readonly #cancel: () => void
  #end: (() => void) | undefined
  #isOver = false

  constructor(ms: Millis) {
    this.#cancel = realTime.at(realTime.now() + ms, () => {
      this.#isOver = true
      this.#end?.()
    })
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** `end` is called when the time is over: at once, if it is. It replaces the one of before. */
  ends(end: () => void): void {
    this.#end = end
    if (this.#isOver) end()
  }

  /** All is done in time. */
  cancel(): void {
    this.#cancel()
  }
}
