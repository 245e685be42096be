/** The life of a queue: creation, attributes, tags, purge, deletion. Cold paths: one call, one savepoint. */

import { ConcurrentChange, single, type Tx } from '../../../kernel/store/store.ts'
import {
  deadLetterQueueMissing,
  deadLetterQueueOfOtherType,
  deadLetterQueueRefuses,
  purgeInProgress,
  queueDeletedRecently,
  queueNameExists,
} from '../errors.ts'
import { type QueueAddress, queueArn } from '../model/names.ts'
import { addPermission, type Permission, removePermission } from '../model/policy.ts'
import {
  changeAttributes,
  createAttributes,
  firstDifference,
  type GivenAttributes,
  type QueueAttributes,
} from '../model/queue-attributes.ts'
import { needsCounts, type QueueFacts } from '../model/queue-description.ts'
import { allowsSource, parseRedrivePolicy } from '../model/redrive.ts'
import { addTags, removeTags, type Tags } from '../model/tags.ts'
import { lockAllGroups, settleAllGroups } from './groups.ts'
import { forgetMoves } from './move-tasks.ts'
import { findQueue, holdQueue, holdWithBacklog, type Queue, requireQueue, WAKE_CHANNEL, wakeKey } from './queue-row.ts'
import { countUnexpired } from './retention.ts'
import { cancelSweep, scheduleCollection, scheduleSweep, sweepNow } from './sweep.ts'

/** More waiters than there can be. */
const EVERYBODY = 1_000_000

/** How long a name stays taken after its queue was deleted, and how long a purge excludes the next. */
const COOL_DOWN_MS = 60_000

export interface CreateQueueCall {
  readonly queue: QueueAddress
  readonly attributes: GivenAttributes
  readonly tags: Tags
  /** Whether a name can be taken again only a minute after its queue was deleted. */
  readonly recreateWait: boolean
}

/** Creates the queue, or finds the one of that name if its attributes are those that were given. */
export const createQueue = single('sqs.createQueue', async (tx, call: CreateQueueCall): Promise<void> => {
  const wanted = createAttributes(call.attributes)
  const existing = await findQueue(tx, call.queue)
  if (existing !== undefined) {
    const attribute = firstDifference(existing.attributes, call.attributes)
    if (attribute !== undefined) throw queueNameExists(attribute)
    return
  }
  if (call.recreateWait) await checkNotDeletedRecently(tx, call.queue)
  await checkDeadLetterQueue(tx, call.queue, wanted)
  const [queueId, backlogId] = (await tx.nextIds(2)) as [number, number]
  const { accountId, region, name } = call.queue
  const row = {
    queue_id: queueId,
    account: accountId,
    region,
    name,
    backlog_id: backlogId,
    fifo: wanted.FifoQueue ? 1 : 0,
    attributes: JSON.stringify(wanted),
    tags: JSON.stringify(call.tags),
    dead_letter_arn: deadLetterArn(wanted),
    deduplication_scope: wanted.DeduplicationScope,
    created_at: tx.now,
    modified_at: tx.now,
  }
  const created = await tx.insertAbsent('sqs_queue', Object.keys(row), [Object.values(row)])
  if (created === 0) throw new ConcurrentChange('a queue of this name was created at the same time')
  await scheduleSweep(tx, { queueId, attributes: wanted })
})

async function checkNotDeletedRecently(tx: Tx, { accountId, region, name }: QueueAddress): Promise<void> {
  const recent = await tx.get(
    'select 1 as one from sqs_deleted_queue where account = ? and region = ? and name = ? and deleted_at > ?',
    [accountId, region, name, tx.now - COOL_DOWN_MS],
  )
  if (recent !== undefined) throw queueDeletedRecently()
}

/** As `Queue.arn` has it, however the policy spells it. */
const deadLetterArn = ({ RedrivePolicy }: QueueAttributes): string | null =>
  RedrivePolicy === undefined ? null : queueArn(parseRedrivePolicy(RedrivePolicy).target)

