/** Listing subscriptions: of an account, and of a topic. */
import { single } from '../../../kernel/store/store.ts'
import type { TopicAddress } from '../model/names.ts'
import { readSubscriptions, type Subscription } from './subscription-row.ts'
import { requireTopic } from './topic-row.ts'

export interface ListSubscriptionsCall {
  readonly accountId: string
  readonly region: string
  /** Ids after this one. */
  readonly after: number
  readonly limit: number
}

/** What was removed is listed for a while only where somebody had to confirm it. */
const LISTED = `(status <> 'deleted' or protocol in ('email', 'email-json', 'http', 'https'))`

/** The subscriptions of an account, in the order of their making; not those whose topic was deleted. */
export const listSubscriptions = single(
  'sns.listSubscriptions',
  (tx, { accountId, region, after, limit }: ListSubscriptionsCall): Promise<Subscription[]> =>
    readSubscriptions(
      tx,
      `where account = ? and region = ? and id > ? and ${LISTED}
         and exists (select 1 from sns_topic t where t.topic_id = s.topic_id) order by id limit ?`,
      [accountId, region, after, limit],
    ),
)

export interface ListByTopicCall {
  readonly topic: TopicAddress
  readonly after: number
  readonly limit: number
}

/** Throws NotFound. */
export const listByTopic = single(
  'sns.listByTopic',
  async (tx, { topic, after, limit }: ListByTopicCall): Promise<Subscription[]> => {
    const { topicId } = await requireTopic(tx, topic)
    return readSubscriptions(tx, `where topic_id = ? and id > ? and ${LISTED} order by id limit ?`, [
      topicId,
      after,
      limit,
    ])
  },
)
