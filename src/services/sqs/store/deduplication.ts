/** Under which deduplication ids messages were accepted within the last five minutes. */
import { ConcurrentChange, type Tx } from '../../../kernel/store/store.ts'
import { DEDUPLICATION_WINDOW } from '../model/fifo.ts'
import { inSlices } from './sql.ts'

export interface DeduplicationKey {
  readonly backlogId: number
  /** A message group, or empty for the whole queue. */
  readonly scope: string
  readonly deduplicationId: string
}

/** The message that was accepted under a key. */
export interface Original {
  readonly messageId: string
  readonly id: number
}

/** Same keys have the same text. */
export const keyText = ({ backlogId, scope, deduplicationId }: DeduplicationKey): string =>
  `${backlogId} ${scope} ${deduplicationId}`

/** The originals of repeats, by the text of their keys. Keys that are older than the window are forgotten. */
export async function findOriginals(tx: Tx, keys: readonly DeduplicationKey[]): Promise<Map<string, Original>> {
  const originals = new Map<string, Original>()
  const stale: DeduplicationKey[] = []
  const windowBegan = tx.now - DEDUPLICATION_WINDOW
  await inSlices(keys.map(rowOf), KEY_TYPES, async (table, values) => {
    const rows = await tx.all<Original & DeduplicationKey & { acceptedAt: number }>(
      `select backlog_id as "backlogId", scope, deduplication_id as "deduplicationId", message_id as "messageId", id,
         accepted_at as "acceptedAt"
       from sqs_deduplication where (backlog_id, scope, deduplication_id) in (${table})`,
      values,
    )
    for (const row of rows) {
      if (row.acceptedAt <= windowBegan) stale.push(row)
      else originals.set(keyText(row), { messageId: row.messageId, id: row.id })
    }
  })
  await inSlices(stale.map(rowOf), KEY_TYPES, (table, values) =>
    // With its age: another node may have replaced the old one meanwhile.
    tx.later(
      `delete from sqs_deduplication where (backlog_id, scope, deduplication_id) in (${table})
         and coalesce(accepted_at, 0) <= ?`,
      [...values, windowBegan],
    ),
  )
  return originals
}

/** Remembers what is accepted now. Another node may just have accepted the same: then all of this is run again. */
export async function remember(tx: Tx, accepted: readonly (DeduplicationKey & Original)[]): Promise<void> {
  const rows = accepted.map(({ backlogId, scope, deduplicationId, messageId, id }) => ({
    key: keyText({ backlogId, scope, deduplicationId }),
    values: [backlogId, scope, deduplicationId, messageId, id, tx.now],
  }))
  rows.sort((a, b) => (a.key < b.key ? -1 : 1)) // one order for all, so that nobody waits in a circle
  const inserted = await tx.insertAbsent(
    'sqs_deduplication',
    ['backlog_id', 'scope', 'deduplication_id', 'message_id', 'id', 'accepted_at'],
    rows.map(({ values }) => values),
  )
  if (inserted < rows.length) throw new ConcurrentChange('a repeat of a message was accepted at the same time')
}

const KEY_TYPES = ['bigint', 'text', 'text'] as const
const rowOf = ({ backlogId, scope, deduplicationId }: DeduplicationKey) => [backlogId, scope, deduplicationId]
