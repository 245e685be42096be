/** SendMessage and SendMessageBatch. */
import { randomUUID } from 'node:crypto'
import type { BatchResultErrorEntry, MessageAttributeValue, SendMessageBatchResultEntry } from '@aws-sdk/client-sqs'
import type { Caller } from '../../../kernel/kernel.ts'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { ServiceError } from '../../../kernel/service-error.ts'
import { checkBatch, checkBatchSize, failedEntry } from '../model/batch.ts'
import {
  checkMessage,
  contentDeduplicationId,
  md5OfBody,
  messageSize,
  type OutgoingMessage,
  sequenceNumber,
} from '../model/message.ts'
import { md5OfAttributes, traceHeaderOf } from '../model/message-attributes.ts'
import { isFifoName } from '../model/names.ts'
import { storedAttributes } from '../model/stored-attributes.ts'
import { type NewMessage, type SentMessage, sendMessages } from '../store.ts'
import { addressOf, checked, type SQS, type SqsContext } from './context.ts'

const KIND = 'SendMessageBatchRequestEntry'

export const sending = (sqs: SqsContext) =>
  ({
    async SendMessage(input, caller) {
      const queue = addressOf(caller, input.QueueUrl)
      const message = await checked(sqs, queue, () => {
        checkMessage(input)
        return newMessage(input, caller, isFifoName(queue.name))
      })
      const sender = caller.principal.id
      const [sent] = await sqs.store.execute(sendMessages, { queue, sender, batch: false, messages: [message] })
      return answer(sqs, queue.name, input, sent as Sent)
    },

    async SendMessageBatch({ QueueUrl, Entries }, caller) {
      const queue = addressOf(caller, QueueUrl)
      const fifo = isFifoName(queue.name)
      const { messages, refused } = await checked(sqs, queue, () => {
        checkBatch(KIND, Entries)
        return prepareBatch(Entries, caller, fifo)
      })
      const sender = caller.principal.id
      const outcomes = await sqs.store.execute(sendMessages, {
        queue,
        sender,
        batch: true,
        messages: [...messages.values()],
      })
      const sent = new Map([...messages.keys()].map((at, i) => [at, outcomes[i] as SentMessage]))
      const Successful: SendMessageBatchResultEntry[] = []
      const Failed: BatchResultErrorEntry[] = []
      for (const [at, entry] of Entries.entries()) {
        const outcome = sent.get(at)
        if (outcome === undefined) Failed.push(failedEntry(entry.Id, refused.get(at) as ServiceError))
        else if ('error' in outcome) Failed.push(failedEntry(entry.Id, outcome.error))
        else Successful.push({ Id: entry.Id, ...answer(sqs, queue.name, entry, outcome) })
      }
      return {
        Successful: Successful.length > 0 ? Successful : undefined,
        Failed: Failed.length > 0 ? Failed : undefined,
      }
    },
  }) satisfies PartialHandlers<SQS>

type Sent = Exclude<SentMessage, { error: unknown }>

function newMessage(message: OutgoingMessage, caller: Caller, fifo: boolean): NewMessage {
  const body = message.MessageBody as string
  const attributes = message.MessageAttributes as Record<string, MessageAttributeValue> | undefined
  return {
    messageId: randomUUID(),
    body,
    attributes: storedAttributes(attributes),
    sizeBytes: messageSize(body, attributes),
    delaySeconds: message.DelaySeconds,
    groupId: message.MessageGroupId,
    deduplicationId: message.MessageDeduplicationId,
    contentId: fifo && message.MessageDeduplicationId === undefined ? contentDeduplicationId(body) : undefined,
    traceHeader: traceHeaderOf(message.MessageSystemAttributes, caller.header('x-amzn-trace-id')) ?? null,
    seal: null,
  }
}

interface PreparedBatch {
  /** The messages to send, by their place in the request. */
  readonly messages: ReadonlyMap<number, NewMessage>
  readonly refused: ReadonlyMap<number, ServiceError>
}

/** On a standard queue the other entries go on without one that is refused; on a FIFO queue that would tear the order. */
function prepareBatch(entries: readonly OutgoingMessage[], caller: Caller, fifo: boolean): PreparedBatch {
  const messages = new Map<number, NewMessage>()
  const refused = new Map<number, ServiceError>()
  let bytes = 0
  for (const entry of entries) bytes += messageSize(entry.MessageBody ?? '', entry.MessageAttributes)
  checkBatchSize(bytes)
  for (const [at, entry] of entries.entries()) {
    try {
      checkMessage(entry, at)
      messages.set(at, newMessage(entry, caller, fifo))
    } catch (error) {
      if (fifo || !(error instanceof ServiceError)) throw error
      refused.set(at, error)
    }
  }
  return { messages, refused }
}

/** The digests are those of this request's content, also when the message is a duplicate of another. */
function answer(
  { counts }: SqsContext,
  queueName: string,
  message: OutgoingMessage,
  { messageId, id, duplicate }: Sent,
) {
  const body = message.MessageBody as string
  if (duplicate) counts.deduplicated.inc()
  else counts.sent.inc()
  return {
    MD5OfMessageBody: md5OfBody(body),
    MD5OfMessageAttributes: md5OfAttributes(message.MessageAttributes),
    MD5OfMessageSystemAttributes: md5OfAttributes(message.MessageSystemAttributes),
    MessageId: messageId,
    SequenceNumber: isFifoName(queueName) ? sequenceNumber(id) : undefined,
  }
}
