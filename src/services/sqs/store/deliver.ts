/**
 * A delivery from elsewhere (a topic, a rule) as a send, in the transaction of who delivers.
 *
 * A transaction that delivers many messages writes those for standard queues as bundles (bundle.ts). Everything else, and
 * whatever a bundle can't hold, is sent as from a client.
 */
import { randomUUID } from 'node:crypto'
import { type Arn, formatArn } from '../../../kernel/arn.ts'
import { ServiceError } from '../../../kernel/service-error.ts'
import { done, type Settled, type Tx } from '../../../kernel/store/store.ts'
import { type DeliveryResult, deliveryCommand } from '../../../kernel/targets/deliver.ts'
import type { AddressedDelivery, Delivery, DeliveryAttribute } from '../../../kernel/targets/delivery.ts'
import { checkMessage, contentDeduplicationId, messageSize } from '../model/message.ts'
import type { AttributeMap } from '../model/message-attributes.ts'
import { isFifoName, parseQueueArn, type QueueAddress } from '../model/names.ts'
import { storedAttributes } from '../model/stored-attributes.ts'
import { bundledText, putBundles } from './bundle.ts'
import { DepthChanges } from './depth.ts'
import { holdForSending, type Queue, QueueLookup, WAKE_CHANNEL, wakeKey } from './queue-row.ts'
import { type NewMessage, type SendCall, sendMessages } from './send.ts'

/** With fewer deliveries, taking bundles apart would cost more than they save. */
const WORTH_BUNDLING = 8

/** Refuses what the queue would refuse from a client: it doesn't exist, or the message is not one that it takes. */
export const deliverToQueue = deliveryCommand('sqs', async (tx, deliveries) => {
  const prepared = prepareAll(deliveries)
  const results = new Array<Settled<DeliveryResult> | undefined>(deliveries.length)
  if (deliveries.length >= WORTH_BUNDLING) await deliverInBundles(tx, prepared, results)
  const rest: [at: number, call: SendCall][] = []
  for (const [at, one] of prepared.entries()) {
    if (typeof one.content === 'string') results[at] = done({ refused: one.content })
    else if (results[at] === undefined) rest.push([at, sendCall(one as Prepared<Content>)])
  }
  if (rest.length === 0) return results as Settled<DeliveryResult>[]
  const sent = await sendMessages.run(
    tx,
    rest.map(([, call]) => call),
  )
  for (const [i, [at]] of rest.entries()) results[at] = resultOf(sent[i] as Settled<unknown>)
  return results as Settled<DeliveryResult>[]
})

/** A delivery, its queue, and what it puts there: or why it is refused. */
interface Prepared<C extends Content | string = Content | string> {
  readonly queue: QueueAddress
  readonly delivery: Delivery
  readonly content: C
}

/** What becomes of a delivery, the same for every queue. */
interface Content extends Omit<NewMessage, 'messageId' | 'contentId'> {
  /** As it stands in a bundle; undefined if none may hold it. */
  readonly bundled: string | undefined
}

const NOWHERE: QueueAddress = { accountId: '', region: '', name: '' }
const DELIVERED = done({})

/** The copies of a fan-out that are the same delivery are checked and written down once. */
function prepareAll(deliveries: readonly AddressedDelivery[]): Prepared[] {
  const contents = new Map<Delivery, Content | string>()
  const mayBundle = deliveries.length >= WORTH_BUNDLING
  return deliveries.map(({ arn, delivery }) => {
    const queue = addressOf(arn)
    if (queue === undefined) return { queue: NOWHERE, delivery, content: `${formatArn(arn)} is not the ARN of a queue` }
    let content = contents.get(delivery)
    if (content === undefined) {
      content = contentOrRefusal(delivery, mayBundle)
      contents.set(delivery, content)
    }
    return { queue, delivery, content }
  })
}

/** Takes what goes into bundles, and answers it. */
async function deliverInBundles(
  tx: Tx,
  prepared: readonly Prepared[],
  results: (Settled<DeliveryResult> | undefined)[],
): Promise<void> {
  const texts = new Map<QueueAddress, string[]>()
  for (const { queue, content } of prepared) {
    if (typeof content !== 'string' && content.bundled !== undefined && !texts.has(queue)) texts.set(queue, [])
  }
  if (texts.size === 0) return
  const addresses = new Set(texts.keys())
  await holdForSending(tx, addresses)
  const queues = await QueueLookup.of(
    tx,
    [...addresses].map((queue) => ({ queue })),
  )
  for (const [at, { queue: address, content }] of prepared.entries()) {
    if (typeof content === 'string' || content.bundled === undefined) continue
    const queue = queues.find(address)
    if (queue === undefined || !takesBundles(queue) || content.sizeBytes > queue.attributes.MaximumMessageSize) continue
    ;(texts.get(address) as string[]).push(content.bundled)
    results[at] = DELIVERED
  }
  const depth = new DepthChanges()
  const bundled = [...texts].flatMap(([address, ofQueue]) => {
    if (ofQueue.length === 0) return []
    const queue = queues.find(address) as Queue
    depth.add(queue.backlogId, ofQueue.length)
    tx.wake(WAKE_CHANNEL, wakeKey(queue), ofQueue.length)
    return [{ backlogId: queue.backlogId, texts: ofQueue }]
  })
  await putBundles(tx, bundled)
  await depth.save(tx)
}

/** What is in a bundle is visible, and belongs to no group. */
const takesBundles = ({ fifo, attributes }: Queue): boolean => !fifo && attributes.DelaySeconds === 0

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
  if (outcome.ok) return DELIVERED
  return outcome.error instanceof ServiceError ? done({ refused: outcome.error.message }) : outcome
}

function sendCall({ queue, delivery, content }: Prepared<Content>): SendCall {
  const { body, deduplicationId, senderId } = delivery
  const { bundled: _, ...ofMessage } = content
  const message = {
    messageId: randomUUID(),
    ...ofMessage,
    contentId: isFifoName(queue.name) && deduplicationId === undefined ? contentDeduplicationId(body) : undefined,
  }
  return { queue, sender: senderId, batch: false, messages: [message] }
}

function contentOrRefusal(delivery: Delivery, mayBundle: boolean): Content | string {
  try {
    return contentOf(delivery, mayBundle)
  } catch (error) {
    if (error instanceof ServiceError) return error.message
    throw error
  }
}

/** Throws what is wrong with it. */
function contentOf(delivery: Delivery, mayBundle: boolean): Content {
  const { body, groupId, deduplicationId, senderId } = delivery
  const attributes = delivery.attributes && attributeMap(delivery.attributes)
  checkMessage({
    MessageBody: body,
    MessageGroupId: groupId,
    MessageDeduplicationId: deduplicationId,
    MessageAttributes: attributes,
  })
  const stored = {
    body,
    attributes: storedAttributes(attributes),
    traceHeader: delivery.traceHeader ?? null,
    seal: delivery.seal ?? null,
  }
  const isPlain = groupId === undefined && deduplicationId === undefined
  return {
    ...stored,
    sizeBytes: messageSize(body, attributes),
    groupId,
    deduplicationId,
    bundled: mayBundle && isPlain ? bundledText({ ...stored, sender: senderId }) : undefined,
  }
}

const attributeMap = (attributes: Readonly<Record<string, DeliveryAttribute>>): AttributeMap =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      { DataType: dataType, StringValue: stringValue, BinaryValue: binaryValue },
    ]),
  )