/** What only the store knows of a redrive policy: whether its target exists, is of the same type, and allows the source. */
async function checkDeadLetterQueue(
  tx: Tx,
  source: QueueAddress,
  { RedrivePolicy, FifoQueue }: QueueAttributes,
): Promise<void> {
  if (RedrivePolicy === undefined) return
  const { target } = parseRedrivePolicy(RedrivePolicy)
  // A dead-letter queue lies in the account and region of its source.
  const isNear = target.accountId === source.accountId && target.region === source.region
  const queue = isNear ? await findQueue(tx, target) : undefined
  if (queue === undefined) throw deadLetterQueueMissing(RedrivePolicy)
  if (queue.fifo !== FifoQueue) throw deadLetterQueueOfOtherType(RedrivePolicy)
  if (!allowsSource(queue.attributes.RedriveAllowPolicy, queueArn(source))) throw deadLetterQueueRefuses(RedrivePolicy)
}

/** Succeeds if the queue exists. */
export const requireExisting = single('sqs.requireQueue', async (tx, queue: QueueAddress): Promise<void> => {
  await requireQueue(tx, queue)
})

export const deleteQueue = single('sqs.deleteQueue', async (tx, address: QueueAddress): Promise<void> => {
  const queue = await holdWithBacklog(tx, address)
  await tx.run('delete from sqs_queue where queue_id = ?', [queue.queueId])
  await tx.run(
    `insert into sqs_deleted_queue (account, region, name, deleted_at) values (?, ?, ?, ?)
     on conflict (account, region, name) do update set deleted_at = excluded.deleted_at`,
    [address.accountId, address.region, address.name, tx.now],
  )
  await tx.run('delete from sqs_deleted_queue where deleted_at <= ?', [tx.now - COOL_DOWN_MS])
  await cancelSweep(tx, queue)
  await forgetMoves(tx, queue)
  await abandonBacklog(tx, queue)
})

export const purgeQueue = single('sqs.purgeQueue', async (tx, address: QueueAddress): Promise<void> => {
  const queue = await holdWithBacklog(tx, address)
  if (queue.purgedAt !== null && queue.purgedAt > tx.now - COOL_DOWN_MS) throw purgeInProgress(queue.name)
  const [backlogId] = (await tx.nextIds(1)) as [number]
  await tx.run('update sqs_queue set backlog_id = ?, purged_at = ? where queue_id = ?', [
    backlogId,
    tx.now,
    queue.queueId,
  ])
  await abandonBacklog(tx, queue)
})

/** Leaves the backlog to be collected, and lets those who wait for its messages look again. */
async function abandonBacklog(tx: Tx, queue: Queue): Promise<void> {
  await scheduleCollection(tx, queue.backlogId)
  tx.wake(WAKE_CHANNEL, wakeKey(queue), EVERYBODY)
}

export interface DescribeQueueCall {
  readonly queue: QueueAddress
  /** The attributes asked for; counting messages is left out if none of them needs it. */
  readonly selected: readonly string[]
}

export const describe = single('sqs.describe', async (tx, call: DescribeQueueCall): Promise<QueueFacts> => {
  const queue = await requireQueue(tx, call.queue)
  const depth = needsCounts(call.selected) ? await countUnexpired(tx, queue) : { visible: 0, inFlight: 0, delayed: 0 }
  const { attributes, arn, createdAt, modifiedAt: lastModifiedAt } = queue
  return { attributes, arn, createdAt, lastModifiedAt, ...depth }
})

export interface SetAttributesCall {
  readonly queue: QueueAddress
  readonly attributes: GivenAttributes
}

export const setAttributes = single('sqs.setAttributes', async (tx, call: SetAttributesCall): Promise<void> => {
  const queue = await holdQueue(tx, call.queue)
  const changed = changeAttributes(queue.attributes, call.attributes)
  if (typeof call.attributes.RedrivePolicy === 'string') await checkDeadLetterQueue(tx, queue, changed)
  await saveAttributes(tx, queue, changed)
  if (queue.fifo) await applyToMessages(tx, queue, changed)
  if (changed.MessageRetentionPeriod < queue.attributes.MessageRetentionPeriod) await sweepNow(tx, queue)
  tx.wake(WAKE_CHANNEL, wakeKey(queue), EVERYBODY) // a shorter delay makes messages visible
})

