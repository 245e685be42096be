/** Documents about a subscription itself: that it waits to be confirmed, or was removed. */
import { parseArn } from '../../../kernel/arn.ts'
import type { Tx } from '../../../kernel/store/store.ts'
import { deliverAll } from '../../../kernel/targets/deliver.ts'
import { isFifoName } from '../model/names.ts'
import { confirmationDelivery } from '../model/queue-delivery.ts'
import { queueDeliveries } from './new-deliveries.ts'
import type { Topic } from './topic-row.ts'

export interface Confirmation {
  readonly type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
  readonly topic: Topic
  readonly subscriptionId: string
  /** Of the subscription. */
  readonly arn: string
  readonly protocol: string
  readonly endpoint: string
  readonly token: string
  readonly origin: string
  /** Of the signing key in use. */
  readonly keyId: string
}

/** Sends it after the commit; into a queue, with it. A queue that isn't there gets none: it can be asked for again. */
export async function queueConfirmation(tx: Tx, confirmation: Confirmation): Promise<void> {
  const { type, topic, subscriptionId, arn, protocol, endpoint, token, origin, keyId } = confirmation
  const content = { type, messageId: crypto.randomUUID(), token, at: tx.now, origin }
  const queue = protocol === 'sqs' ? parseArn(endpoint) : undefined
  if (queue === undefined) return queueDeliveries(tx, [{ target: { subscriptionId }, content }])
  const delivery = confirmationDelivery({ ...content, subscriptionArn: arn }, topic, keyId)
  const { messageId } = content
  // A FIFO queue takes nothing without a group: this message is one by itself.
  const place = isFifoName(endpoint) ? { groupId: messageId, deduplicationId: messageId } : {}
  await deliverAll(tx, [{ arn: queue, delivery: { ...delivery, ...place } }])
}
