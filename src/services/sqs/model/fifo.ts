/** Deduplication in FIFO queues. (Their order is a matter of the store: store/groups.ts.) */
import type { DeduplicationScope } from './queue-attributes.ts'

/** Within which messages an id may not repeat: the group, or, as the empty key, the queue. No group id is empty. */
export const deduplicationKey = (scope: DeduplicationScope, groupId: string) =>
  scope === 'messageGroup' ? groupId : ''
