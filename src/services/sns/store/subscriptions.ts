/** The life of a subscription: from its making over its confirmation to its end, and the day after. */
import { schedule } from '../../../kernel/jobs/jobs.ts'
import { ConcurrentChange, single, type Tx } from '../../../kernel/store/store.ts'
import {
  filterPolicyLimitExceeded,
  invalidConfirmationTopic,
  invalidParameter,
  invalidToken,
  refuseAttributes,
  subscriptionLimitExceeded,
  subscriptionNotFound,
  unsubscribeNeedsAuthentication,
  unsubscribePending,
} from '../errors.ts'
import type { SubscriptionAddress } from '../model/arn.ts'
import type { TopicAddress } from '../model/names.ts'
import type { ReplayStatus } from '../model/replay.ts'
import {
  changeSubscriptionAttribute,
  checkSameSubscription,
  type SubscriptionAttributes,
} from '../model/subscription-attributes.ts'
import { changeCounts, holdCounts } from './accounts.ts'
import { queueConfirmation } from './confirmations.ts'
import { findMobileEndpoint } from './mobile.ts'
import { beginReplay, changeReplay, checkReplay, findReplayStatus, stopReplay } from './replay.ts'
import {
  changeSubscription,
  findSubscription,
  readSubscriptions,
  type Subscription,
  type SubscriptionChange,
  subscriptionArn,
} from './subscription-row.ts'
import { type CountChanges, findTopicById, holdTopic, holdTopicById, newVersion, type Topic } from './topic-row.ts'

const MAX_FIFO_SUBSCRIPTIONS = 100
const MAX_PENDING = 5_000
/** A token confirms for this long; a subscription that nobody confirms is gone then. */
export const TOKEN_MS = 2 * 24 * 3_600_000
/** A removed subscription is remembered this long. */
const TOMBSTONE_MS = 24 * 3_600_000

export const EXPIRE_JOB = 'sns.expireSubscription'
export const FORGET_JOB = 'sns.forgetSubscription'

/** How many filter policies a topic and an account may have. */
export interface FilterPolicyLimits {
  readonly perTopic: number
  readonly perAccount: number
}

export interface SubscribeCall {
  readonly topic: TopicAddress
  /** Of whoever subscribes. */
  readonly accountId: string
  readonly region: string
  readonly principal: string
  readonly protocol: string
  readonly endpoint: string
  readonly attributes: SubscriptionAttributes
  readonly subscriptionId: string
  /** To confirm with; undefined for endpoints that need no confirmation. */
  readonly token: string | undefined
  /** Scheme, host and port for the links in what is sent. */
  readonly origin: string
  /** Of the signing key in use. */
  readonly keyId: string
  readonly limits: FilterPolicyLimits
}

export interface Subscribed {
  readonly arn: string
  readonly pending: boolean
}

/** Subscribes, or finds the subscription of that endpoint if its attributes are those that were given. */
export const subscribe = single('sns.subscribe', async (tx, call: SubscribeCall): Promise<Subscribed> => {
  const topic = await holdTopic(tx, call.topic)
  const { protocol, endpoint } = call
  if (protocol === 'application' && (await findMobileEndpoint(tx, endpoint)) === undefined) {
    throw invalidParameter(`Endpoint Reason: Endpoint does not exist for endpoint ${endpoint}`)
  }
  const [existing] = await readSubscriptions(
    tx,
    `where topic_id = ? and protocol = ? and endpoint = ? and status <> 'deleted'`,
    [topic.topicId, protocol, endpoint],
  )
  if (existing !== undefined) return subscribeAgain(tx, topic, existing, call)
  await checkLimits(tx, topic, call)
  checkReplay(topic, call, refuseAttributes)
  const [id] = (await tx.nextIds(1)) as [number]
  const { token } = call
  const hasPolicy = call.attributes.FilterPolicy === undefined ? 0 : 1
  const changes = { [token === undefined ? 'confirmed' : 'pending']: 1, filterPolicies: hasPolicy }
  const version = await newVersion(tx, topic.topicId, changes)
  const row = {
    topic_id: topic.topicId,
    id,
    subscription_id: call.subscriptionId,
    topic_arn: topic.arn,
    account: call.accountId,
    region: topic.region,
    protocol,
    endpoint,
    status: token === undefined ? 'confirmed' : 'pending',
    attributes: JSON.stringify(call.attributes),
    principal: call.principal,
    authenticated: token === undefined ? 1 : 0,
    authenticated_unsubscribe: 0,
    token: token ?? null,
    token_expires_at: token === undefined ? null : tx.now + TOKEN_MS,
    version,
  }
  const made = await tx.insertAbsent('sns_subscription', Object.keys(row), [Object.values(row)])
  if (made === 0) throw new ConcurrentChange('this endpoint was subscribed at the same time')
  await changeCounts(tx, topic, { pending: token === undefined ? 0 : 1, filterPolicies: hasPolicy })
  const arn = subscriptionArn({ topicArn: topic.arn, subscriptionId: call.subscriptionId })
  if (token !== undefined) await askForConfirmation(tx, { ...call, topic, arn, token })
  else await beginReplay(tx, topic, { topicId: topic.topicId, id, attributes: call.attributes })
  return { arn, pending: token !== undefined }
})

