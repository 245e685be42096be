/**
 * Receiving. Calls for one queue with one visibility timeout claim their messages together, in one statement, and share
 * them out in the order in which they came.
 *
 * What a claim brings up and must not be delivered leaves here: a message past its retention is deleted, one that was
 * received too often goes to the dead-letter queue. Neither counts as a receive.
 */
import { listOf, part, record } from '../../../kernel/store/packing.ts'
import { batched, done, failed, type Settled, type Tx } from '../../../kernel/store/store.ts'
import { queueDoesNotExist, tooManyInFlight } from '../errors.ts'
import { takeApart } from './bundle.ts'
import { claimOldest, claimThese, MAX_REMOVED, type ReceiveCall, roomInFlight, visibilityMs } from './claim.ts'
import { dealOut, mostPerClaim, mostPerReceive, noteClaimed } from './claim-size.ts'
import { deadLetterQueueFor, moveToDeadLetter } from './dead-letter.ts'
import { changeDepth } from './depth.ts'
import { noisyGroups, pickFairly } from './fairness.ts'
import { nextReadyAt } from './groups.ts'
import {
  type ClaimedMessage,
  type ClaimedMessages,
  claimedMessage,
  deleteMessagesById,
  messageKeys,
} from './message-row.ts'
import { expiryLimit, type Queue, QueueLookup, queueAddress } from './queue-row.ts'
import { type FifoShare, receiveFifo } from './receive-fifo.ts'

export interface Received extends ClaimedMessages {
  readonly queueId: number
  /** How long an empty receive waits, in milliseconds, from the call's beginning. */
  readonly waitMs: number
  /**
   * To those who wait and didn't get all they asked for: when the first of the messages that are hidden now, those of
   * this receive included, becomes visible. Undefined if none is hidden.
   */
  readonly nextVisibleAt: number | undefined
}

const packing = {
  args: record<ReceiveCall>({
    queue: queueAddress,
    limit: part,
    visibilityTimeout: part,
    waitTime: part,
    attemptId: part,
    maxInFlight: part,
  }),
  result: record<Received>({
    messages: listOf(claimedMessage),
    receivedAt: part,
    mayBeMore: part,
    queueId: part,
    waitMs: part,
    nextVisibleAt: part,
  }),
}

