/** The forms in which a message goes into queues of this platform. */

import type { Delivery } from '../../../kernel/targets/delivery.ts'
import { sealBy } from '../../../kernel/targets/seals.ts'
import { type ConfirmationType, confirmationDocument } from './documents.ts'
import { envelopeFor, type Notification, type SharedEnvelope, type Signing, sharedEnvelope } from './envelope.ts'
import { sequenceNumber } from './fifo.ts'
import { type StoredMessage, textFor } from './message.ts'
import { isFifoName } from './names.ts'

/** Who finishes the bodies of signed documents when they are read. */
export const SEALED_BY = 'sns'

/** The id under which SNS sends to queues; SQS reports it as SenderId. */
export const SENDER_ID = 'AIDAIT2UOQQY3AUEKVGXU'

/** A topic as far as its deliveries depend on it. */
export interface DeliveringTopic {
  readonly arn: string
  readonly fifo: boolean
  readonly attributes: { readonly SignatureVersion?: string }
}

/** A subscription as far as its deliveries depend on it. */
export interface QueueSubscription {
  readonly arn: string
  readonly form: string
  /** The queue's ARN, or another endpoint if the message goes to a dead-letter queue. */
  readonly endpoint: string
  readonly raw: boolean
}

/** What a topic's documents say of their signatures. Those of FIFO topics have none. */
export const signingOf = ({ fifo, attributes }: DeliveringTopic, keyId: string): Signing | undefined =>
  fifo ? undefined : { version: attributes.SignatureVersion === '2' ? '2' : '1', keyId }

/** A message as subscribers see it in one form. */
export function notificationOf(message: StoredMessage, form: string): Notification {
  const { messageId, topicArn, subject, publishedAt, attributes, sequence, replayed } = message
  return {
    messageId,
    topicArn,
    message: textFor(message, form),
    publishedAt,
    ...(subject !== undefined && { subject }),
    ...(attributes !== undefined && { attributes }),
    ...(sequence !== undefined && { sequenceNumber: sequenceNumber(sequence) }),
    ...(replayed && { replayed }),
  }
}

/** What publishers say to SNS about phones and devices (`AWS.SNS.SMS.SMSType`). Queues refuse attributes of such names. */
const RESERVED = /^(aws|amazon)\./i

function attributesForQueues({ attributes = {} }: StoredMessage): StoredMessage['attributes'] {
  const entries = Object.entries(attributes).filter(([name]) => !RESERVED.test(name))
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** The deliveries of one message: what they share is built once. */
export class QueueDeliveries {
  readonly #topic: DeliveringTopic
  readonly #message: StoredMessage
  /** Those that go with a raw message. */
  readonly #attributes: StoredMessage['attributes']
  readonly #keyId: string
  /** By text: with the message structure `json`, a dead-letter queue of another protocol's subscription has another one. */
  readonly #envelopes = new Map<string, SharedEnvelope>()
  /** Raw copies of one form, for queues of one kind, are the same delivery. */
  readonly #raws = new Map<string, Delivery>()
  readonly #commons = new Map<boolean, Omit<Delivery, 'body'>>()

  constructor(topic: DeliveringTopic, message: StoredMessage, keyId: string) {
    this.#topic = topic
    this.#message = message
    this.#attributes = attributesForQueues(message)
    this.#keyId = keyId
  }

  /** What the subscription's queue gets. */
  deliveryTo(subscription: QueueSubscription): Delivery {
    return subscription.raw ? this.#raw(subscription) : this.documentFor(subscription)
  }

  /** The document with everything in it, also if the subscription is raw. */
  documentFor(subscription: QueueSubscription): Delivery {
    const shared = this.#shared(subscription.form)
    const delivery = { body: envelopeFor(shared, subscription.arn), ...this.#common(subscription) }
    if (shared.signatureAt === undefined) return delivery
    return { ...delivery, seal: sealBy(SEALED_BY, `${this.#keyId} ${shared.signatureAt}`) }
  }

  #raw(subscription: QueueSubscription): Delivery {
    const { form } = subscription
    const key = this.#keepsOrder(subscription) ? `${form} in order` : form
    const known = this.#raws.get(key)
    if (known !== undefined) return known
    const delivery: Delivery = {
      body: textFor(this.#message, form),
      ...this.#common(subscription),
      ...(this.#attributes !== undefined && { attributes: this.#attributes }),
    }
    this.#raws.set(key, delivery)
    return delivery
  }

  #shared(form: string): SharedEnvelope {
    const text = textFor(this.#message, form)
    let shared = this.#envelopes.get(text)
    if (shared === undefined) {
      const notification = notificationOf(this.#message, form)
      shared = sharedEnvelope(notification, this.#message.origin, signingOf(this.#topic, this.#keyId))
      this.#envelopes.set(text, shared)
    }
    return shared
  }

  /** A standard topic hands a group on to standard queues, for their fairness; a FIFO topic to FIFO queues, with the id. */
  #common(subscription: QueueSubscription): Omit<Delivery, 'body'> {
    const keepsOrder = this.#keepsOrder(subscription)
    const known = this.#commons.get(keepsOrder)
    if (known !== undefined) return known
    const { arn, fifo } = this.#topic
    const { groupId, deduplicationId, traceHeader } = this.#message
    const common = {
      sourceArn: arn,
      senderId: SENDER_ID,
      ...(groupId !== undefined && (keepsOrder || !fifo) && { groupId }),
      ...(deduplicationId !== undefined && keepsOrder && { deduplicationId }),
      ...(traceHeader !== undefined && { traceHeader }),
    }
    this.#commons.set(keepsOrder, common)
    return common
  }

  #keepsOrder({ endpoint }: QueueSubscription): boolean {
    return this.#topic.fifo && isFifoName(endpoint)
  }
}

export interface QueuedConfirmation {
  readonly type: ConfirmationType
  readonly messageId: string
  readonly token: string
  readonly at: number
  readonly origin: string
  readonly subscriptionArn: string
}

/** Asks the owner of a queue to confirm that it was subscribed. */
export function confirmationDelivery(
  confirmation: QueuedConfirmation,
  topic: DeliveringTopic,
  keyId: string,
): Delivery {
  const signing = { version: topic.attributes.SignatureVersion === '2' ? '2' : '1', keyId } as const
  const { text, signatureAt } = confirmationDocument(
    { ...confirmation, topicArn: topic.arn },
    confirmation.origin,
    signing,
  )
  return { body: text, seal: sealBy(SEALED_BY, `${keyId} ${signatureAt}`), sourceArn: topic.arn, senderId: SENDER_ID }
}