/** A pending subscription is asked to be confirmed once more, with a new token. */
async function subscribeAgain(tx: Tx, topic: Topic, existing: Subscription, call: SubscribeCall): Promise<Subscribed> {
  checkSameSubscription(existing.attributes, call.attributes)
  const arn = subscriptionArn(existing)
  if (existing.status === 'confirmed' || call.token === undefined) return { arn, pending: false }
  const token = call.token
  const change = { token, tokenExpiresAt: tx.now + TOKEN_MS }
  await changeSubscription(tx, existing, change, await newVersion(tx, topic.topicId))
  await askForConfirmation(tx, { ...call, subscriptionId: existing.subscriptionId, topic, arn, token })
  return { arn, pending: true }
}

interface Asked {
  readonly topic: Topic
  readonly subscriptionId: string
  readonly arn: string
  readonly protocol: string
  readonly endpoint: string
  readonly token: string
  readonly origin: string
  readonly keyId: string
}

async function askForConfirmation(tx: Tx, asked: Asked): Promise<void> {
  const { subscriptionId } = asked
  await queueConfirmation(tx, { ...asked, type: 'SubscriptionConfirmation' })
  await schedule(tx, { kind: EXPIRE_JOB, key: subscriptionId, due: tx.now + TOKEN_MS, payload: { subscriptionId } })
}

async function checkLimits(tx: Tx, topic: Topic, { attributes, token, limits }: SubscribeCall): Promise<void> {
  if (topic.fifo && topic.confirmed + topic.pending >= MAX_FIFO_SUBSCRIPTIONS) throw subscriptionLimitExceeded()
  const hasPolicy = attributes.FilterPolicy !== undefined
  if (hasPolicy && topic.filterPolicies >= limits.perTopic) throw filterPolicyLimitExceeded()
  if (!hasPolicy && token === undefined) return
  const { pending, filterPolicies } = await holdCounts(tx, topic)
  if (token !== undefined && pending >= MAX_PENDING) throw subscriptionLimitExceeded()
  if (hasPolicy && filterPolicies >= limits.perAccount) throw filterPolicyLimitExceeded()
}

export interface ConfirmCall {
  readonly token: string
  /** Of the topic that is named beside the token. */
  readonly region: string
  /** Whether the caller was signed in. */
  readonly authenticated: boolean
  readonly authenticateOnUnsubscribe: boolean
}

