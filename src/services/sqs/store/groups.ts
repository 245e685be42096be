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
import type { Tx } from '../../../kernel/store/store.ts'
import type { Queue } from './queue-row.ts'

/** The group of a message that was just sent. */
export async function addToGroup(
  tx: Tx,
  backlogId: number,
  groupId: string,
  visibleAt: number,
  turn: number,
): Promise<void> {
  await tx.run(
    `insert into sqs_group (backlog_id, group_id, ready_at, turn) values (?, ?, ?, ?)
     on conflict (backlog_id, group_id) do nothing`,
    [backlogId, groupId, visibleAt, turn],
  )
}

/** The groups that can be received from, those first that have waited longest. */
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
 * only a change at the head moves the group.
 */
export async function settleGroup(
  tx: Tx,
  { backlogId, attributes }: Queue,
  groupId: string,
  changed: readonly number[],
): Promise<void> {
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
