/**
 * Replays: a subscription gets once more what the archive of a FIFO topic holds of some time. A durable job delivers it,
 * a slice at a time. The deliveries of a slice and how far it has got are one transaction: a node that dies neither leaves
 * a message out nor delivers it twice.
 *
 * - A replay goes as far as the last message that was archived when it was asked for, or to its ending point if that comes
 *   first. What is published from then on is delivered as ever, while the replay is under way too: every message comes
 *   either way once. Replayed messages keep their order among themselves, and so do new ones; a consumer that needs both in
 *   one order goes by the sequence number.
 * - The filter policy that report is the one of the moment when a slice is delivered.
 * - A new replay takes the place of an earlier one of the same subscription, also if that has not ended.
 */
import { cancel, schedule } from '../../../kernel/jobs/jobs.ts'
import { single, type Tx } from '../../../kernel/store/store.ts'
import { type Refuse, refuseAttribute } from '../errors.ts'
import type { StoredMessage } from '../model/message.ts'
import { archiveBeginning, parseReplayPolicy, type ReplayStatus, replayDeduplicationId } from '../model/replay.ts'
import { type ArchiveRange, findRange, readArchive } from './archive.ts'
import { FanOut, type FanOutReport, NO_REPORT } from './fan-out.ts'
import { filterable } from './publish.ts'
import { addressKey, currentTopics, matching, type TopicSnapshot } from './snapshot.ts'
import type { Subscription } from './subscription-row.ts'
import { findTopicById, type Topic } from './topic-row.ts'

export const REPLAY_JOB = 'sns.replay'

/** Messages of one transaction. */
const SLICE = 100

type Replaying = Pick<Subscription, 'topicId' | 'id' | 'attributes'>

/** Throws what `refuse` makes of the complaint if a replay is asked for and there is no archive. */
export function checkReplay(
  topic: Topic | undefined,
  { attributes }: Pick<Replaying, 'attributes'>,
  refuse: Refuse,
): void {
  if (attributes.ReplayPolicy === undefined || topic?.attributes.ArchivePolicy !== undefined) return
  throw refuse('ReplayPolicy: the topic has no ArchivePolicy')
}

/** What follows from a change of a subscription's replay policy, while the topic is held. Throws InvalidParameter. */
export async function changeReplay(tx: Tx, topic: Topic | undefined, subscription: Subscription): Promise<void> {
  checkReplay(topic, subscription, refuseAttribute)
  if (subscription.attributes.ReplayPolicy === undefined) return stopReplay(tx, subscription)
  if (topic !== undefined && subscription.status === 'confirmed') await beginReplay(tx, topic, subscription)
}

/**
 * Begins the replay that a confirmed subscription's policy asks for, if it does. To be called while the topic is held: so
 * it is certain which messages came before.
 */
export async function beginReplay(tx: Tx, topic: Topic, { topicId, id, attributes }: Replaying): Promise<void> {
  const policy = parseReplayPolicy(attributes.ReplayPolicy ?? '', refuseAttribute)
  if (policy === undefined) return
  const { start, end = Number.MAX_SAFE_INTEGER } = policy
  const beginning = archiveBeginning(topic.attributes, tx.now)
  const range = beginning === undefined ? undefined : await findRange(tx, topicId, Math.max(start, beginning), end)
  const [replayId] = (await tx.nextIds(1)) as [number]
  const status: ReplayStatus = beginning === undefined ? 'Failed' : 'Pending'
  await tx.insertOver(
    'sns_replay',
    ['topic_id', 'subscription', 'replay_id', 'status', 'after_id', 'last_id'],
    [[topicId, id, replayId, status, range?.after ?? 0, range?.last ?? 0]],
    `(topic_id, subscription) do update set replay_id = excluded.replay_id, status = excluded.status,
       after_id = excluded.after_id, last_id = excluded.last_id`,
  )
  const payload: ReplayPart = { topicId, subscription: id }
  await schedule(tx, { kind: REPLAY_JOB, key: String(id), due: tx.now, payload })
}

