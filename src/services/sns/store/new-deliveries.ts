/**
 * What has to leave the platform. A delivery is a row, written in the transaction of the publish; each target has one job
 * (`sns.deliver`), which sends what is due to it, whichever node runs that. So a slow target holds up only itself, and no
 * two nodes send to one target at once. What the job does with the rows: deliveries.ts.
 */
import { scheduleAll } from '../../../kernel/jobs/jobs.ts'
import type { SqlValue, Tx } from '../../../kernel/store/store.ts'
import { type StoredMessage, toStoredJson } from '../model/message.ts'
import type { Account } from './accounts.ts'

export const DELIVER_JOB = 'sns.deliver'

/** Told after every commit that queued deliveries; the key is the target's. */
export const DELIVERIES_CHANNEL = 'sns.deliveries'

/** Who gets a delivery: a subscription, or a phone or a device that was published to directly. */
export type Target =
  | { readonly subscriptionId: string }
  | ({ readonly phoneNumber: string } & Account)
  | { readonly endpointArn: string }

/** A notification, or one of the documents about the subscription itself. */
export type Content =
  | { readonly type: 'Notification'; readonly message: StoredMessage }
  | {
      readonly type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'
      readonly messageId: string
      readonly token: string
      readonly at: number
      readonly origin: string
    }

export function targetKey(target: Target): string {
  if ('subscriptionId' in target) return target.subscriptionId
  if ('endpointArn' in target) return target.endpointArn
  return `${target.accountId}/${target.region}/${target.phoneNumber}`
}

export interface NewDelivery {
  readonly target: Target
  readonly content: Content
}

/** Writes deliveries down, and has them sent after the commit. */
export async function queueDeliveries(tx: Tx, deliveries: readonly NewDelivery[]): Promise<void> {
  if (deliveries.length === 0) return
  const ids = await tx.nextIds(deliveries.length)
  const rows = deliveries.map(({ target, content }, at): SqlValue[] => [
    targetKey(target),
    ids[at] as number,
    tx.now,
    0,
    toStoredJson(content),
  ])
  await tx.insertMany('sns_delivery', ['target', 'id', 'due_at', 'attempts', 'content'], rows)
  const targets = new Map(deliveries.map(({ target }) => [targetKey(target), target]))
  await scheduleAll(
    tx,
    [...targets].map(([key, payload]) => ({ kind: DELIVER_JOB, key, due: tx.now, payload })),
  )
  for (const key of targets.keys()) tx.wake(DELIVERIES_CHANNEL, key)
}
