/**
 * What an archive policy keeps of a FIFO topic: each message as it was published, under its sequence. The publish writes it
 * (publish.ts), replays read it (replay.ts), and the sweep deletes what is kept no longer.
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import type { Tx } from '../../../kernel/store/store.ts'
import { fromStoredJson, type StoredMessage } from '../model/message.ts'
import { archiveBeginning } from '../model/replay.ts'
import type { Topic } from './topic-row.ts'

/** Messages of an archive that follow one another. */
export interface ArchiveRange {
  /** Those above this id, up to the last one. */
  readonly after: number
  readonly last: number
}

/**
 * A publish has the time at which its transaction began, and its place in the order once it holds the topic. So times can
 * be out of order, by no more than a transaction lasts.
 */
const LONGEST_PUBLISH_MS: Millis = 60_000

const FIRST = `
  select min(id) as id from sns_archive where topic_id = ? and published_at >= ? and published_at <= ? + (
    select min(published_at) from sns_archive where topic_id = ? and published_at >= ?)`
const LAST = `
  select max(id) as id from sns_archive where topic_id = ? and published_at <= ? and published_at >= (
    select max(published_at) from sns_archive where topic_id = ? and published_at <= ?) - ?`

/** From the first message in the order that was published at `from` or later, to the last published at `to` or earlier. */
export async function findRange(tx: Tx, topicId: number, from: Millis, to: Millis): Promise<ArchiveRange | undefined> {
  const first = await tx.get<{ id: number | null }>(FIRST, [topicId, from, LONGEST_PUBLISH_MS, topicId, from])
  const last = await tx.get<{ id: number | null }>(LAST, [topicId, to, topicId, to, LONGEST_PUBLISH_MS])
  if (first?.id == null || last?.id == null || first.id > last.id) return undefined
  return { after: first.id - 1, last: last.id }
}

export interface ArchivedMessage {
  readonly id: number
  readonly message: StoredMessage
}

/** The oldest messages of a range that are still kept, in their order, `limit` at most. */
export async function readArchive(
  tx: Tx,
  { topicId, attributes }: Topic,
  { after, last }: ArchiveRange,
  limit: number,
): Promise<ArchivedMessage[]> {
  const beginning = archiveBeginning(attributes, tx.now)
  if (beginning === undefined) return []
  const rows = await tx.all<{ id: number; content: string }>(
    `select id, content from sns_archive where topic_id = ? and id > ? and id <= ? and published_at >= ?
     order by id limit ?`,
    [topicId, after, last, beginning, limit],
  )
  return rows.map(({ id, content }) => ({ id, message: fromStoredJson<StoredMessage>(content) }))
}

/** Deletes what the topic's archive keeps no longer, `limit` messages at most; resolves to how many. For a topic that is held. */
export function shortenArchive(tx: Tx, { topicId, attributes }: Topic, limit: number): Promise<number> {
  const beginning = archiveBeginning(attributes, tx.now) ?? Number.MAX_SAFE_INTEGER
  return tx.run(
    `delete from sns_archive where topic_id = ? and id in (
       select id from sns_archive where topic_id = ? and published_at < ? order by topic_id, published_at, id limit ?)`,
    [topicId, topicId, beginning, limit],
  )
}
