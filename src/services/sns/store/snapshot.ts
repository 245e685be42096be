/**
 * What a publisher remembers of a topic: its attributes, and its subscriptions with their filter policies compiled and
 * indexed. Kept in `tx.memo` and brought up to date by version: every change of a topic or a subscription gives the topic a
 * new one, so a publish that finds the version it knows reads nothing else.
 */
import { type Arn, parseArn } from '../../../kernel/arn.ts'
import { type Event, PatternIndex } from '../../../kernel/patterns/patterns.ts'
import type { Tx } from '../../../kernel/store/store.ts'
import type { DataProtectionPolicy } from '../model/data-protection.ts'
import { parseDataProtectionPolicy } from '../model/data-protection-policy.ts'
import { compileFilterPolicy } from '../model/filter-policy.ts'
import { formOf } from '../model/message.ts'
import type { TopicAddress } from '../model/names.ts'
import { readSubscriptions, type Subscription, subscriptionArn } from './subscription-row.ts'
import { findTopicById, findVersions, type Topic, type TopicVersion } from './topic-row.ts'

/** A confirmed subscription, as far as deliveries need to know it. */
export interface LiveSubscription {
  readonly id: number
  readonly subscriptionId: string
  readonly arn: string
  readonly protocol: string
  readonly endpoint: string
  /** Of endpoints that are ARNs. */
  readonly endpointArn: Arn | undefined
  /** Under which the message structure `json` has its text: the protocol, or the platform of a device. */
  readonly form: string
  readonly raw: boolean
  /** Where what can't be delivered goes. */
  readonly deadLetterArn: Arn | undefined
  /** Whether its filter policy looks at the message's text, rather than its attributes. */
  readonly filtersBody: boolean
  /** The ARN of who subscribed. */
  readonly principal: string
}

interface Remembered {
  readonly version: number
  readonly live: LiveSubscription | undefined
}

export class TopicSnapshot {
  topic: Topic
  version = 0
  /** Undefined without a data protection policy. */
  protection: DataProtectionPolicy | undefined
  readonly #remembered = new Map<number, Remembered>()
  /** Those without a filter policy, by id. */
  readonly #unfiltered = new Map<number, LiveSubscription>()
  readonly byAttributes = new PatternIndex<LiveSubscription>()
  readonly byBody = new PatternIndex<LiveSubscription>()
  #inOrder: LiveSubscription[] | undefined

  constructor(topic: Topic) {
    this.topic = topic
  }

  get size(): number {
    return this.#unfiltered.size + this.byAttributes.size + this.byBody.size
  }

  /** Every subscription without a filter policy, the oldest first. */
  get unfiltered(): readonly LiveSubscription[] {
    this.#inOrder ??= [...this.#unfiltered.values()].sort((a, b) => a.id - b.id)
    return this.#inOrder
  }

  /** Takes a row over, unless a newer one of the same subscription was seen: another transaction may have been quicker. */
  apply(subscription: Subscription): void {
    const { id, version } = subscription
    const known = this.#remembered.get(id)
    if (known !== undefined && known.version >= version) return
    if (known?.live !== undefined) this.#drop(known.live)
    const live = subscription.status === 'confirmed' ? toLive(subscription) : undefined
    this.#remembered.set(id, { version, live })
    if (live === undefined) return
    const { FilterPolicy: policy } = subscription.attributes
    if (policy === undefined) {
      this.#unfiltered.set(id, live)
      this.#inOrder = undefined
    } else (live.filtersBody ? this.byBody : this.byAttributes).add(live, compileFilterPolicy(policy))
  }

  #drop(live: LiveSubscription): void {
    if (this.#unfiltered.delete(live.id)) this.#inOrder = undefined
    else (live.filtersBody ? this.byBody : this.byAttributes).delete(live)
  }
}

