/**
 * What has to leave the platform. A delivery is a row, written in the transaction of the publish; each target has one job
 * (`sns.deliver`), which sends what is due to it, whichever node runs that. So a slow target holds up only itself, and no
 * two nodes send to one target at once.
 */
import { scheduleAll } from '../../../kernel/jobs/jobs.ts'
import { inSlices } from '../../../kernel/store/sql.ts'
import { batched, done, type Settled, type SqlValue, type Tx } from '../../../kernel/store/store.ts'
import { deliverAll } from '../../../kernel/targets/deliver.ts'
import type { AddressedDelivery } from '../../../kernel/targets/delivery.ts'
import { fromStoredJson, type StoredMessage, toStoredJson } from '../model/message.ts'
import { QueueDeliveries } from '../model/queue-delivery.ts'
import type { Account } from './accounts.ts'
import { disableEndpoint, findMobileEndpoint, type MobileEndpoint } from './mobile.ts'
import { type SmsFacts, smsFacts } from './sms.ts'
import { toLive } from './snapshot.ts'
import { findSubscription, type Subscription } from './subscription-row.ts'
import { findTopicById, type Topic } from './topic-row.ts'

export const DELIVER_JOB = 'sns.deliver'

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
}

/** What became of a delivery. */
export type Ending =
  | { readonly id: number; readonly type: 'delivered' }
  /** Nobody is to get it any more. */
  | { readonly id: number; readonly type: 'dropped' }
  | { readonly id: number; readonly type: 'retry'; readonly dueAt: number }
  /** For good: it goes to the dead-letter queue, if there is one. */
  | { readonly id: number; readonly type: 'failed'; readonly disableEndpoint: boolean }

export interface TurnCall {
  readonly target: Target
  /** Of what was taken earlier. */
  readonly endings: readonly Ending[]
  /** At most this many are taken. */
  readonly limit: number
  /** Of the signing key in use. */
  readonly keyId: string
}

export interface Outgoing {
  readonly id: number
  /** How often it was tried before. */
  readonly attempts: number
  readonly content: Content
}

export interface Turn {
  /** Undefined if there is nobody left to send to. */
  readonly destination: Destination | undefined
  /** Those that are due, the oldest first; what is still under way is among them. */
  readonly deliveries: readonly Outgoing[]
  /** When the next one is due, if there is one. */
  readonly nextDueAt: number | undefined
  /** Of those that failed for good: how many went to a dead-letter queue, and how many it didn't take. */
  readonly redriven: number
  readonly notRedriven: number
}

/** All that sending to a target takes. */
export interface Destination {
  /** With its topic, unless the target was published to directly. */
  readonly subscription: Subscription | undefined
  readonly topic: Topic | undefined
  /** Of phones and devices. */
  readonly sms: SmsFacts | undefined
  readonly mobile: MobileEndpoint | undefined
}

/** Records how deliveries to a target ended, and takes the next ones. Only the job of that target calls this. */
export const takeTurn = batched('sns.takeTurn', async (tx, calls: readonly TurnCall[]): Promise<Settled<Turn>[]> => {
  const turns: Settled<Turn>[] = []
  for (const call of calls) turns.push(done(await turn(tx, call)))
  return turns
})

async function turn(tx: Tx, { target, endings, limit, keyId }: TurnCall): Promise<Turn> {
  const key = targetKey(target)
  const destination = await findDestination(tx, target)
  const { redriven, notRedriven } = await settle(tx, { key, destination, endings, keyId })
  if (destination === undefined) {
    const more = await dropSlice(tx, key)
    return { destination, deliveries: [], nextDueAt: more ? tx.now : undefined, redriven, notRedriven }
  }
  const rows = await tx.all<{ id: number; attempts: number; content: string }>(
    'select id, attempts, content from sns_delivery where target = ? and due_at <= ? order by due_at, id limit ?',
    [key, tx.now, limit],
  )
  const next = await tx.get<{ dueAt: number | null }>(
    'select min(due_at) as "dueAt" from sns_delivery where target = ? and due_at > ?',
    [key, tx.now],
  )
  const deliveries = rows.map(({ content, ...row }) => ({ ...row, content: fromStoredJson<Content>(content) }))
  return { destination, deliveries, nextDueAt: next?.dueAt ?? undefined, redriven, notRedriven }
}

