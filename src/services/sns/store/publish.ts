/**
 * Publishing. All publishes that wait for the store at one moment are one batch: one look at each topic, one delivery of
 * everything to the queues, one write of what leaves the platform. The messages in the queues, the deliveries to the
 * outside, the archive and what deduplication remembers are one transaction: all of it, or nothing.
 *
 * A message that matches more subscriptions than `FAN_OUT_SLICE` is written down, and a job delivers it slice by slice.
 */
import { scheduleAll } from '../../../kernel/jobs/jobs.ts'
import { attributesEvent, bodyEvent, type Event } from '../../../kernel/patterns/patterns.ts'
import { ServiceError } from '../../../kernel/service-error.ts'
import { type DeduplicationKey, deduplication, type Original } from '../../../kernel/store/deduplication.ts'
import { listOf, part, record } from '../../../kernel/store/packing.ts'
import { batched, done, failed, type Settled, type SqlValue, single, type Tx } from '../../../kernel/store/store.ts'
import { deduplicationIdMissing, notAuthorized, topicNotFound } from '../errors.ts'
import type { Audit } from '../model/data-protection.ts'
import {
  contentDeduplicationId,
  fromStoredJson,
  type NewMessage,
  type StoredMessage,
  textFor,
  toStoredJson,
} from '../model/message.ts'
import { isFifoName, type TopicAddress } from '../model/names.ts'
import { deduplicatesByGroup, hasContentBasedDeduplication } from '../model/topic-attributes.ts'
import { FanOut, type FanOutReport, NO_REPORT } from './fan-out.ts'
import { protectInbound } from './protection.ts'
import {
  addressKey,
  currentTopics,
  type Filterable,
  type LiveSubscription,
  matching,
  type TopicSnapshot,
} from './snapshot.ts'
import { findTopicById, type Topic } from './topic-row.ts'

/** Subscriptions that one transaction delivers to. A message for more of them is finished by a job. */
export const FAN_OUT_SLICE = 1_000
export const FAN_OUT_JOB = 'sns.fanOut'

export interface PublishCall {
  readonly topic: TopicAddress
  /** The id and the ARN of the principal. */
  readonly sender: string
  readonly principal: string
  /** Scheme, host and port for the links that go with the messages. */
  readonly origin: string
  /** Of the signing key in use. */
  readonly keyId: string
  readonly messages: readonly NewMessage[]
}

export interface Published {
  readonly messageId: string
  /** Of FIFO topics: the sequence number is made from it. */
  readonly sequence: number | undefined
  readonly duplicate: boolean
}

/** Of one call. */
export interface PublishAnswer {
  /** One for each message. */
  readonly published: readonly Published[]
  /** What data protection has found. */
  readonly audits: readonly MessageAudit[]
  readonly report: FanOutReport
}

export interface MessageAudit {
  readonly messageId: string
  readonly audit: Audit
}

/** What FIFO topics remember of what they accepted. */
export const acceptedIds = deduplication('sns_deduplication', 'topic_id')

const packing = {
  args: record<PublishCall>({
    topic: record<TopicAddress>({ accountId: part, region: part, name: part }),
    sender: part,
    principal: part,
    origin: part,
    keyId: part,
    messages: listOf(
      record<NewMessage>({
        messageId: part,
        message: part,
        texts: part,
        subject: part,
        attributes: part,
        groupId: part,
        deduplicationId: part,
        traceHeader: part,
      }),
    ),
  }),
  result: record<PublishAnswer>({
    published: listOf(record<Published>({ messageId: part, sequence: part, duplicate: part })),
    audits: listOf(part),
    report: record<FanOutReport>({ delivered: part, failures: listOf(part), statuses: listOf(part) }),
  }),
}

export const publish = batched('sns.publish', publishAll, packing)