/** Confirms, or restores, the subscription that the token belongs to; resolves to its ARN. Repeating it changes nothing. */
export const confirmSubscription = single('sns.confirmSubscription', async (tx, call: ConfirmCall): Promise<string> => {
  const [found] = await readSubscriptions(tx, 'where token = ? and token_expires_at > ?', [call.token, tx.now])
  const topic = found && (await holdTopicById(tx, found.topicId))
  if (topic === undefined) throw invalidToken()
  if (topic.region !== call.region) throw call.authenticated ? invalidToken() : invalidConfirmationTopic()
  const subscription = (await findSubscription(tx, found?.subscriptionId as string)) as Subscription
  if (subscription.token !== call.token) throw invalidToken()
  if (subscription.status === 'confirmed') return subscriptionArn(subscription)
  if (subscription.status === 'deleted') await checkNotReplaced(tx, subscription)
  const hasPolicy = subscription.attributes.FilterPolicy === undefined ? 0 : 1
  const isPending = subscription.status === 'pending'
  const counts = isPending ? { pending: -1, confirmed: 1 } : { deleted: -1, confirmed: 1, filterPolicies: hasPolicy }
  const change = {
    status: 'confirmed',
    authenticated: call.authenticated,
    authenticatedUnsubscribe: call.authenticated && call.authenticateOnUnsubscribe,
  } as const
  await changeHeld(tx, subscription, change, counts)
  await beginReplay(tx, topic, subscription)
  await changeCounts(tx, topic, isPending ? { pending: -1 } : { filterPolicies: hasPolicy })
  return subscriptionArn(subscription)
})

/** To be called while the topic is held. */
async function changeHeld(
  tx: Tx,
  subscription: Subscription,
  change: SubscriptionChange,
  counts: CountChanges,
): Promise<void> {
  await changeSubscription(tx, subscription, change, await newVersion(tx, subscription.topicId, counts))
}

/** Its endpoint may have been subscribed anew since. */
async function checkNotReplaced(tx: Tx, { topicId, protocol, endpoint }: Subscription): Promise<void> {
  const replaced = await tx.get(
    `select 1 as one from sns_subscription where topic_id = ? and protocol = ? and endpoint = ? and status <> 'deleted'`,
    [topicId, protocol, endpoint],
  )
  if (replaced !== undefined) throw invalidToken()
}

export interface UnsubscribeCall {
  readonly subscriptionId: string
  /** The ARN's topic: one that names another topic means no subscription. */
  readonly topicArn: string
  readonly authenticated: boolean
  /** To restore it with, if its endpoint is told. */
  readonly token: string
  readonly origin: string
  readonly keyId: string
}

const TOLD_OF_REMOVAL: ReadonlySet<string> = new Set(['http', 'https'])

/** Removes the subscription, if there is one. An endpoint whose own link was followed is told, and may take it back. */
export const unsubscribe = single('sns.unsubscribe', async (tx, call: UnsubscribeCall): Promise<void> => {
  const seen = await findSubscription(tx, call.subscriptionId)
  if (seen === undefined || seen.topicArn !== call.topicArn) return
  if (seen.authenticatedUnsubscribe && !call.authenticated) throw unsubscribeNeedsAuthentication(subscriptionArn(seen))
  const topic = await holdTopicById(tx, seen.topicId)
  const subscription = await findSubscription(tx, call.subscriptionId)
  if (subscription === undefined || subscription.status === 'deleted') return
  // An orphan can't be confirmed any more.
  if (topic !== undefined && subscription.status === 'pending') throw unsubscribePending()
  const isTold = topic !== undefined && !call.authenticated && TOLD_OF_REMOVAL.has(subscription.protocol)
  const { subscriptionId, attributes, status } = subscription
  const hasPolicy = attributes.FilterPolicy === undefined ? 0 : 1
  const counts = { [status]: -1, deleted: 1, filterPolicies: -hasPolicy }
  const token = isTold ? call.token : null
  const change = { status: 'deleted', token, tokenExpiresAt: isTold ? tx.now + TOKEN_MS : null } as const
  await changeHeld(tx, subscription, change, counts)
  await stopReplay(tx, subscription)
  await schedule(tx, { kind: FORGET_JOB, key: subscriptionId, due: tx.now + TOMBSTONE_MS, payload: { subscriptionId } })
  if (topic === undefined) return
  await changeCounts(tx, topic, { filterPolicies: -hasPolicy })
  if (!isTold) return
  const { protocol, endpoint } = subscription
  const arn = subscriptionArn(subscription)
  const { origin, keyId } = call
  await queueConfirmation(tx, {
    type: 'UnsubscribeConfirmation',
    topic,
    subscriptionId,
    arn,
    protocol,
    endpoint,
    token: call.token,
    origin,
    keyId,
  })
})

