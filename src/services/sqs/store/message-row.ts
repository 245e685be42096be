/** Messages as rows. */

import { part, record } from '../../../kernel/store/packing.ts'
import { inSlices } from '../../../kernel/store/sql.ts'
import type { SqlValue, Tx } from '../../../kernel/store/store.ts'

/** A message as a claim returns it. */
export interface ClaimedMessage {
  readonly id: number
  readonly messageId: string
  readonly body: string
  /** JSON, or null. */
  readonly attributes: string | null
  readonly sentAt: number
  /** Including this receive. */
  readonly receiveCount: number
  /** How many of these were from queues that the message was in before. */
  readonly receivedElsewhere: number
  readonly firstReceivedAt: number
  readonly sender: string
  readonly groupId: string | null
  readonly deduplicationId: string | null
  readonly deadLetterSource: string | null
  readonly traceHeader: string | null
  /** If the body has a gap that is filled when it is read. */
  readonly seal: string | null
}

/** How it travels. */
export const claimedMessage = record<ClaimedMessage>({
  id: part,
  messageId: part,
  body: part,
  attributes: part,
  sentAt: part,
  receiveCount: part,
  receivedElsewhere: part,
  firstReceivedAt: part,
  sender: part,
  groupId: part,
  deduplicationId: part,
  deadLetterSource: part,
  traceHeader: part,
  seal: part,
})

export const CLAIMED_COLUMNS = `id, message_id as "messageId", body, attributes, sent_at as "sentAt",
  receive_count as "receiveCount", received_elsewhere as "receivedElsewhere", first_received_at as "firstReceivedAt",
  sender, group_id as "groupId", deduplication_id as "deduplicationId", dead_letter_source as "deadLetterSource", trace_header as "traceHeader", seal`

/** What one receive got. A replayed receive attempt carries the time of the original, so that its handles are the same. */
export interface ClaimedMessages {
  readonly messages: readonly ClaimedMessage[]
  readonly receivedAt: number
  /** The search ended early, or some had to leave: there may be more to receive. */
  readonly mayBeMore: boolean
}

/** What is written when a message is sent. */
// biome-ignore format: one row of the table
export const SENT_COLUMNS = [
  'backlog_id', 'id', 'message_id', 'body', 'attributes', 'sent_at', 'visible_at', 'receive_count', 'first_received_at',
  'sender', 'group_id', 'deduplication_id', 'dead_letter_source', 'trace_header', 'seal',
] as const

export const MESSAGE_COLUMNS = [...SENT_COLUMNS, 'received_elsewhere'] as const

/** A whole row, by the names of its columns. */
export type MessageRow = Record<(typeof MESSAGE_COLUMNS)[number], SqlValue> & { readonly id: number }

/** As rows of a list in SQL; see `inSlices`. */
export const messageKeys = (backlogId: number, ids: readonly number[]) => ids.map((id) => [backlogId, id] as const)
export const MESSAGE_KEY = ['bigint', 'bigint'] as const

/** Deletes those that are still there; resolves to how many that were. */
export async function deleteMessagesById(tx: Tx, backlogId: number, ids: readonly number[]): Promise<number> {
  let deleted = 0
  await inSlices(messageKeys(backlogId, ids), MESSAGE_KEY, async (table, values) => {
    deleted += await tx.run(`delete from sqs_message where (backlog_id, id) in (${table})`, values)
  })
  return deleted
}

/**
 * Takes messages out of a backlog, to be put elsewhere: each of them is had by one taker only. Those that became visible
 * after `visibleBy` are left, and so are those that are gone. In the order of their ids.
 */
export async function takeOut(
  tx: Tx,
  backlogId: number,
  ids: readonly number[],
  visibleBy: number,
): Promise<MessageRow[]> {
  const rows: MessageRow[] = []
  await inSlices(messageKeys(backlogId, ids), MESSAGE_KEY, async (table, values) => {
    const taken = await tx.all<MessageRow>(
      `delete from sqs_message where (backlog_id, id) in (${table}) and coalesce(visible_at, 0) <= ?
       returning ${MESSAGE_COLUMNS.join(', ')}`,
      [...values, visibleBy],
    )
    rows.push(...taken)
  })
  return rows.sort((a, b) => a.id - b.id)
}

export const putIn = (tx: Tx, rows: readonly MessageRow[]): Promise<void> =>
  tx.insertMany(
    'sqs_message',
    MESSAGE_COLUMNS,
    rows.map((row) => MESSAGE_COLUMNS.map((column) => row[column])),
  )