async function saveAttributes(tx: Tx, queue: Queue, attributes: QueueAttributes): Promise<void> {
  await tx.run('update sqs_queue set attributes = ?, dead_letter_arn = ?, modified_at = ? where queue_id = ?', [
    JSON.stringify(attributes),
    deadLetterArn(attributes),
    tx.now,
    queue.queueId,
  ])
}

/** The delay of a FIFO queue also holds for the messages that are in it and were never received. */
async function applyToMessages(tx: Tx, { backlogId, attributes }: Queue, changed: QueueAttributes): Promise<void> {
  const { DelaySeconds, MessageRetentionPeriod } = changed
  const isNewDelay = DelaySeconds !== attributes.DelaySeconds
  if (!isNewDelay && MessageRetentionPeriod === attributes.MessageRetentionPeriod) return
  void lockAllGroups(tx, backlogId)
  if (isNewDelay) {
    await tx.run('update sqs_message set visible_at = sent_at + ? where backlog_id = ? and receive_count = 0', [
      DelaySeconds * 1000,
      backlogId,
    ])
  }
  await settleAllGroups(tx, backlogId, MessageRetentionPeriod)
}

export interface ListQueuesCall {
  readonly accountId: string
  readonly region: string
  readonly prefix: string
  /** Names after this one. */
  readonly after: string
  readonly limit: number
}

/** Names in order, at most `limit`. */
export const listQueues = single('sqs.listQueues', async (tx, call: ListQueuesCall): Promise<string[]> => {
  const { accountId, region, prefix, after, limit } = call
  const rows = await tx.all<{ name: string }>(
    `select name from sqs_queue where account = ? and region = ? and name >= ? and name > ? and substr(name, 1, ?) = ?
     order by name limit ?`,
    [accountId, region, prefix, after, prefix.length, prefix, limit],
  )
  return rows.map((row) => row.name)
})

export interface ListSourcesCall {
  readonly queue: QueueAddress
  readonly after: string
  readonly limit: number
}

/** The names of the queues whose dead-letter queue this is: always in its own account and region. */
export const listDeadLetterSources = single('sqs.listSources', async (tx, call: ListSourcesCall): Promise<string[]> => {
  const queue = await requireQueue(tx, call.queue)
  const rows = await tx.all<{ name: string }>(
    'select name from sqs_queue where dead_letter_arn = ? and name > ? order by name limit ?',
    [queue.arn, call.after, call.limit],
  )
  return rows.map((row) => row.name)
})

export const getTags = single('sqs.getTags', async (tx, address: QueueAddress): Promise<Tags> => {
  return tagsOf(tx, await requireQueue(tx, address))
})

export interface ChangeTagsCall {
  readonly queue: QueueAddress
  readonly set: Tags
  readonly remove: readonly string[]
}

export const changeTags = single('sqs.changeTags', async (tx, call: ChangeTagsCall): Promise<void> => {
  const queue = await holdQueue(tx, call.queue)
  const tags = addTags(removeTags(await tagsOf(tx, queue), call.remove), call.set, queue.name)
  await tx.run('update sqs_queue set tags = ? where queue_id = ?', [JSON.stringify(tags), queue.queueId])
})

async function tagsOf(tx: Tx, queue: Queue): Promise<Tags> {
  const row = (await tx.get<{ tags: string }>('select tags from sqs_queue where queue_id = ?', [queue.queueId])) as {
    tags: string
  }
  return JSON.parse(row.tags) as Tags
}

export const grantPermission = single(
  'sqs.addPermission',
  async (tx, { queue: address, permission }: { queue: QueueAddress; permission: Permission }): Promise<void> => {
    const queue = await holdQueue(tx, address)
    const Policy = addPermission(queue.attributes.Policy, queue.arn, permission)
    await saveAttributes(tx, queue, { ...queue.attributes, Policy })
  },
)

export const revokePermission = single(
  'sqs.removePermission',
  async (tx, { queue: address, label }: { queue: QueueAddress; label: string }): Promise<void> => {
    const queue = await holdQueue(tx, address)
    const { Policy, ...others } = queue.attributes
    const left = removePermission(Policy, label)
    await saveAttributes(tx, queue, left === undefined ? others : { ...others, Policy: left })
  },
)