/** A subscription that nobody confirmed in time vanishes. */
export const expireSubscription = single(
  'sns.expireSubscription',
  async (tx, { subscriptionId }: { subscriptionId: string }): Promise<void> => {
    const seen = await findSubscription(tx, subscriptionId)
    const topic = seen && (await holdTopicById(tx, seen.topicId))
    if (seen === undefined || topic === undefined) return
    const { topicId, id } = seen
    const hasPolicy = seen.attributes.FilterPolicy === undefined ? 0 : 1
    const expired = await tx.run(
      `delete from sns_subscription where topic_id = ? and id = ? and status = 'pending' and token_expires_at <= ?`,
      [topicId, id, tx.now],
    )
    if (expired === 0) return
    await newVersion(tx, topicId, { pending: -1, filterPolicies: -hasPolicy })
    await changeCounts(tx, topic, { pending: -1, filterPolicies: -hasPolicy })
  },
)

/** A removed subscription is remembered no more. */
export const forgetSubscription = single(
  'sns.forgetSubscription',
  async (tx, { subscriptionId }: { subscriptionId: string }): Promise<void> => {
    const seen = await findSubscription(tx, subscriptionId)
    if (seen === undefined) return
    const topic = await holdTopicById(tx, seen.topicId)
    const { topicId, id, version } = seen
    const forgotten = await tx.run(
      `delete from sns_subscription where topic_id = ? and id = ? and status = 'deleted' and version = ?`,
      [topicId, id, version],
    )
    if (forgotten === 0 || topic === undefined) return
    await newVersion(tx, topicId, { deleted: -1 })
    await tx.run('update sns_topic set collected_version = ? where topic_id = ? and collected_version < ?', [
      version,
      topicId,
      version,
    ])
  },
)

/** Throws NotFound. One whose topic was deleted is still there for a day. */
export const getSubscription = single(
  'sns.getSubscription',
  async (tx, { subscriptionId, topicArn }: SubscriptionAddress): Promise<SubscriptionFacts> => {
    const subscription = await requireSubscription(tx, { subscriptionId, topicArn })
    const topic = await findTopicById(tx, subscription.topicId)
    return { subscription, topic, replayStatus: await findReplayStatus(tx, subscription) }
  },
)

export interface SubscriptionFacts {
  readonly subscription: Subscription
  /** Undefined if it was deleted. */
  readonly topic: Topic | undefined
  /** Undefined without a replay policy. */
  readonly replayStatus: ReplayStatus | undefined
}

async function requireSubscription(tx: Tx, { subscriptionId, topicArn }: SubscriptionAddress): Promise<Subscription> {
  const subscription = await findSubscription(tx, subscriptionId)
  const isThere = subscription?.topicArn === topicArn && subscription.status !== 'deleted'
  if (!isThere) throw subscriptionNotFound()
  return subscription
}

export interface SetSubscriptionAttributeCall extends SubscriptionAddress {
  readonly name: string
  /** Undefined and empty unset it. */
  readonly value: string | undefined
  readonly limits: FilterPolicyLimits
}

export const setSubscriptionAttribute = single(
  'sns.setSubscriptionAttribute',
  async (tx, { name, value, limits, ...address }: SetSubscriptionAttributeCall): Promise<void> => {
    const { topicId } = await requireSubscription(tx, address)
    const topic = await holdTopicById(tx, topicId)
    const subscription = await requireSubscription(tx, address)
    const attributes = changeSubscriptionAttribute(subscription, name, value)
    const had = subscription.attributes.FilterPolicy === undefined ? 0 : 1
    const has = attributes.FilterPolicy === undefined ? 0 : 1
    if (topic !== undefined && has > had) {
      if (topic.filterPolicies >= limits.perTopic) throw filterPolicyLimitExceeded()
      if ((await holdCounts(tx, topic)).filterPolicies >= limits.perAccount) throw filterPolicyLimitExceeded()
    }
    await changeHeld(tx, subscription, { attributes }, { filterPolicies: has - had })
    if (topic !== undefined) await changeCounts(tx, topic, { filterPolicies: has - had })
    if (name === 'ReplayPolicy') await changeReplay(tx, topic, { ...subscription, attributes })
  },
)
