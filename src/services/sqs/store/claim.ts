/** Claiming: hiding messages from everybody but the caller. */

import { inSlices } from '../../../kernel/store/sql.ts'
import type { Tx } from '../../../kernel/store/store.ts'
import type { QueueAddress } from '../model/names.ts'
import { countInFlight } from './depth.ts'
import { CLAIMED_COLUMNS, type ClaimedMessage } from './message-row.ts'
import type { Queue } from './queue-row.ts'

export interface ReceiveCall {
  readonly queue: QueueAddress
  readonly limit: number
  /** Undefined takes the queue's. */
  readonly visibilityTimeout: number | undefined
  /** In seconds; undefined takes the queue's. */
  readonly waitTime: number | undefined
  readonly attemptId: string | undefined
  /** How many messages may be in flight at once. */
  readonly maxInFlight: number
}

export const visibilityMs = (queue: Queue, call: ReceiveCall): number =>
  (call.visibilityTimeout ?? queue.attributes.VisibilityTimeout) * 1000

/**
 * Claims up to `limit` visible messages, those first that have been visible longest, and hides them for `hideMs`.
 * One statement, so no two receivers hold the same message: SQLite has one writer, PostgreSQL skips locked rows.
 * The CTE keeps `limit` exact; PostgreSQL may evaluate a bare sub-select more than once.
 */
export async function claimOldest(tx: Tx, backlogId: number, limit: number, hideMs: number): Promise<ClaimedMessage[]> {
  const claimed = await tx.all<ClaimedMessage>(
    `with picked as (
       select id from sqs_message where backlog_id = ? and visible_at <= ?
       order by visible_at, id limit ? ${tx.skipLocked}
     )
     update sqs_message
     set visible_at = ?, receive_count = receive_count + 1, first_received_at = coalesce(first_received_at, ?)
     where backlog_id = ? and id in (select id from picked)
     returning ${CLAIMED_COLUMNS}`,
    [backlogId, tx.now, limit, tx.now + hideMs, tx.now, backlogId],
  )
  return claimed.sort(byId) // neither engine promises an order for RETURNING
}

/** Claims those of the given messages that are still visible, and answers them in the order of the ids. */
export async function claimThese(
  tx: Tx,
  backlogId: number,
  ids: readonly number[],
  hideMs: number,
): Promise<ClaimedMessage[]> {
  const claimed: ClaimedMessage[] = []
  await inSlices(ids, async (slice, marks) => {
    const messages = await tx.all<ClaimedMessage>(
      `with picked as (
         select id from sqs_message where backlog_id = ? and id in (${marks}) and visible_at <= ? ${tx.skipLocked}
       )
       update sqs_message
       set visible_at = ?, receive_count = receive_count + 1, first_received_at = coalesce(first_received_at, ?)
       where backlog_id = ? and id in (select id from picked)
       returning ${CLAIMED_COLUMNS}`,
      [backlogId, ...slice, tx.now, tx.now + hideMs, tx.now, backlogId],
    )
    claimed.push(...messages)
  })
  const places = new Map(ids.map((id, place) => [id, place]))
  return claimed.sort((a, b) => (places.get(a.id) as number) - (places.get(b.id) as number))
}

/**
 * How many messages one receive removes at most, because they are past their retention or were received too often: it
 * bounds how long it can hold the others up. Whoever got nothing then has to ask again.
 */
export const MAX_REMOVED = 500

const byId = (a: ClaimedMessage, b: ClaimedMessage): number => a.id - b.id

/**
 * How many more messages may be in flight: `wanted` or fewer. Counting them at each receive would cost more than the
 * receive, so a bound is remembered: what was counted once plus all that was claimed since. It is counted again only
 * when the bound reaches the limit.
 */
export async function roomInFlight(tx: Tx, queue: Queue, limit: number, wanted: number): Promise<number> {
  const key = boundKey(queue)
  const remembered = tx.memo.get(key) as number | undefined
  let bound = remembered ?? (await countInFlight(tx, queue.backlogId))
  if (remembered !== undefined && bound + wanted > limit) bound = await countInFlight(tx, queue.backlogId)
  const room = Math.min(Math.max(limit - bound, 0), wanted)
  if (tx.memo.size > MAX_REMEMBERED) tx.memo.clear()
  if (room < wanted) tx.memo.set(fullKey(queue), true)
  tx.memo.set(key, bound + room)
  return room
}

const boundKey = ({ backlogId }: Queue) => `sqs.in-flight ${backlogId}`
const fullKey = ({ backlogId }: Queue) => `sqs.full ${backlogId}`

/**
 * Whether receives came up against the limit since this was last asked: those who wait can go on once one is deleted.
 * True also if nothing is remembered of the queue: memory may have been dropped while they waited.
 */
export const wasFull = (tx: Tx, queue: Queue): boolean =>
  tx.memo.delete(fullKey(queue)) || !tx.memo.has(boundKey(queue))

const MAX_REMEMBERED = 10_000
