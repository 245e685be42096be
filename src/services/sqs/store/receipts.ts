/**
 * What is done with a receipt handle: deleting a message and changing its visibility.
 *
 * On a standard queue any handle of a message deletes it, also an old one. On a FIFO queue only the handle of the latest
 * receive does, and only while the message is in flight: otherwise a consumer that was too slow would delete a message
 * that another one is working on. A message that no longer exists counts as deleted.
 */

import type { PlainServiceError } from '../../../kernel/service-error.ts'
import { batched, done, failed, type Settled, type Tx } from '../../../kernel/store/store.ts'
import { messageNotAvailable, queueDoesNotExist, receiptHandleExpired, receiptHandleIsInvalid } from '../errors.ts'
import type { QueueAddress } from '../model/names.ts'
import type { Receipt } from '../model/receipt-handle.ts'
import { wasFull } from './claim.ts'
import { DepthChanges } from './depth.ts'
import { ChangedGroups } from './groups.ts'
import { deleteMessagesById } from './message-row.ts'
import { expiryLimit, type Queue, QueueLookup, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

/** A decoded receipt handle. */
export interface HeldReceipt extends Receipt {
  /** As the caller sent it, for the sentences of errors. */
  readonly handle: string
}

export interface DeleteCall {
  readonly queue: QueueAddress
  readonly receipts: readonly HeldReceipt[]
}

/** Of each receipt: null, or why it was refused. */
export type ReceiptOutcome = PlainServiceError | null

export const deleteMessages = batched('sqs.delete', async (tx, calls: readonly DeleteCall[]) => {
  const queues = new QueueLookup(tx)
  const depth = new DepthChanges()
  const settled: Settled<ReceiptOutcome[]>[] = []
  const doomed = new Map<number, Set<number>>()
  const held: HeldMessage[] = []
  for (const call of calls) {
    const queue = await queues.find(call.queue)
    if (queue === undefined) settled.push(failed(queueDoesNotExist()))
    else if (queue.fifo) settled.push(done(deleteInOrder(queue, call.receipts, held)))
    else settled.push(done(deleteLater(tx, queue, call.receipts, doomed)))
  }
  await deleteHeld(tx, held, depth)
  for (const backlogId of [...doomed.keys()].sort((a, b) => a - b)) {
    const ids = [...(doomed.get(backlogId) as Set<number>)]
    depth.add(backlogId, -(await deleteMessagesById(tx, backlogId, ids)))
  }
  await depth.save(tx)
  return settled
})

/** Notes the messages of a standard queue, so that those of all calls are deleted in one statement. */
function deleteLater(
  tx: Tx,
  queue: Queue,
  receipts: readonly HeldReceipt[],
  doomed: Map<number, Set<number>>,
): ReceiptOutcome[] {
  const ids = doomed.get(queue.backlogId) ?? new Set()
  doomed.set(queue.backlogId, ids)
  if (wasFull(tx, queue)) tx.wake(WAKE_CHANNEL, wakeKey(queue), receipts.length)
  return receipts.map((receipt) => {
    if (receipt.queueId !== queue.queueId) return receiptHandleIsInvalid(receipt.handle).toPlain()
    ids.add(receipt.id)
    return null
  })
}

interface Received {
  readonly groupId: string
  readonly visibleAt: number
  readonly receiveCount: number
}

/** A message of a FIFO queue that is to be deleted. */
interface HeldMessage {
  readonly queue: Queue
  readonly receipt: HeldReceipt
  /** Where to note why it was not. */
  readonly outcomes: ReceiptOutcome[]
  readonly at: number
}

/** Notes the messages of a FIFO queue; what is answered for each is known once all of them were looked at. */
function deleteInOrder(queue: Queue, receipts: readonly HeldReceipt[], held: HeldMessage[]): ReceiptOutcome[] {
  const outcomes: ReceiptOutcome[] = []
  for (const [at, receipt] of receipts.entries()) {
    const isOfQueue = receipt.queueId === queue.queueId
    outcomes.push(isOfQueue ? null : receiptHandleIsInvalid(receipt.handle).toPlain())
    if (isOfQueue) held.push({ queue, receipt, outcomes, at })
  }
  return outcomes
}

/** Statements of one kind are under way together: a node far from its database waits once for all of them. */
async function deleteHeld(tx: Tx, held: readonly HeldMessage[], depth: DepthChanges): Promise<void> {
  const found = await Promise.all(held.map(({ queue, receipt }) => findReceived(tx, queue, receipt.id)))
  const deletable = held.flatMap((message, i) => {
    const received = found[i]
    if (received === undefined) return []
    const isHeld = received.receiveCount === message.receipt.receiveCount && received.visibleAt > tx.now
    if (!isHeld) message.outcomes[message.at] = receiptHandleExpired(message.receipt.handle).toPlain()
    return isHeld ? [{ ...message, groupId: received.groupId }] : []
  })
  const deleted = await Promise.all(
    deletable.map(({ queue, receipt }) =>
      tx.run('delete from sqs_message where backlog_id = ? and id = ? and receive_count = ?', [
        queue.backlogId,
        receipt.id,
        receipt.receiveCount,
      ]),
    ),
  )
  const changed = new ChangedGroups()
  for (const [i, { queue, groupId, receipt }] of deletable.entries()) {
    if (deleted[i] === 0) continue // it was deleted by another call meanwhile
    changed.add(queue, groupId, receipt.id)
    depth.add(queue.backlogId, -1)
    tx.wake(WAKE_CHANNEL, wakeKey(queue)) // what comes next in this group
  }
  await changed.settle(tx)
}

/** Undefined if the message was deleted or is past its retention. */
const findReceived = (tx: Tx, queue: Queue, id: number): Promise<Received | undefined> =>
  tx.get<Received>(
    `select group_id as "groupId", visible_at as "visibleAt", receive_count as "receiveCount"
     from sqs_message where backlog_id = ? and id = ? and sent_at > ?`,
    [queue.backlogId, id, expiryLimit(tx, queue)],
  )

export interface ChangeVisibilityCall {
  readonly queue: QueueAddress
  readonly changes: readonly { readonly receipt: HeldReceipt; readonly timeoutMs: number }[]
}

/** A message that is visible again is left as it is, and that is no error; one that is gone is. */
export const changeVisibility = batched('sqs.changeVisibility', async (tx, calls: readonly ChangeVisibilityCall[]) => {
  const queues = new QueueLookup(tx)
  const changed = new ChangedGroups()
  const settled: Settled<ReceiptOutcome[]>[] = []
  for (const call of calls) {
    const queue = await queues.find(call.queue)
    if (queue === undefined) {
      settled.push(failed(queueDoesNotExist()))
      continue
    }
    const outcomes: ReceiptOutcome[] = []
    for (const { receipt, timeoutMs } of call.changes) {
      outcomes.push(await changeOne(tx, { queue, receipt, timeoutMs, changed }))
    }
    settled.push(done(outcomes))
  }
  await changed.settle(tx)
  return settled
})

interface Change {
  readonly queue: Queue
  readonly receipt: HeldReceipt
  readonly timeoutMs: number
  readonly changed: ChangedGroups
}

async function changeOne(tx: Tx, { queue, receipt, timeoutMs, changed }: Change): Promise<ReceiptOutcome> {
  if (receipt.queueId !== queue.queueId) return receiptHandleIsInvalid(receipt.handle).toPlain()
  const message = await findReceived(tx, queue, receipt.id)
  if (message === undefined) return messageNotAvailable(receipt.handle).toPlain()
  if (message.visibleAt <= tx.now || (queue.fifo && message.receiveCount !== receipt.receiveCount)) return null
  await tx.run('update sqs_message set visible_at = ? where backlog_id = ? and id = ? and receive_count = ?', [
    tx.now + timeoutMs,
    queue.backlogId,
    receipt.id,
    message.receiveCount, // if it was received anew meanwhile, it is another's
  ])
  if (queue.fifo) changed.add(queue, message.groupId, receipt.id)
  tx.wake(WAKE_CHANNEL, wakeKey(queue)) // waiters were told to look again at the old time
  return null
}
