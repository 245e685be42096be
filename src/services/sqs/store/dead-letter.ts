/** Moving messages that were received too often to the dead-letter queue, in the transaction of the receive. */
import type { Tx } from '../../../kernel/store/store.ts'
import { allowsSource } from '../model/redrive.ts'
import { changeDepth } from './depth.ts'
import { addToGroup } from './groups.ts'
import { findQueue, type Queue, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

/**
 * The queue that takes what `source` gives up: undefined if there is none, if it was deleted, if it doesn't allow this
 * source, or if it is the source itself. Messages then stay where they are.
 */
export async function deadLetterQueueFor(tx: Tx, source: Queue): Promise<Queue | undefined> {
  if (source.redrivePolicy === undefined) return undefined
  const target = await findQueue(tx, source.redrivePolicy.target)
  if (target === undefined || target.fifo !== source.fifo || target.queueId === source.queueId) return undefined
  return allowsSource(target.attributes.RedriveAllowPolicy, source.arn) ? target : undefined
}

/**
 * Moves messages that a claim has just counted once more than they were received. They keep their message id, content
 * and receive count. Standard ones keep the time of sending too, and so their retention; FIFO ones are enqueued anew.
 */
export async function moveToDeadLetter(
  tx: Tx,
  source: Queue,
  target: Queue,
  messages: readonly { id: number; groupId: string | null }[],
): Promise<void> {
  const newIds = target.fifo ? await tx.nextIds(messages.length) : messages.map((message) => message.id)
  for (let i = 0; i < messages.length; i++) {
    const { id, groupId } = messages[i] as { id: number; groupId: string | null }
    const newId = newIds[i] as number
    await tx.run(
      `insert into sqs_message (backlog_id, id, message_id, body, attributes, sent_at, visible_at, receive_count,
         first_received_at, sender, group_id, deduplication_id, dead_letter_source, trace_header)
       select ?, ?, message_id, body, attributes, ${target.fifo ? '?' : 'sent_at'}, ?, receive_count - 1,
         first_received_at, sender, group_id, deduplication_id, ?, trace_header
       from sqs_message where backlog_id = ? and id = ?`,
      [target.backlogId, newId, ...(target.fifo ? [tx.now] : []), tx.now, source.arn, source.backlogId, id],
    )
    await tx.run('delete from sqs_message where backlog_id = ? and id = ?', [source.backlogId, id])
    if (target.fifo && groupId !== null) await addToGroup(tx, target.backlogId, groupId, tx.now, newId)
  }
  if (messages.length === 0) return
  await changeDepth(tx, source.backlogId, -messages.length)
  await changeDepth(tx, target.backlogId, messages.length)
  tx.wake(WAKE_CHANNEL, wakeKey(target), messages.length)
}
