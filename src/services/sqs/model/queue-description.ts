/**
 * What GetQueueAttributes answers: the settable attributes as text, and what only the store knows about the queue.
 * `All` shows the attributes that every queue of the type has, and those optional ones that are set.
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import { unknownAttribute } from '../errors.ts'
import type { QueueAttributes } from './queue-attributes.ts'
import { formatRedrivePolicy, parseRedrivePolicy } from './redrive.ts'

export interface QueueFacts {
  readonly attributes: QueueAttributes
  readonly arn: string
  readonly createdAt: Millis
  readonly lastModifiedAt: Millis
  readonly visible: number
  readonly inFlight: number
  readonly delayed: number
}

const epochSeconds = (at: Millis) => String(Math.floor(at / 1000))

type Show = (facts: QueueFacts) => string | undefined

const show =
  (name: keyof QueueAttributes): Show =>
  ({ attributes }) =>
    attributes[name]?.toString()

const showForFifo =
  (name: keyof QueueAttributes): Show =>
  ({ attributes }) =>
    attributes.FifoQueue ? String(attributes[name]) : undefined

const shown: Readonly<Record<string, Show>> = {
  ApproximateNumberOfMessages: ({ visible }) => String(visible),
  ApproximateNumberOfMessagesDelayed: ({ delayed }) => String(delayed),
  ApproximateNumberOfMessagesNotVisible: ({ inFlight }) => String(inFlight),
  ContentBasedDeduplication: showForFifo('ContentBasedDeduplication'),
  CreatedTimestamp: ({ createdAt }) => epochSeconds(createdAt),
  DeduplicationScope: showForFifo('DeduplicationScope'),
  DelaySeconds: show('DelaySeconds'),
  FifoQueue: showForFifo('FifoQueue'),
  FifoThroughputLimit: showForFifo('FifoThroughputLimit'),
  KmsDataKeyReusePeriodSeconds: ({ attributes }) =>
    attributes.KmsMasterKeyId === undefined ? undefined : String(attributes.KmsDataKeyReusePeriodSeconds),
  KmsMasterKeyId: show('KmsMasterKeyId'),
  LastModifiedTimestamp: ({ lastModifiedAt }) => epochSeconds(lastModifiedAt),
  MaximumMessageSize: show('MaximumMessageSize'),
  MessageRetentionPeriod: show('MessageRetentionPeriod'),
  Policy: show('Policy'),
  QueueArn: ({ arn }) => arn,
  ReceiveMessageWaitTimeSeconds: show('ReceiveMessageWaitTimeSeconds'),
  RedriveAllowPolicy: show('RedriveAllowPolicy'),
  RedrivePolicy: ({ attributes: { RedrivePolicy: text } }) =>
    text === undefined ? undefined : formatRedrivePolicy(parseRedrivePolicy(text)),
  SqsManagedSseEnabled: show('SqsManagedSseEnabled'),
  VisibilityTimeout: show('VisibilityTimeout'),
}

/** The attributes asked for, `All` spelt out. Throws InvalidAttributeName for a name that doesn't exist. */
export function selectQueueAttributes(names: readonly string[] = []): readonly string[] {
  for (const name of names) {
    if (name !== 'All' && !Object.hasOwn(shown, name)) throw unknownAttribute(name)
  }
  return names.includes('All') ? Object.keys(shown) : [...new Set(names)]
}

/** Counting messages is the costly part of a description: whether it is asked for at all. */
export const needsCounts = (selected: readonly string[]) =>
  selected.some((name) => name.startsWith('ApproximateNumberOfMessages'))

/** The selected attributes that the queue has; undefined if there are none. */
export function describeQueue(selected: readonly string[], facts: QueueFacts): Record<string, string> | undefined {
  const described: Record<string, string> = {}
  for (const name of selected) {
    const text = shown[name]?.(facts)
    if (text !== undefined) described[name] = text
  }
  return Object.keys(described).length > 0 ? described : undefined
}
