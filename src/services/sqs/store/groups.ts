/**
 * Message groups of FIFO queues.
 *
 * A group is delivered from its oldest undeleted message up to the first that is in flight or delayed; so it is blocked
 * exactly while its head is hidden. `ready_at` says when the head can be received or, if that is earlier, expires and
 * makes way for the next one; `turn` which of the groups that are ready comes first: a group goes behind those that
 * already wait whenever its head becomes available again.
 *
 * Invariants
 * - A group has a row if and only if it has messages.
 * - A group is never offered early: from `ready_at` on, a receive can take or remove its head.
 * - New messages join at the end and never change when a group is ready.
 */

import { inSlices } from '../../../kernel/store/sql.ts'
import { ConcurrentChange, type Tx } from '../../../kernel/store/store.ts'
import type { Queue } from './queue-row.ts'

/** A message group's key in lists of SQL. */
type GroupKey = readonly [backlogId: number, groupId: string]
const GROUP_KEY = ['bigint', 'text'] as const

/** The order in which all transactions hold groups, so that nobody waits in a circle. */
const inOrder = (a: GroupKey, b: GroupKey): number => a[0] - b[0] || (a[1] < b[1] ? -1 : 1)

/** Same groups have the same name. */
export const groupName = (backlogId: number, groupId: string): string => `${backlogId} ${groupId}`

/** A message that is about to join a group. */
export interface Joining {
  readonly backlogId: number
  readonly groupId: string
  readonly visibleAt: number
}

/**
 * Makes sure that the groups of messages which are about to join exist, and holds them; resolves to `count` ids for the
 * messages. These are taken when the groups are held, so that the order of ids is the order in which a group's messages
 * become visible to others. Groups that exist are held before others are made: so nobody who waits for one holds what
 * another wants first.
 */
export async function openGroups(tx: Tx, joining: readonly Joining[], count: number): Promise<readonly number[]> {
  const first = new Map<string, Joining>()
  for (const message of joining) {
    const name = groupName(message.backlogId, message.groupId)
    if (!first.has(name)) first.set(name, message)
  }
  const groups = [...first.values()].map(
    ({ backlogId, groupId, visibleAt }) => [backlogId, groupId, visibleAt] as const,
  )
  groups.sort(([a, b], [c, d]) => inOrder([a, b], [c, d]))
  const holding = lockGroups(
    tx,
    groups.map(([backlogId, groupId]) => [backlogId, groupId]),
  )
  const turns = await tx.nextIds(groups.length)
  const [made, ids] = await Promise.all([
    tx.insertAbsent(
      'sqs_group',
      ['backlog_id', 'group_id', 'ready_at', 'turn'],
      groups.map((group, at) => [...group, turns[at] as number]),
    ),
    tx.nextIds(count),
  ])
  const held = await holding
  if (held !== undefined && held + made < groups.length) throw new ConcurrentChange('a group was made by another')
  return ids
}

/** Resolves to how many there are; undefined where there is nothing to lock. */
async function lockGroups(tx: Tx, groups: readonly GroupKey[]): Promise<number | undefined> {
  let held: number | undefined
  await inSlices(groups, GROUP_KEY, async (table, values) => {
    const locked = await tx.lock(
      `select 1 from sqs_group where (backlog_id, group_id) in (${table}) order by backlog_id, group_id`,
      values,
    )
    if (locked !== undefined) held = (held ?? 0) + locked
  })
  return held
}

/** A group that can be received from, and its place among those of its queue. */
export interface ReadyGroup {
  readonly groupId: string
  readonly readyAt: number
  readonly turn: number
}

/**
 * The groups that can be received from, those first that have waited longest; of these the ones behind `last`. They are
 * held until the end of the transaction; one that another node holds is passed over.
 */
export function readyGroups(
  tx: Tx,
  backlogId: number,
  last: ReadyGroup | undefined,
  limit: number,
): Promise<ReadyGroup[]> {
  return tx.all<ReadyGroup>(
    `select group_id as "groupId", ready_at as "readyAt", turn from sqs_group
     where backlog_id = ? and ready_at <= ? and (ready_at, turn) > (?, ?)
     order by ready_at, turn limit ? ${tx.skipLocked}`,
    [backlogId, tx.now, last?.readyAt ?? -1, last?.turn ?? -1, limit],
  )
}

/** Where to read in a group: up to `limit` messages with ids above `after`. */
export interface GroupPlace {
  readonly backlogId: number
  readonly groupId: string
  readonly after: number
  readonly limit: number
}

export interface GroupMessage {
  readonly backlogId: number
  readonly groupId: string
  readonly id: number
  readonly sentAt: number
  readonly visibleAt: number
  /** From the queue that it is in. */
  readonly receives: number
}

/**
 * The oldest messages of many groups, in the order of their ids, by the groups' names. It steps through the index from
 * one message to the next, so that a group costs by what is asked for and not by what it holds.
 */
export async function oldestOfGroups(tx: Tx, places: readonly GroupPlace[]): Promise<Map<string, GroupMessage[]>> {
  const rows = places.map(({ backlogId, groupId, after, limit }) => [backlogId, groupId, after, limit])
  const found: GroupMessage[] = []
  await inSlices(rows, ['bigint', 'text', 'bigint', 'bigint'], async (table, values) => {
    found.push(...(await tx.all<GroupMessage>(oldestIn(table), values)))
  })
  found.sort((a, b) => a.id - b.id)
  const groups = new Map<string, GroupMessage[]>()
  for (const message of found) {
    const name = groupName(message.backlogId, message.groupId)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [message])
    else if (group.at(-1)?.id !== message.id) group.push(message) // the list's last row may be in it several times
  }
  return groups
}

