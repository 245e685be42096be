/** The life of a topic: creation, attributes, tags, permissions, deletion. Cold paths: one call, one savepoint. */
import { schedule } from '../../../kernel/jobs/jobs.ts'
import { ConcurrentChange, single, type Tx } from '../../../kernel/store/store.ts'
import { resourceNotFound, topicHasArchive, topicLimitExceeded } from '../errors.ts'
import { isFifoName, type TopicAddress } from '../model/names.ts'
import { addPermission, defaultPolicy, type Permission, removePermission } from '../model/policy.ts'
import { settleArchive } from '../model/replay.ts'
import { addTags, checkSameTags, removeTags, type Tags } from '../model/tags.ts'
import { changeTopicAttribute, checkSameAttributes, type TopicAttributes } from '../model/topic-attributes.ts'
import { changeCounts, holdCounts } from './accounts.ts'
import { failReplays } from './replay.ts'
import { cancelSweep, scheduleSweep, sweepNow } from './sweep.ts'
import { findTopic, holdTopic, lockTopic, newVersion, requireTopic, type Topic } from './topic-row.ts'

/** Topics of an account in a region. */
export const MAX_STANDARD_TOPICS = 100_000
export const MAX_FIFO_TOPICS = 1_000

/** Subscriptions whose topic was deleted are remembered this long. */
export const ORPHAN_MS = 24 * 3_600_000

export interface CreateTopicCall {
  readonly topic: TopicAddress
  readonly attributes: TopicAttributes
  readonly tags: Tags
  readonly dataProtectionPolicy: string | undefined
}

/** Creates the topic, or finds the one of that name if its attributes and tags are those that were given. */
export const createTopic = single('sns.createTopic', async (tx, call: CreateTopicCall): Promise<void> => {
  const { topic: address, attributes, tags, dataProtectionPolicy } = call
  const existing = await findTopic(tx, address)
  if (existing !== undefined) {
    checkSameAttributes(existing, attributes)
    checkSameTags(existing.tags, tags)
    return
  }
  const fifo = isFifoName(address.name)
  const { standardTopics, fifoTopics } = await holdCounts(tx, address)
  if (fifo ? fifoTopics >= MAX_FIFO_TOPICS : standardTopics >= MAX_STANDARD_TOPICS) throw topicLimitExceeded()
  const [topicId, version] = (await tx.nextIds(2)) as [number, number]
  const row = {
    topic_id: topicId,
    account: address.accountId,
    region: address.region,
    name: address.name,
    fifo: fifo ? 1 : 0,
    attributes: JSON.stringify(withBeginning(attributes, tx.now)),
    tags: JSON.stringify(tags),
    data_protection_policy: dataProtectionPolicy ?? null,
    version,
    collected_version: 0,
    confirmed: 0,
    pending: 0,
    deleted: 0,
    filter_policies: 0,
  }
  const created = await tx.insertAbsent('sns_topic', Object.keys(row), [Object.values(row)])
  if (created === 0) throw new ConcurrentChange('a topic of this name was created at the same time')
  await changeCounts(tx, address, fifo ? { fifoTopics: 1 } : { standardTopics: 1 })
  if (fifo) await scheduleSweep(tx, topicId)
})

/** An archive begins by the clock by which messages are published. */
const withBeginning = (attributes: TopicAttributes, now: number): TopicAttributes =>
  attributes.ArchivePolicy === undefined
    ? attributes
    : { ...attributes, BeginningArchiveTime: new Date(now).toISOString() }

/** Deletes the topic, if there is one. What it leaves is collected by a job: however much it is, this is short. */
export const deleteTopic = single('sns.deleteTopic', async (tx, address: TopicAddress): Promise<void> => {
  lockTopic(tx, address)
  const topic = await findTopic(tx, address)
  if (topic === undefined) return
  if (topic.attributes.ArchivePolicy !== undefined) throw topicHasArchive()
  await tx.run('delete from sns_topic where topic_id = ?', [topic.topicId])
  const { fifo, pending, filterPolicies } = topic
  await changeCounts(tx, address, {
    [fifo ? 'fifoTopics' : 'standardTopics']: -1,
    pending: -pending,
    filterPolicies: -filterPolicies,
  })
  if (fifo) await cancelSweep(tx, topic.topicId)
  await schedule(tx, {
    kind: COLLECT_TOPIC_JOB,
    key: String(topic.topicId),
    due: tx.now + ORPHAN_MS,
    payload: { topicId: topic.topicId },
  })
})

export const COLLECT_TOPIC_JOB = 'sns.collectTopic'

