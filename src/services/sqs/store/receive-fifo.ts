/**
 * Receiving from FIFO queues: as much as possible from the group that has waited longest, then from the next one. Within
 * a group, from its oldest message up to the first that is in flight or delayed (see groups.ts).
 *
 * Calls share what is found in their queue, one after the other, and queues share the statements. The search goes in
 * rounds: groups that are ready, then their oldest messages, until every call has what it asked for or nothing is left.
 * What was found is then claimed, removed and settled at once.
 */

import { inSlices } from '../../../kernel/store/sql.ts'
import { ConcurrentChange, type Tx } from '../../../kernel/store/store.ts'
import { claimThese, type ReceiveCall, visibilityMs } from './claim.ts'
import { deadLetterQueueFor, moveToDeadLetter } from './dead-letter.ts'
import { changeDepth } from './depth.ts'
import { FifoSearch, type Taken } from './fifo-search.ts'
import { ChangedGroups, oldestOfGroups } from './groups.ts'
import {
  type ClaimedMessage,
  type ClaimedMessages,
  deleteMessagesById,
  MESSAGE_KEY,
  messageKeys,
} from './message-row.ts'
import type { Queue } from './queue-row.ts'
import { replayAttempt, saveAttempt } from './receive-attempt.ts'

/** The calls for one queue. */
export interface FifoShare {
  readonly queue: Queue
  readonly calls: readonly ReceiveCall[]
}

/** What each call gets: nothing, without an error, when too many messages are in flight. */
export async function receiveFifo(
  tx: Tx,
  shares: readonly FifoShare[],
): Promise<ReadonlyMap<ReceiveCall, ClaimedMessages>> {
  const received = new Map<ReceiveCall, ClaimedMessages>()
  const together: FifoShare[] = []
  for (const { queue, calls } of shares) {
    const alone = calls.filter((call) => call.attemptId !== undefined || visibilityMs(queue, call) === 0)
    for (const call of alone) received.set(call, await receiveAlone(tx, queue, call))
    const others = calls.filter((call) => !received.has(call))
    if (others.length > 0) together.push({ queue, calls: others })
  }
  for (const [call, claimed] of await receiveTogether(tx, together)) received.set(call, claimed)
  return received
}

/** For calls that must see what those before them left: messages that stay visible, attempts that are repeats. */
async function receiveAlone(tx: Tx, queue: Queue, call: ReceiveCall): Promise<ClaimedMessages> {
  const { attemptId } = call
  const hideMs = visibilityMs(queue, call)
  const earlier = attemptId === undefined ? undefined : await replayAttempt(tx, queue, attemptId, hideMs)
  if (earlier?.replayed !== undefined) return earlier.replayed
  const claimed = (await receiveTogether(tx, [{ queue, calls: [call] }])).get(call) as ClaimedMessages
  if (attemptId !== undefined && claimed.messages.length > 0)
    await saveAttempt(tx, queue, { attemptId, earlier, messages: claimed.messages, hideMs })
  return claimed
}

async function receiveTogether(tx: Tx, shares: readonly FifoShare[]): Promise<Map<ReceiveCall, ClaimedMessages>> {
  const searches = await Promise.all(shares.map(({ queue, calls }) => FifoSearch.begin(tx, queue, calls)))
  for (;;) {
    await Promise.all(searches.map((search) => search.findGroups(tx)))
    const places = searches.flatMap((search) => search.places)
    if (places.length === 0) break
    const found = await oldestOfGroups(tx, places)
    for (const search of searches) {
      if (search.needsDeadLetterQueue(tx, found)) search.deadLetterQueue = await deadLetterQueueFor(tx, search.queue)
      search.take(tx, found)
    }
  }
  const claimed = await claimAll(
    tx,
    searches.flatMap(({ taken }) => taken),
  )
  for (const search of searches) await remove(tx, search)
  await settle(tx, searches)
  const received = new Map<ReceiveCall, ClaimedMessages>()
  for (const { calls, taken, isCutShort } of searches) {
    const ofCalls = Map.groupBy(taken, ({ call }) => call)
    for (const call of calls) {
      const messages = (ofCalls.get(call) ?? []).map(({ id }) => claimed.get(id) as ClaimedMessage)
      received.set(call, { messages, receivedAt: tx.now, mayBeMore: isCutShort })
    }
  }
  return received
}

/** All or none: a group is delivered without gaps. */
async function claimAll(tx: Tx, taken: readonly Taken[]): Promise<Map<number, ClaimedMessage>> {
  const claimed = new Map<number, ClaimedMessage>()
  const claims = [...Map.groupBy(taken, ({ hideMs }) => hideMs)].map(async ([hideMs, messages]) => {
    const keys = messages.map(({ backlogId, id }) => [backlogId, id] as const)
    for (const message of await claimThese(tx, keys, hideMs)) claimed.set(message.id, message)
  })
  await Promise.all(claims)
  if (claimed.size < taken.length) throw new ConcurrentChange('a message of a group is changed at the moment')
  return claimed
}

/** Removes what is past its retention, and moves what was received too often to the dead-letter queue. */
async function remove(tx: Tx, { queue, expired, exhausted, deadLetterQueue }: FifoSearch): Promise<void> {
  if (expired.length > 0) {
    const ids = expired.map(({ id }) => id)
    await changeDepth(tx, queue.backlogId, -(await deleteMessagesById(tx, queue.backlogId, ids)))
  }
  if (deadLetterQueue === undefined || exhausted.length === 0) return
  // The move takes back the receive that a claim would have counted; these messages were not claimed.
  const ids = exhausted.map(({ id }) => id)
  await inSlices(messageKeys(queue.backlogId, ids), MESSAGE_KEY, (table, values) =>
    tx.later(`update sqs_message set receive_count = receive_count + 1 where (backlog_id, id) in (${table})`, values),
  )
  await moveToDeadLetter(tx, queue, deadLetterQueue, exhausted)
}

async function settle(tx: Tx, searches: readonly FifoSearch[]): Promise<void> {
  const changed = new ChangedGroups()
  for (const { queue, taken, expired, exhausted } of searches) {
    for (const { groupId, id } of [...taken, ...expired, ...exhausted]) changed.add(queue, groupId, id)
  }
  await changed.settle(tx)
}
