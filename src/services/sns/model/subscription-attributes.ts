/**
 * Subscription attributes: which there are, what may be given to them and for which subscriptions. They are kept as
 * texts under the names of the wire, in the form in which they are shown.
 *
 * Invariants of a SubscriptionAttributes value
 * - An attribute that isn't there has its default, or is unset; the empty text is never a way of saying so.
 * - A filter policy is one for the scope that goes with it.
 * - A subscription to Firehose has a role.
 */

import { parseJsonObject } from '../../../kernel/json-object.ts'
import { type Refuse, refuseAttribute, refuseAttributes, subscriptionHasOtherAttributes } from '../errors.ts'
import { boolean, type GivenAttributes, oneOf, removable, roleArn } from './attribute-checks.ts'
import { subscriptionDeliveryPolicy } from './delivery-policy.ts'
import { checkFilterPolicy, type FilterPolicyScope } from './filter-policy.ts'
import { sameDocument } from './json-object.ts'
import { isFifoName } from './names.ts'
import { parseRedrivePolicy } from './redrive.ts'
import { parseReplayPolicy } from './replay.ts'

export type SubscriptionAttribute =
  | 'RawMessageDelivery'
  | 'FilterPolicy'
  | 'FilterPolicyScope'
  | 'DeliveryPolicy'
  | 'RedrivePolicy'
  | 'SubscriptionRoleArn'
  | 'ReplayPolicy'

/** Everything about a subscription that a client can set. Plain data. */
export type SubscriptionAttributes = { readonly [N in SubscriptionAttribute]?: string }

/** What decides which attributes a subscription may have. */
export interface Subscriber {
  readonly protocol: string
  readonly endpoint: string
  readonly topicArn: string
  /** The owner's. */
  readonly region: string
  readonly accountId: string
}

type Rule = (text: string, name: string, refuse: Refuse, subscriber: Subscriber) => string | undefined

const RAW: readonly string[] = ['sqs', 'http', 'https', 'firehose']
const PUSHED: readonly string[] = ['http', 'https']

const rawMessageDelivery: Rule = (text, name, refuse, { protocol }) => {
  const value = boolean(text, name, refuse)
  if (value === 'true' && !RAW.includes(protocol)) {
    throw refuse(`Delivery protocol [${protocol}] does not support raw message delivery.`)
  }
  return value
}

/** What the policy says is looked at when it is known which scope it gets. */
const filterPolicy: Rule = (text) => {
  const isCleared = text === '' || Object.keys(parseJsonObject(text) ?? { text }).length === 0
  return isCleared ? undefined : text
}

/** What the policy says is looked at when it is known whether deliveries are raw. */
const deliveryPolicy: Rule = (text, _, refuse, { protocol }) => {
  if (text === '') return undefined
  if (!PUSHED.includes(protocol)) throw refuse(`Delivery protocol [${protocol}] does not support a delivery policy.`)
  return text
}

const redrivePolicy: Rule = (text, _, refuse, { region, accountId, topicArn, endpoint }) => {
  if (text === '') return undefined
  parseRedrivePolicy(text, { region, accountId, fifo: isFifoName(topicArn) && isFifoName(endpoint) }, refuse)
  return text
}

const subscriptionRole: Rule = (text, name, refuse, { protocol }) => {
  const role = removable(roleArn)(text, name, refuse)
  if (role !== undefined && protocol !== 'firehose') {
    throw refuse(`Delivery protocol [${protocol}] does not support a subscription role.`)
  }
  return role
}

const replayPolicy: Rule = (text, _, refuse, { topicArn }) => {
  if (parseReplayPolicy(text, refuse) === undefined) return undefined
  if (!isFifoName(topicArn)) throw refuse('ReplayPolicy: is only supported for subscriptions to FIFO topics')
  return text
}

