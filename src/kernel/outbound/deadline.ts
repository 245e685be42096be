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
