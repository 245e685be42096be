/**
 * Receiving: the ranges of the parameters, and which attributes of a message go to the client.
 * Selectors are compiled once per request and applied to each message of its answer.
 */
import type { MessageSystemAttributeName, ReceiveMessageRequest } from '@aws-sdk/client-sqs'
import type { Millis } from '../../../kernel/clock/clock.ts'
import { invalidParameter, unknownAttribute } from '../errors.ts'
import { sequenceNumber } from './message.ts'
import type { AttributeMap } from './message-attributes.ts'
import { checkIdentifier } from './text.ts'

export const DEFAULT_MAX_MESSAGES = 1

type ReceiveParameters = Pick<
  ReceiveMessageRequest,
  'MaxNumberOfMessages' | 'WaitTimeSeconds' | 'VisibilityTimeout' | 'ReceiveRequestAttemptId'
>

/** Throws InvalidParameterValue for a parameter out of range. Defaults, where absent, are the queue's. */
export function checkReceive(request: ReceiveParameters): void {
  const { MaxNumberOfMessages, WaitTimeSeconds, VisibilityTimeout } = request
  checkRange('MaxNumberOfMessages', MaxNumberOfMessages, 1, 10, 'Must be between 1 and 10, if provided.')
  checkRange('WaitTimeSeconds', WaitTimeSeconds, 0, 20, 'Must be >= 0 and <= 20, if provided.')
  checkRange('VisibilityTimeout', VisibilityTimeout, 0, 43_200, 'Must be >= 0 and <= 43200, if provided.')
}

function checkRange(parameter: string, value: number | undefined, min: number, max: number, reason: string): void {
  if (value !== undefined && !(value >= min && value <= max)) throw invalidParameter(parameter, value, reason)
}

/** FIFO queues only: standard ones ignore the parameter, whatever it is. */
export const checkAttemptId = (attemptId: string | undefined) => checkIdentifier('ReceiveRequestAttemptId', attemptId)

/** Picks attributes; undefined if none is left. */
export type AttributeSelector = (attributes: AttributeMap | undefined) => AttributeMap | undefined

const selectNothing: AttributeSelector = () => undefined
const selectEverything: AttributeSelector = (attributes) =>
  attributes && Object.keys(attributes).length > 0 ? attributes : undefined

const EVERY_ATTRIBUTE: ReadonlySet<string> = new Set(['All', '.*', '*'])

/**
 * Compiles MessageAttributeNames: `All`, `.*` or `*` for everything, `<prefix>.*` for all names that begin with the prefix,
 * or a name. What matches nothing is no error.
 */
export function attributeSelector(names: readonly string[] = []): AttributeSelector {
  if (names.length === 0) return selectNothing
  if (names.some((name) => EVERY_ATTRIBUTE.has(name))) return selectEverything
  const exact = new Set(names)
  const prefixes = names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2))
  const matches = (name: string) => exact.has(name) || prefixes.some((prefix) => name.startsWith(prefix))
  return (attributes) =>
    attributes && selectEverything(Object.fromEntries(Object.entries(attributes).filter(([name]) => matches(name))))
}

/** What a message's system attributes are made of. */
export interface ReceivedMessage {
  /** In a FIFO queue, its place in the sequence. */
  readonly id: number
  readonly sender: string
  readonly sentAt: Millis
  /** With the receive that is being answered. */
  readonly receiveCount: number
  readonly firstReceivedAt: Millis
  readonly deduplicationId: string | null
  readonly groupId: string | null
  readonly traceHeader: string | null
  /** The ARN of the queue that gave the message up. */
  readonly deadLetterSource: string | null
}

type SystemAttribute = Exclude<MessageSystemAttributeName, 'All'>

const systemAttributes: { readonly [N in SystemAttribute]: (message: ReceivedMessage) => string | null } = {
  SenderId: ({ sender }) => sender,
  SentTimestamp: ({ sentAt }) => String(sentAt),
  ApproximateReceiveCount: ({ receiveCount }) => String(receiveCount),
  ApproximateFirstReceiveTimestamp: ({ firstReceivedAt }) => String(firstReceivedAt),
  SequenceNumber: ({ id }) => sequenceNumber(id),
  MessageDeduplicationId: ({ deduplicationId }) => deduplicationId,
  MessageGroupId: ({ groupId }) => groupId,
  AWSTraceHeader: ({ traceHeader }) => traceHeader,
  DeadLetterQueueSourceArn: ({ deadLetterSource }) => deadLetterSource,
}

const ALL_SYSTEM_ATTRIBUTES = Object.keys(systemAttributes) as SystemAttribute[]
const isSystemAttribute = (name: string): name is SystemAttribute => Object.hasOwn(systemAttributes, name)
/** Documented as a name one may ask for; no message has it. */
const NEVER_RETURNED = 'SqsManagedSseEnabled'

/** Builds a message's Attributes; undefined if none was asked for or the message has none of them. */
export type SystemAttributeSelector = (message: ReceivedMessage) => Record<string, string> | undefined

/**
 * Compiles what AttributeNames and MessageSystemAttributeNames ask for together; only the messages of FIFO queues have
 * a sequence number. Throws InvalidAttributeName.
 */
export function systemAttributeSelector(
  older: readonly string[] = [],
  newer: readonly string[] = [],
  fifo: boolean,
): SystemAttributeSelector {
  const asked = new Set([...older, ...newer])
  for (const name of asked) {
    if (!isSystemAttribute(name) && name !== 'All' && name !== NEVER_RETURNED) throw unknownAttribute(name)
  }
  const names = (asked.has('All') ? ALL_SYSTEM_ATTRIBUTES : [...asked].filter(isSystemAttribute)).filter(
    (name) => fifo || name !== 'SequenceNumber',
  )
  return (message) => {
    let selected: Record<string, string> | undefined
    for (const name of names) {
      const text = systemAttributes[name](message)
      if (text === null) continue
      selected ??= {}
      selected[name] = text
    }
    return selected
  }
}
