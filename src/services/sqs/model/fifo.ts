/** Deduplication in FIFO queues. (Their order is a matter of the store: store/groups.ts.) */
import type { Millis } from '../../../kernel/clock/clock.ts'
import type { DeduplicationScope } from './queue-attributes.ts'

/** For how long an accepted message makes others with its id duplicates. Repeats don't prolong it. */
export const DEDUPLICATION_WINDOW: Millis = 5 * 60 * 1000

/** Within which messages an id may not repeat: the group, or, as the empty key, the queue. No group id is empty. */
export const deduplicationKey = (scope: DeduplicationScope, groupId: string) =>
  scope === 'messageGroup' ? groupId : ''
