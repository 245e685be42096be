/**
 * The copies of messages: those for queues of this platform go into the queues, those for the outside are written down to
 * be sent. What a queue doesn't take, because it isn't there or refuses, goes to the subscription's dead-letter queue at
 * once: no retry would help.
 */
import type { Tx } from '../../../kernel/store/store.ts'
import { deliverAll } from '../../../kernel/targets/deliver.ts'
import type { AddressedDelivery } from '../../../kernel/targets/delivery.ts'
import { deliveryStatusRecord, isLogged, logGroup } from '../model/delivery-status.ts'
import { type StoredMessage, textFor } from '../model/message.ts'
import { QueueDeliveries } from '../model/queue-delivery.ts'
import { type NewDelivery, queueDeliveries } from './new-deliveries.ts'
import { protectOutbound } from './protection.ts'
import type { LiveSubscription, TopicSnapshot } from './snapshot.ts'
import type { Topic } from './topic-row.ts'

/** What became of copies for queues. Those for the outside are counted when they are sent. */
export interface FanOutReport {
  readonly delivered: number
  readonly failed: number
  /** Of those that failed. */
  readonly redriven: number
  /** Of topics that ask for them. */
  readonly statuses: readonly CopyStatus[]
}

/** What is logged of a copy. */
export interface CopyStatus {
  readonly logGroup: string
  /** JSON. */
  readonly record: string
}

export const NO_REPORT: FanOutReport = { delivered: 0, failed: 0, redriven: 0, statuses: [] }

interface Copy {
  readonly topic: Topic
  readonly message: StoredMessage
  readonly live: LiveSubscription
  readonly queues: QueueDeliveries
  readonly addressed: AddressedDelivery
}

export class FanOut {
  readonly #tx: Tx
  readonly #keyId: string
  readonly #copies: Copy[] = []
  readonly #outside: NewDelivery[] = []
  #denied = 0

  /** `keyId` is that of the key in use. */
  constructor(tx: Tx, keyId: string) {
    this.#tx = tx
    this.#keyId = keyId
  }

  /** Writes nothing yet. */
  add(snapshot: TopicSnapshot, message: StoredMessage, subscriptions: readonly LiveSubscription[]): void {
    if (snapshot.protection === undefined) return this.#addAll(snapshot, message, subscriptions)
    for (const live of subscriptions) {
      const allowed = protectOutbound(snapshot, live, message)
      if (allowed === undefined) this.#denied++
      else this.#addAll(snapshot, allowed, [live])
    }
  }

  #addAll({ topic }: TopicSnapshot, message: StoredMessage, subscriptions: readonly LiveSubscription[]): void {
    const queues = new QueueDeliveries(topic, message, this.#keyId)
    for (const live of subscriptions) {
      const { protocol, form, endpointArn, subscriptionId } = live
      if (protocol === 'sqs' && endpointArn !== undefined) {
        this.#copies.push({
          topic,
          message,
          live,
          queues,
          addressed: { arn: endpointArn, delivery: queues.deliveryTo(live) },
        })
      } else {
        const { texts: _, ...content } = { ...message, message: textFor(message, form) }
        this.#outside.push({ target: { subscriptionId }, content: { type: 'Notification', message: content } })
      }
    }
  }

  async save(): Promise<FanOutReport> {
    await queueDeliveries(this.#tx, this.#outside)
    const outcomes = await deliverAll(
      this.#tx,
      this.#copies.map(({ addressed }) => addressed),
    )
    const refused = this.#copies.filter((_, at) => outcomes[at]?.ok === false)
    const rescued = refused.flatMap(({ live, queues }) =>
      live.deadLetterArn === undefined ? [] : [{ arn: live.deadLetterArn, delivery: queues.deadLetterOf(live) }],
    )
    const redriven = await deliverAll(this.#tx, rescued)
    return {
      delivered: outcomes.length - refused.length,
      failed: refused.length + this.#denied,
      redriven: redriven.filter(({ ok }) => ok).length,
      statuses: this.#copies.flatMap((copy, at) => statusOf(copy, outcomes[at]?.ok === true, this.#tx.now)),
    }
  }
}

/** None if the topic doesn't ask, or if the copy is not in the sample. */
function statusOf({ topic, message, live }: Copy, delivered: boolean, now: number): CopyStatus[] {
  const { SQSSuccessFeedbackRoleArn, SQSSuccessFeedbackSampleRate, SQSFailureFeedbackRoleArn } = topic.attributes
  if (SQSSuccessFeedbackRoleArn === undefined && SQSFailureFeedbackRoleArn === undefined) return []
  const feedback = {
    ...(SQSSuccessFeedbackRoleArn !== undefined && { successRoleArn: SQSSuccessFeedbackRoleArn }),
    ...(SQSSuccessFeedbackSampleRate !== undefined && { successSampleRate: SQSSuccessFeedbackSampleRate }),
    ...(SQSFailureFeedbackRoleArn !== undefined && { failureRoleArn: SQSFailureFeedbackRoleArn }),
  }
  if (!isLogged(feedback, delivered, Math.random())) return []
  const record = deliveryStatusRecord({
    messageId: message.messageId,
    message: textFor(message, live.form),
    topicArn: topic.arn,
    publishedAt: message.publishedAt,
    deliveryId: crypto.randomUUID(),
    destination: live.endpoint,
    providerResponse: delivered ? '{}' : 'the queue does not exist, or refuses the message',
    dwellTime: now - message.publishedAt,
    statusCode: delivered ? 200 : 400,
    ...(!delivered && { attempts: 1 }),
    delivered,
  })
  return [{ logGroup: logGroup(topic, delivered), record }]
}
