/** Receiving, deleting and hiding as a consumer does it who enters everything into the ledger. */
import { randomUUID } from 'node:crypto'
import { type Copy, nameOf } from './ledger.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'

export interface Queue {
  readonly name: string
  readonly url: string
}

/** One who receives from a queue, with decisions of its own. */
export interface Consumer {
  readonly scene: Scene
  readonly queue: Queue
  readonly random: Random
}

/** A message as it was received. */
export interface Held {
  readonly copy: Copy
  readonly handle: string
  /** Of the receive that gave out the handle. */
  readonly count: number
  /** The handle deletes the message until then: for ever on a standard queue, while it is in flight on a FIFO queue. */
  readonly goodUntil: number
}

export interface ReceiveOptions {
  readonly limit: number
  readonly visibilitySeconds: number
  readonly waitSeconds: number
}

/** The messages in the order of the answer. Empty if there was none, or no answer. */
export async function receive({ scene, queue, random }: Consumer, options: ReceiveOptions): Promise<Held[]> {
  const isFifo = queue.name.endsWith('.fifo')
  // With one, a client that repeats the call gets what it did not get before.
  const ReceiveRequestAttemptId = isFifo && random.chance(0.5) ? randomUUID() : undefined
  const outcome = await scene.call((sqs) =>
    sqs.receiveMessage({
      QueueUrl: queue.url,
      MaxNumberOfMessages: options.limit,
      VisibilityTimeout: options.visibilitySeconds,
      WaitTimeSeconds: options.waitSeconds,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      ReceiveRequestAttemptId,
    }),
  )
  if (outcome.kind !== 'answered') return []
  const visibilityMs = options.visibilitySeconds * 1000
  const goodUntil = isFifo ? outcome.issuedAt + visibilityMs : Number.POSITIVE_INFINITY
  return (outcome.value.Messages ?? []).flatMap((message) => {
    const copy = scene.ledger.received(queue.name, message, outcome, visibilityMs)
    const count = Number(message.Attributes?.ApproximateReceiveCount)
    return copy === undefined ? [] : [{ copy, handle: message.ReceiptHandle as string, count, goodUntil }]
  })
}

/** Deletes one by one, or all in one call. Answers those whose deletion had no answer. */
export async function deleteAll(consumer: Consumer, messages: readonly Held[]): Promise<readonly Held[]> {
  const { ledger } = consumer.scene
  for (const { copy, count } of messages) ledger.deleting(copy, count)
  const inOneCall = messages.length > 1 && consumer.random.chance(0.5)
  const unknown = await (inOneCall ? deleteBatch : deleteEach)(consumer, messages)
  ledger.figures.deletesUnknown += unknown.length
  return unknown
}

async function deleteBatch({ scene, queue }: Consumer, messages: readonly Held[]): Promise<readonly Held[]> {
  const Entries = messages.map(({ handle }, i) => ({ Id: String(i), ReceiptHandle: handle }))
  const outcome = await scene.call((sqs) => sqs.deleteMessageBatch({ QueueUrl: queue.url, Entries }))
  if (outcome.kind !== 'answered') return messages
  const { Successful = [], Failed = [] } = outcome.value
  const named = ({ Id }: { Id: string | undefined }) => messages[Number(Id)] as Held
  for (const entry of Successful) scene.ledger.deleted(named(entry).copy, outcome.answeredAt)
  for (const entry of Failed) checkRefusal(scene, named(entry), outcome.answeredAt)
  return []
}

async function deleteEach({ scene, queue }: Consumer, messages: readonly Held[]): Promise<readonly Held[]> {
  const unknown: Held[] = []
  for (const message of messages) {
    const input = { QueueUrl: queue.url, ReceiptHandle: message.handle }
    const outcome = await scene.call((sqs) => sqs.deleteMessage(input), ['InvalidParameterValue'])
    if (outcome.kind === 'answered') scene.ledger.deleted(message.copy, outcome.answeredAt)
    else if (outcome.kind === 'refused') checkRefusal(scene, message, outcome.answeredAt)
    else unknown.push(message)
  }
  return unknown
}

function checkRefusal({ ledger }: Scene, { copy, goodUntil }: Held, at: number): void {
  if (at < goodUntil) ledger.violate('handles', `the handle of ${nameOf(copy.entry)} was refused`)
}

/** Deletes with handles from before a fault. */
export async function deleteAfterFault(consumer: Consumer, messages: readonly Held[]): Promise<void> {
  const { site, ledger } = consumer.scene
  const { faults } = site
  await consumer.scene.nextFault()
  const unknown = await deleteAll(consumer, messages)
  if (site.faults > faults) ledger.figures.handlesUsedAfterFault += messages.length - unknown.length
}

/** Changes the timeout of a message: shorter, longer, or visible at once. */
export async function changeVisibility({ scene, queue, random }: Consumer, { copy, handle }: Held): Promise<void> {
  const VisibilityTimeout = random.pick([0, 1, 4])
  const changed = scene.ledger.changing(copy, VisibilityTimeout * 1000)
  const outcome = await scene.call(
    (sqs) => sqs.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle: handle, VisibilityTimeout }),
    ['InvalidParameterValue'], // it was deleted by someone who received it since
  )
  changed(outcome.kind === 'answered' ? outcome : undefined)
}
