/**
 * Topic attributes: which there are, what may be given to them and when. They are kept as texts under the names of the
 * wire, in the form in which they are shown.
 *
 * Invariants of a TopicAttributes value
 * - An attribute that isn't there has its default, or is unset; the empty text is never a way of saying so.
 * - BeginningArchiveTime is there as long as ArchivePolicy is.
 * - FifoTopic is there only as `true`, and tells which of the other attributes the topic may have.
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import { hasMoreCharacters } from '../../../kernel/protocol/characters.ts'
import { invalidParameter, refuseAttribute, refuseAttributes, topicHasOtherAttributes } from '../errors.ts'
import { boolean, type Check, type GivenAttributes, oneOf, percentage, removable, roleArn } from './attribute-checks.ts'
import { topicDeliveryPolicy } from './delivery-policy.ts'
import { sameDocument } from './json-object.ts'
import { defaultPolicy, readPolicy } from './policy.ts'
import { parseArchivePolicy } from './replay.ts'

/** The endpoints whose deliveries can be logged. */
const LOGGED = ['HTTP', 'Firehose', 'Lambda', 'Application', 'SQS'] as const
type Logged = (typeof LOGGED)[number]

export type FeedbackAttribute =
  | `${Logged}SuccessFeedbackRoleArn`
  | `${Logged}SuccessFeedbackSampleRate`
  | `${Logged}FailureFeedbackRoleArn`

export type TopicAttribute =
  | 'DisplayName'
  | 'Policy'
  | 'DeliveryPolicy'
  | 'KmsMasterKeyId'
  | 'SignatureVersion'
  | 'TracingConfig'
  | 'FifoTopic'
  | 'ContentBasedDeduplication'
  | 'FifoThroughputScope'
  | 'ArchivePolicy'
  | FeedbackAttribute

/** Everything about a topic that a client can set, and since when its archive is active. Plain data. */
export type TopicAttributes = { readonly [N in TopicAttribute | 'BeginningArchiveTime']?: string }

/** As `Check`, with the topic's ARN. */
type TopicCheck = (...parameters: [...Parameters<Check>, topicArn: string]) => string | undefined

interface Rule {
  readonly check: TopicCheck
  /** What the attribute is shown as while it isn't set; without it, it isn't shown. */
  readonly default?: string
  /** The type of topic that has the attribute; by default both. */
  readonly only?: 'fifo' | 'standard'
  /** It can't be changed later. */
  readonly onlyAtCreation?: true
}

const MAX_DISPLAY_NAME = 100

/** No line breaks: a display name becomes part of mail headers. */
const displayName: Check = (text, name, refuse) => {
  if (hasMoreCharacters(text, MAX_DISPLAY_NAME))
    throw refuse(`${name}: must be at most ${MAX_DISPLAY_NAME} characters long`)
  if (/\p{Cc}/u.test(text)) throw refuse(`${name}: must not contain control characters`)
  return text
}

const keyId: Check = (text, name, refuse) => {
  if (!/^[!-~]{1,2048}$/.test(text)) throw refuse(`${name}: Invalid value`)
  return text
}

const policy: TopicCheck = (text, _, refuse, topicArn) => readPolicy(text, topicArn, refuse)

const archivePolicy: Check = (text, _, refuse) => (parseArchivePolicy(text, refuse) === undefined ? undefined : text)

/** `false` is what a topic without the attribute is. */
const fifoTopic: Check = (text, name, refuse) => (boolean(text, name, refuse) === 'true' ? 'true' : undefined)

const feedbackRules = Object.fromEntries(
  LOGGED.flatMap((endpoint): [FeedbackAttribute, Rule][] => [
    [`${endpoint}SuccessFeedbackRoleArn`, { check: removable(roleArn) }],
    [`${endpoint}SuccessFeedbackSampleRate`, { check: removable(percentage) }],
    [`${endpoint}FailureFeedbackRoleArn`, { check: removable(roleArn) }],
  ]),
) as { readonly [N in FeedbackAttribute]: Rule }

/** In the order in which they are shown. */
const rules: { readonly [N in TopicAttribute]: Rule } = {
  DisplayName: { check: displayName, default: '' },
  Policy: { check: policy },
  DeliveryPolicy: { check: (text, _, refuse) => topicDeliveryPolicy(text, refuse) },
  KmsMasterKeyId: { check: removable(keyId) },
  SignatureVersion: { check: oneOf('1', '2') },
  TracingConfig: { check: oneOf('PassThrough', 'Active'), only: 'standard' },
  FifoTopic: { check: fifoTopic, only: 'fifo', onlyAtCreation: true },
  ContentBasedDeduplication: { check: boolean, default: 'false', only: 'fifo' },
  FifoThroughputScope: { check: oneOf('Topic', 'MessageGroup'), only: 'fifo' },
  ArchivePolicy: { check: archivePolicy, only: 'fifo' },
  ...feedbackRules,
}

