/**
 * Delivery policies: how a topic, or one of its subscriptions, wants to be delivered to over HTTP. Both forms say the same
 * under different names.
 *
 * A policy is kept as the text that GetTopicAttributes or GetSubscriptionAttributes return: members that weren't given
 * are left out of a topic's, and null in a subscription's. The one in effect is worked out from the two kept texts.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html#creating-delivery-policy
 */

import { isJsonObject, type JsonObject } from '../../../kernel/json-object.ts'
import type { Refuse } from '../errors.ts'
import { DEFAULT_CONTENT_TYPE } from './http-headers.ts'
import { parseJson } from './json-object.ts'
import type { BackoffFunction, RetryPolicy } from './retry.ts'

/** What is in effect for a subscription. */
export interface DeliveryPolicy {
  readonly retry: RetryPolicy
  readonly maxReceivesPerSecond: number | undefined
  readonly headerContentType: string
}

interface ThrottlePolicy {
  readonly maxReceivesPerSecond?: number
}

interface RequestPolicy {
  readonly headerContentType?: string
}

/** What a topic and a subscription can each say; what they don't is up to the next. */
interface Parts {
  readonly healthyRetryPolicy?: Partial<RetryPolicy>
  readonly throttlePolicy?: ThrottlePolicy
  readonly requestPolicy?: RequestPolicy
}

interface TopicPolicy extends Parts {
  readonly disableSubscriptionOverrides: boolean
}

/** In the order in which they are shown. */
const DEFAULT_RETRY: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: 'linear',
}

const MAX_DELAY_SECONDS = 3600
const MAX_RETRIES = 100
const BACKOFF_FUNCTIONS: readonly BackoffFunction[] = ['linear', 'arithmetic', 'geometric', 'exponential']

/** The text to keep of a topic's DeliveryPolicy; the empty one, undefined, unsets it. Throws what `refuse` makes of it. */
export function topicDeliveryPolicy(text: string, refuse: Refuse): string | undefined {
  if (text === '') return undefined
  const complain = complaint(refuse)
  const { http } = membersOf(parseJson(text, complain), '', ['http'], complain)
  const { disableSubscriptionOverrides, ...parts } = parseTopicPolicy(http ?? {}, complain)
  return formatTopicPolicy({ ...parts, disableSubscriptionOverrides })
}

/**
 * The text to keep of a subscription's DeliveryPolicy; the empty one, undefined, unsets it. Throws what `refuse` makes of
 * it. `raw` is its RawMessageDelivery: a body that is the message alone may be of more types.
 */
export function subscriptionDeliveryPolicy(text: string, raw: boolean, refuse: Refuse): string | undefined {
  if (text === '') return undefined
  const complain = complaint(refuse)
  const parts = parseSubscriptionPolicy(parseJson(text, complain), complain)
  const contentType = parts.requestPolicy?.headerContentType
  if (contentType !== undefined && !mayHaveType(contentType, raw)) {
    throw complain(`requestPolicy.headerContentType ${contentType} needs RawMessageDelivery`)
  }
  return formatSubscriptionPolicy(parts)
}

/** EffectiveDeliveryPolicy of a topic, from what was kept of its DeliveryPolicy. */
export function effectiveTopicDeliveryPolicy(kept: string | undefined): string {
  const policy = readTopicPolicy(kept)
  return formatTopicPolicy({ ...policy, ...withDefaults(policy) })
}

/** EffectiveDeliveryPolicy of a subscription, from what was kept of its own DeliveryPolicy and its topic's. */
export const effectiveSubscriptionDeliveryPolicy = (
  keptOfTopic: string | undefined,
  kept: string | undefined,
): string => formatSubscriptionPolicy(effectiveParts(keptOfTopic, kept))

/** The same for whoever delivers. */
export function effectiveDeliveryPolicy(keptOfTopic: string | undefined, kept: string | undefined): DeliveryPolicy {
  const { healthyRetryPolicy, throttlePolicy, requestPolicy } = effectiveParts(keptOfTopic, kept)
  return {
    retry: healthyRetryPolicy,
    maxReceivesPerSecond: throttlePolicy?.maxReceivesPerSecond,
    headerContentType: requestPolicy.headerContentType,
  }
}

/** The Content-Type of a Notification. A topic's may be one that only raw bodies can have. */
export const contentTypeFor = ({ headerContentType }: DeliveryPolicy, raw: boolean): string =>
  mayHaveType(headerContentType, raw) ? headerContentType : DEFAULT_CONTENT_TYPE

function effectiveParts(keptOfTopic: string | undefined, kept: string | undefined) {
  const topic = readTopicPolicy(keptOfTopic)
  if (kept === undefined || topic.disableSubscriptionOverrides) return withDefaults(topic)
  const own = parseSubscriptionPolicy(JSON.parse(kept), neverComplain)
  return withDefaults({
    healthyRetryPolicy: own.healthyRetryPolicy ?? topic.healthyRetryPolicy,
    throttlePolicy: own.throttlePolicy ?? topic.throttlePolicy,
    requestPolicy: own.requestPolicy ?? topic.requestPolicy,
  })
}

