/** Subscriptions as rows. */
import type { SqlValue, Tx } from '../../../kernel/store/store.ts'
import type { SubscriptionAttributes } from '../model/subscription-attributes.ts'

/** `pending`: it was not confirmed yet, and gets nothing. `deleted`: it is remembered for a day, and can be restored. */
export type SubscriptionStatus = 'pending' | 'confirmed' | 'deleted'

export interface Subscription {
  readonly topicId: number
  readonly id: number
  readonly subscriptionId: string
  readonly topicArn: string
  /** Its owner's. */
  readonly accountId: string
  readonly region: string
  readonly protocol: string
  readonly endpoint: string
  readonly status: SubscriptionStatus
  readonly attributes: SubscriptionAttributes
  /** The ARN of who subscribed. */
  readonly principal: string
  readonly authenticated: boolean
  readonly authenticatedUnsubscribe: boolean
  readonly token: string | null
  readonly tokenExpiresAt: number | null
  readonly version: number
}

type Row = Omit<Subscription, 'attributes' | 'authenticated' | 'authenticatedUnsubscribe'> & {
  attributes: string
  authenticated: number
  authenticatedUnsubscribe: number
}

export const SUBSCRIPTION_COLUMNS = `topic_id as "topicId", id, subscription_id as "subscriptionId", topic_arn as "topicArn",
  account as "accountId", region, protocol, endpoint, status, attributes, principal, authenticated,
  authenticated_unsubscribe as "authenticatedUnsubscribe", token, token_expires_at as "tokenExpiresAt", version`

/** Reads subscriptions; `where` follows the name of the table `sns_subscription s`. */
export async function readSubscriptions(tx: Tx, where: string, params: readonly SqlValue[]): Promise<Subscription[]> {
  const rows = await tx.all<Row>(`select ${SUBSCRIPTION_COLUMNS} from sns_subscription s ${where}`, params)
  return rows.map(toSubscription)
}

/** By the last part of its ARN, whatever its status. */
export async function findSubscription(tx: Tx, subscriptionId: string): Promise<Subscription | undefined> {
  const [found] = await readSubscriptions(tx, 'where subscription_id = ?', [subscriptionId])
  return found
}

export const subscriptionArn = ({ topicArn, subscriptionId }: Pick<Subscription, 'topicArn' | 'subscriptionId'>) =>
  `${topicArn}:${subscriptionId}`

const toSubscription = (row: Row): Subscription => ({
  ...row,
  attributes: JSON.parse(row.attributes) as SubscriptionAttributes,
  authenticated: row.authenticated === 1,
  authenticatedUnsubscribe: row.authenticatedUnsubscribe === 1,
})

/** Columns that change after a subscription was made. */
export type SubscriptionChange = Partial<{
  status: SubscriptionStatus
  attributes: SubscriptionAttributes
  authenticated: boolean
  authenticatedUnsubscribe: boolean
  token: string | null
  tokenExpiresAt: number | null
}>

const COLUMN_OF: Readonly<Record<keyof SubscriptionChange, string>> = {
  status: 'status',
  attributes: 'attributes',
  authenticated: 'authenticated',
  authenticatedUnsubscribe: 'authenticated_unsubscribe',
  token: 'token',
  tokenExpiresAt: 'token_expires_at',
}

/** To be called while the topic is held, with the version that it was given for the change. */
export async function changeSubscription(
  tx: Tx,
  { topicId, id }: Pick<Subscription, 'topicId' | 'id'>,
  change: SubscriptionChange,
  version: number,
): Promise<void> {
  const entries = Object.entries(change) as [keyof SubscriptionChange, unknown][]
  const set = entries.map(([name]) => `${COLUMN_OF[name]} = ?, `).join('')
  const values = entries.map(([, value]) => toSql(value))
  await tx.run(`update sns_subscription set ${set}version = ? where topic_id = ? and id = ?`, [
    ...values,
    version,
    topicId,
    id,
  ])
}

function toSql(value: unknown): SqlValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as SqlValue)
}
