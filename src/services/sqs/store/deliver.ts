/** A delivery from elsewhere (a topic, a rule) as a send, in the transaction of who delivers. */
import { type Arn, formatArn } from '../../../kernel/arn.ts'
import { ServiceError } from '../../../kernel/service-error.ts'
import { done, type Settled } from '../../../kernel/store/store.ts'
import { type DeliveryResult, deliveryCommand } from '../../../kernel/targets/deliver.ts'
import type { AddressedDelivery, Delivery, DeliveryAttribute } from '../../../kernel/targets/delivery.ts'
import { checkMessage, contentDeduplicationId, messageSize } from '../model/message.ts'
import type { AttributeMap } from '../model/message-attributes.ts'
import { isFifoName, parseQueueArn, type QueueAddress } from '../model/names.ts'
import { storedAttributes } from '../model/stored-attributes.ts'
import { type NewMessage, type SendCall, sendMessages } from './send.ts'

/** Refuses what the queue would refuse from a client: it doesn't exist, or the message is not one that it takes. */
export const deliverToQueue = deliveryCommand('sqs', async (tx, deliveries) => {
  const contents = new Contents()
  const prepared = deliveries.map((delivery) => prepare(delivery, contents))
  const calls = prepared.flatMap((call) => ('refused' in call ? [] : [call]))
  const sent = (await sendMessages.run(tx, calls)).values()
  return prepared.map((call) => ('refused' in call ? done(call) : resultOf(sent.next().value as Settled<unknown>)))
})

function prepare({ arn, delivery }: AddressedDelivery, contents: Contents): SendCall | { readonly refused: string } {
  const queue = addressOf(arn)
  if (queue === undefined) return { refused: `${formatArn(arn)} is not the ARN of a queue` }
  try {
    return sendCall(queue, delivery, contents)
  } catch (error) {
    if (error instanceof ServiceError) return { refused: error.message }
    throw error
  }
}

/** Whoever delivers keeps its ARNs: the same object comes with every message. */
const addresses = new WeakMap<Arn, QueueAddress>()

function addressOf(arn: Arn): QueueAddress | undefined {
  const known = addresses.get(arn)
  if (known !== undefined) return known
  const address = parseQueueArn(formatArn(arn))
  if (address !== undefined) addresses.set(arn, address)
  return address
}

function resultOf(outcome: Settled<unknown>): Settled<DeliveryResult> {
  if (outcome.ok) return done({})
  return outcome.error instanceof ServiceError ? done({ refused: outcome.error.message }) : outcome
}

function sendCall(queue: QueueAddress, delivery: Delivery, contents: Contents): SendCall {
  const { body, deduplicationId, senderId } = delivery
  const message = {
    messageId: crypto.randomUUID(),
    ...contents.of(delivery),
    contentId: isFifoName(queue.name) && deduplicationId === undefined ? contentDeduplicationId(body) : undefined,
  }
  return { queue, sender: senderId, batch: false, messages: [message] }
}

type Content = Omit<NewMessage, 'messageId' | 'contentId'>

/** The copies of a fan-out that are the same delivery are checked and written down once. */
class Contents {
  readonly #known = new Map<Delivery, Content>()

  of(delivery: Delivery): Content {
    const known = this.#known.get(delivery)
    if (known !== undefined) return known
    const content = contentOf(delivery)
    this.#known.set(delivery, content)
    return content
  }
}

/** Throws what is wrong with it. */
function contentOf(delivery: Delivery): Content {
  const { body, groupId, deduplicationId } = delivery
  const attributes = delivery.attributes && attributeMap(delivery.attributes)
  checkMessage({
    MessageBody: body,
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
    MessageAttributes: attributes,
  })
  return {
    body,
    attributes: storedAttributes(attributes),
    sizeBytes: messageSize(body, attributes),
    groupId,
    deduplicationId,
    traceHeader: delivery.traceHeader ?? null,
    seal: delivery.seal ?? null,
  }
}

const attributeMap = (attributes: Readonly<Record<string, DeliveryAttribute>>): AttributeMap =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      { DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue },
    ]),
  )
