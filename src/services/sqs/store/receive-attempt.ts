/**
 * Receive attempts of FIFO queues (`ReceiveRequestAttemptId`): within five minutes a repeat returns the same messages
 * with the same receipt handles, hidden anew, unless one of them was deleted, released or hidden for another time since.
 */
import { ConcurrentChange, type Tx } from '../../../kernel/store/store.ts'
import { ChangedGroups } from './groups.ts'
import { CLAIMED_COLUMNS, type ClaimedMessage, type ClaimedMessages } from './message-row.ts'
import type { Queue } from './queue-row.ts'

export const RECEIVE_ATTEMPT_WINDOW_MS = 5 * 60 * 1000

interface Attempt {
  readonly receivedAt: number
  readonly hiddenUntil: number
  /** JSON of [id, receive count] pairs. */
  readonly receipts: string
}

/** Undefined if the attempt is new, too old, or no longer valid. */
export async function replayAttempt(
  tx: Tx,
  queue: Queue,
  attemptId: string,
  hideMs: number,
): Promise<ClaimedMessages | undefined> {
  const attempt = await tx.get<Attempt>(
    `select received_at as "receivedAt", hidden_until as "hiddenUntil", receipts from sqs_receive_attempt
     where backlog_id = ? and attempt_id = ? and received_at > ? and hidden_until > ?`,
    [queue.backlogId, attemptId, tx.now - RECEIVE_ATTEMPT_WINDOW_MS, tx.now],
  )
  if (attempt === undefined) return undefined
  const messages: ClaimedMessage[] = []
  for (const [id, receiveCount] of JSON.parse(attempt.receipts) as [number, number][]) {
    const message = await tx.get<ClaimedMessage>(
      `select ${CLAIMED_COLUMNS} from sqs_message
       where backlog_id = ? and id = ? and receive_count = ? and visible_at = ?`,
      [queue.backlogId, id, receiveCount, attempt.hiddenUntil],
    )
    if (message === undefined) return undefined
    messages.push(message)
  }
  await hideAgain(tx, queue, attemptId, messages, tx.now + hideMs)
  return { messages, receivedAt: attempt.receivedAt }
}

async function hideAgain(
  tx: Tx,
  queue: Queue,
  attemptId: string,
  messages: readonly ClaimedMessage[],
  hiddenUntil: number,
): Promise<void> {
  const changed = new ChangedGroups()
  for (const { id, receiveCount, groupId } of messages) {
    const hidden = await tx.run(
      'update sqs_message set visible_at = ? where backlog_id = ? and id = ? and receive_count = ?',
      [hiddenUntil, queue.backlogId, id, receiveCount],
    )
    if (hidden === 0) throw new ConcurrentChange('a message of a repeated receive was just deleted or received')
    changed.add(queue, groupId as string, id)
  }
  await changed.settle(tx)
  await tx.run('update sqs_receive_attempt set hidden_until = ? where backlog_id = ? and attempt_id = ?', [
    hiddenUntil,
    queue.backlogId,
    attemptId,
  ])
}

export async function saveAttempt(
  tx: Tx,
  queue: Queue,
  attemptId: string,
  messages: readonly ClaimedMessage[],
  hideMs: number,
): Promise<void> {
  const receipts = JSON.stringify(messages.map(({ id, receiveCount }) => [id, receiveCount]))
  await tx.run(
    `insert into sqs_receive_attempt (backlog_id, attempt_id, received_at, hidden_until, receipts) values (?, ?, ?, ?, ?)
     on conflict (backlog_id, attempt_id) do update
     set received_at = excluded.received_at, hidden_until = excluded.hidden_until, receipts = excluded.receipts`,
    [queue.backlogId, attemptId, tx.now, tx.now + hideMs, receipts],
  )
}
