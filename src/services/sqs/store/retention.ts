/**
 * Retention: a message lives for the queue's retention period, counted from when it was sent, whatever its state. Ids
 * ascend in the order of sending, so the oldest messages of a backlog are the first by its primary key.
 */
import type { Tx } from '../../../kernel/store/store.ts'
import { removeExpiredBundles } from './bundle.ts'
import { changeDepth, type Depth, depthOf } from './depth.ts'
import { ChangedGroups } from './groups.ts'
import { deleteMessagesById } from './message-row.ts'
import { expiryLimit, type Queue } from './queue-row.ts'

interface OldMessage {
  readonly id: number
  readonly groupId: string | null
  readonly sentAt: number
}

const SLICE = 500

/** Expired messages that are removed so as not to be counted; beyond these it is left to the sweep. */
const MAX_UNCOUNTED = 1_000

/** How many messages a queue holds, without those past their retention. */
export async function countUnexpired(tx: Tx, queue: Queue): Promise<Depth> {
  await removeExpired(tx, queue, MAX_UNCOUNTED)
  return depthOf(tx, queue.backlogId)
}

/** Deletes messages past their retention, at most about `limit`. True if there may be more. */
export async function removeExpired(tx: Tx, queue: Queue, limit: number): Promise<boolean> {
  const oldest = expiryLimit(tx, queue)
  const moreBundles = !queue.fifo && (await removeExpiredBundles(tx, queue.backlogId, oldest))
  for (let removed = 0; removed < limit; ) {
    const candidates = await tx.all<OldMessage>(
      `select id, group_id as "groupId", sent_at as "sentAt" from sqs_message where backlog_id = ? order by id limit ?`,
      [queue.backlogId, SLICE],
    )
    const expired = candidates.filter((message) => message.sentAt <= oldest)
    await remove(tx, queue, expired)
    removed += expired.length
    if (expired.length < SLICE) return moreBundles
  }
  return true
}

async function remove(tx: Tx, queue: Queue, messages: readonly OldMessage[]): Promise<void> {
  const ids = messages.map(({ id }) => id)
  await changeDepth(tx, queue.backlogId, -(await deleteMessagesById(tx, queue.backlogId, ids)))
  if (!queue.fifo) return
  const changed = new ChangedGroups()
  for (const { id, groupId } of messages) changed.add(queue, groupId as string, id)
  await changed.settle(tx)
}