const DROPPED_AT_ONCE = 1_000

/** Nobody is left to send to: true if there may be more. */
async function dropSlice(tx: Tx, key: string): Promise<boolean> {
  const dropped = await tx.run(
    'delete from sns_delivery where target = ? and id in (select id from sns_delivery where target = ? limit ?)',
    [key, key, DROPPED_AT_ONCE],
  )
  return dropped === DROPPED_AT_ONCE
}

async function findDestination(tx: Tx, target: Target): Promise<Destination | undefined> {
  const nothing = { subscription: undefined, topic: undefined, sms: undefined, mobile: undefined }
  if ('phoneNumber' in target) return { ...nothing, sms: await smsFacts(tx, target, target.phoneNumber) }
  if ('endpointArn' in target) {
    const mobile = await findMobileEndpoint(tx, target.endpointArn)
    return mobile && { ...nothing, mobile }
  }
  const subscription = await findSubscription(tx, target.subscriptionId)
  const topic = subscription && (await findTopicById(tx, subscription.topicId))
  if (subscription === undefined || topic === undefined) return undefined
  const { protocol, endpoint } = subscription
  const sms = protocol === 'sms' ? await smsFacts(tx, topic, endpoint) : undefined
  const mobile = protocol === 'application' ? await findMobileEndpoint(tx, endpoint) : undefined
  return { subscription, topic, sms, mobile }
}

interface Settlement {
  readonly key: string
  readonly destination: Destination | undefined
  readonly endings: readonly Ending[]
  readonly keyId: string
}

async function settle(
  tx: Tx,
  { key, destination, endings, keyId }: Settlement,
): Promise<{ redriven: number; notRedriven: number }> {
  const failed: number[] = []
  const gone: number[] = []
  for (const ending of endings) {
    if (ending.type === 'retry') {
      await tx.run('update sns_delivery set due_at = ?, attempts = attempts + 1 where target = ? and id = ?', [
        ending.dueAt,
        key,
        ending.id,
      ])
      continue
    }
    gone.push(ending.id)
    if (ending.type !== 'failed') continue
    failed.push(ending.id)
    if (ending.disableEndpoint && destination?.mobile !== undefined) await disableEndpoint(tx, destination.mobile)
  }
  const lost = destination?.subscription === undefined ? [] : await readContents(tx, key, failed)
  await inSlices(gone, async (slice, marks) => {
    await tx.run(`delete from sns_delivery where target = ? and id in (${marks})`, [key, ...slice])
  })
  if (destination?.subscription === undefined || destination.topic === undefined) return NONE_REDRIVEN
  const { topic } = destination
  const live = toLive(destination.subscription)
  const { deadLetterArn } = live
  if (deadLetterArn === undefined) return NONE_REDRIVEN
  const outcomes = await deliverAll(
    tx,
    lost.flatMap((content): AddressedDelivery[] => {
      if (content.type !== 'Notification') return []
      return [{ arn: deadLetterArn, delivery: new QueueDeliveries(topic, content.message, keyId).deadLetterOf(live) }]
    }),
  )
  const redriven = outcomes.filter(({ ok }) => ok).length
  return { redriven, notRedriven: outcomes.length - redriven }
}

async function readContents(tx: Tx, key: string, ids: readonly number[]): Promise<Content[]> {
  const contents: Content[] = []
  await inSlices(ids, async (slice, marks) => {
    const rows = await tx.all<{ content: string }>(
      `select content from sns_delivery where target = ? and id in (${marks}) order by id`,
      [key, ...slice],
    )
    contents.push(...rows.map(({ content }) => fromStoredJson<Content>(content)))
  })
  return contents
}

const NONE_REDRIVEN = { redriven: 0, notRedriven: 0 }
