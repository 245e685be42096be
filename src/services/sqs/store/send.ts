/**
 * Sending. All sends that wait for the store at one moment are one batch: one look at each queue, one range of ids, one
 * write of each counter.
 */

import { type PlainServiceError, ServiceError } from '../../../kernel/service-error.ts'
import { type DeduplicationKey, deduplication } from '../../../kernel/store/deduplication.ts'
import { listOf, part, record } from '../../../kernel/store/packing.ts'
import { batched, done, failed, type Settled, type SqlValue, type Tx } from '../../../kernel/store/store.ts'
import { queueDoesNotExist } from '../errors.ts'
import { deduplicationKey } from '../model/fifo.ts'
import { checkForQueue, initialDelay, type MessageFacts } from '../model/message.ts'
import { isFifoName, type QueueAddress } from '../model/names.ts'
import { DepthChanges } from './depth.ts'
import { type Joining, openGroups } from './groups.ts'
import { SENT_COLUMNS } from './message-row.ts'
import { holdForSending, type Queue, QueueLookup, queueAddress, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

/** A message as the caller gave it; what needs no knowledge of the queue has been checked. */
export interface NewMessage extends MessageFacts {
  readonly messageId: string
  readonly body: string
  /** The message attributes as JSON, or null. */
  readonly attributes: string | null
  /** The SHA-256 of the body, if the queue is FIFO and there is no deduplication id. */
  readonly contentId?: string
  readonly traceHeader: string | null
  /** If the body has a gap that is filled when it is received. */
  readonly seal: string | null
}

export interface SendCall {
  readonly queue: QueueAddress
  readonly sender: string
  /** A batch answers each entry; a single message throws. Their sentences differ. */
  readonly batch: boolean
  readonly messages: readonly NewMessage[]
}

interface StoredMessage {
  readonly messageId: string
  /** A FIFO queue's sequence number is made from it. */
  readonly id: number
  readonly duplicate: boolean
}

export type SentMessage = StoredMessage | { readonly error: PlainServiceError }

const packing = {
  args: record<SendCall>({
    queue: queueAddress,
    sender: part,
    batch: part,
    messages: listOf(
      record<NewMessage>({
        messageId: part,
        body: part,
        attributes: part,
        sizeBytes: part,
        delaySeconds: part,
        groupId: part,
        deduplicationId: part,
        contentId: part,
        traceHeader: part,
        seal: part,
      }),
    ),
  }),
  result: listOf<SentMessage>({
    pack(sent, parts) {
      if ('error' in sent) parts.push(sent, undefined, undefined)
      else parts.push(sent.messageId, sent.id, sent.duplicate)
    },
    unpack(parts) {
      const first = parts.next()
      const id = parts.next() as number
      const duplicate = parts.next() as boolean
      return typeof first === 'string' ? { messageId: first, id, duplicate } : (first as SentMessage)
    },
  }),
}

/** What FIFO queues remember of what they accepted. */
export const acceptedIds = deduplication('sqs_deduplication', 'backlog_id')

const send = async (tx: Tx, calls: readonly SendCall[]): Promise<Settled<readonly SentMessage[]>[]> => {
  const queues = new Set<QueueAddress>()
  for (const { queue } of calls) queues.add(queue)
  await holdForSending(tx, queues)
  const ids = idsBeforehand(tx, calls, queues)
  const batch = new SendBatch(tx, await QueueLookup.of(tx, calls), ids)
  const answers = calls.map((call) => batch.add(call))
  const sent = await batch.save()
  return answers.map((answer) => {
    if (answer instanceof ServiceError) return failed(answer)
    return done(answer.map((outcome) => ('error' in outcome ? outcome : (sent.get(outcome) as StoredMessage))))
  })
}

export const sendMessages = batched('sqs.send', send, packing)

/**
 * The ids of messages for standard queues, taken while the queues are looked up; some are left over if a message is
 * refused. Those of FIFO queues are taken when their groups are held.
 */
function idsBeforehand(
  tx: Tx,
  calls: readonly SendCall[],
  queues: ReadonlySet<QueueAddress>,
): Promise<readonly number[]> | undefined {
  for (const { name } of queues) if (isFifoName(name)) return undefined
  return tx.nextIds(calls.reduce((sum, { messages }) => sum + messages.length, 0))
}

/** A message on its way into a queue that takes it. */
interface Accepted {
  readonly queue: Queue
  readonly sender: string
  readonly message: NewMessage
  readonly deduplicationId: string | null
  /** In a FIFO queue: under which it is known for five minutes. */
  readonly key: DeduplicationKey | undefined
}

type Outcome = Accepted | { readonly error: PlainServiceError }

class SendBatch {
  readonly #tx: Tx
  readonly #queues: QueueLookup
  readonly #ids: Promise<readonly number[]> | undefined
  readonly #accepted: Accepted[] = []

  constructor(tx: Tx, queues: QueueLookup, ids: Promise<readonly number[]> | undefined) {
    this.#tx = tx
    this.#queues = queues
    this.#ids = ids
  }

  /** Takes what the queue takes, and writes nothing yet. An error if the call as a whole is refused. */
  add({ queue: address, sender, batch, messages }: SendCall): ServiceError | readonly Outcome[] {
    const queue = this.#queues.find(address)
    if (queue === undefined) return queueDoesNotExist()
    const problems = messages.map((message) => problemOf(queue, message, batch))
    const first = problems.find((problem) => problem !== undefined)
    if (first !== undefined && (queue.fifo || !batch)) return first
    return messages.map((message, at): Outcome => {
      const problem = problems[at]
      if (problem !== undefined) return { error: problem.toPlain() }
      const accepted = accept(queue, sender, message)
      this.#accepted.push(accepted)
      return accepted
    })
  }

  /** Stores what was accepted and is no repeat; resolves to what is answered for each. */
  async save(): Promise<ReadonlyMap<Accepted, StoredMessage>> {
    const tx = this.#tx
    const { fresh, repeats } = await acceptedIds.withoutRepeats(tx, this.#accepted)
    const joining = fresh.filter(({ queue }) => queue.fifo)
    const groups = joining.map((accepted) => joiningOf(tx, accepted))
    const ids = (await this.#ids) ?? (await openGroups(tx, groups, fresh.length))
    const sent = new Map<Accepted, StoredMessage>()
    for (const [at, accepted] of fresh.entries()) {
      sent.set(accepted, { messageId: accepted.message.messageId, id: ids[at] as number, duplicate: false })
    }
    const known = joining.map((accepted) => ({
      ...(accepted.key as DeduplicationKey),
      ...(sent.get(accepted) as StoredMessage),
    }))
    const rows = fresh.map((accepted, at) => rowOf(tx, accepted, ids[at] as number))
    await tx.insertMany('sqs_message', SENT_COLUMNS, rows)
    await this.#count(fresh)
    if (known.length > 0) await acceptedIds.remember(tx, known) // the only one that is waited for
    for (const [accepted, original] of repeats) {
      const { messageId, id } = 'queue' in original ? (sent.get(original) as StoredMessage) : original
      sent.set(accepted, { messageId, id, duplicate: true })
    }
    return sent
  }

  async #count(fresh: readonly Accepted[]): Promise<void> {
    const counts = new Map<Queue, number>() // a batch looks each queue up once, so that it is one object
    for (const { queue } of fresh) counts.set(queue, (counts.get(queue) ?? 0) + 1)
    const depth = new DepthChanges()
    for (const [queue, messages] of counts) {
      depth.add(queue.backlogId, messages)
      this.#tx.wake(WAKE_CHANNEL, wakeKey(queue), messages)
    }
    await depth.save(this.#tx)
  }
}

function accept(queue: Queue, sender: string, message: NewMessage): Accepted {
  const deduplicationId = message.deduplicationId ?? message.contentId ?? null
  const { fifo, backlogId, deduplicationScope } = queue
  const scope = fifo ? deduplicationKey(deduplicationScope, message.groupId as string) : ''
  const key = fifo ? { owner: backlogId, scope, deduplicationId: deduplicationId as string } : undefined
  return { queue, sender, message, deduplicationId, key }
}

const visibleAtOf = (tx: Tx, { message, queue }: Accepted): number =>
  tx.now + initialDelay(message.delaySeconds, queue.attributes) * 1000

const joiningOf = (tx: Tx, accepted: Accepted): Joining => ({
  backlogId: accepted.queue.backlogId,
  groupId: accepted.message.groupId as string,
  visibleAt: visibleAtOf(tx, accepted),
})

function rowOf(tx: Tx, accepted: Accepted, id: number): SqlValue[] {
  const { queue, sender, message, deduplicationId } = accepted
  // biome-ignore format: in the order of the columns
  return [
    queue.backlogId, id, message.messageId, message.body, message.attributes, tx.now, visibleAtOf(tx, accepted), 0, null,
    sender, message.groupId ?? null, deduplicationId, null, message.traceHeader,
    message.seal,
  ]
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
