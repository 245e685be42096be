/** What GetTopicAttributes answers. */
import { shownTopicAttributes, type TopicState } from './topic-attributes.ts'

export interface TopicFacts extends TopicState {
  /** How many subscriptions there are of each kind. */
  readonly confirmed: number
  readonly pending: number
  readonly deleted: number
}

/** `effectiveDeliveryPolicy` is the JSON text of the policy that deliveries follow. */
export const describeTopic = (topic: TopicFacts, effectiveDeliveryPolicy: string): Record<string, string> => ({
  ...shownTopicAttributes(topic),
  EffectiveDeliveryPolicy: effectiveDeliveryPolicy,
  SubscriptionsConfirmed: String(topic.confirmed),
  SubscriptionsPending: String(topic.pending),
  SubscriptionsDeleted: String(topic.deleted),
})
