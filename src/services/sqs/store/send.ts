/**
 * Sending. All sends that wait for the store at one moment are one batch: one look at each queue, one range of ids, one
 * write of each counter.
 */

import { type PlainServiceError, ServiceError } from '../../../kernel/service-error.ts'
import { batched, done, failed, type Settled, type SqlValue, type Tx } from '../../../kernel/store/store.ts'
import { queueDoesNotExist } from '../errors.ts'
import { DEDUPLICATION_WINDOW, deduplicationKey } from '../model/fifo.ts'
import { checkForQueue, initialDelay, type MessageFacts } from '../model/message.ts'
import type { QueueAddress } from '../model/names.ts'
import { DepthChanges } from './depth.ts'
import { addToGroup } from './groups.ts'
import { type Queue, QueueLookup, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

/** A message as the caller gave it; what needs no knowledge of the queue has been checked. */
export interface NewMessage extends MessageFacts {
  readonly messageId: string
  readonly body: string
  /** The message attributes as JSON, or null. */
  readonly attributes: string | null
  /** The SHA-256 of the body, if the queue is FIFO and there is no deduplication id. */
  readonly contentId?: string
  readonly traceHeader: string | null
}

export interface SendCall {
  readonly queue: QueueAddress
  readonly sender: string
  /** A batch answers each entry; a single message throws. Their sentences differ. */
  readonly batch: boolean
  readonly messages: readonly NewMessage[]
}

export type SentMessage =
  | {
      readonly messageId: string
      /** A FIFO queue's sequence number is made from it. */
      readonly id: number
      readonly duplicate: boolean
    }
  | { readonly error: PlainServiceError }

// biome-ignore format: one row of the table
const COLUMNS = [
  'backlog_id', 'id', 'message_id', 'body', 'attributes', 'sent_at', 'visible_at', 'receive_count', 'first_received_at',
  'sender', 'group_id', 'deduplication_id', 'dead_letter_source', 'trace_header',
]

export const sendMessages = batched('sqs.send', async (tx, calls: readonly SendCall[]) => {
  const batch = new SendBatch(tx, await tx.nextIds(calls.reduce((sum, call) => sum + call.messages.length, 0)))
  const settled: Settled<SentMessage[]>[] = []
  for (const call of calls) settled.push(await batch.add(call))
  await batch.save()
  return settled
})

class SendBatch {
  readonly #tx: Tx
  readonly #ids: readonly number[]
  readonly #queues: QueueLookup
  readonly #depth = new DepthChanges()
  readonly #rows: SqlValue[][] = []
  #usedIds = 0

  constructor(tx: Tx, ids: readonly number[]) {
    this.#tx = tx
    this.#ids = ids
    this.#queues = new QueueLookup(tx)
  }

  async add(call: SendCall): Promise<Settled<SentMessage[]>> {
    const queue = await this.#queues.find(call.queue)
    if (queue === undefined) return failed(queueDoesNotExist())
    const problems = call.messages.map((message) => problemOf(queue, message, call.batch))
    const first = problems.find((problem) => problem !== undefined)
    if (first !== undefined && (queue.fifo || !call.batch)) return failed(first)
    const sent: SentMessage[] = []
    let added = 0
    for (let i = 0; i < call.messages.length; i++) {
      const problem = problems[i]
      const outcome =
        problem === undefined
          ? await this.#addMessage(queue, call, call.messages[i] as NewMessage)
          : { error: problem.toPlain() }
      if ('id' in outcome && !outcome.duplicate) added++
      sent.push(outcome)
    }
    if (added > 0) {
      this.#depth.add(queue.backlogId, added)
      this.#tx.wake(WAKE_CHANNEL, wakeKey(queue), added)
    }
    return done(sent)
  }

  async save(): Promise<void> {
    await this.#tx.insertMany('sqs_message', COLUMNS, this.#rows)
    await this.#depth.save(this.#tx)
  }

  async #addMessage(queue: Queue, call: SendCall, message: NewMessage): Promise<SentMessage> {
    const { now } = this.#tx
    const visibleAt = now + initialDelay(message.delaySeconds, queue.attributes) * 1000
    const deduplicationId = message.deduplicationId ?? message.contentId ?? null
    if (queue.fifo) {
      const original = await this.#originalOf(queue, message.groupId as string, deduplicationId as string)
      if (original !== undefined) return { ...original, duplicate: true }
    }
    const id = this.#ids[this.#usedIds++] as number
    // biome-ignore format: in the order of the columns
    this.#rows.push([
      queue.backlogId, id, message.messageId, message.body, message.attributes, now, visibleAt, 0, null,
      call.sender, message.groupId ?? null, deduplicationId, null, message.traceHeader,
    ])
    if (queue.fifo) {
      await this.#remember(queue, message, deduplicationId as string, id)
      await addToGroup(this.#tx, queue.backlogId, message.groupId as string, visibleAt, id)
    }
    return { messageId: message.messageId, id, duplicate: false }
  }

  /** The message that was accepted under this deduplication id within the last five minutes. */
  #originalOf(
    queue: Queue,
    groupId: string,
    deduplicationId: string,
  ): Promise<{ messageId: string; id: number } | undefined> {
    return this.#tx.get(
      `select message_id as "messageId", id from sqs_deduplication
       where backlog_id = ? and scope = ? and deduplication_id = ? and accepted_at > ?`,
      [
        queue.backlogId,
        deduplicationKey(queue.deduplicationScope, groupId),
        deduplicationId,
        this.#tx.now - DEDUPLICATION_WINDOW,
      ],
    )
  }

  async #remember(queue: Queue, message: NewMessage, deduplicationId: string, id: number): Promise<void> {
    await this.#tx.run(
      `insert into sqs_deduplication (backlog_id, scope, deduplication_id, message_id, id, accepted_at)
       values (?, ?, ?, ?, ?, ?)
       on conflict (backlog_id, scope, deduplication_id) do update
       set message_id = excluded.message_id, id = excluded.id, accepted_at = excluded.accepted_at`,
      [
        queue.backlogId,
        deduplicationKey(queue.deduplicationScope, message.groupId as string),
        deduplicationId,
        message.messageId,
        id,
        this.#tx.now,
      ],
    )
  }
}

/** What is wrong with a message for this queue, as far as it depends on the queue's attributes. */
function problemOf(queue: Queue, message: NewMessage, batch: boolean): ServiceError | undefined {
  try {
    checkForQueue(message, queue.attributes, batch)
    return undefined
  } catch (error) {
    if (error instanceof ServiceError) return error
    throw error
  }
}