const receive = async (tx: Tx, calls: readonly ReceiveCall[]): Promise<Settled<Received>[]> => {
  const queues = await QueueLookup.of(tx, calls)
  const settled = new Array<Settled<Received>>(calls.length)
  const groups = new Map<string, { queue: Queue; positions: number[] }>()
  for (let at = 0; at < calls.length; at++) {
    const call = calls[at] as ReceiveCall
    const queue = queues.find(call.queue)
    if (queue === undefined) {
      settled[at] = failed(queueDoesNotExist())
      continue
    }
    const key = queue.fifo ? `${queue.queueId}` : `${queue.queueId} ${visibilityMs(queue, call)}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { queue, positions: [at] })
    else group.positions.push(at)
  }
  const shares = [...groups.values()].map(({ queue, positions }) => ({
    queue,
    positions,
    calls: positions.map((at) => calls[at] as ReceiveCall),
  }))
  const ordered = await receiveInOrder(
    tx,
    shares.filter(({ queue }) => queue.fifo),
  )
  for (const { queue, positions, calls } of shares) {
    const outcomes = queue.fifo
      ? calls.map((call) => done(ordered.get(call) as Received))
      : await receiveTogether(tx, queue, calls)
    for (let i = 0; i < positions.length; i++) settled[positions[i] as number] = outcomes[i] as Settled<Received>
  }
  return settled
}

export const receiveMessages = batched('sqs.receive', receive, packing)

/** From FIFO queues: those who wait and didn't get all that they asked for are told when the next group is ready. */
async function receiveInOrder(tx: Tx, shares: readonly FifoShare[]): Promise<Map<ReceiveCall, Received>> {
  if (shares.length === 0) return new Map()
  const bounded = await Promise.all(shares.map((share) => boundedShare(tx, share)))
  const claimed = await receiveFifo(tx, bounded)
  const answers = shares.map(async ({ queue, calls }, at) => {
    const found = (bounded[at] as FifoShare).calls.map((call) => claimed.get(call) as ClaimedMessages)
    const messages = found.flatMap((one) => one.messages)
    noteClaimed(tx, queue, messages)
    const nextVisibleAt = await nextVisible(tx, queue, calls, messages)
    return calls.map((call, i): [ReceiveCall, Received] => {
      const waitMs = waitMsOf(queue, call)
      return [call, { ...(found[i] as ClaimedMessages), queueId: queue.queueId, waitMs, nextVisibleAt }]
    })
  })
  return new Map((await Promise.all(answers)).flat())
}

/** The same with limits that large messages allow. */
async function boundedShare(tx: Tx, share: FifoShare): Promise<FifoShare> {
  const most = await mostPerReceive(tx, share.queue)
  if (share.calls.every(({ limit }) => limit <= most)) return share
  return { ...share, calls: share.calls.map((call) => ({ ...call, limit: Math.min(call.limit, most) })) }
}

const waitMsOf = (queue: Queue, call: ReceiveCall): number =>
  (call.waitTime ?? queue.attributes.ReceiveMessageWaitTimeSeconds) * 1000

async function receiveTogether(tx: Tx, queue: Queue, calls: readonly ReceiveCall[]): Promise<Settled<Received>[]> {
  const first = calls[0] as ReceiveCall
  const limits = calls.map((call) => call.limit)
  const asked = limits.reduce((sum, limit) => sum + limit, 0)
  const limit = Math.min(asked, await roomInFlight(tx, queue, first.maxInFlight, asked))
  const most = await mostPerClaim(tx, queue, limits)
  const claimed = await claimDeliverable(tx, queue, Math.min(limit, most), visibilityMs(queue, first))
  const { messages } = claimed
  noteClaimed(tx, queue, messages)
  // To those who get nothing: it may be that only the claim was too small.
  const mayBeMore = claimed.mayBeMore || (limit > most && messages.length === most)
  const { queueId } = queue
  const nextVisibleAt = await nextVisible(tx, queue, calls, messages)
  const shares = dealOut(messages, limits)
  return calls.map((call, at) => {
    const waitMs = waitMsOf(queue, call)
    // Too many in flight is an error to those who ask once; those who wait, wait.
    if (limit === 0 && waitMs === 0) return failed(tooManyInFlight())
    return done({ ...claimed, mayBeMore, queueId, messages: shares[at] as ClaimedMessage[], waitMs, nextVisibleAt })
  })
}

/** Claims until `limit` messages can be delivered, no more are visible, or enough had to leave. */
async function claimDeliverable(tx: Tx, queue: Queue, limit: number, hideMs: number): Promise<ClaimedMessages> {
  const deliverable: ClaimedMessage[] = []
  const oldest = expiryLimit(tx, queue)
  const maxReceives = queue.redrivePolicy?.maxReceiveCount ?? Number.POSITIVE_INFINITY
  let deadLetterQueue: Queue | undefined
  let removed = 0
  while (deliverable.length < limit && removed < MAX_REMOVED) {
    const wanted = limit - deliverable.length
    const claimed = await claim(tx, queue, wanted, hideMs)
    const expired = claimed.filter((message) => message.sentAt <= oldest)
    let exhausted = claimed.filter((message) => message.sentAt > oldest && receivesFrom(message) > maxReceives)
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
    removed += dropped
    // With no time-out, what is already claimed is still visible, and must not be claimed twice for one receive.
    if (hideMs === 0 && deliverable.length > 0) break
  }
  return { messages: deliverable, receivedAt: tx.now, mayBeMore: removed >= MAX_REMOVED }
}

/** How often the message was received from the queue that it is in, this receive included. */
const receivesFrom = ({ receiveCount, receivedElsewhere }: ClaimedMessage): number => receiveCount - receivedElsewhere

async function deleteExpired(tx: Tx, queue: Queue, expired: readonly ClaimedMessage[]): Promise<void> {
  const ids = expired.map((message) => message.id)
  await changeDepth(tx, queue.backlogId, -(await deleteMessagesById(tx, queue.backlogId, ids)))
}

async function claim(tx: Tx, queue: Queue, limit: number, hideMs: number): Promise<ClaimedMessage[]> {
  await takeApart(tx, queue.backlogId, limit)
  const noisy = await noisyGroups(tx, queue, limit)
  if (noisy.length === 0) return claimOldest(tx, queue.backlogId, limit, hideMs)
  return claimThese(tx, messageKeys(queue.backlogId, await pickFairly(tx, queue.backlogId, noisy, limit)), hideMs)
}

/** Looked up only if one of the calls waits and the calls got less than they asked for. */
async function nextVisible(
  tx: Tx,
  queue: Queue,
  calls: readonly ReceiveCall[],
  messages: readonly ClaimedMessage[],
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
