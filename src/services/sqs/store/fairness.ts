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
/** How far into the visible messages quiet ones are looked for, before they are looked for group by group. */
const MAX_SEARCHED = 1_000
/** How far into a quiet group visible messages are looked for. */
const MAX_SEARCHED_IN_GROUP = 100
/** Groups looked at in one receive; the next receive goes on behind them. */
const MAX_GROUPS = 100

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
  const picked = new Set(await oldestQuiet(tx, backlogId, noisy, limit))
  if (picked.size < limit) await addFromQuietGroups(tx, backlogId, noisy, limit, picked)
  if (picked.size < limit) {
    const oldest = await tx.all<{ id: number }>(
      'select id from sqs_message where backlog_id = ? and visible_at <= ? order by visible_at, id limit ?',
      [backlogId, tx.now, limit + picked.size],
    )
    for (const { id } of oldest) if (picked.size < limit) picked.add(id)
  }
  return [...picked]
}

/** The quiet ones among the messages that have been visible longest. */
async function oldestQuiet(tx: Tx, backlogId: number, noisy: readonly string[], limit: number): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `select id from (
       select id, visible_at, group_id from sqs_message where backlog_id = ? and visible_at <= ?
       order by visible_at, id limit ?
     ) as oldest where group_id is null or group_id not in (${noisy.map(() => '?').join(', ')})
     order by visible_at, id limit ?`,
    [backlogId, tx.now, MAX_SEARCHED, ...noisy, limit],
  )
  return rows.map(({ id }) => id)
}

/**
 * Adds to `picked`, up to `limit` messages in all, from the groups that aren't noisy. Walks from one group to the next
 * through the index, so that a noisy backlog of a million messages costs one step, and goes round: each receive begins
 * behind the last group that the one before has looked at.
 */
async function addFromQuietGroups(
  tx: Tx,
  backlogId: number,
  noisy: readonly string[],
  limit: number,
  picked: Set<number>,
): Promise<void> {
  const key = `sqs.round ${backlogId}`
  let looked = 0
  for await (const groupId of roundOfGroups(tx, backlogId, (tx.memo.get(key) as string | undefined) ?? '')) {
    if (looked++ === MAX_GROUPS || picked.size === limit) break
    tx.memo.set(key, groupId)
    if (noisy.includes(groupId)) continue
    for (const id of await oldestOfGroup(tx, backlogId, groupId, limit)) if (picked.size < limit) picked.add(id)
  }
}

/** Every group that has messages, by name: those behind `begin`, then those from the first one up to it. */
async function* roundOfGroups(tx: Tx, backlogId: number, begin: string): AsyncGenerator<string> {
  let groupId = await groupAfter(tx, backlogId, begin)
  for (; groupId !== undefined; groupId = await groupAfter(tx, backlogId, groupId)) yield groupId
  groupId = await groupAfter(tx, backlogId, '')
  for (; groupId !== undefined && groupId <= begin; groupId = await groupAfter(tx, backlogId, groupId)) yield groupId
}

async function groupAfter(tx: Tx, backlogId: number, groupId: string): Promise<string | undefined> {
  const row = await tx.get<{ groupId: string | null }>(
    'select min(group_id) as "groupId" from sqs_message where backlog_id = ? and group_id is not null and group_id > ?',
    [backlogId, groupId],
  )
  return row?.groupId ?? undefined
}

/** `coalesce` keeps the engines from reading every visible message of the queue for one group. */
async function oldestOfGroup(tx: Tx, backlogId: number, groupId: string, limit: number): Promise<number[]> {
  const rows = await tx.all<{ id: number }>(
    `select id from sqs_message
     where backlog_id = ? and id in (
       select id from sqs_message where backlog_id = ? and group_id = ? order by id limit ?
     ) and coalesce(visible_at, 0) <= ? order by id limit ?`,
    [backlogId, backlogId, groupId, MAX_SEARCHED_IN_GROUP, tx.now, limit],
  )
  return rows.map(({ id }) => id)
}
