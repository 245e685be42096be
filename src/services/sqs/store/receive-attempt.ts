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

/** What is known of an attempt id. */
export interface EarlierAttempt {
  readonly receivedAt: number
  readonly hiddenUntil: number
  /** Undefined if it is too old or no longer valid: the attempt is then one like any other. */
  readonly replayed: ClaimedMessages | undefined
}

/** Undefined if the attempt is new. */
export async function replayAttempt(
  tx: Tx,
  queue: Queue,
  attemptId: string,
  hideMs: number,
): Promise<EarlierAttempt | undefined> {
  const attempt = await tx.get<Attempt>(
    `select received_at as "receivedAt", hidden_until as "hiddenUntil", receipts from sqs_receive_attempt
     where backlog_id = ? and attempt_id = ?`,
    [queue.backlogId, attemptId],
  )
  if (attempt === undefined) return undefined
  return { ...attempt, replayed: await replay(tx, queue, { attemptId, attempt, hideMs }) }
}

async function replay(
  tx: Tx,
  queue: Queue,
  { attemptId, attempt, hideMs }: { attemptId: string; attempt: Attempt; hideMs: number },
): Promise<ClaimedMessages | undefined> {
  if (attempt.receivedAt <= tx.now - RECEIVE_ATTEMPT_WINDOW_MS || attempt.hiddenUntil <= tx.now) return undefined
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
  return { messages, receivedAt: attempt.receivedAt, mayBeMore: false }
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

export interface AttemptToSave {
  readonly attemptId: string
  /** What was known of it before. */
  readonly earlier: EarlierAttempt | undefined
  readonly messages: readonly ClaimedMessage[]
  readonly hideMs: number
}

/** Of two receives with one attempt id the one that saves it first has received; the other is run again and repeats it. */
export async function saveAttempt(tx: Tx, queue: Queue, attempt: AttemptToSave): Promise<void> {
  const { attemptId, earlier, messages, hideMs } = attempt
  const receipts = JSON.stringify(messages.map(({ id, receiveCount }) => [id, receiveCount]))
  const key = [queue.backlogId, attemptId]
  const saved =
    earlier === undefined
      ? await tx.insertAbsent(
          'sqs_receive_attempt',
          ['backlog_id', 'attempt_id', 'received_at', 'hidden_until', 'receipts'],
          [[...key, tx.now, tx.now + hideMs, receipts]],
        )
      : await tx.run(
          `update sqs_receive_attempt set received_at = ?, hidden_until = ?, receipts = ?
           where backlog_id = ? and attempt_id = ? and received_at = ? and hidden_until = ?`,
          [tx.now, tx.now + hideMs, receipts, ...key, earlier.receivedAt, earlier.hiddenUntil],
        )
  if (saved === 0) throw new ConcurrentChange('a receive with the same attempt id came first')
}