export function toLive(subscription: Subscription): LiveSubscription {
  const { id, subscriptionId, protocol, endpoint, attributes } = subscription
  const { RawMessageDelivery, RedrivePolicy, FilterPolicyScope } = attributes
  return {
    id,
    subscriptionId,
    arn: subscriptionArn(subscription),
    protocol,
    endpoint,
    endpointArn: parseArn(endpoint),
    form: formOf(protocol, endpoint),
    raw: RawMessageDelivery === 'true',
    deadLetterArn: RedrivePolicy === undefined ? undefined : parseArn(JSON.parse(RedrivePolicy).deadLetterTargetArn),
    filtersBody: FilterPolicyScope === 'MessageBody',
    principal: subscription.principal,
  }
}

/** More topics than that are not remembered at once. */
const MAX_REMEMBERED = 10_000
const SLICE = 5_000

export const addressKey = ({ accountId, region, name }: TopicAddress): string => `${accountId}/${region}/${name}`

/**
 * The topics of these addresses that exist, as they are now, by `addressKey`. Those whose order matters are locked: what is
 * published to them becomes visible in the order in which it was numbered.
 */
export async function currentTopics(
  tx: Tx,
  addresses: readonly TopicAddress[],
  held: readonly TopicAddress[],
): Promise<Map<string, TopicSnapshot>> {
  const snapshots = new Map<string, TopicSnapshot>()
  for (const found of await findVersions(tx, addresses, held)) {
    const snapshot = await currentSnapshot(tx, found)
    if (snapshot !== undefined) snapshots.set(addressKey(found), snapshot)
  }
  return snapshots
}

/** Undefined if it was deleted meanwhile. */
async function currentSnapshot(tx: Tx, { topicId, version }: TopicVersion): Promise<TopicSnapshot | undefined> {
  const key = `sns.topic ${topicId}`
  let snapshot = tx.memo.get(key) as TopicSnapshot | undefined
  if (snapshot !== undefined && snapshot.version >= version) return snapshot
  const topic = await findTopicById(tx, topicId)
  if (topic === undefined) return undefined
  if (snapshot === undefined || snapshot.version < topic.collectedVersion) snapshot = new TopicSnapshot(topic)
  await readChanges(tx, snapshot, topicId)
  if (snapshot.version === 0 || snapshot.topic.dataProtectionPolicy !== topic.dataProtectionPolicy) {
    snapshot.protection = parseDataProtectionPolicy(topic.dataProtectionPolicy ?? '')
  }
  snapshot.topic = topic
  snapshot.version = version
  if (tx.memo.size > MAX_REMEMBERED) tx.memo.clear()
  tx.memo.set(key, snapshot)
  return snapshot
}

async function readChanges(tx: Tx, snapshot: TopicSnapshot, topicId: number): Promise<void> {
  for (let after = snapshot.version; ; ) {
    const changed = await readSubscriptions(
      tx,
      'where topic_id = ? and version > ? order by topic_id, version limit ?',
      [topicId, after, SLICE],
    )
    for (const subscription of changed) snapshot.apply(subscription)
    if (changed.length < SLICE) return
    after = (changed.at(-1) as Subscription).version
  }
}

/** What filter policies are matched against: nothing is worked out that no policy asks for. */
export interface Filterable {
  /** Undefined if the message has none: it matches no policy for attributes, whatever they ask. */
  attributes(): Event | undefined
  /** The texts that are JSON objects, each with the forms in which it is it. */
  bodies(): Iterable<{ readonly event: Event; isFor(form: string): boolean }>
}

/** Those whose filter policy lets the message through, and those without one: the oldest first. */
export function matching(snapshot: TopicSnapshot, message: Filterable): readonly LiveSubscription[] {
  const { unfiltered, byAttributes, byBody } = snapshot
  if (byAttributes.size === 0 && byBody.size === 0) return unfiltered
  const matched = [...unfiltered]
  const attributes = byAttributes.size > 0 ? message.attributes() : undefined
  if (attributes !== undefined) matched.push(...byAttributes.match(attributes))
  if (byBody.size > 0) {
    for (const { event, isFor } of message.bodies()) {
      for (const live of byBody.match(event)) if (isFor(live.form)) matched.push(live)
    }
  }
  return matched.sort((a, b) => a.id - b.id)
}
