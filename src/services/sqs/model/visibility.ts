/** The new timeout of ChangeMessageVisibility: its range, and the twelve hours a single receive may last in all. */
import type { Millis } from '../../../kernel/clock/clock.ts'
import { invalidParameter } from '../errors.ts'

const MAX_VISIBILITY_SECONDS = 43_200

const invalidTimeout = (seconds: number, reason: string) => invalidParameter('VisibilityTimeout', seconds, reason)

export function checkVisibilityTimeout(seconds: number): void {
  if (!(seconds >= 0 && seconds <= MAX_VISIBILITY_SECONDS)) {
    throw invalidTimeout(seconds, `VisibilityTimeout must be an integer between 0 and ${MAX_VISIBILITY_SECONDS}.`)
  }
}

/** The cap counts from the receive that gave out the handle. A timeout past it is refused, never shortened. */
export function checkTotalVisibility(seconds: number, receivedAt: Millis, now: Millis): void {
  if (now - receivedAt + seconds * 1000 > MAX_VISIBILITY_SECONDS * 1000) {
    throw invalidTimeout(
      seconds,
      `Total VisibilityTimeout for the message is beyond the limit [${MAX_VISIBILITY_SECONDS} seconds]`,
    )
  }
}
