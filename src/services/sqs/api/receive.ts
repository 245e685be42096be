/** ReceiveMessage: one attempt, or a long poll. */
import type { Message } from '@aws-sdk/client-sqs'
import type { Caller } from '../../../kernel/kernel.ts'
import type { HandlerInput, PartialHandlers } from '../../../kernel/protocol/types.ts'
import { longPoll } from '../../../kernel/wakers/long-poll.ts'
import { md5OfBody } from '../model/message.ts'
import { md5OfAttributes } from '../model/message-attributes.ts'
import { isFifoName } from '../model/names.ts'
import { encodeReceiptHandle } from '../model/receipt-handle.ts'
import {
  type AttributeSelector,
  attributeSelector,
  checkAttemptId,
  checkReceive,
  DEFAULT_MAX_MESSAGES,
  type SystemAttributeSelector,
  systemAttributeSelector,
} from '../model/receive.ts'
import { loadAttributes } from '../model/stored-attributes.ts'
import {
  type ClaimedMessage,
  type ReceiveCall,
  type Received,
  receiveMessages,
  releaseMessages,
  wakeKey,
} from '../store.ts'
import { addressOf, checked, type SQS, type SqsContext } from './context.ts'

export const receiving = (sqs: SqsContext) =>
  ({
    async ReceiveMessage(input, caller) {
      const queue = addressOf(caller, input.QueueUrl)
      const fifo = isFifoName(queue.name)
      const began = sqs.clock.now()
      const view = await checked(sqs, queue, () => viewOf(input, fifo))
      const call: ReceiveCall = {
        queue,
        limit: input.MaxNumberOfMessages ?? DEFAULT_MAX_MESSAGES,
        visibilityTimeout: input.VisibilityTimeout,
        waitTime: input.WaitTimeSeconds,
        attemptId: fifo ? input.ReceiveRequestAttemptId : undefined,
        maxInFlight: sqs.config.sqs.maxInFlight,
      }
      const received = await receive(sqs, caller, call, began)
      const messages = received?.messages ?? []
      if (messages.length === 0) sqs.counts.emptyReceives.inc()
      sqs.counts.received.inc(messages.length)
      if (received === undefined || messages.length === 0) return {}
      const opened = await openAll(sqs, messages)
      return { Messages: opened.map((message) => toMessage(message, received, view)) }
    },
  }) satisfies PartialHandlers<SQS>

/** What the answer shows of each message. */
interface View {
  readonly attributes: AttributeSelector
  readonly systemAttributes: SystemAttributeSelector
}

function viewOf(input: HandlerInput<SQS, 'ReceiveMessage'>, fifo: boolean): View {
  checkReceive(input)
  if (fifo) checkAttemptId(input.ReceiveRequestAttemptId)
  return {
    attributes: attributeSelector(input.MessageAttributeNames),
    systemAttributes: systemAttributeSelector(input.AttributeNames, input.MessageSystemAttributeNames, fifo),
  }
}

/** Undefined if the wait ended with nothing. */
async function receive(
  sqs: SqsContext,
  caller: Caller,
  call: ReceiveCall,
  began: number,
): Promise<Received | undefined> {
  // How long to wait is the queue's to say when the caller doesn't: the first attempt then tells.
  if (!call.waitTime) {
    const first = await attempt(sqs, caller, call)
    if (first.messages.length > 0 || first.waitMs === 0) return first
    return wait(sqs, caller, call, began + first.waitMs)
  }
  return wait(sqs, caller, call, began + call.waitTime * 1000)
}

/** One look at the queue, however many transactions it takes; a client that is gone is looked for no further. */
async function attempt({ store }: SqsContext, caller: Caller, call: ReceiveCall): Promise<Received> {
  const first = await store.execute(receiveMessages, call)
  if (first.messages.length > 0 || !first.mayBeMore) return first
  let isGone = false
  const stopListening = caller.onHangUp(() => {
    isGone = true
  })
  let received = first
  while (!isGone && received.messages.length === 0 && received.mayBeMore) {
    received = await store.execute(receiveMessages, call)
  }
  stopListening()
  return received
}

async function wait(
  sqs: SqsContext,
  caller: Caller,
  call: ReceiveCall,
  deadline: number,
): Promise<Received | undefined> {
  let clientIsGone = false
  const stopListening = caller.onHangUp(() => {
    clientIsGone = true
  })
  const received = await longPoll({
    wakers: sqs.wakers,
    key: wakeKey(call.queue),
    deadline,
    onHangUp: (fn) => caller.onHangUp(fn),
    async attempt() {
      const value = await attempt(sqs, caller, call)
      const found = value.messages.length
      const more = found === call.limit || value.mayBeMore
      return { value: found > 0 ? value : undefined, more, nextAt: value.nextVisibleAt }
    },
  })
  stopListening()
  if (received === undefined || !clientIsGone) return received
  const messages = received.messages.map(({ id, receiveCount }) => ({ id, receiveCount }))
  await sqs.store.execute(releaseMessages, { queue: call.queue, messages })
  return undefined
}

/** Fills the gaps of those that have one; the others cost nothing. */
function openAll(
  { seals }: SqsContext,
  messages: readonly ClaimedMessage[],
): readonly ClaimedMessage[] | Promise<ClaimedMessage[]> {
  if (messages.every(({ seal }) => seal === null)) return messages
  const open = async (message: ClaimedMessage) =>
    message.seal === null ? message : { ...message, body: await seals.open(message.body, message.seal) }
  return Promise.all(messages.map(open))
}

function toMessage(message: ClaimedMessage, { queueId, receivedAt }: Received, view: View): Message {
  const attributes = view.attributes(loadAttributes(message.attributes))
  const { id, receiveCount } = message
  return {
    MessageId: message.messageId,
    ReceiptHandle: encodeReceiptHandle({ queueId, id, receivedAt, receiveCount }),
    MD5OfBody: md5OfBody(message.body),
    Body: message.body,
    Attributes: view.systemAttributes(message),
    MD5OfMessageAttributes: md5OfAttributes(attributes),
    MessageAttributes: attributes,
  }
}
