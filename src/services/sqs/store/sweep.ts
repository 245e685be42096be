/**
 * Cleaning up behind the queues, in slices short enough that nobody waits for them: what is past its retention, what
 * was remembered for five minutes, and the backlogs that purged and deleted queues left behind.
 */
import { cancel, schedule } from '../../../kernel/jobs/jobs.ts'
import { DEDUPLICATION_WINDOW } from '../../../kernel/store/deduplication.ts'
import { single, type Tx } from '../../../kernel/store/store.ts'
import type { QueueAttributes } from '../model/queue-attributes.ts'
import { oldestBundleSentAt } from './bundle.ts'
import { findQueueById, type Queue } from './queue-row.ts'
import { RECEIVE_ATTEMPT_WINDOW_MS } from './receive-attempt.ts'
import { removeExpired } from './retention.ts'
import { acceptedIds } from './send.ts'

export const SWEEP_JOB = 'sqs.sweep'
export const COLLECT_JOB = 'sqs.collect'

const SLICE = 1_000
/** A queue is not swept more often than this, however many messages expire one after the other. */
const MIN_PAUSE_MS = 60_000

/** To be called with every queue that is created. */
export async function scheduleSweep(
  tx: Tx,
  { queueId, attributes }: Pick<Queue, 'queueId' | 'attributes'>,
): Promise<void> {
  await schedule(tx, {
    kind: SWEEP_JOB,
    key: String(queueId),
    due: tx.now + longestPauseMs(attributes),
    payload: { queueId },
  })
}

/** To be called when the retention period gets shorter: some messages may be past it already. */
export async function sweepNow(tx: Tx, { queueId }: Pick<Queue, 'queueId'>): Promise<void> {
  await schedule(tx, { kind: SWEEP_JOB, key: String(queueId), due: tx.now, payload: { queueId } })
}

/** To be called with every queue that is deleted. */
export async function cancelSweep(tx: Tx, { queueId }: Pick<Queue, 'queueId'>): Promise<void> {
  await cancel(tx, SWEEP_JOB, String(queueId))
}

/** No message that arrives from now on expires earlier. What a FIFO queue remembers is forgotten after five minutes. */
const longestPauseMs = ({ FifoQueue, MessageRetentionPeriod }: QueueAttributes): number =>
  FifoQueue ? Math.min(DEDUPLICATION_WINDOW, MessageRetentionPeriod * 1000) : MessageRetentionPeriod * 1000

/** Cleans one slice of a queue. Answers when the next one is due, or undefined if the queue is gone. */
export const sweepQueue = single(
  'sqs.sweepQueue',
  async (tx, { queueId }: { queueId: number }): Promise<number | undefined> => {
    const queue = await findQueueById(tx, queueId)
    if (queue === undefined) return undefined
    const more = await removeExpired(tx, queue, SLICE)
    if ((await forget(tx, queue)) || more) return tx.now
    const oldest = await tx.get<{ sentAt: number }>(
      'select sent_at as "sentAt" from sqs_message where backlog_id = ? order by id limit 1',
      [queue.backlogId],
    )
    const ofBundles = await oldestBundleSentAt(tx, queue.backlogId)
    const nextExpiry =
      Math.min(oldest?.sentAt ?? tx.now, ofBundles ?? tx.now) + queue.attributes.MessageRetentionPeriod * 1000
    return Math.max(tx.now + MIN_PAUSE_MS, Math.min(nextExpiry, tx.now + longestPauseMs(queue.attributes)))
  },
)

/** Forgets what a FIFO queue remembered for five minutes; true if there may be more. */
async function forget(tx: Tx, { fifo, backlogId }: Queue): Promise<boolean> {
  if (!fifo) return false
  const ids = await acceptedIds.forget(tx, backlogId, SLICE)
  const attempts = await tx.run(FORGET_ATTEMPTS, [backlogId, backlogId, tx.now - RECEIVE_ATTEMPT_WINDOW_MS, SLICE])
  return ids === SLICE || attempts === SLICE
}

const FORGET_ATTEMPTS = `
  delete from sqs_receive_attempt where backlog_id = ? and attempt_id in (
    select attempt_id from sqs_receive_attempt where backlog_id = ? and received_at <= ? limit ?)`

/** The tables whose rows belong to a backlog, with the column that tells them apart, and how many are deleted at once. */
const BACKLOG_TABLES: readonly (readonly [table: string, key: string, slice: number])[] = [
  ['sqs_message', 'id', SLICE],
  ['sqs_bundle', 'id', SLICE / 10], // each may fill several pages
  ['sqs_group', 'group_id', SLICE],
  ['sqs_deduplication', '(scope, deduplication_id)', SLICE],
  ['sqs_receive_attempt', 'attempt_id', SLICE],
  ['sqs_depth', 'lane', SLICE],
]

/** A send that began before the purge ends within this time, on whatever node. */
const LAST_LOOK_MS = 5 * 60_000

/** To be called with every backlog that its queue has left. */
export async function scheduleCollection(tx: Tx, backlogId: number): Promise<void> {
  const payload: AbandonedBacklog = { backlogId, lastLookAt: tx.now + LAST_LOOK_MS }
  await schedule(tx, { kind: COLLECT_JOB, key: String(backlogId), due: tx.now, payload })
}

export interface AbandonedBacklog {
  readonly backlogId: number
  readonly lastLookAt: number
}

/** Deletes a slice of an abandoned backlog. Answers when the next one is due, or undefined if nothing can be left. */
export const collectBacklog = single(
  'sqs.collectBacklog',
  async (tx, { backlogId, lastLookAt }: AbandonedBacklog): Promise<number | undefined> => {
    for (const [table, key, slice] of BACKLOG_TABLES) {
      const deleted = await tx.run(
        `delete from ${table} where backlog_id = ? and ${key} in (
         select ${key.replace(/[()]/g, '')} from ${table} where backlog_id = ? limit ?)`,
        [backlogId, backlogId, slice],
      )
      if (deleted === slice) return tx.now
    }
    return tx.now < lastLookAt ? lastLookAt : undefined
  },
)