async function publishAll(tx: Tx, calls: readonly PublishCall[]): Promise<Settled<PublishAnswer>[]> {
  const addresses = [...new Map(calls.map(({ topic }) => [addressKey(topic), topic])).values()]
  const topics = await currentTopics(
    tx,
    addresses,
    addresses.filter(({ name }) => isFifoName(name)),
  )
  const batch = new PublishBatch(tx)
  const accepted = calls.map((call) => {
    const snapshot = topics.get(addressKey(call.topic))
    return snapshot === undefined ? topicNotFound() : batch.add(snapshot, call)
  })
  const published = await batch.save()
  const first = accepted.find((answer) => !(answer instanceof ServiceError))
  return accepted.map((answer): Settled<PublishAnswer> => {
    if (answer instanceof ServiceError) return failed(answer)
    return done({
      published: answer.map((one) => published.get(one) as Published),
      audits: answer.flatMap(({ audits }) => audits),
      // The copies of a batch are counted once: with its first call.
      report: answer === first ? batch.report : NO_REPORT,
    })
  })
}

/** A message on its way to a topic that takes it. */
interface Accepted {
  readonly snapshot: TopicSnapshot
  readonly call: PublishCall
  readonly message: NewMessage
  /** On a FIFO topic: under which it is known for five minutes. */
  readonly key: DeduplicationKey | undefined
  readonly audits: readonly MessageAudit[]
}

class PublishBatch {
  readonly #tx: Tx
  readonly #accepted: Accepted[] = []
  report = NO_REPORT

  constructor(tx: Tx) {
    this.#tx = tx
  }

  /** Takes what the topic takes, and writes nothing yet. An error if it refuses one of the messages, and so all. */
  add(snapshot: TopicSnapshot, call: PublishCall): ServiceError | readonly Accepted[] {
    const { topic } = snapshot
    const accepted: Accepted[] = []
    for (const given of call.messages) {
      const key = topic.fifo ? keyOf(topic, given) : undefined
      if (topic.fifo && key === undefined) return deduplicationIdMissing()
      const { denied, message, audits } = protectInbound(snapshot, call.principal, given)
      if (denied) return notAuthorized(call.principal, 'Publish', topic.arn)
      accepted.push({ snapshot, call, message, key, audits })
    }
    this.#accepted.push(...accepted)
    return accepted
  }