const SLICE = 1_000
/** What belongs to a topic, with the column that tells its rows apart. */
const TOPIC_TABLES: readonly (readonly [table: string, key: string])[] = [
  ['sns_subscription', 'id'],
  ['sns_deduplication', '(scope, deduplication_id)'],
  ['sns_fan_out', 'id'],
  ['sns_archive', 'id'],
  ['sns_replay', 'subscription'],
]

/** Deletes a slice of what a deleted topic left. True if there may be more. */
export const collectTopic = single(
  'sns.collectTopic',
  async (tx, { topicId }: { topicId: number }): Promise<boolean> => {
    for (const [table, key] of TOPIC_TABLES) {
      const deleted = await tx.run(
        `delete from ${table} where topic_id = ? and ${key} in (
         select ${key.replace(/[()]/g, '')} from ${table} where topic_id = ? limit ?)`,
        [topicId, topicId, SLICE],
      )
      if (deleted === SLICE) return true
    }
    return false
  },
)

export const getTopic = single('sns.getTopic', (tx, address: TopicAddress): Promise<Topic> => requireTopic(tx, address))

export interface SetTopicAttributeCall {
  readonly topic: TopicAddress
  readonly name: string
  /** Undefined and empty unset it. */
  readonly value: string | undefined
}

export const setTopicAttribute = single(
  'sns.setTopicAttribute',
  async (tx, { topic: address, name, value }: SetTopicAttributeCall): Promise<void> => {
    const topic = await holdTopic(tx, address)
    const changed = changeTopicAttribute(topic, name, value, tx.now)
    const attributes = settleArchive(changed, tx.now, topic.attributes)
    await saveAttributes(tx, topic, attributes)
    if (name !== 'ArchivePolicy') return
    if (attributes.ArchivePolicy === undefined) await failReplays(tx, topic.topicId)
    await sweepNow(tx, topic.topicId)
  },
)

async function saveAttributes(tx: Tx, { topicId }: Topic, attributes: TopicAttributes): Promise<void> {
  await newVersion(tx, topicId)
  await tx.run('update sns_topic set attributes = ? where topic_id = ?', [JSON.stringify(attributes), topicId])
}

export interface PermissionCall {
  readonly topic: TopicAddress
  readonly permission: Permission
}

export const grantPermission = single(
  'sns.grantPermission',
  async (tx, { topic: address, permission }: PermissionCall): Promise<void> => {
    const topic = await holdTopic(tx, address)
    const Policy = addPermission(policyOf(topic), topic.arn, permission)
    await saveAttributes(tx, topic, { ...topic.attributes, Policy })
  },
)

export const revokePermission = single(
  'sns.revokePermission',
  async (tx, { topic: address, label }: { topic: TopicAddress; label: string }): Promise<void> => {
    const topic = await holdTopic(tx, address)
    await saveAttributes(tx, topic, { ...topic.attributes, Policy: removePermission(policyOf(topic), label) })
  },
)

const policyOf = ({ attributes, arn, accountId }: Topic): string => attributes.Policy ?? defaultPolicy(arn, accountId)

export interface ChangeTagsCall {
  readonly topic: TopicAddress
  readonly set: Tags
  readonly remove: readonly string[]
}

export const changeTags = single(
  'sns.changeTags',
  async (tx, { topic, set, remove }: ChangeTagsCall): Promise<void> => {
    const { topicId, tags } = await holdTopic(tx, topic, resourceNotFound)
    const changed = addTags(removeTags(tags, remove), set)
    await tx.run('update sns_topic set tags = ? where topic_id = ?', [JSON.stringify(changed), topicId])
  },
)

export const getTags = single('sns.getTags', async (tx, topic: TopicAddress): Promise<Tags> => {
  const { tags } = await requireTopic(tx, topic, resourceNotFound)
  return tags
})

export interface DataProtectionCall {
  readonly topic: TopicAddress
  readonly policy: string
}

export const setDataProtection = single(
  'sns.setDataProtection',
  async (tx, { topic: address, policy }: DataProtectionCall): Promise<void> => {
    const { topicId } = await holdTopic(tx, address, resourceNotFound)
    await newVersion(tx, topicId)
    const value = policy === '' ? null : policy
    await tx.run('update sns_topic set data_protection_policy = ? where topic_id = ?', [value, topicId])
  },
)

export interface ListTopicsCall {
  readonly accountId: string
  readonly region: string
  /** Names after this one. */
  readonly after: string
  readonly limit: number
}

/** Names, in their order: a page costs the same wherever it begins. */
export const listTopics = single(
  'sns.listTopics',
  async (tx, { accountId, region, after, limit }: ListTopicsCall): Promise<string[]> => {
    const rows = await tx.all<{ name: string }>(
      'select name from sns_topic where account = ? and region = ? and name > ? order by name limit ?',
      [accountId, region, after, limit],
    )
    return rows.map(({ name }) => name)
  },
)
