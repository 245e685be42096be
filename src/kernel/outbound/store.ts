/** The outbox's table: a short memory of what would have left the platform. */
import type { Millis } from '../clock/clock.ts'
import { batched, done, type SqlValue, single, type Tx } from '../store/store.ts'

export const CHANNELS = ['email', 'sms', 'push'] as const
export type OutboxChannel = (typeof CHANNELS)[number]

/** Something that would have left. */
export interface OutboxItem {
  readonly channel: OutboxChannel
  readonly account: string
  readonly region: string
  /** The mail address, the phone number, or the token of a device. */
  readonly destination: string
  /** Plain JSON data: what the channel would have carried. */
  readonly content: Readonly<Record<string, unknown>>
}

export interface RecordedItem extends OutboxItem {
  readonly id: number
  readonly recordedAt: Millis
}

/** So many are kept, and at most one interval more for each of the store's parallel writers. */
const KEPT = 10_000
/** Finding the oldest that is kept means counting through all of them, so that is done once in so many items. */
const TRIM_INTERVAL = 250
const UNTRIMMED = 'outbox.untrimmed'

const COLUMNS = ['id', 'channel', 'account', 'region', 'destination', 'recorded_at', 'content']

/** Answers the item's id. */
export const recordInOutbox = batched<OutboxItem, number>('outbox.record', async (tx, items) => {
  const ids = await tx.nextIds(items.length)
  const rows = items.map((item, i) => [
    ids[i] as number,
    item.channel,
    item.account,
    item.region,
    storable(item.destination),
    tx.now,
    JSON.stringify(item.content),
  ])
  await tx.insertMany('outbox', COLUMNS, rows)
  await trim(tx, items.length)
  return ids.map(done)
})

/** PostgreSQL can't hold U+0000 in a text; in JSON it is escaped. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd')

async function trim(tx: Tx, added: number): Promise<void> {
  const untrimmed = ((tx.memo.get(UNTRIMMED) as number | undefined) ?? TRIM_INTERVAL) + added
  const isDue = untrimmed >= TRIM_INTERVAL
  if (isDue)
    await tx.run('delete from outbox where id <= (select id from outbox order by id desc limit 1 offset ?)', [KEPT])
  tx.memo.set(UNTRIMMED, isDue ? 0 : untrimmed)
}

export interface OutboxQuery {
  readonly channel: OutboxChannel | undefined
  readonly destination: string | undefined
  /** Only what was recorded before the item of this id. */
  readonly before: number | undefined
  readonly limit: number
}

/** Newest first. */
export const listOutbox = single('outbox.list', async (tx, query: OutboxQuery): Promise<RecordedItem[]> => {
  const conditions: [sql: string, value: SqlValue | undefined][] = [
    ['channel = ?', query.channel],
    ['destination = ?', query.destination && storable(query.destination)],
    ['id < ?', query.before],
  ]
  const given = conditions.filter((condition): condition is [string, SqlValue] => condition[1] !== undefined)
  const where = given.length === 0 ? '' : `where ${given.map(([sql]) => sql).join(' and ')}`
  const rows = await tx.all<Omit<RecordedItem, 'content'> & { content: string }>(
    `select id, channel, account, region, destination, recorded_at as "recordedAt", content
    from outbox ${where} order by id desc limit ?`,
    [...given.map(([, value]) => value), query.limit],
  )
  return rows.map((row) => ({ ...row, content: JSON.parse(row.content) as OutboxItem['content'] }))
})

/** Answers how many items that were. */
export const clearOutbox = single('outbox.clear', (tx, _: null): Promise<number> => tx.run('delete from outbox'))
