/**
 * What is done with a receipt handle: deleting a message and changing its visibility.
 *
 * On a standard queue any handle of a message deletes it, also an old one. On a FIFO queue only the handle of the latest
 * receive does, and only while the message is in flight: otherwise a consumer that was too slow would delete a message
 * that another one is working on. A message that no longer exists counts as deleted.
 */

import type { PlainServiceError } from '../../../kernel/service-error.ts'
import { listOf, part, record } from '../../../kernel/store/packing.ts'
import { inSlices } from '../../../kernel/store/sql.ts'
import { batched, done, failed, type Settled, type Tx } from '../../../kernel/store/store.ts'
import { messageNotAvailable, queueDoesNotExist, receiptHandleExpired, receiptHandleIsInvalid } from '../errors.ts'
import type { QueueAddress } from '../model/names.ts'
import type { Receipt } from '../model/receipt-handle.ts'
import { wasFull } from './claim.ts'
import { DepthChanges } from './depth.ts'
import { ChangedGroups } from './groups.ts'
import { deleteMessagesById, MESSAGE_KEY } from './message-row.ts'
import { expiryLimit, type Queue, QueueLookup, queueAddress, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

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

const heldReceipt = record<HeldReceipt>({ handle: part, queueId: part, id: part, receivedAt: part, receiveCount: part })
const outcomes = listOf<ReceiptOutcome>(part)

const deleteAll = async (tx: Tx, calls: readonly DeleteCall[]): Promise<Settled<readonly ReceiptOutcome[]>[]> => {
  const queues = await QueueLookup.of(tx, calls)
  const depth = new DepthChanges()
  const doomed = new Map<number, Set<number>>()
  const held: HeldMessage[] = []
  const settled = calls.map((call): Settled<ReceiptOutcome[]> => {
    const queue = queues.find(call.queue)
    if (queue === undefined) return failed(queueDoesNotExist())
    return done(queue.fifo ? deleteInOrder(queue, call.receipts, held) : deleteLater(tx, queue, call.receipts, doomed))
  })
  await deleteHeld(tx, held, depth)
  const backlogs = [...doomed].sort(([a], [b]) => a - b)
  const deletions = backlogs.map(async ([backlogId, ids]) => {
    depth.add(backlogId, -(await deleteMessagesById(tx, backlogId, [...ids])))
  })
  await Promise.all(deletions)
  await depth.save(tx)
  return settled
}

export const deleteMessages = batched('sqs.delete', deleteAll, {
  args: record<DeleteCall>({ queue: queueAddress, receipts: listOf(heldReceipt) }),
  result: outcomes,
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

/** Deletes those that are in flight by the handle that is given; only the others are looked at, to say why. */
async function deleteHeld(tx: Tx, held: readonly HeldMessage[], depth: DepthChanges): Promise<void> {
  const queueOf = new Map(held.map(({ queue }) => [queue.backlogId, queue]))
  const deleted = new Set<number>()
  const changed = new ChangedGroups()
  const rows = held.map(({ queue, receipt }) => [queue.backlogId, receipt.id, receipt.receiveCount])
  await inSlices(rows, ['bigint', 'bigint', 'bigint'], async (table, values) => {
    const gone = await tx.all<{ backlogId: number; id: number; groupId: string }>(
      `delete from sqs_message where (backlog_id, id, receive_count) in (${table}) and coalesce(visible_at, 0) > ?
       returning backlog_id as "backlogId", id, group_id as "groupId"`,
      [...values, tx.now],
    )
    for (const { backlogId, id, groupId } of gone) {
      const queue = queueOf.get(backlogId) as Queue
      deleted.add(id)
      changed.add(queue, groupId, id)
      depth.add(backlogId, -1)
      tx.wake(WAKE_CHANNEL, wakeKey(queue)) // what comes next in this group
    }
  })
  const others = held.filter(({ receipt }) => !deleted.has(receipt.id))
  const left = await findReceived(tx, others)
  for (const { receipt, outcomes, at } of others) {
    if (left.has(receipt.id)) outcomes[at] = receiptHandleExpired(receipt.handle).toPlain()
  }
  await changed.settle(tx)
}

interface Received {
  readonly id: number
  readonly backlogId: number
  readonly groupId: string
  readonly sentAt: number
  readonly receiveCount: number
  visibleAt: number
}

interface QueueAndReceipt {
  readonly queue: Queue
  readonly receipt: Receipt
}

/** By id: those that were neither deleted nor are past their retention. */
async function findReceived(tx: Tx, receipts: readonly QueueAndReceipt[]): Promise<Map<number, Received>> {
  const found = new Map<number, Received>()
  const oldest = new Map(receipts.map(({ queue }) => [queue.backlogId, expiryLimit(tx, queue)]))
  const rows = receipts.map(({ queue, receipt }) => [queue.backlogId, receipt.id])
  await inSlices(rows, MESSAGE_KEY, async (table, values) => {
    const messages = await tx.all<Received>(
      `select backlog_id as "backlogId", id, group_id as "groupId", sent_at as "sentAt", visible_at as "visibleAt",
         receive_count as "receiveCount"
       from sqs_message where (backlog_id, id) in (${table})`,
      values,
    )
    for (const message of messages) {
      if (message.sentAt > (oldest.get(message.backlogId) as number)) found.set(message.id, message)
    }
  })
  return found
}

export interface ChangeVisibilityCall {
  readonly queue: QueueAddress
  readonly changes: readonly { readonly receipt: HeldReceipt; readonly timeoutMs: number }[]
}

/** A message that is visible again is left as it is, and that is no error; one that is gone is. */
const changeAll = async (
  tx: Tx,
  calls: readonly ChangeVisibilityCall[],
): Promise<Settled<readonly ReceiptOutcome[]>[]> => {
  const queues = await QueueLookup.of(tx, calls)
  const wanted = calls.flatMap(({ queue: address, changes }) => {
    const queue = queues.find(address)
    return queue === undefined ? [] : changes.filter(isOf(queue)).map(({ receipt }) => ({ queue, receipt }))
  })
  const found = await findReceived(tx, wanted)
  const changed = new Map<number, Received>()
  const groups = new ChangedGroups()
  const settled = calls.map((call): Settled<ReceiptOutcome[]> => {
    const queue = queues.find(call.queue)
    if (queue === undefined) return failed(queueDoesNotExist())
    return done(call.changes.map((change) => changeOne(tx, { queue, change, found, changed, groups })))
  })
  await saveVisibility(tx, [...changed.values()])
  await groups.settle(tx)
  return settled
}

export const changeVisibility = batched('sqs.changeVisibility', changeAll, {
  args: record<ChangeVisibilityCall>({
    queue: queueAddress,
    changes: listOf(record<VisibilityChange>({ receipt: heldReceipt, timeoutMs: part })),
  }),
  result: outcomes,
})

type VisibilityChange = ChangeVisibilityCall['changes'][number]

const isOf =
  ({ queueId }: Queue) =>
  ({ receipt }: VisibilityChange): boolean =>
    receipt.queueId === queueId

interface Change {
  readonly queue: Queue
  readonly change: VisibilityChange
  readonly found: ReadonlyMap<number, Received>
  /** Where to note the message when it is to be saved. */
  readonly changed: Map<number, Received>
  readonly groups: ChangedGroups
}

/** A change sees those before it in the batch. */
function changeOne(tx: Tx, { queue, change, found, changed, groups }: Change): ReceiptOutcome {
  const { receipt, timeoutMs } = change
  if (!isOf(queue)(change)) return receiptHandleIsInvalid(receipt.handle).toPlain()
  const message = found.get(receipt.id)
  if (message === undefined) return messageNotAvailable(receipt.handle).toPlain()
  if (message.visibleAt <= tx.now || (queue.fifo && message.receiveCount !== receipt.receiveCount)) return null
  message.visibleAt = tx.now + timeoutMs
  changed.set(message.id, message)
  if (queue.fifo) groups.add(queue, message.groupId, message.id)
  tx.wake(WAKE_CHANNEL, wakeKey(queue)) // waiters were told to look again at the old time
  return null
}

/** In the order of their ids, so that nobody waits in a circle. What was received anew meanwhile is another's. */
async function saveVisibility(tx: Tx, messages: Received[]): Promise<void> {
  messages.sort((a, b) => a.backlogId - b.backlogId || a.id - b.id)
  const rows = messages.map(({ backlogId, id, receiveCount, visibleAt }) => [backlogId, id, receiveCount, visibleAt])
  await inSlices(rows, ['bigint', 'bigint', 'bigint', 'bigint'], (table, values) =>
    tx.later(
      `with changed (backlog_id, id, receive_count, visible_at) as (${table})
       update sqs_message set visible_at = changed.visible_at from changed
       where sqs_message.backlog_id = changed.backlog_id and sqs_message.id = changed.id
         and sqs_message.receive_count = changed.receive_count`,
      values,
    ),
  )
}