  /** Delivers what is no repeat; resolves to what is answered for each. */
  async save(): Promise<ReadonlyMap<Accepted, Published>> {
    const tx = this.#tx
    const { fresh, repeats } = await acceptedIds.withoutRepeats(tx, this.#accepted)
    const sequences = await tx.nextIds(fresh.length)
    const published = new Map<Accepted, Published>()
    const known: (DeduplicationKey & Original)[] = []
    const archived: SqlValue[][] = []
    const fanOut = new FanOut(tx, keyIdOf(fresh))
    for (const [at, accepted] of fresh.entries()) {
      const sequence = sequences[at] as number
      const { key, snapshot } = accepted
      const { messageId } = accepted.message
      published.set(accepted, { messageId, sequence: key && sequence, duplicate: false })
      if (key !== undefined) known.push({ ...key, messageId, id: sequence })
      const message = storedMessage(tx, accepted, sequence)
      if (snapshot.topic.attributes.ArchivePolicy !== undefined) {
        archived.push([snapshot.topic.topicId, sequence, tx.now, toStoredJson(message)])
      }
      await deliver(tx, fanOut, snapshot, message, sequence)
    }
    if (known.length > 0) await acceptedIds.remember(tx, known)
    await tx.insertMany('sns_archive', ['topic_id', 'id', 'published_at', 'content'], archived)
    this.report = await fanOut.save()
    for (const [accepted, original] of repeats) {
      const of = 'snapshot' in original ? (published.get(original) as Published) : original
      const sequence = 'id' in of ? of.id : of.sequence
      published.set(accepted, { messageId: of.messageId, sequence, duplicate: true })
    }
    return published
  }
}

/** All calls of a batch come from one node, which knows one key. */
const keyIdOf = ([first]: readonly Accepted[]): string => first?.call.keyId ?? ''

/** Undefined if it has no deduplication id, and the topic makes none from its content. */
function keyOf({ topicId, attributes }: Topic, message: NewMessage): DeduplicationKey | undefined {
  const deduplicationId = deduplicationIdOf(attributes, message)
  if (deduplicationId === undefined) return undefined
  return { owner: topicId, scope: deduplicatesByGroup(attributes) ? (message.groupId as string) : '', deduplicationId }
}

const deduplicationIdOf = (attributes: Topic['attributes'], { deduplicationId, message }: NewMessage) =>
  deduplicationId ?? (hasContentBasedDeduplication(attributes) ? contentDeduplicationId(message) : undefined)

function storedMessage(tx: Tx, { snapshot, call, message, key }: Accepted, sequence: number): StoredMessage {
  const { arn, fifo } = snapshot.topic
  const { sender, origin } = call
  const stored = { ...message, topicArn: arn, publishedAt: tx.now, sender, origin }
  return fifo ? { ...stored, sequence, deduplicationId: key?.deduplicationId } : stored
}

/** Hands the copies over, or has a job do it if they are too many for one transaction. */
async function deliver(
  tx: Tx,
  fanOut: FanOut,
  snapshot: TopicSnapshot,
  message: StoredMessage,
  id: number,
): Promise<void> {
  const { topic } = snapshot
  const matched = matching(snapshot, filterable(message))
  if (topic.fifo || matched.length <= FAN_OUT_SLICE) return fanOut.add(snapshot, message, matched)
  await tx.insertMany(
    'sns_fan_out',
    ['topic_id', 'id', 'last_subscription', 'after_subscription', 'content'],
    [[topic.topicId, id, (matched.at(-1) as LiveSubscription).id, 0, toStoredJson(message)]],
  )
  const payload: FanOutPart = { topicId: topic.topicId, id }
  await scheduleAll(tx, [{ kind: FAN_OUT_JOB, key: String(id), due: tx.now, payload }])
}

export interface FanOutPart {
  readonly topicId: number
  readonly id: number
}

export interface FanOutSliceCall extends FanOutPart {
  /** Of the signing key in use. */
  readonly keyId: string
}

export interface FanOutSlice {
  /** There are subscriptions left. */
  readonly more: boolean
  readonly report: FanOutReport
}

/**
 * Delivers a message to the next slice of the subscriptions that were there when it was published, by their filter policies
 * as they are now.
 */
export const fanOutSlice = single(
  'sns.fanOutSlice',
  async (tx, { topicId, id, keyId }: FanOutSliceCall): Promise<FanOutSlice> => {
    const rest = await tx.get<{ last: number; after: number; content: string }>(
      `select last_subscription as "last", after_subscription as "after", content from sns_fan_out
     where topic_id = ? and id = ?`,
      [topicId, id],
    )
    const topic = await findTopicById(tx, topicId)
    const snapshot = topic && (await currentTopics(tx, [topic], [])).get(addressKey(topic))
    if (rest === undefined) return { more: false, report: NO_REPORT }
    const message = fromStoredJson<StoredMessage>(rest.content)
    const isLeft = ({ id }: LiveSubscription) => id > rest.after && id <= rest.last
    const left = snapshot === undefined ? [] : matching(snapshot, filterable(message)).filter(isLeft)
    const slice = left.slice(0, FAN_OUT_SLICE)
    const fanOut = new FanOut(tx, keyId)
    if (snapshot !== undefined) fanOut.add(snapshot, message, slice)
    const report = await fanOut.save()
    if (slice.length === left.length) {
      await tx.run('delete from sns_fan_out where topic_id = ? and id = ?', [topicId, id])
      return { more: false, report }
    }
    const after = (slice.at(-1) as LiveSubscription).id
    await tx.run('update sns_fan_out set after_subscription = ? where topic_id = ? and id = ?', [after, topicId, id])
    return { more: true, report }
  },
)

/** Works out what filter policies look at when the first of them asks. */
export function filterable(message: StoredMessage): Filterable {
  let attributes: Event | undefined
  return {
    attributes() {
      if (message.attributes !== undefined) attributes ??= attributesEvent(message.attributes)
      return attributes
    },
    *bodies() {
      const { texts } = message
      for (const text of new Set(texts === undefined ? [message.message] : Object.values(texts))) {
        const event = bodyOf(text)
        if (event !== undefined) yield { event, isFor: (form) => textFor(message, form) === text }
      }
    },
  }
}

/** Undefined if the text is no JSON object: no policy matches it. */
function bodyOf(text: string): Event | undefined {
  try {
    return bodyEvent(JSON.parse(text))
  } catch {
    return undefined
  }
}
