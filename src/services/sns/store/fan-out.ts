/**
 * The copies of messages: those for queues of this platform go into the queues, those for the outside are written down to
 * be sent. What a queue doesn't take, because it isn't there or refuses, goes to the subscription's dead-letter queue at
 * once: no retry would help.
 */
import type { Settled, Tx } from '../../../kernel/store/store.ts'
import { deliverAll } from '../../../kernel/targets/deliver.ts'
import type { AddressedDelivery } from '../../../kernel/targets/delivery.ts'
import { deliveryStatusRecord, isLogged, logGroup } from '../model/delivery-status.ts'
import { type StoredMessage, textFor } from '../model/message.ts'
import { QueueDeliveries } from '../model/queue-delivery.ts'
import { type Redrive, redriveAll } from './dead-letters.ts'
import { type NewDelivery, queueDeliveries } from './new-deliveries.ts'
import { protectOutbound } from './protection.ts'
import type { LiveSubscription, TopicSnapshot } from './snapshot.ts'
import type { Topic } from './topic-row.ts'

/** What became of copies for queues. Those for the outside are counted when they are sent. */
export interface FanOutReport {
  readonly delivered: number
  readonly failures: readonly FailedCopies[]
  /** Of topics that ask for them. */
  readonly statuses: readonly CopyStatus[]
}

/** Copies that never reached their subscriber, for one reason. */
export interface FailedCopies {
  /** The ARN of the subscription, or what was published to directly. */
  readonly target: string
  readonly protocol: string
  readonly reason: string
  readonly copies: number
  /** How many of them a dead-letter queue has. */
  readonly redriven: number
  /** How many of them a dead-letter queue should have, and didn't take. */
  readonly notRedriven: number
}

/** What is logged of a copy. */
export interface CopyStatus {
  readonly logGroup: string
  /** JSON. */
  readonly record: string
}

export const NO_REPORT: FanOutReport = { delivered: 0, failures: [], statuses: [] }

/** Of several fan-outs. */
export const joinReports = (reports: readonly FanOutReport[]): FanOutReport => ({
  delivered: reports.reduce((sum, { delivered }) => sum + delivered, 0),
  failures: reports.flatMap(({ failures }) => failures),
  statuses: reports.flatMap(({ statuses }) => statuses),
})

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
  readonly #failed = new FailureList()

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
      // Not even the dead-letter queue may have it: that is the subscriber's.
      if (allowed === undefined) this.#failed.add(live, DENIED, 'none')
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
    const refused = [...outcomes.keys()].filter((at) => outcomes[at]?.ok === false)
    const redrives = await redriveAll(
      this.#tx,
      refused.map((at) => this.#copies[at] as Copy),
    )
    for (const [i, at] of refused.entries()) {
      const { error } = outcomes[at] as Extract<Settled<void>, { ok: false }>
      this.#failed.add((this.#copies[at] as Copy).live, (error as Error).message, redrives[i] as Redrive)
    }
    return {
      delivered: outcomes.length - refused.length,
      failures: this.#failed.failures,
      statuses: this.#copies.flatMap((copy, at) => statusOf(copy, outcomes[at]?.ok === true, this.#tx.now)),
    }
  }
}

const DENIED = 'the data protection policy of the topic keeps it from the subscriber'

/** Adds up what failed for one subscription and reason. */
class FailureList {
  readonly #failures = new Map<string, FailedCopies>()

  add({ arn, protocol }: LiveSubscription, reason: string, redrive: Redrive): void {
    const key = `${arn} ${reason}`
    const known = this.#failures.get(key)
    this.#failures.set(key, {
      target: arn,
      protocol,
      reason,
      copies: (known?.copies ?? 0) + 1,
      redriven: (known?.redriven ?? 0) + (redrive === 'redriven' ? 1 : 0),
      notRedriven: (known?.notRedriven ?? 0) + (redrive === 'refused' ? 1 : 0),
    })
  }

  get failures(): readonly FailedCopies[] {
    return [...this.#failures.values()]
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