const isName = (name: string): name is TopicAttribute => Object.hasOwn(rules, name)

const typeOf = (fifo: boolean) => (fifo ? 'fifo' : 'standard')

const belongsTo = (name: TopicAttribute, fifo: boolean) => (rules[name].only ?? typeOf(fifo)) === typeOf(fifo)

/** Whether a CreateTopic asks for a FIFO topic. Throws InvalidParameter. */
export const asksForFifo = ({ FifoTopic = 'false' }: GivenAttributes): boolean =>
  boolean(FifoTopic, 'FifoTopic', refuseAttributes) === 'true'

/** The attributes of a new topic. Throws InvalidParameter. */
export function createTopicAttributes(given: GivenAttributes, topicArn: string, now: Millis): TopicAttributes {
  const fifo = asksForFifo(given)
  const attributes: Partial<Record<TopicAttribute, string>> = {}
  for (const [name, text = ''] of Object.entries(given)) {
    // A standard topic may say what it is.
    if (!isName(name) || (!belongsTo(name, fifo) && name !== 'FifoTopic')) {
      throw refuseAttributes(`Unknown attribute ${name}`)
    }
    const value = rules[name].check(text, name, refuseAttributes, topicArn)
    if (value !== undefined) attributes[name] = value
  }
  return withArchive(attributes, now)
}

/** An archive begins when there is a policy for it; a change of the policy keeps what there is. */
function withArchive({ BeginningArchiveTime, ...attributes }: TopicAttributes, now: Millis): TopicAttributes {
  if (attributes.ArchivePolicy === undefined) return attributes
  return { ...attributes, BeginningArchiveTime: BeginningArchiveTime ?? new Date(now).toISOString() }
}

/** The attributes after SetTopicAttributes. Throws InvalidParameter, also for the names of what can only be read. */
export function changeTopicAttribute(
  { arn, attributes: current }: Pick<TopicState, 'arn' | 'attributes'>,
  name: string,
  text: string | undefined,
  now: Millis,
): TopicAttributes {
  if (!isName(name) || rules[name].onlyAtCreation || !belongsTo(name, isFifo(current))) {
    throw invalidParameter('AttributeName')
  }
  const value = rules[name].check(text ?? '', name, refuseAttribute, arn)
  if (name === 'FifoThroughputScope' && value === 'Topic' && current.FifoThroughputScope === 'MessageGroup') {
    throw refuseAttribute('FifoThroughputScope: cannot be changed from MessageGroup to Topic')
  }
  const { [name]: _, ...others } = current
  return withArchive(value === undefined ? others : { ...others, [name]: value }, now)
}

/** A topic as far as it decides about its attributes. */
export interface TopicState {
  readonly arn: string
  readonly accountId: string
  readonly attributes: TopicAttributes
}

/**
 * For a CreateTopic that finds its name taken: throws InvalidParameter unless each attribute it brings is as the topic
 * has it. `wanted` is what `createTopicAttributes` made of them. Documents are the same if their JSON is.
 */
export function checkSameAttributes({ arn, accountId, attributes }: TopicState, wanted: TopicAttributes): void {
  const current: TopicAttributes = { ...attributes, Policy: attributes.Policy ?? defaultPolicy(arn, accountId) }
  for (const [name, text] of Object.entries(wanted)) {
    if (isName(name) && !sameDocument(current[name] ?? rules[name].default, text)) throw topicHasOtherAttributes()
  }
}

/** The attributes that GetTopicAttributes shows, but for the counts and the effective delivery policy. */
export function shownTopicAttributes({ arn, accountId, attributes }: TopicState): Record<string, string> {
  const shown: Record<string, string> = { TopicArn: arn, Owner: accountId, Policy: defaultPolicy(arn, accountId) }
  for (const [name, rule] of Object.entries(rules) as [TopicAttribute, Rule][]) {
    const text = attributes[name] ?? rule.default
    if (text !== undefined && belongsTo(name, isFifo(attributes))) shown[name] = text
  }
  const { BeginningArchiveTime } = attributes
  return BeginningArchiveTime === undefined ? shown : { ...shown, BeginningArchiveTime }
}

export const isFifo = ({ FifoTopic }: TopicAttributes) => FifoTopic === 'true'

export const hasContentBasedDeduplication = ({ ContentBasedDeduplication }: TopicAttributes) =>
  ContentBasedDeduplication === 'true'

/** Within what a deduplication id may not repeat. */
export const deduplicatesByGroup = ({ FifoThroughputScope }: TopicAttributes) => FifoThroughputScope === 'MessageGroup'
