/**
 * FIFO order and deduplication.
 *
 * One rule gives the order: in each group, walk from the oldest message that isn't deleted; deliver while messages are
 * visible; stop at the first that is in flight or delayed. A group with its head hidden is therefore blocked, and new
 * messages never unblock it.
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import type { DeduplicationScope } from './queue-attributes.ts'

/** How many messages of a group may be delivered now. `visibleAt` in sequence order, from the oldest message on. */
export function deliverablePrefix(visibleAt: readonly Millis[], now: Millis): number {
  const firstHidden = visibleAt.findIndex((at) => at > now)
  return firstHidden < 0 ? visibleAt.length : firstHidden
}

/** For how long an accepted message makes others with its id duplicates. Repeats don't prolong it. */
export const DEDUPLICATION_WINDOW: Millis = 5 * 60 * 1000

/** Within which messages an id may not repeat: the group, or, as the empty key, the queue. No group id is empty. */
export const deduplicationKey = (scope: DeduplicationScope, groupId: string) =>
  scope === 'messageGroup' ? groupId : ''
