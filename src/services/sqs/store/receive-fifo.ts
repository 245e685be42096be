/**
 * Receiving from a FIFO queue: as much as possible from the group that has waited longest, then from the next one.
 * Within a group, from its oldest message up to the first that is in flight or delayed (see groups.ts).
 */
import { ConcurrentChange, type Tx } from '../../../kernel/store/store.ts'
import { claimThese, MAX_REMOVED, type ReceiveCall, roomInFlight, visibilityMs } from './claim.ts'
import { deadLetterQueueFor, moveToDeadLetter } from './dead-letter.ts'
import { changeDepth } from './depth.ts'
import { readyGroups, settleGroup } from './groups.ts'
import type { ClaimedMessage, ClaimedMessages } from './message-row.ts'
import { expiryLimit, type Queue } from './queue-row.ts'
import { replayAttempt, saveAttempt } from './receive-attempt.ts'

/** Nothing, without an error, when too many messages are in flight. */
export async function receiveFifo(tx: Tx, queue: Queue, call: ReceiveCall): Promise<ClaimedMessages> {
  const hideMs = visibilityMs(queue, call)
  if (call.attemptId !== undefined) {
    const replayed = await replayAttempt(tx, queue, call.attemptId, hideMs)
    if (replayed !== undefined) return replayed
  }
  const limit = await roomInFlight(tx, queue, call.maxInFlight, call.limit)
  const messages: ClaimedMessage[] = []
  const removals = { left: MAX_REMOVED }
  let groups = limit === 0 ? [] : await readyGroups(tx, queue.backlogId, limit)
  while (groups.length > 0) {
    for (const groupId of groups) {
      if (messages.length === limit || removals.left === 0) break
      messages.push(...(await takeFromGroup(tx, queue, groupId, limit - messages.length, hideMs, removals)))
    }
    // Only groups from which everything expired or was given up can have made way for others.
    groups = messages.length > 0 || removals.left === 0 ? [] : await readyGroups(tx, queue.backlogId, limit)
  }
  if (call.attemptId !== undefined && messages.length > 0)
    await saveAttempt(tx, queue, call.attemptId, messages, hideMs)
  return { messages, receivedAt: tx.now, mayBeMore: removals.left < MAX_REMOVED }
}

interface Candidate {
  readonly id: number
  readonly groupId: string
  readonly sentAt: number
  readonly visibleAt: number
  readonly receiveCount: number
}

async function takeFromGroup(
  tx: Tx,
  queue: Queue,
  groupId: string,
  limit: number,
  hideMs: number,
  removals: { left: number },
): Promise<ClaimedMessage[]> {
  const taken: number[] = []
  const gone: number[] = []
  let after = 0
  walk: while (taken.length < limit) {
    const candidates = await tx.all<Candidate>(
      `select id, group_id as "groupId", sent_at as "sentAt", visible_at as "visibleAt", receive_count as "receiveCount"
       from sqs_message where backlog_id = ? and id in (
         select id from sqs_message where backlog_id = ? and group_id = ? and id > ? order by id limit ?
       ) order by id`,
      [queue.backlogId, queue.backlogId, groupId, after, limit],
    )
    for (const message of candidates) {
      if (removals.left === 0) break walk
      after = message.id
      if (await removed(tx, queue, message)) {
        gone.push(message.id)
        removals.left--
      } else if (message.visibleAt > tx.now) break walk
      else if (taken.push(message.id) === limit) break walk
    }
    if (candidates.length < limit) break
  }
  const claimed = await claimAll(tx, queue.backlogId, taken, hideMs)
  await settleGroup(tx, queue, groupId, [...taken, ...gone])
  return claimed
}

/** All or none: a group is delivered without gaps. */
async function claimAll(tx: Tx, backlogId: number, ids: readonly number[], hideMs: number): Promise<ClaimedMessage[]> {
  const claimed = await claimThese(tx, backlogId, ids, hideMs)
  if (claimed.length < ids.length) throw new ConcurrentChange('a message of the group is changed at the moment')
  return claimed
}

/** Removes a message that is past its retention, also one in flight, or that was received too often; true if it did. */
async function removed(tx: Tx, queue: Queue, message: Candidate): Promise<boolean> {
  if (message.sentAt <= expiryLimit(tx, queue)) {
    const deleted = await tx.run('delete from sqs_message where backlog_id = ? and id = ?', [
      queue.backlogId,
      message.id,
    ])
    await changeDepth(tx, queue.backlogId, -deleted)
    return true
  }
  const maxReceives = queue.redrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY
  return message.visibleAt <= tx.now && message.receiveCount >= maxReceives && giveUp(tx, queue, message)
}

/** Moves a message to the dead-letter queue; false if there is none that takes it. */
async function giveUp(tx: Tx, queue: Queue, message: Candidate): Promise<boolean> {
  const target = await deadLetterQueueFor(tx, queue)
  if (target === undefined) return false
  // The move takes back the receive that a claim would have counted; this message was not claimed.
  await tx.run('update sqs_message set receive_count = receive_count + 1 where backlog_id = ? and id = ?', [
    queue.backlogId,
    message.id,
  ])
  await moveToDeadLetter(tx, queue, target, [message])
  return true
}
