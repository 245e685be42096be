/** A delivery from elsewhere (a topic, a rule) as a send, in the transaction of who delivers. */
import { formatArn } from '../../../kernel/arn.ts'
import { ServiceError } from '../../../kernel/service-error.ts'
import { done, type Settled } from '../../../kernel/store/store.ts'
import { type DeliveryResult, deliveryCommand } from '../../../kernel/targets/deliver.ts'
import type { AddressedDelivery, Delivery, DeliveryAttribute } from '../../../kernel/targets/delivery.ts'
import { checkMessage, contentDeduplicationId, messageSize } from '../model/message.ts'
import type { AttributeMap } from '../model/message-attributes.ts'
import { isFifoName, parseQueueArn, type QueueAddress } from '../model/names.ts'
import { storedAttributes } from '../model/stored-attributes.ts'
import { type SendCall, sendMessages } from './send.ts'

/** Refuses what the queue would refuse from a client: it doesn't exist, or the message is not one that it takes. */
export const deliverToQueue = deliveryCommand('sqs', async (tx, deliveries) => {
  const prepared = deliveries.map(prepare)
  const calls = prepared.flatMap((call) => ('refused' in call ? [] : [call]))
  const sent = (await sendMessages.run(tx, calls)).values()
  return prepared.map((call) => ('refused' in call ? done(call) : resultOf(sent.next().value as Settled<unknown>)))
})

function prepare({ arn, delivery }: AddressedDelivery): SendCall | { readonly refused: string } {
  const queue = parseQueueArn(formatArn(arn))
  if (queue === undefined) return { refused: `${formatArn(arn)} is not the ARN of a queue` }
  try {
    return sendCall(queue, delivery)
  } catch (error) {
    if (error instanceof ServiceError) return { refused: error.message }
    throw error
  }
}

function resultOf(outcome: Settled<unknown>): Settled<DeliveryResult> {
  if (outcome.ok) return done({})
  return outcome.error instanceof ServiceError ? done({ refused: outcome.error.message }) : outcome
}

function sendCall(queue: QueueAddress, delivery: Delivery): SendCall {
  const { body, groupId, deduplicationId, senderId } = delivery
  const attributes = delivery.attributes && attributeMap(delivery.attributes)
  checkMessage({
    MessageBody: body,
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
    MessageAttributes: attributes,
  })
  const message = {
    messageId: crypto.randomUUID(),
    body,
    attributes: storedAttributes(attributes),
    sizeBytes: messageSize(body, attributes),
    groupId,
    deduplicationId,
    contentId: isFifoName(queue.name) && deduplicationId === undefined ? contentDeduplicationId(body) : undefined,
    traceHeader: delivery.traceHeader ?? null,
    seal: delivery.seal ?? null,
  }
  return { queue, sender: senderId, batch: false, messages: [message] }
}

const attributeMap = (attributes: Readonly<Record<string, DeliveryAttribute>>): AttributeMap =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      { DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue },
    ]),
  )