const readTopicPolicy = (kept: string | undefined): TopicPolicy =>
  kept === undefined ? { disableSubscriptionOverrides: false } : parseTopicPolicy(JSON.parse(kept).http, neverComplain)

const withDefaults = ({ healthyRetryPolicy, throttlePolicy, requestPolicy }: Parts) => ({
  healthyRetryPolicy: { ...DEFAULT_RETRY, ...healthyRetryPolicy },
  throttlePolicy,
  requestPolicy: { headerContentType: requestPolicy?.headerContentType ?? DEFAULT_CONTENT_TYPE },
})

const formatTopicPolicy = (policy: TopicPolicy): string =>
  JSON.stringify({
    http: {
      defaultHealthyRetryPolicy: inOrder(policy.healthyRetryPolicy),
      disableSubscriptionOverrides: policy.disableSubscriptionOverrides,
      defaultThrottlePolicy: policy.throttlePolicy,
      defaultRequestPolicy: policy.requestPolicy,
    },
  })

/** Endpoints in poor health, and deliveries that are guaranteed, are relics of SNS that nothing can be said about. */
const formatSubscriptionPolicy = ({ healthyRetryPolicy, throttlePolicy, requestPolicy }: Parts): string =>
  JSON.stringify({
    healthyRetryPolicy: inOrder(healthyRetryPolicy) ?? null,
    sicklyRetryPolicy: null,
    throttlePolicy: throttlePolicy ?? null,
    requestPolicy: requestPolicy ?? null,
    guaranteed: false,
  })

/** The members that there are, in SNS's order. */
function inOrder(policy: Partial<RetryPolicy> | undefined): Partial<RetryPolicy> | undefined {
  if (policy === undefined) return undefined
  const names = Object.keys(DEFAULT_RETRY) as (keyof RetryPolicy)[]
  return Object.fromEntries(names.map((name) => [name, policy[name]]))
}

// Reading

const complaint =
  (refuse: Refuse): Refuse =>
  (reason) =>
    refuse(`DeliveryPolicy: ${reason}`)

/** For a text that was kept: it was in order then. */
const neverComplain: Refuse = (reason) => {
  throw new Error(`A delivery policy was kept that is not valid: ${reason}`)
}

function parseTopicPolicy(http: unknown, complain: Refuse): TopicPolicy {
  const {
    disableSubscriptionOverrides: disable = false,
    defaultHealthyRetryPolicy,
    defaultSicklyRetryPolicy,
    defaultThrottlePolicy,
    defaultRequestPolicy,
  } = membersOf(http, 'http', TOPIC_MEMBERS, complain)
  if (typeof disable !== 'boolean') throw complain('http.disableSubscriptionOverrides must be true or false')
  if (defaultSicklyRetryPolicy !== undefined) throw complain('http.defaultSicklyRetryPolicy must be null')
  return {
    healthyRetryPolicy: parseRetryPolicy(defaultHealthyRetryPolicy, 'http.defaultHealthyRetryPolicy', complain),
    disableSubscriptionOverrides: disable,
    throttlePolicy: parseThrottlePolicy(defaultThrottlePolicy, 'http.defaultThrottlePolicy', complain),
    requestPolicy: parseRequestPolicy(defaultRequestPolicy, 'http.defaultRequestPolicy', complain),
  }
}

const TOPIC_MEMBERS = [
  'disableSubscriptionOverrides',
  'defaultHealthyRetryPolicy',
  'defaultSicklyRetryPolicy',
  'defaultThrottlePolicy',
  'defaultRequestPolicy',
]

function parseSubscriptionPolicy(value: unknown, complain: Refuse): Parts {
  const {
    guaranteed = false,
    sicklyRetryPolicy,
    healthyRetryPolicy,
    throttlePolicy,
    requestPolicy,
  } = membersOf(value, '', SUBSCRIPTION_MEMBERS, complain)
  if (guaranteed !== false) throw complain('guaranteed must be false')
  if (sicklyRetryPolicy !== undefined) throw complain('sicklyRetryPolicy must be null')
  return {
    healthyRetryPolicy: parseRetryPolicy(healthyRetryPolicy, 'healthyRetryPolicy', complain),
    throttlePolicy: parseThrottlePolicy(throttlePolicy, 'throttlePolicy', complain),
    requestPolicy: parseRequestPolicy(requestPolicy, 'requestPolicy', complain),
  }
}

const SUBSCRIPTION_MEMBERS = [
  'guaranteed',
  'sicklyRetryPolicy',
  'healthyRetryPolicy',
  'throttlePolicy',
  'requestPolicy',
]

