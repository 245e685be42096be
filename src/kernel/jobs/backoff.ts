/** How long to wait before another attempt at what has just failed. */
import type { Millis } from '../clock/clock.ts'

const FIRST_MS = 1000
const LONGEST_MS = 5 * 60 * 1000

/**
 * Doubles with every attempt, up to five minutes. Between half of that and all of it, as `random` (0 to 1) says, so that
 * what failed together doesn't come back together. In whole milliseconds; `attempt` is 1 after the first failure.
 */
export function backoff(attempt: number, random: number): Millis {
  const longest = Math.min(FIRST_MS * 2 ** (attempt - 1), LONGEST_MS)
  return Math.round(longest * (0.5 + random / 2))
}
