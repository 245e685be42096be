/**
 * What a message may be: its body, size and delay, and the ids that FIFO queues need.
 *
 * The rules come in two steps. `checkMessage` needs no queue and runs before the store is asked; `checkForQueue` depends
 * on the queue's attributes and runs in the transaction that stores the message. Both run for every message sent, so
 * they allocate nothing for a message in order.
 */
import { hash } from 'node:crypto'
import type { SendMessageRequest } from '@aws-sdk/client-sqs'
import { hasIllegalCharacters } from '../../../kernel/protocol/characters.ts'
import {
  invalidMessageContents,
  invalidParameter,
  invalidParameterValue,
  messageTooLong,
  missingDeduplicationId,
  missingParameter,
} from '../errors.ts'
import { entryParameter } from './batch.ts'
import {
  type AttributeMap,
  attributesSize,
  checkMessageAttributes,
  checkSystemAttributes,
} from './message-attributes.ts'
import type { QueueAttributes } from './queue-attributes.ts'
import { checkIdentifier } from './text.ts'

/** A SendMessage or an entry of a SendMessageBatch. */
export type OutgoingMessage = Omit<SendMessageRequest, 'QueueUrl' | 'MessageBody'> & { MessageBody?: string }

const MAX_DELAY_SECONDS = 900

/**
 * Throws what can be told to be wrong without the queue: MissingParameter, InvalidMessageContents, else
 * InvalidParameterValue. `entry` is the message's index in a batch, from 0; undefined for a SendMessage.
 */
export function checkMessage(message: OutgoingMessage, entry?: number): void {
  const { MessageBody: body, DelaySeconds: delay } = message
  if (!body) throw missingBody(entry)
  if (hasIllegalCharacters(body)) throw invalidMessageContents()
  if (delay !== undefined && !(delay >= 0 && delay <= MAX_DELAY_SECONDS)) {
    throw invalidParameter('DelaySeconds', delay, `DelaySeconds must be >= 0 and <= ${MAX_DELAY_SECONDS}.`)
  }
  checkIdentifier('MessageGroupId', message.MessageGroupId)
  checkIdentifier('MessageDeduplicationId', message.MessageDeduplicationId)
  if (message.MessageAttributes) checkMessageAttributes(message.MessageAttributes)
  if (message.MessageSystemAttributes) checkSystemAttributes(message.MessageSystemAttributes)
}

const missingBody = (entry: number | undefined) =>
  missingParameter(
    entry === undefined ? 'MessageBody' : entryParameter('SendMessageBatchRequestEntry', entry, 'MessageBody'),
  )

/** What counts against the limits, in bytes: the body and the user's attributes, not the system's. */
export const messageSize = (body: string, attributes: AttributeMap | undefined) =>
  Buffer.byteLength(body) + (attributes ? attributesSize(attributes) : 0)

/** What the checks against a queue need to know of a message. */
export interface MessageFacts {
  readonly sizeBytes: number
  readonly delaySeconds?: number
  readonly groupId?: string
  readonly deduplicationId?: string
}

/** Throws what is wrong with a message for its queue. In a batch some of it is worded, and coded, in another way. */
export function checkForQueue(message: MessageFacts, queue: QueueAttributes, inBatch: boolean): void {
  if (message.sizeBytes > queue.MaximumMessageSize) throw messageTooLong(queue.MaximumMessageSize, inBatch)
  if (queue.FifoQueue) checkForFifo(message, queue, inBatch)
  else if (message.deduplicationId !== undefined) {
    throw invalidParameter(
      'MessageDeduplicationId',
      message.deduplicationId,
      'The request includes a parameter that is not valid for this queue type.',
    )
  }
}

function checkForFifo(message: MessageFacts, queue: QueueAttributes, inBatch: boolean): void {
  const { delaySeconds, groupId, deduplicationId } = message
  if (delaySeconds !== undefined && delaySeconds !== 0) {
    throw invalidParameter(
      'DelaySeconds',
      delaySeconds,
      'The request include parameter that is not valid for this queue type.',
    )
  }
  if (groupId === undefined) {
    const missing = missingParameter('MessageGroupId')
    throw inBatch ? invalidParameterValue(missing.message) : missing
  }
  if (deduplicationId === undefined && !queue.ContentBasedDeduplication) throw missingDeduplicationId()
}

/** How long a message stays hidden at first, in seconds. In a FIFO queue the delay is always the queue's. */
export const initialDelay = (delaySeconds: number | undefined, queue: QueueAttributes) =>
  queue.FifoQueue ? queue.DelaySeconds : (delaySeconds ?? queue.DelaySeconds)

export const md5OfBody = (body: string) => hash('md5', body, 'hex')

/** What stands for the deduplication id under ContentBasedDeduplication: the body counts, the attributes don't. */
export const contentDeduplicationId = (body: string) => hash('sha256', body, 'hex')

/** As where real queues begin. A row of zeros instead would be taken for the default account's id where that is masked. */
const FIRST_SEQUENCE_NUMBER = 18_849_496_460_467_696_128n

/** The SequenceNumber that clients see, of twenty digits: ordered as the ids it is made from, as text and as number. */
export const sequenceNumber = (id: number) => String(FIRST_SEQUENCE_NUMBER + BigInt(id))