/** Which of its numbers a retry policy must have, and from where to where they go. */
const RANGES: readonly (readonly [name: keyof RetryPolicy, required: boolean, min: number, max: number])[] = [
  ['minDelayTarget', true, 1, Number.POSITIVE_INFINITY],
  ['maxDelayTarget', true, 1, MAX_DELAY_SECONDS],
  ['numRetries', true, 0, MAX_RETRIES],
  ['numNoDelayRetries', false, 0, Number.POSITIVE_INFINITY],
  ['numMinDelayRetries', false, 0, Number.POSITIVE_INFINITY],
  ['numMaxDelayRetries', false, 0, Number.POSITIVE_INFINITY],
]

function parseRetryPolicy(value: unknown, path: string, complain: Refuse): Partial<RetryPolicy> | undefined {
  if (value === undefined) return undefined
  const members = membersOf(value, path, Object.keys(DEFAULT_RETRY), complain)
  for (const [name, required, min, max] of RANGES) {
    const given = members[name]
    if (given === undefined && !required) continue
    if (given === undefined) throw complain(`${path}.${name} must be specified`)
    checkInteger(given, `${path}.${name}`, complain)
    if (given < min) throw complain(`${path}.${name} must be greater than or equal to ${min}`)
    if (given > max) throw complain(`${path}.${name} must be less than or equal to ${max}`)
  }
  const backoffFunction = members.backoffFunction
  if (backoffFunction !== undefined && !(BACKOFF_FUNCTIONS as readonly unknown[]).includes(backoffFunction)) {
    const shown = typeof backoffFunction === 'string' ? backoffFunction : JSON.stringify(backoffFunction)
    throw complain(`${path}.backoffFunction: the value [${shown}] is not a valid backoff function`)
  }
  const policy = members as Partial<RetryPolicy>
  checkTogether({ ...DEFAULT_RETRY, ...policy }, path, complain)
  return policy
}

function checkTogether(policy: RetryPolicy, path: string, complain: Refuse): void {
  if (policy.maxDelayTarget < policy.minDelayTarget) {
    throw complain(`${path}.maxDelayTarget must be greater than or equal to minDelayTarget`)
  }
  const { numRetries, numMinDelayRetries, numNoDelayRetries, numMaxDelayRetries } = policy
  if (numRetries < numMinDelayRetries + numNoDelayRetries + numMaxDelayRetries) {
    throw complain(
      `${path}.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries`,
    )
  }
}

function parseThrottlePolicy(value: unknown, path: string, complain: Refuse): ThrottlePolicy | undefined {
  if (value === undefined) return undefined
  const { maxReceivesPerSecond: max } = membersOf(value, path, ['maxReceivesPerSecond'], complain)
  if (max === undefined) return undefined
  checkInteger(max, `${path}.maxReceivesPerSecond`, complain)
  if (max < 1) throw complain(`${path}.maxReceivesPerSecond must be >= 1`)
  return { maxReceivesPerSecond: max }
}

function parseRequestPolicy(value: unknown, path: string, complain: Refuse): RequestPolicy | undefined {
  if (value === undefined) return undefined
  const { headerContentType: type } = membersOf(value, path, ['headerContentType'], complain)
  if (type === undefined) return undefined
  if (typeof type !== 'string' || !mayHaveType(type, true)) {
    throw complain(`${path}.headerContentType is not a supported content type`)
  }
  return { headerContentType: type }
}

/** The members of an object; those that are null count as absent. */
function membersOf(value: unknown, path: string, known: readonly string[], complain: Refuse): JsonObject {
  if (!isJsonObject(value)) throw complain(`${path === '' ? 'The policy' : path} must be a JSON object`)
  const given = Object.entries(value).filter(([, member]) => member !== null)
  const unexpected = given.find(([name]) => !known.includes(name))
  if (unexpected !== undefined) throw complain(`Unexpected JSON member: ${unexpected[0]}`)
  return Object.fromEntries(given)
}

function checkInteger(value: unknown, path: string, complain: Refuse): asserts value is number {
  if (!Number.isInteger(value)) throw complain(`${path} must be an integer`)
}

const DOCUMENT_TYPES = new Set(['application/json', 'text/plain'])
const RAW_TYPES = new Set([
  ...DOCUMENT_TYPES,
  'text/css',
  'text/csv',
  'text/html',
  'text/xml',
  'application/atom+xml',
  'application/octet-stream',
  'application/soap+xml',
  'application/x-www-form-urlencoded',
  'application/xml',
])

/** The type, and parameters that a header can hold. */
const CONTENT_TYPE = /^(?<type>[a-z/+-]+)(?:\s*;[\x20-\x7e]*)?$/i

function mayHaveType(contentType: string, raw: boolean): boolean {
  const type = CONTENT_TYPE.exec(contentType)?.groups?.type?.toLowerCase()
  return type !== undefined && (raw ? RAW_TYPES : DOCUMENT_TYPES).has(type)
}
