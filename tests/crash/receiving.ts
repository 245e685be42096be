/** Receiving and deleting as a ledger-keeping consumer does it; what the consumers of all queues share. */
import type { Message } from '@aws-sdk/client-sqs'
import type { Entry } from './ledger.ts'
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

/** A message as it was received, and its entry. */
export interface Held {
  readonly entry: Entry
  readonly handle: string
  /** The message is certainly in flight until then, if nobody changes that; a FIFO queue's handle is good for as long. */
  readonly inFlightUntil: number
}

export interface ReceiveOptions {
  readonly limit: number
  readonly visibilitySeconds: number
  readonly waitSeconds: number
}

/** The messages in the order of the answer, unchecked. Empty if there was none, or no answer. */
export async function receive(scene: Scene, queue: Queue, options: ReceiveOptions) {
  const outcome = await scene.call((sqs) =>
    sqs.receiveMessage({
      QueueUrl: queue.url,
      MaxNumberOfMessages: options.limit,
      VisibilityTimeout: options.visibilitySeconds,
      WaitTimeSeconds: options.waitSeconds,
      MessageSystemAttributeNames: ['All'],
    }),
  )
  if (outcome.kind !== 'answered') return { messages: [], span: undefined }
  return { messages: outcome.value.Messages ?? [], span: outcome }
}

/** Receives and enters each message into the ledger. */
export async function receiveChecked(scene: Scene, queue: Queue, options: ReceiveOptions): Promise<Held[]> {
  const { messages, span } = await receive(scene, queue, options)
  if (span === undefined) return []
  return messages.flatMap((message) =>
    held(message, scene.ledger.received(queue.name, message, span, options.visibilitySeconds * 1000)),
  )
}

export const held = (message: Message, entry: Entry | undefined): Held[] =>
  entry === undefined ? [] : [{ entry, handle: message.ReceiptHandle as string }]

/** What a deletion was not: answered, or granted. */
export interface NotDeleted {
  readonly unknown: readonly Held[]
  readonly refused: readonly Held[]
  /** When the last answer came. */
  readonly at: number
}

/** Deletes one by one, or all in one call. */
export async function deleteAll(scene: Scene, queue: Queue, messages: readonly Held[]): Promise<NotDeleted> {
  for (const { entry } of messages) scene.ledger.deleting(entry)
  const inOneCall = messages.length > 1 && scene.random.chance(0.5)
  const { unknown, refused } = await (inOneCall ? deleteBatch : deleteEach)(scene, queue, messages)
  scene.ledger.figures.deletesUnknown += unknown.length
  return { unknown, refused, at: scene.now() }
}

async function deleteBatch(scene: Scene, queue: Queue, messages: readonly Held[]) {
  const Entries = messages.map(({ handle }, i) => ({ Id: String(i), ReceiptHandle: handle }))
  const outcome = await scene.call((sqs) => sqs.deleteMessageBatch({ QueueUrl: queue.url, Entries }))
  if (outcome.kind !== 'answered') return { unknown: messages, refused: [] }
  const { Successful = [], Failed = [] } = outcome.value
  const named = ({ Id }: { Id: string | undefined }) => messages[Number(Id)] as Held
  for (const entry of Successful) scene.ledger.deleted(named(entry).entry, outcome.answeredAt)
  return { unknown: [], refused: Failed.map(named) }
}

async function deleteEach(scene: Scene, queue: Queue, messages: readonly Held[]) {
  const unknown: Held[] = []
  const refused: Held[] = []
  for (const message of messages) {
    const input = { QueueUrl: queue.url, ReceiptHandle: message.handle }
    const outcome = await scene.call((sqs) => sqs.deleteMessage(input), ['InvalidParameterValue'])
    if (outcome.kind === 'answered') scene.ledger.deleted(message.entry, outcome.answeredAt)
    else (outcome.kind === 'unknown' ? unknown : refused).push(message)
  }
  return { unknown, refused }
}

/** Deletes with handles from before a kill. A handle that should still be good (`goodUntil`) may not be refused. */
export async function deleteAfterKill(
  scene: Scene,
  queue: Queue,
  messages: readonly Held[],
  isGood: (message: Held, at: number) => boolean,
): Promise<void> {
  const before = scene.node.starts
  await scene.nextStart()
  const { unknown, refused, at } = await deleteAll(scene, queue, messages)
  for (const message of refused) {
    if (isGood(message, at)) scene.ledger.violate('handles', `the handle of ${message.entry.key} was refused`)
  }
  if (scene.node.starts > before)
    scene.ledger.figures.handlesUsedAfterKill += messages.length - unknown.length - refused.length
}

/** Changes the timeout of one message: shorter, longer, or visible at once. */
export async function changeVisibility(scene: Scene, queue: Queue, { entry, handle }: Held): Promise<void> {
  const VisibilityTimeout = scene.random.pick([0, 1, 4])
  const outcome = await scene.call(
    (sqs) => sqs.changeMessageVisibility({ QueueUrl: queue.url, ReceiptHandle: handle, VisibilityTimeout }),
    ['InvalidParameterValue'],
  )
  if (outcome.kind === 'refused') return // it was deleted by someone who received it since
  const answeredAt = outcome.kind === 'answered' ? outcome.answeredAt : undefined
  scene.ledger.hidden(entry, VisibilityTimeout * 1000, outcome.issuedAt, answeredAt)
  if (answeredAt !== undefined) scene.ledger.figures.visibilityChanges++
}
