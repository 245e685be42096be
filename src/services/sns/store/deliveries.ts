/** What the job of a target does: it takes what is due, and writes down how that ended. New deliveries: new-deliveries.ts. */
import { inSlices } from '../../../kernel/store/sql.ts'
import { batched, done, type Settled, type Tx } from '../../../kernel/store/store.ts'
import { fromStoredJson, type StoredMessage } from '../model/message.ts'
import { QueueDeliveries } from '../model/queue-delivery.ts'
import { type DeadLetter, redriveAll } from './dead-letters.ts'
import { type FanOutReport, joinReports } from './fan-out.ts'
import { findMobileEndpoint, type MobileEndpoint } from './mobile.ts'
import { type Content, type Target, targetKey } from './new-deliveries.ts'
import { recordPushFailures } from './push-failures.ts'
import { type SmsFacts, smsFacts } from './sms.ts'
import { toLive } from './snapshot.ts'
import { findSubscription, type Subscription } from './subscription-row.ts'
import { findTopicById, type Topic } from './topic-row.ts'

/** What became of a delivery. */
export type Ending =
  | { readonly id: number; readonly type: 'delivered' }
  /** Nobody is to get it any more. */
  | { readonly id: number; readonly type: 'dropped' }
  | { readonly id: number; readonly type: 'retry'; readonly dueAt: number }
  /** For good: it goes to the dead-letter queue, if there is one. */
  | { readonly id: number; readonly type: 'failed'; readonly reason: string; readonly disableEndpoint: boolean }

export interface TurnCall {
  readonly target: Target
  /** Of what was taken earlier. */
  readonly endings: readonly Ending[]
  /** What was taken earlier and has not ended: it is not taken twice. */
  readonly inHand: readonly number[]
  /** At most so many of the oldest that are due are looked at, those in hand among them; 0 takes none. */
  readonly limit: number
  /** At most so much is taken; a single one may be larger if there is none in hand. */
  readonly maxBytes: number
  /** Of the signing key in use. */
  readonly keyId: string
}

export interface StoredDelivery {
  readonly id: number
  /** How often it was tried before. */
  readonly attempts: number
  /** Of its content. */
  readonly bytes: number
  /** JSON, for `outgoing` to read: a text crosses threads at a fifth of what the objects in it cost. */
  readonly content: string
}

export interface Outgoing extends Omit<StoredDelivery, 'content'> {
  readonly content: Content
}

export const outgoing = (stored: StoredDelivery): Outgoing => ({
  ...stored,
  content: fromStoredJson<Content>(stored.content),
})

export interface Turn {
  /** Undefined if there is nobody left to send to: everything is dropped then. */
  readonly destination: Destination | undefined
  /** Those that were taken, the oldest first. */
  readonly deliveries: readonly StoredDelivery[]
  /** Another call would find more. */
  readonly more: boolean
  /** When the next one becomes due that isn't yet; undefined if there is none. */
  readonly nextDueAt: number | undefined
  /** Of those that failed for good: how many went to a dead-letter queue, and how many it didn't take. */
  readonly redriven: number
  readonly notRedriven: number
  /** How many were dropped since there is nobody left to send to. */
  readonly dropped: number
  /** What became of the events that tell of failed pushes. */
  readonly events: FanOutReport
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
  const destinations = await Promise.all(calls.map(({ target }) => findDestination(tx, target)))
  const lost = await Promise.all(calls.map((call) => settle(tx, call)))
  const events: FanOutReport[] = []
  for (const [at, { keyId }] of calls.entries()) {
    const { subscription, mobile } = destinations[at] ?? {}
    const failures = lost[at] as Lost[]
    if (mobile === undefined || failures.length === 0) continue
    events[at] = await recordPushFailures(tx, mobile, { failures, isDirect: subscription === undefined, keyId })
  }
  const redrives = await redrive(tx, calls, destinations, lost)
  const taken = await Promise.all(calls.map((call, at) => take(tx, call, destinations[at])))
  return taken.map((share, at) =>
    done({ ...share, ...(redrives[at] as Redriven), events: events[at] ?? joinReports([]) }),
  )
})

type Taken = Pick<Turn, 'deliveries' | 'more'>

async function take(
  tx: Tx,
  call: TurnCall,
  destination: Destination | undefined,
): Promise<Omit<Turn, 'redriven' | 'notRedriven' | 'events'>> {
  const key = targetKey(call.target)
  if (destination === undefined) {
    const dropped = await dropSlice(tx, key)
    return { destination, deliveries: [], more: dropped === DROPPED_AT_ONCE, dropped, nextDueAt: undefined }
  }
  const taken = call.limit === 0 ? NOTHING : await takeDue(tx, key, call)
  const next = await tx.get<{ dueAt: number | null }>(
    'select min(due_at) as "dueAt" from sns_delivery where target = ? and due_at > ?',
    [key, tx.now],
  )
  return { destination, ...taken, dropped: 0, nextDueAt: next?.dueAt ?? undefined }
}

const NOTHING: Taken = { deliveries: [], more: false }

/** Contents are read for what is taken only: they may be large. */
async function takeDue(tx: Tx, key: string, { inHand, limit, maxBytes }: TurnCall): Promise<Taken> {
  // Of the index alone: most of what is due is in hand while an endpoint is busy.
  const due = await tx.all<{ id: number }>(
    'select id from sns_delivery where target = ? and due_at <= ? order by due_at, id limit ?',
    [key, tx.now, limit],
  )
  const isInHand = new Set(inHand)
  const free = await readFacts(
    tx,
    key,
    due.flatMap(({ id }) => (isInHand.has(id) ? [] : [id])),
  )
  const taken: Facts[] = []
  let bytes = 0
  for (const delivery of free) {
    bytes += delivery.bytes
    if (bytes > maxBytes && taken.length + inHand.length > 0) break
    taken.push(delivery)
  }
  const ids = taken.map(({ id }) => id)
  const contents = await readContents(tx, key, ids)
  return {
    deliveries: taken.map((delivery) => ({ ...delivery, content: contents.get(delivery.id) as string })),
    more: taken.length > 0 && (taken.length < free.length || due.length === limit),
  }
}

