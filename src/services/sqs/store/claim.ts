/** Claiming: hiding messages from everybody but the caller. */

import { inSlices } from '../../../kernel/store/sql.ts'
import type { Tx } from '../../../kernel/store/store.ts'
import type { QueueAddress } from '../model/names.ts'
import { countInFlight } from './depth.ts'
import { CLAIMED_COLUMNS, type ClaimedMessage, MESSAGE_KEY } from './message-row.ts'
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
       select backlog_id, id from sqs_message where backlog_id = ? and visible_at <= ?
       order by visible_at, id limit ? ${tx.skipLocked}
     )
     update sqs_message
     set visible_at = ?, receive_count = receive_count + 1, first_received_at = coalesce(first_received_at, ?)
     where (backlog_id, id) in (select backlog_id, id from picked)
     returning ${CLAIMED_COLUMNS}`,
    [backlogId, tx.now, limit, tx.now + hideMs, tx.now],
  )
  return claimed.sort(byId) // neither engine promises an order for RETURNING
}

/** Claims those of the given messages that are still visible, and answers them in the order in which they were given. */
export async function claimThese(
  tx: Tx,
  messages: readonly (readonly [backlogId: number, id: number])[],
  hideMs: number,
): Promise<ClaimedMessage[]> {
  const claimed: ClaimedMessage[] = []
  await inSlices(messages, MESSAGE_KEY, async (table, values) => {
    const ofSlice = await tx.all<ClaimedMessage>(
      `with picked as (
         select backlog_id, id from sqs_message
         where (backlog_id, id) in (${table}) and coalesce(visible_at, 0) <= ? ${tx.skipLocked}
       )
       update sqs_message
       set visible_at = ?, receive_count = receive_count + 1, first_received_at = coalesce(first_received_at, ?)
       where (backlog_id, id) in (select backlog_id, id from picked)
       returning ${CLAIMED_COLUMNS}`,
      [...values, tx.now, tx.now + hideMs, tx.now],
    )
    claimed.push(...ofSlice)
  })
  const places = new Map(messages.map(([, id], place) => [id, place]))
  return claimed.sort((a, b) => (places.get(a.id) as number) - (places.get(b.id) as number))
}

/**
 * How many messages one receive removes at most, because they are past their retention or were received too often: it
 * bounds how long it can hold the others up. Whoever got nothing then has to ask again.
 */
export const MAX_REMOVED = 500

const byId = (a: ClaimedMessage, b: ClaimedMessage): number => a.id - b.id

/** What is remembered of a queue's messages in flight. */
interface InFlight {
  /** What was counted once plus all that was claimed since; undefined if it was not counted yet. */
  readonly bound: number | undefined
  readonly countedAt: number
  /** Whether a receive came up against the limit, and nobody was told yet that there is room again. */
  readonly wasFull: boolean
}

/** Others may claim too, on other nodes: they are not overlooked for longer than this. */
const REMEMBERED_MS = 1_000
const MAX_REMEMBERED = 10_000

/**
 * How many more messages may be in flight: `wanted` or fewer. Counting them at each receive would cost more than the
 * receive, so a bound is remembered. They are counted again when the bound reaches the limit, and after a second.
 */
export async function roomInFlight(tx: Tx, queue: Queue, limit: number, wanted: number): Promise<number> {
  const { bound, countedAt, wasFull } = recall(tx, queue) ?? UNKNOWN
  const isCurrent = bound !== undefined && bound + wanted <= limit && tx.now - countedAt < REMEMBERED_MS
  const inFlight = isCurrent ? bound : await countInFlight(tx, queue.backlogId)
  const room = Math.min(Math.max(limit - inFlight, 0), wanted)
  note(tx, queue, {
    bound: inFlight + room,
    countedAt: isCurrent ? countedAt : tx.now,
    wasFull: wasFull || room < wanted,
  })
  return room
}

/**
 * Whether receives came up against the limit since this was last asked: those who wait can go on once one is deleted.
 * True once if nothing is remembered of the queue: memory may have been dropped while they waited.
 */
export function wasFull(tx: Tx, queue: Queue): boolean {
  const remembered = recall(tx, queue)
  if (remembered?.wasFull === false) return false
  note(tx, queue, { ...(remembered ?? UNKNOWN), wasFull: false })
  return true
}

const UNKNOWN: InFlight = { bound: undefined, countedAt: 0, wasFull: false }

const keyOf = ({ backlogId }: Queue) => `sqs.in-flight ${backlogId}`
const recall = (tx: Tx, queue: Queue) => tx.memo.get(keyOf(queue)) as InFlight | undefined

function note(tx: Tx, queue: Queue, inFlight: InFlight): void {
  if (tx.memo.size > MAX_REMEMBERED) tx.memo.clear()
  tx.memo.set(keyOf(queue), inFlight)
}
