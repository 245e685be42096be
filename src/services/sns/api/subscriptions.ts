/** The operations on subscriptions: their life, confirmation and attributes. */
import { randomUUID } from 'node:crypto'
import { parseArn } from '../../../kernel/arn.ts'
import type { PartialHandlers } from '../../../kernel/protocol/types.ts'
import { withoutPasswords } from '../../../kernel/secrets.ts'
import { invalidParameter, unreachableEndpoint } from '../errors.ts'
import { parseSubscriptionArn, parseTopicArn } from '../model/arn.ts'
import { checkConfirmation, newToken } from '../model/confirmation.ts'
import { effectiveSubscriptionDeliveryPolicy } from '../model/delivery-policy.ts'
import { checkEndpoint, needsConfirmation, type Protocol } from '../model/endpoint.ts'
import { isFifoName, topicArn } from '../model/names.ts'
import { decodeNextId, encodeNextToken, PAGE_SIZE } from '../model/page-token.ts'
import { createSubscriptionAttributes } from '../model/subscription-attributes.ts'
import { describeSubscription } from '../model/subscription-description.ts'
import {
  confirmSubscription,
  getSubscription,
  listByTopic,
  listSubscriptions,
  type Subscription,
  setSubscriptionAttribute,
  subscribe,
  subscriptionArn,
  unsubscribe,
} from '../store.ts'
import { checkedFor, limitsOf, originFor, pageOf, regionOf, type SNS, type SnsContext } from './context.ts'

const PENDING = 'pending confirmation'

export const subscriptions = (sns: SnsContext) =>
  ({
    async Subscribe({ TopicArn, Protocol, Endpoint = '', Attributes = {}, ReturnSubscriptionArn }, caller) {
      const { accountId, region, principal } = caller
      const topic = parseTopicArn(TopicArn, region)
      const { protocol, attributes } = await checkedFor(sns, topic, () => {
        const protocol = checkEndpoint(Protocol, Endpoint, isFifoName(topic.name))
        const subscriber = { protocol, endpoint: Endpoint, topicArn: topicArn(topic), region, accountId }
        const attributes = createSubscriptionAttributes(Attributes, subscriber)
        checkTarget(sns, protocol, Endpoint)
        return { protocol, attributes }
      })
      const { keyId } = await sns.signing.current()
      const { arn, pending } = await sns.store.execute(subscribe, {
        topic,
        accountId,
        region,
        principal: principal.arn,
        protocol,
        endpoint: Endpoint,
        attributes,
        subscriptionId: randomUUID(),
        token: needsConfirmation(protocol, Endpoint, accountId) ? newToken() : undefined,
        origin: originFor(sns, caller),
        keyId,
        limits: limitsOf(sns),
      })
      return { SubscriptionArn: pending && !ReturnSubscriptionArn ? PENDING : arn }
    },

    async ConfirmSubscription({ TopicArn, Token, AuthenticateOnUnsubscribe }, caller) {
      const { region } = checkConfirmation(TopicArn, Token, regionOf(caller))
      const arn = await sns.store.execute(confirmSubscription, {
        token: Token,
        region,
        authenticated: caller.signed,
        authenticateOnUnsubscribe: AuthenticateOnUnsubscribe?.toLowerCase() === 'true',
      })
      return { SubscriptionArn: arn }
    },

    async Unsubscribe({ SubscriptionArn = '' }, caller) {
      const address = parseSubscriptionArn(SubscriptionArn, regionOf(caller))
      const { keyId } = await sns.signing.current()
      await sns.store.execute(unsubscribe, {
        ...address,
        authenticated: caller.signed,
        token: newToken(),
        origin: originFor(sns, caller),
        keyId,
      })
      return {}
    },

    async ListSubscriptions({ NextToken }, { accountId, region }) {
      const listing = `subscriptions ${accountId} ${region}`
      const after = NextToken ? decodeNextId(listing, NextToken) : 0
      const call = { accountId, region, after, limit: PAGE_SIZE + 1 }
      return page(listing, await sns.store.execute(listSubscriptions, call))
    },

    async ListSubscriptionsByTopic({ TopicArn, NextToken }, { region }) {
      const topic = parseTopicArn(TopicArn, region)
      const listing = `subscriptions of ${TopicArn}`
      const after = NextToken ? decodeNextId(listing, NextToken) : 0
      return page(listing, await sns.store.execute(listByTopic, { topic, after, limit: PAGE_SIZE + 1 }))
    },

    async GetSubscriptionAttributes({ SubscriptionArn }, { region }) {
      const address = parseSubscriptionArn(SubscriptionArn, region)
      const { subscription, topic, replayStatus } = await sns.store.execute(getSubscription, address)
      const { protocol, attributes } = subscription
      const replay = replayStatus === undefined ? {} : { ReplayStatus: replayStatus }
      if (protocol !== 'http' && protocol !== 'https') return { Attributes: describeSubscription(subscription, replay) }
      const EffectiveDeliveryPolicy = effectiveSubscriptionDeliveryPolicy(
        topic?.attributes.DeliveryPolicy,
        attributes.DeliveryPolicy,
      )
      return { Attributes: describeSubscription(subscription, { EffectiveDeliveryPolicy }) }
    },

    async SetSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue }, { region }) {
      const address = parseSubscriptionArn(SubscriptionArn, region)
      const call = { ...address, name: AttributeName, value: AttributeValue, limits: limitsOf(sns) }
      await sns.store.execute(setSubscriptionAttribute, call)
      return {}
    },
  }) satisfies PartialHandlers<SNS>

/**
 * Of targets that other services have: those services have to be there. Queues may come later. Nothing is sent to some
 * addresses: a name's are only known when it is sent to.
 */
function checkTarget({ targets, guard }: SnsContext, protocol: Protocol, endpoint: string): void {
  const isUrl = protocol === 'http' || protocol === 'https'
  if (isUrl && guard.refusalOfUrl(new URL(endpoint)) !== undefined) throw unreachableEndpoint()
  if (protocol !== 'lambda' && protocol !== 'firehose') return
  const arn = parseArn(endpoint)
  if (arn !== undefined && targets.resolve(arn) === undefined) {
    throw invalidParameter(`Endpoint Reason: Endpoint does not exist for endpoint ${endpoint}`)
  }
}

function page(listing: string, found: readonly Subscription[]) {
  const { shown, last } = pageOf(found, PAGE_SIZE)
  return { Subscriptions: shown.map(listed), NextToken: last && encodeNextToken(listing, String(last.id)) }
}

const LISTED_AS = { pending: 'PendingConfirmation', deleted: 'Deleted' } as const

const listed = (subscription: Subscription) => ({
  SubscriptionArn: subscription.status === 'confirmed' ? subscriptionArn(subscription) : LISTED_AS[subscription.status],
  Owner: subscription.accountId,
  Protocol: subscription.protocol,
  Endpoint: withoutPasswords(subscription.endpoint),
  TopicArn: subscription.topicArn,
})