type Facts = Omit<StoredDelivery, 'content'>

/** In the order of the ids that are given. */
async function readFacts(tx: Tx, key: string, ids: readonly number[]): Promise<Facts[]> {
  const facts = new Map<number, Facts>()
  await inSlices(keysOf(key, ids), KEY, async (keys, values) => {
    const rows = await tx.all<Facts>(
      `select id, attempts, octet_length(content) as "bytes" from sns_delivery where (target, id) in (${keys})`,
      values,
    )
    for (const row of rows) facts.set(row.id, row)
  })
  return ids.flatMap((id) => facts.get(id) ?? [])
}

async function readContents(tx: Tx, key: string, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  const contents = new Map<number, string>()
  await inSlices(keysOf(key, ids), KEY, async (keys, values) => {
    const rows = await tx.all<ContentRow>(
      `select id, content from sns_delivery where (target, id) in (${keys})`,
      values,
    )
    for (const { id, content } of rows) contents.set(id, content)
  })
  return contents
}

interface ContentRow {
  readonly id: number
  readonly content: string
}

const DROPPED_AT_ONCE = 1_000

/** Nobody is left to send to. Resolves to how many there were: there may be more if it is the most. */
const dropSlice = (tx: Tx, key: string): Promise<number> =>
  tx.run('delete from sns_delivery where target = ? and id in (select id from sns_delivery where target = ? limit ?)', [
    key,
    key,
    DROPPED_AT_ONCE,
  ])

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

/** Resolves to the notifications that nobody will get. */
async function settle(tx: Tx, { target, endings }: TurnCall): Promise<Lost[]> {
  const key = targetKey(target)
  const gone: number[] = []
  const failures: Failure[] = []
  for (const ending of endings) {
    if (ending.type === 'retry') void putOff(tx, key, ending)
    else if (ending.type === 'failed') failures.push(ending)
    else gone.push(ending.id)
  }
  await inSlices(keysOf(key, gone), KEY, (keys, values) =>
    tx.later(`delete from sns_delivery where (target, id) in (${keys})`, values),
  )
  return removeFailed(tx, key, failures)
}

type Failure = Extract<Ending, { type: 'failed' }>

/** A notification that nobody will get. */
interface Lost {
  readonly id: number
  readonly message: StoredMessage
  /** With the last one. */
  readonly attempts: number
  readonly reason: string
  /** A device's platform doesn't know it, or not any more. */
  readonly isBadToken: boolean
}

/** As rows of a list in SQL. */
const keysOf = (target: string, ids: readonly number[]) => ids.map((id) => [target, id] as const)
const KEY = ['text', 'bigint'] as const

const putOff = (tx: Tx, key: string, { id, dueAt }: Extract<Ending, { type: 'retry' }>): Promise<void> =>
  tx.later('update sns_delivery set due_at = ?, attempts = attempts + 1 where target = ? and id = ?', [dueAt, key, id])

/**
 * Resolves to the notifications that were still there: another node may have got here first, if this one lost its lease.
 * Documents about the subscription itself are not worth keeping.
 */
async function removeFailed(tx: Tx, key: string, failures: readonly Failure[]): Promise<Lost[]> {
  const byId = new Map(failures.map((failure) => [failure.id, failure]))
  const lost: Lost[] = []
  await inSlices(keysOf(key, [...byId.keys()]), KEY, async (keys, values) => {
    const rows = await tx.all<ContentRow & { attempts: number }>(
      `delete from sns_delivery where (target, id) in (${keys}) returning id, attempts, content`,
      values,
    )
    for (const { id, attempts, content: text } of rows) {
      const content = fromStoredJson<Content>(text)
      if (content.type !== 'Notification') continue
      const { reason, disableEndpoint: isBadToken } = byId.get(id) as Failure
      lost.push({ id, message: content.message, attempts: attempts + 1, reason, isBadToken })
    }
  })
  return lost.sort((a, b) => a.id - b.id)
}

type Redriven = Pick<Turn, 'redriven' | 'notRedriven'>

async function redrive(
  tx: Tx,
  calls: readonly TurnCall[],
  destinations: readonly (Destination | undefined)[],
  lost: readonly (readonly Lost[])[],
): Promise<Redriven[]> {
  const letters = calls.map(({ keyId }, at) => deadLetters(lost[at] as Lost[], destinations[at], keyId))
  const outcomes = await redriveAll(tx, letters.flat())
  let from = 0
  return letters.map(({ length }) => {
    const share = outcomes.slice(from, from + length)
    from += length
    const count = (of: (typeof outcomes)[number]) => share.filter((outcome) => outcome === of).length
    return { redriven: count('redriven'), notRedriven: count('refused') }
  })
}

function deadLetters(lost: readonly Lost[], destination: Destination | undefined, keyId: string): DeadLetter[] {
  const { subscription, topic } = destination ?? {}
  if (subscription === undefined || topic === undefined) return []
  const live = toLive(subscription)
  return lost.map(({ message }) => ({ live, queues: new QueueDeliveries(topic, message, keyId) }))
}
