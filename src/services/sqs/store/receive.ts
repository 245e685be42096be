/**
 * Receiving. Calls for one queue with one visibility timeout claim their messages together, in one statement, and share
 * them out in the order in which they came.
 *
 * What a claim brings up and must not be delivered leaves here: a message past its retention is deleted, one that was
 * received too often goes to the dead-letter queue. Neither counts as a receive.
 */
import { batched, done, failed, type Settled, type Tx } from '../../../kernel/store/store.ts'
import { queueDoesNotExist, tooManyInFlight } from '../errors.ts'
import { claimOldest, claimThese, type ReceiveCall, roomInFlight, visibilityMs } from './claim.ts'
import { deadLetterQueueFor, moveToDeadLetter } from './dead-letter.ts'
import { changeDepth } from './depth.ts'
import { noisyGroups, pickFairly } from './fairness.ts'
import { nextReadyAt } from './groups.ts'
import { type ClaimedMessage, type ClaimedMessages, deleteMessagesById } from './message-row.ts'
import { expiryLimit, type Queue, QueueLookup } from './queue-row.ts'
import { receiveFifo } from './receive-fifo.ts'

export interface Received {
  readonly queueId: number
  readonly messages: readonly ClaimedMessage[]
  readonly receivedAt: number
  /** How long an empty receive waits, in milliseconds, from the call's beginning. */
  readonly waitMs: number
  /**
   * To those who wait and didn't get all they asked for: when the first of the messages that are hidden now, those of
   * this receive included, becomes visible. Undefined if none is hidden.
   */
  readonly nextVisibleAt: number | undefined
}

export const receiveMessages = batched('sqs.receive', async (tx, calls: readonly ReceiveCall[]) => {
  const queues = new QueueLookup(tx)
  const settled = new Array<Settled<Received>>(calls.length)
  const groups = new Map<string, { queue: Queue; positions: number[] }>()
  for (let at = 0; at < calls.length; at++) {
    const call = calls[at] as ReceiveCall
    const queue = await queues.find(call.queue)
    if (queue === undefined) settled[at] = failed(queueDoesNotExist())
    else if (queue.fifo) settled[at] = await receiveAlone(tx, queue, call)
    else {
      const key = `${queue.queueId} ${visibilityMs(queue, call)}`
      const group = groups.get(key)
      if (group === undefined) groups.set(key, { queue, positions: [at] })
      else group.positions.push(at)
    }
  }
  for (const { queue, positions } of groups.values()) {
    const group = positions.map((at) => calls[at] as ReceiveCall)
    const outcomes = await receiveTogether(tx, queue, group)
    for (let i = 0; i < positions.length; i++) settled[positions[i] as number] = outcomes[i] as Settled<Received>
  }
  return settled
})

async function receiveAlone(tx: Tx, queue: Queue, call: ReceiveCall): Promise<Settled<Received>> {
  const claimed = await receiveFifo(tx, queue, call)
  const nextVisibleAt = await nextVisible(tx, queue, [call], claimed)
  return done({ queueId: queue.queueId, ...claimed, waitMs: waitMsOf(queue, call), nextVisibleAt })
}

const waitMsOf = (queue: Queue, call: ReceiveCall): number =>
  (call.waitTime ?? queue.attributes.ReceiveMessageWaitTimeSeconds) * 1000

async function receiveTogether(tx: Tx, queue: Queue, calls: readonly ReceiveCall[]): Promise<Settled<Received>[]> {
  const first = calls[0] as ReceiveCall
  const asked = calls.reduce((sum, call) => sum + call.limit, 0)
  const limit = Math.min(asked, await roomInFlight(tx, queue, first.maxInFlight, asked))
  const messages = limit === 0 ? [] : await claimDeliverable(tx, queue, limit, visibilityMs(queue, first))
  const { queueId } = queue
  const receivedAt = tx.now
  const nextVisibleAt = await nextVisible(tx, queue, calls, { messages, receivedAt })
  let next = 0
  return calls.map((call) => {
    const waitMs = waitMsOf(queue, call)
    // Too many in flight is an error to those who ask once; those who wait, wait.
    if (limit === 0 && waitMs === 0) return failed(tooManyInFlight())
    const from = next
    next += call.limit
    return done({ queueId, messages: messages.slice(from, next), receivedAt, waitMs, nextVisibleAt })
  })
}

/** Claims until `limit` messages can be delivered or no more are visible. */
async function claimDeliverable(tx: Tx, queue: Queue, limit: number, hideMs: number): Promise<ClaimedMessage[]> {
  const deliverable: ClaimedMessage[] = []
  const oldest = expiryLimit(tx, queue)
  const maxReceives = queue.redrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY
  let deadLetterQueue: Queue | undefined
  while (deliverable.length < limit) {
    const wanted = limit - deliverable.length
    const claimed = await claim(tx, queue, wanted, hideMs)
    const expired = claimed.filter((message) => message.sentAt <= oldest)
    let exhausted = claimed.filter((message) => message.sentAt > oldest && message.receiveCount > maxReceives)
    if (exhausted.length > 0) {
      deadLetterQueue ??= await deadLetterQueueFor(tx, queue)
      if (deadLetterQueue === undefined) exhausted = [] // they stay, and go on being delivered
    }
    const dropped = expired.length + exhausted.length
    if (dropped === 0) deliverable.push(...claimed)
    else {
      const gone = new Set([...expired, ...exhausted].map((message) => message.id))
      deliverable.push(...claimed.filter((message) => !gone.has(message.id)))
      await deleteExpired(tx, queue, expired)
      if (deadLetterQueue !== undefined) await moveToDeadLetter(tx, queue, deadLetterQueue, exhausted)
    }
    if (dropped === 0 || claimed.length < wanted) break
    // With no time-out, what is already claimed is still visible, and must not be claimed twice for one receive.
    if (hideMs === 0 && deliverable.length > 0) break
  }
  return deliverable
}

async function deleteExpired(tx: Tx, queue: Queue, expired: readonly ClaimedMessage[]): Promise<void> {
  const ids = expired.map((message) => message.id)
  await changeDepth(tx, queue.backlogId, -(await deleteMessagesById(tx, queue.backlogId, ids)))
}

async function claim(tx: Tx, queue: Queue, limit: number, hideMs: number): Promise<ClaimedMessage[]> {
  const noisy = await noisyGroups(tx, queue, limit)
  if (noisy.length === 0) return claimOldest(tx, queue.backlogId, limit, hideMs)
  return claimThese(tx, queue.backlogId, await pickFairly(tx, queue.backlogId, noisy, limit), hideMs)
}

/** Looked up only if one of the calls waits and the calls got less than they asked for. */
async function nextVisible(
  tx: Tx,
  queue: Queue,
  calls: readonly ReceiveCall[],
  { messages }: ClaimedMessages,
): Promise<number | undefined> {
  const asked = calls.reduce((sum, call) => sum + call.limit, 0)
  if (messages.length === asked || calls.every((call) => waitMsOf(queue, call) === 0)) return undefined
  if (messages.length > 0 && visibilityMs(queue, calls[0] as ReceiveCall) === 0) return tx.now // they stay visible
  if (queue.fifo) return nextReadyAt(tx, queue.backlogId)
  const row = await tx.get<{ at: number | null }>(
    'select min(visible_at) as at from sqs_message where backlog_id = ? and visible_at > ?',
    [queue.backlogId, tx.now],
  )
  return row?.at ?? undefined
}