const rules: { readonly [N in SubscriptionAttribute]: Rule } = {
  RawMessageDelivery: rawMessageDelivery,
  FilterPolicy: filterPolicy,
  FilterPolicyScope: oneOf('MessageBody', 'MessageAttributes'),
  DeliveryPolicy: deliveryPolicy,
  RedrivePolicy: redrivePolicy,
  SubscriptionRoleArn: subscriptionRole,
  ReplayPolicy: replayPolicy,
}

const defaults: SubscriptionAttributes = { RawMessageDelivery: 'false', FilterPolicyScope: 'MessageAttributes' }

const isName = (name: string): name is SubscriptionAttribute => Object.hasOwn(rules, name)

/** The attributes of a new subscription. Throws InvalidParameter. */
export function createSubscriptionAttributes(given: GivenAttributes, subscriber: Subscriber): SubscriptionAttributes {
  const attributes: Partial<Record<SubscriptionAttribute, string>> = {}
  for (const [name, text = ''] of Object.entries(given)) {
    if (!isName(name)) throw refuseAttributes('AttributeName')
    const value = rules[name](text, name, refuseAttributes, subscriber)
    if (value !== undefined) attributes[name] = value
  }
  return settled(attributes, subscriber, refuseAttributes)
}

/** The attributes after SetSubscriptionAttributes. Throws InvalidParameter. */
export function changeSubscriptionAttribute(
  subscription: Subscriber & { readonly attributes: SubscriptionAttributes },
  name: string,
  text: string | undefined,
): SubscriptionAttributes {
  if (!isName(name)) throw refuseAttribute('AttributeName')
  const value = rules[name](text ?? '', name, refuseAttribute, subscription)
  const { [name]: _, ...others } = subscription.attributes
  const next = value === undefined ? others : { ...others, [name]: value }
  return settled(next, subscription, refuseAttribute)
}

/** Checks what ties the attributes to each other, and keeps a delivery policy in the form in which it is shown. */
function settled(attributes: SubscriptionAttributes, { protocol }: Subscriber, refuse: Refuse): SubscriptionAttributes {
  const { FilterPolicy, DeliveryPolicy, SubscriptionRoleArn } = attributes
  if (FilterPolicy !== undefined) checkFilterPolicy(FilterPolicy, filterPolicyScope(attributes), refuse)
  if (protocol === 'firehose' && SubscriptionRoleArn === undefined) {
    throw refuse('SubscriptionRoleArn: no value for required attribute')
  }
  if (DeliveryPolicy === undefined) return attributes
  return { ...attributes, DeliveryPolicy: subscriptionDeliveryPolicy(DeliveryPolicy, isRaw(attributes), refuse) }
}

/**
 * For a Subscribe that finds its endpoint subscribed: throws InvalidParameter unless each attribute it brings is as the
 * subscription has it. `wanted` is what `createSubscriptionAttributes` made of them.
 */
export function checkSameSubscription(current: SubscriptionAttributes, wanted: SubscriptionAttributes): void {
  for (const [name, text] of Object.entries(wanted) as [SubscriptionAttribute, string][]) {
    if (!sameDocument(current[name] ?? defaults[name], text)) throw subscriptionHasOtherAttributes()
  }
}

/** The attributes that GetSubscriptionAttributes shows. The scope of a filter policy is shown only beside the policy. */
export function shownSubscriptionAttributes(attributes: SubscriptionAttributes): Record<string, string> {
  const { FilterPolicyScope, ...others } = { ...defaults, ...attributes } as Record<SubscriptionAttribute, string>
  return attributes.FilterPolicy === undefined ? others : { ...others, FilterPolicyScope }
}

export const filterPolicyScope = ({ FilterPolicyScope }: SubscriptionAttributes): FilterPolicyScope =>
  FilterPolicyScope === 'MessageBody' ? 'MessageBody' : 'MessageAttributes'

export const isRaw = ({ RawMessageDelivery }: SubscriptionAttributes) => RawMessageDelivery === 'true'
