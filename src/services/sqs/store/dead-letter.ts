/** Moving messages that were received too often to the dead-letter queue, in the transaction of the receive. */
import type { Tx } from '../../../kernel/store/store.ts'
import { allowsSource } from '../model/redrive.ts'
import { DepthChanges } from './depth.ts'
import { openGroups } from './groups.ts'
import { putIn, takeOut } from './message-row.ts'
import { findForSending, type Queue, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

/**
 * The queue that takes what `source` gives up: undefined if there is none, if it was deleted, if it doesn't allow this
 * source, or if it is the source itself. Messages then stay where they are.
 */
export async function deadLetterQueueFor(tx: Tx, source: Queue): Promise<Queue | undefined> {
  if (source.redrivePolicy === undefined) return undefined
  const target = await findForSending(tx, source.redrivePolicy.target)
  if (target === undefined || target.fifo !== source.fifo || target.queueId === source.queueId) return undefined
  return allowsSource(target.attributes.RedriveAllowPolicy, source.arn) ? target : undefined
}

/**
 * Moves messages that a claim has just counted once more than they were received. They keep their message id, content
 * and receive count, but the limit of their new queue is for receives from there. Standard ones keep the time of sending too, and so their retention; FIFO ones are enqueued anew.
 */
export async function moveToDeadLetter(
  tx: Tx,
  source: Queue,
  target: Queue,
  messages: readonly { id: number; groupId: string | null }[],
): Promise<void> {
  if (messages.length === 0) return
  const ids = messages.map(({ id }) => id)
  const rows = await takeOut(tx, source.backlogId, ids, Number.MAX_SAFE_INTEGER)
  const { backlogId } = target
  const moved = rows.map((row) => {
    const receiveCount = (row.receive_count as number) - 1
    return {
      ...row,
      backlog_id: backlogId,
      visible_at: tx.now,
      receive_count: receiveCount,
      received_elsewhere: receiveCount,
      dead_letter_source: source.arn,
    }
  })
  if (target.fifo) {
    const newIds = await openGroups(
      tx,
      moved.map(({ group_id }) => ({ backlogId, groupId: group_id as string, visibleAt: tx.now })),
      moved.length,
    )
    for (const [at, row] of moved.entries()) Object.assign(row, { id: newIds[at], sent_at: tx.now })
  }
  await putIn(tx, moved)
  const depth = new DepthChanges()
  depth.add(source.backlogId, -moved.length)
  depth.add(backlogId, moved.length)
  await depth.save(tx)
  tx.wake(WAKE_CHANNEL, wakeKey(target), moved.length)
}