const oldestIn = (table: string) => `
  with recursive place (backlog_id, group_id, after_id, wanted) as (${table}),
  step (backlog_id, group_id, id, wanted) as (
    select backlog_id, group_id, (
      select min(id) from sqs_message
      where backlog_id = place.backlog_id and group_id = place.group_id and id > place.after_id), wanted
    from place
    union all
    select backlog_id, group_id, (
      select min(id) from sqs_message
      where backlog_id = step.backlog_id and group_id = step.group_id and id > step.id), wanted - 1
    from step where wanted > 1 and id is not null
  )
  select sqs_message.backlog_id as "backlogId", sqs_message.group_id as "groupId", sqs_message.id, sent_at as "sentAt",
    visible_at as "visibleAt", receive_count - received_elsewhere as receives
  from step cross join sqs_message where sqs_message.backlog_id = step.backlog_id and sqs_message.id = step.id`

/** When the next group becomes ready, or undefined if none waits. */
export async function nextReadyAt(tx: Tx, backlogId: number): Promise<number | undefined> {
  const row = await tx.get<{ readyAt: number | null }>(
    'select min(ready_at) as "readyAt" from sqs_group where backlog_id = ? and ready_at > ?',
    [backlogId, tx.now],
  )
  return row?.readyAt ?? undefined
}

interface ChangedGroup {
  readonly queue: Queue
  readonly groupId: string
  /** The lowest of the ids that were changed. */
  lowest: number
}

const keyOf = ({ queue, groupId }: ChangedGroup): GroupKey => [queue.backlogId, groupId]

/**
 * Groups of which messages were received, deleted, released or moved, to be put in their places together. Only a change at
 * the head moves a group. From `settle` on the groups are held: a head is what all who changed it left.
 */
export class ChangedGroups {
  readonly #groups = new Map<string, ChangedGroup>()

  add(queue: Queue, groupId: string, id: number): void {
    const name = groupName(queue.backlogId, groupId)
    const group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, { queue, groupId, lowest: id })
    else if (id < group.lowest) group.lowest = id
  }

  async settle(tx: Tx): Promise<void> {
    const groups = [...this.#groups.values()].sort((a, b) => inOrder(keyOf(a), keyOf(b)))
    void lockGroups(tx, groups.map(keyOf))
    const heads = groups.map(({ queue: { backlogId }, groupId }) => ({ backlogId, groupId, after: 0, limit: 1 }))
    const [found, turns] = await Promise.all([oldestOfGroups(tx, heads), tx.nextIds(groups.length)])
    const empty: GroupKey[] = []
    const moved: [...GroupKey, readyAt: number, turn: number][] = []
    for (const [at, group] of groups.entries()) {
      const [backlogId, groupId] = keyOf(group)
      const [head] = found.get(groupName(backlogId, groupId)) ?? []
      if (head === undefined) empty.push([backlogId, groupId])
      else if (group.lowest <= head.id)
        moved.push([backlogId, groupId, readyAt(tx, group.queue, head), turns[at] as number])
    }
    await removeGroups(tx, empty)
    await moveGroups(tx, moved)
  }
}

const readyAt = (tx: Tx, { attributes }: Queue, head: GroupMessage): number =>
  Math.max(Math.min(head.visibleAt, head.sentAt + attributes.MessageRetentionPeriod * 1000), tx.now)

const removeGroups = (tx: Tx, groups: readonly GroupKey[]): Promise<void> =>
  inSlices(groups, GROUP_KEY, (table, values) =>
    tx.later(`delete from sqs_group where (backlog_id, group_id) in (${table})`, values),
  )

const moveGroups = (tx: Tx, groups: readonly (readonly [...GroupKey, number, number])[]): Promise<void> =>
  inSlices(groups, ['bigint', 'text', 'bigint', 'bigint'], (table, values) =>
    tx.later(
      `with moved (backlog_id, group_id, ready_at, turn) as (${table})
       update sqs_group set ready_at = moved.ready_at, turn = moved.turn from moved
       where sqs_group.backlog_id = moved.backlog_id and sqs_group.group_id = moved.group_id`,
      values,
    ),
  )

/** Holds every group of a backlog. */
export const lockAllGroups = (tx: Tx, backlogId: number): Promise<unknown> =>
  tx.lock('select 1 from sqs_group where backlog_id = ? order by group_id', [backlogId])

/** Works out anew when each group is ready, after the queue's delay or retention period has changed. */
export async function settleAllGroups(tx: Tx, backlogId: number, retentionSeconds: number): Promise<void> {
  await tx.run(
    `update sqs_group set ready_at = (
       select case when visible_at < sent_at + ? then visible_at else sent_at + ? end from sqs_message
       where backlog_id = sqs_group.backlog_id and id = (
         select min(id) from sqs_message
         where backlog_id = sqs_group.backlog_id and group_id = sqs_group.group_id)
     ) where backlog_id = ?`,
    [retentionSeconds * 1000, retentionSeconds * 1000, backlogId],
  )
}
