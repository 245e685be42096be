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

/** A message that is about to join a group. */
export interface Joining {
  readonly backlogId: number
  readonly groupId: string
  readonly visibleAt: number
}

/**
 * Makes sure that the groups of messages which are about to join exist, and holds them: to be called before the ids of
 * the messages are taken, so that the order of ids is the order in which they become visible to others.
 */
export async function openGroups(tx: Tx, joining: readonly Joining[]): Promise<void> {
  const byBacklog = Map.groupBy(joining, (message) => message.backlogId)
  for (const backlogId of [...byBacklog.keys()].sort((a, b) => a - b)) {
    const first = new Map<string, Joining>()
    for (const message of byBacklog.get(backlogId) as Joining[]) {
      if (!first.has(message.groupId)) first.set(message.groupId, message)
    }
    await openGroupsOf(tx, backlogId, first)
  }
}

/** Those that exist are held before others are made: so nobody who waits for one holds what another wants first. */
async function openGroupsOf(tx: Tx, backlogId: number, joining: ReadonlyMap<string, Joining>): Promise<void> {
  const groupIds = [...joining.keys()].sort()
  let held: number | undefined
  await inSlices(groupIds, async (slice, marks) => {
    const locked = await tx.lock(
      `select 1 from sqs_group where backlog_id = ? and group_id in (${marks}) order by group_id`,
      [backlogId, ...slice],
    )
    if (locked !== undefined) held = (held ?? 0) + locked
  })
  const turns = await tx.nextIds(groupIds.length)
  const made = await tx.insertAbsent(
    'sqs_group',
    ['backlog_id', 'group_id', 'ready_at', 'turn'],
    groupIds.map((id, at) => [backlogId, id, (joining.get(id) as Joining).visibleAt, turns[at] as number]),
  )
  if (held !== undefined && held + made < groupIds.length) throw new ConcurrentChange('a group was made by another')
}

/**
 * The groups that can be received from, those first that have waited longest. They are held until the end of the
 * transaction; one that another node holds is passed over.
 */
export async function readyGroups(tx: Tx, backlogId: number, limit: number): Promise<string[]> {
  const rows = await tx.all<{ groupId: string }>(
    `select group_id as "groupId" from sqs_group where backlog_id = ? and ready_at <= ?
     order by ready_at, turn limit ? ${tx.skipLocked}`,
    [backlogId, tx.now, limit],
  )
  return rows.map((row) => row.groupId)
}

/** When the next group becomes ready, or undefined if none waits. */
export async function nextReadyAt(tx: Tx, backlogId: number): Promise<number | undefined> {
  const row = await tx.get<{ readyAt: number | null }>(
    'select min(ready_at) as "readyAt" from sqs_group where backlog_id = ? and ready_at > ?',
    [backlogId, tx.now],
  )
  return row?.readyAt ?? undefined
}

/**
 * Puts a group in its place after messages of it were received, deleted, released or moved. `changed` are their ids:
 * only a change at the head moves the group. The group is held from here on: the head is what all who changed it left.
 */
export async function settleGroup(
  tx: Tx,
  { backlogId, attributes }: Queue,
  groupId: string,
  changed: readonly number[],
): Promise<void> {
  void tx.lock('select 1 from sqs_group where backlog_id = ? and group_id = ?', [backlogId, groupId])
  const head = await tx.get<{ id: number; visibleAt: number; sentAt: number }>(
    `select id, visible_at as "visibleAt", sent_at as "sentAt" from sqs_message
     where backlog_id = ? and id = (select min(id) from sqs_message where backlog_id = ? and group_id = ?)`,
    [backlogId, backlogId, groupId],
  )
  if (head === undefined) {
    await tx.run('delete from sqs_group where backlog_id = ? and group_id = ?', [backlogId, groupId])
    return
  }
  if (changed.every((id) => id > head.id)) return
  const [turn] = await tx.nextIds(1)
  await tx.run('update sqs_group set ready_at = ?, turn = ? where backlog_id = ? and group_id = ?', [
    Math.max(Math.min(head.visibleAt, head.sentAt + attributes.MessageRetentionPeriod * 1000), tx.now),
    turn as number,
    backlogId,
    groupId,
  ])
}

interface ChangedGroup {
  readonly queue: Queue
  readonly groupId: string
  readonly ids: number[]
}

/** The order in which all transactions hold groups, so that nobody waits in a circle. */
const inOrder = (a: ChangedGroup, b: ChangedGroup): number =>
  a.queue.backlogId - b.queue.backlogId || (a.groupId < b.groupId ? -1 : 1)

/** Groups of which messages were changed, to be settled together. */
export class ChangedGroups {
  readonly #groups = new Map<string, ChangedGroup>()

  add(queue: Queue, groupId: string, id: number): void {
    const name = `${queue.backlogId} ${groupId}`
    const group = this.#groups.get(name)
    if (group === undefined) this.#groups.set(name, { queue, groupId, ids: [id] })
    else group.ids.push(id)
  }

  async settle(tx: Tx): Promise<void> {
    const groups = [...this.#groups.values()].sort(inOrder)
    await Promise.all(groups.map(({ queue, groupId, ids }) => settleGroup(tx, queue, groupId, ids)))
  }
}

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
