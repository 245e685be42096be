/** What GetSubscriptionAttributes answers. */
import { withoutPasswords } from '../../../kernel/secrets.ts'
import type { ReplayStatus } from './replay.ts'
import { type SubscriptionAttributes, shownSubscriptionAttributes } from './subscription-attributes.ts'

export interface SubscriptionState {
  readonly subscriptionId: string
  readonly topicArn: string
  /** Of who subscribed. */
  readonly accountId: string
  /** The ARN of who subscribed. */
  readonly principal: string
  readonly protocol: string
  readonly endpoint: string
  readonly status: 'pending' | 'confirmed' | 'deleted'
  /** Whether the confirmation was signed; subscriptions that need none count as such. */
  readonly authenticated: boolean
  readonly attributes: SubscriptionAttributes
}

/** What goes with some subscriptions. */
export interface SubscriptionExtras {
  /** The JSON text of the policy that deliveries follow. */
  readonly EffectiveDeliveryPolicy?: string
  readonly ReplayStatus?: ReplayStatus
}

export function describeSubscription(
  subscription: SubscriptionState,
  extras: SubscriptionExtras = {},
): Record<string, string> {
  const { topicArn, subscriptionId } = subscription
  const shown = Object.entries(extras).filter(([, text]) => text !== undefined)
  return {
    SubscriptionArn: `${topicArn}:${subscriptionId}`,
    TopicArn: topicArn,
    Owner: subscription.accountId,
    Protocol: subscription.protocol,
    Endpoint: withoutPasswords(subscription.endpoint),
    SubscriptionPrincipal: subscription.principal,
    PendingConfirmation: String(subscription.status === 'pending'),
    ConfirmationWasAuthenticated: String(subscription.authenticated),
    ...shownSubscriptionAttributes(subscription.attributes),
    ...Object.fromEntries(shown),
  }
}
