/**
 * Fair queues: on a standard queue whose messages carry group ids, a group that takes up too much of what is in flight
 * is noisy, and the messages of the others are received first. What is left of the room goes to the noisy ones.
 *
 * A group is noisy when it holds more than a tenth of the messages in flight, and at least thirty. Counting them costs
 * by the number in flight, so the answer is remembered for a moment, or until enough receives have changed it.
 */
import type { Tx } from '../../../kernel/store/store.ts'
import type { Queue } from './queue-row.ts'

const NOISY_SHARE = 0.1
const NOISY_COUNT = 30
const REMEMBERED_MS = 100
/** How far into a quiet group visible messages are looked for, and into the backlog those without a group. */
const MAX_SEARCHED = 1_000
/** Quiet groups looked at in one receive. */
const MAX_QUIET_GROUPS = 1_000

interface Remembered {
  readonly at: number
  readonly noisy: readonly string[]
  /** How many more messages may be claimed before the answer is worked out anew. */
  claimsLeft: number
}

/** The groups that are noisy at the moment; `wanted` is how many messages the caller is about to claim. */
export async function noisyGroups(tx: Tx, queue: Queue, wanted: number): Promise<readonly string[]> {
  const key = `sqs.noisy ${queue.backlogId}`
  const remembered = tx.memo.get(key) as Remembered | undefined
  if (remembered !== undefined && tx.now - remembered.at < REMEMBERED_MS && remembered.claimsLeft > 0) {
    remembered.claimsLeft -= wanted
    return remembered.noisy
  }
  const { noisy, inFlight } = await countNoisyGroups(tx, queue.backlogId)
  const claimsLeft = Math.max(NOISY_COUNT, inFlight * NOISY_SHARE) - wanted
  tx.memo.set(key, { at: tx.now, noisy, claimsLeft } satisfies Remembered)
  return noisy
}

async function countNoisyGroups(tx: Tx, backlogId: number): Promise<{ noisy: string[]; inFlight: number }> {
  const anyGroup = await tx.get(
    'select 1 as one from sqs_message where backlog_id = ? and group_id is not null limit 1',
    [backlogId],
  )
  if (anyGroup === undefined) return { noisy: [], inFlight: 0 }
  const counts = await tx.all<{ groupId: string | null; messages: number }>(
    `select group_id as "groupId", count(*) as messages from sqs_message
     where backlog_id = ? and visible_at > ? and receive_count > 0 group by group_id`,
    [backlogId, tx.now],
  )
  const inFlight = counts.reduce((sum, { messages }) => sum + messages, 0)
  const isNoisy = (messages: number) => messages >= NOISY_COUNT && messages > inFlight * NOISY_SHARE
  const noisy = counts.flatMap(({ groupId, messages }) => (groupId !== null && isNoisy(messages) ? [groupId] : []))
  return { noisy, inFlight }
}

/** Up to `limit` visible messages, those of quiet groups first; messages without a group are tenants of their own. */
export async function pickFairly(
  tx: Tx,
  backlogId: number,
  noisy: readonly string[],
  limit: number,
): Promise<number[]> {
  const quiet = await quietMessages(tx, backlogId, noisy, limit)
  if (quiet.length === limit) return quiet
  const taken = new Set(quiet)
  const oldest = await tx.all<{ id: number }>(
    'select id from sqs_message where backlog_id = ? and visible_at <= ? order by visible_at, id limit ?',
    [backlogId, tx.now, limit + quiet.length],
  )
  const rest = oldest.map(({ id }) => id).filter((id) => !taken.has(id))
  return [...quiet, ...rest.slice(0, limit - quiet.length)]
}

interface QuietMessage {
  readonly id: number
  readonly visibleAt: number
}

/**
 * The oldest visible messages outside the noisy groups. Walks from one group to the next through the index, so that a
 * noisy backlog of a million messages costs one step.
 */
async function quietMessages(tx: Tx, backlogId: number, noisy: readonly string[], limit: number): Promise<number[]> {
  const found: QuietMessage[] = []
  let groupId: string | undefined = ''
  for (let looked = 0; looked < MAX_QUIET_GROUPS; looked++) {
    const next: { groupId: string | null } | undefined = await tx.get(
      'select min(group_id) as "groupId" from sqs_message where backlog_id = ? and group_id is not null and group_id > ?',
      [backlogId, groupId],
    )
    if (next === undefined || next.groupId === null) break
    groupId = next.groupId
    if (!noisy.includes(groupId)) {
      found.push(
        ...(await tx.all<QuietMessage>(
          `select id, visible_at as "visibleAt" from sqs_message
           where backlog_id = ? and id in (
             select id from sqs_message where backlog_id = ? and group_id = ? order by id limit ?
           ) and visible_at <= ? order by id limit ?`,
          [backlogId, backlogId, groupId, MAX_SEARCHED, tx.now, limit],
        )),
      )
    }
  }
  found.push(
    ...(await tx.all<QuietMessage>(
      `select id, visible_at as "visibleAt" from sqs_message
       where backlog_id = ? and id in (
         select id from sqs_message where backlog_id = ? and visible_at <= ? order by visible_at, id limit ?
       ) and group_id is null order by visible_at, id limit ?`,
      [backlogId, backlogId, tx.now, MAX_SEARCHED, limit],
    )),
  )
  return found
    .sort((a, b) => a.visibleAt - b.visibleAt || a.id - b.id)
    .slice(0, limit)
    .map(({ id }) => id)
}