/** What was delivered stays delivered. */
export async function stopReplay(tx: Tx, { topicId, id }: Pick<Replaying, 'topicId' | 'id'>): Promise<void> {
  const stopped = await tx.run('delete from sns_replay where topic_id = ? and subscription = ?', [topicId, id])
  if (stopped > 0) await cancel(tx, REPLAY_JOB, String(id))
}

/** To be called when a topic's archive is switched off. */
export async function failReplays(tx: Tx, topicId: number): Promise<void> {
  await tx.run(`update sns_replay set status = 'Failed' where topic_id = ? and status <> 'Completed'`, [topicId])
}

/** Undefined without a replay. The replay of a subscription that is not confirmed yet begins when it is. */
export async function findReplayStatus(
  tx: Tx,
  { topicId, id, attributes }: Replaying,
): Promise<ReplayStatus | undefined> {
  if (attributes.ReplayPolicy === undefined) return undefined
  const replay = await tx.get<{ status: ReplayStatus }>(
    'select status from sns_replay where topic_id = ? and subscription = ?',
    [topicId, id],
  )
  return replay?.status ?? 'Pending'
}

export interface ReplayPart {
  readonly topicId: number
  /** The id of the subscription. */
  readonly subscription: number
}

export interface ReplaySliceCall extends ReplayPart {
  /** Of the signing key in use. */
  readonly keyId: string
}

export interface ReplayedSlice {
  /** Whether there is more to deliver. */
  readonly more: boolean
  readonly report: FanOutReport
}

const OVER: ReplayedSlice = { more: false, report: NO_REPORT }

/** Delivers the next slice of a replay. What a queue doesn't take goes the way of any delivery that failed. */
export const replaySlice = single(
  'sns.replaySlice',
  async (tx, { topicId, subscription, keyId }: ReplaySliceCall): Promise<ReplayedSlice> => {
    const replay = await holdReplay(tx, topicId, subscription)
    if (replay === undefined || replay.status === 'Completed' || replay.status === 'Failed') return OVER
    const topic = await findTopicById(tx, topicId)
    const snapshot = topic && (await currentTopics(tx, [topic], [])).get(addressKey(topic))
    if (topic === undefined || snapshot === undefined) return OVER
    const archived = await readArchive(tx, topic, replay, SLICE)
    const fanOut = new FanOut(tx, keyId)
    for (const { message } of archived) {
      const replayed = {
        ...message,
        replayed: true,
        deduplicationId: replayDeduplicationId(replay.id, message),
      } as const
      fanOut.add(snapshot, replayed, recipients(subscription, snapshot, replayed))
    }
    const report = await fanOut.save()
    const more = archived.length === SLICE
    const status: ReplayStatus = more ? 'In progress' : 'Completed'
    const after = archived.at(-1)?.id ?? replay.after
    await tx.run('update sns_replay set status = ?, after_id = ? where topic_id = ? and subscription = ?', [
      status,
      after,
      topicId,
      subscription,
    ])
    return { more, report }
  },
)

/** The subscription, if it is there and its filter policy lets the message through. */
const recipients = (subscription: number, snapshot: TopicSnapshot, message: StoredMessage) =>
  matching(snapshot, filterable(message)).filter(({ id }) => id === subscription)

interface Replay extends ArchiveRange {
  readonly id: number
  readonly status: ReplayStatus
}

/** Held until the end of the transaction: a slice and what stops or replaces the replay come one after the other. */
function holdReplay(tx: Tx, topicId: number, subscription: number): Promise<Replay | undefined> {
  void tx.lock('select 1 from sns_replay where topic_id = ? and subscription = ?', [topicId, subscription])
  return tx.get<Replay>(
    `select replay_id as "id", status, after_id as "after", last_id as "last" from sns_replay
     where topic_id = ? and subscription = ?`,
    [topicId, subscription],
  )
}
