/** Moving a slice of a dead-letter queue's messages to where they came from, or to a given queue. */
import type { Tx } from '../../../kernel/store/store.ts'
import { parseQueueArn } from '../model/names.ts'
import { takeAllApart } from './bundle.ts'
import { DepthChanges } from './depth.ts'
import { ChangedGroups, openGroups } from './groups.ts'
import { putIn, takeOut } from './message-row.ts'
import { expiryLimit, findForSending, type Queue, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

export interface SliceBounds {
  /** Messages up to this id have been dealt with. */
  readonly after: number
  /** Messages above this id came after the task began. */
  readonly last: number
  readonly limit: number
}

export interface MovedSlice {
  readonly moved: number
  readonly after: number
  readonly finished: boolean
  /** A message's queue no longer exists: it and those after it were left. */
  readonly failed: boolean
}

interface Candidate {
  readonly id: number
  readonly sentAt: number
  readonly visibleAt: number
  readonly groupId: string | null
  readonly deadLetterSource: string | null
}

/**
 * Messages that are in flight are left to those who hold them, and those past their retention to the sweep; those that
 * never came from another queue stay, unless there is a destination. A moved message starts anew: new message id, time
 * of sending and receive count. Bundles are taken apart before anything is moved, a slice at a time.
 */
export async function moveBack(
  tx: Tx,
  source: Queue,
  destination: Queue | undefined,
  bounds: SliceBounds,
): Promise<MovedSlice> {
  if (!source.fifo && (await takeAllApart(tx, source.backlogId, bounds.limit, bounds.last)) > 0) {
    return { moved: 0, after: bounds.after, finished: false, failed: false }
  }
  const candidates = await tx.all<Candidate>(
    `select id, group_id as "groupId", dead_letter_source as "deadLetterSource", sent_at as "sentAt",
       visible_at as "visibleAt"
     from sqs_message where backlog_id = ? and id > ? and id <= ? order by id limit ?`,
    [source.backlogId, bounds.after, bounds.last, bounds.limit],
  )
  const after = candidates.at(-1)?.id ?? bounds.last
  const finished = candidates.length < bounds.limit
  const oldest = expiryLimit(tx, source)
  const movable = candidates.filter(
    ({ sentAt, visibleAt, deadLetterSource }) =>
      sentAt > oldest && visibleAt <= tx.now && (destination !== undefined || deadLetterSource !== null),
  )
  const targets = await targetsOf(tx, movable, destination)
  const failedAt = targets.indexOf(undefined)
  const going = failedAt === -1 ? movable : movable.slice(0, failedAt)
  const moved = await moveAll(tx, source, going, targets as Queue[])
  return { moved, after, finished, failed: failedAt !== -1 }
}

/** Where each message goes; undefined if that queue is gone. */
async function targetsOf(
  tx: Tx,
  messages: readonly Candidate[],
  destination: Queue | undefined,
): Promise<(Queue | undefined)[]> {
  if (destination !== undefined) return messages.map(() => destination)
  const origins = new Map<string, Queue | undefined>()
  const targets: (Queue | undefined)[] = []
  for (const { deadLetterSource } of messages) {
    targets.push(await cached(origins, deadLetterSource as string, (arn) => originOf(tx, arn)))
  }
  return targets
}

async function cached<K, V>(map: Map<K, V>, key: K, load: (key: K) => Promise<V>): Promise<V> {
  if (!map.has(key)) map.set(key, await load(key))
  return map.get(key) as V
}

async function originOf(tx: Tx, arn: string): Promise<Queue | undefined> {
  const address = parseQueueArn(arn)
  return address === undefined ? undefined : findForSending(tx, address)
}

/** Moves what is still there and still visible; resolves to how many that were. `targets` are in the order of `messages`. */
async function moveAll(
  tx: Tx,
  source: Queue,
  messages: readonly Candidate[],
  targets: readonly Queue[],
): Promise<number> {
  const targetOf = new Map(messages.map(({ id }, at) => [id, targets[at] as Queue]))
  const taken = await takeOut(tx, source.backlogId, [...targetOf.keys()], tx.now)
  const changed = new ChangedGroups()
  if (source.fifo) for (const row of taken) changed.add(source, row.group_id as string, row.id)
  await changed.settle(tx)
  const moved = taken.map((row) => ({
    ...row,
    backlog_id: (targetOf.get(row.id) as Queue).backlogId,
    message_id: crypto.randomUUID() as string,
    sent_at: tx.now,
    visible_at: tx.now,
    receive_count: 0,
    received_elsewhere: 0,
    first_received_at: null,
    dead_letter_source: null,
  }))
  const joining = moved.map((row) => ({
    backlogId: row.backlog_id,
    groupId: row.group_id as string,
    visibleAt: tx.now,
  }))
  const ids = source.fifo ? await openGroups(tx, joining, moved.length) : await tx.nextIds(moved.length)
  await putIn(
    tx,
    moved.map((row, at) => ({ ...row, id: ids[at] as number })),
  )
  const depth = new DepthChanges()
  for (const { id } of taken) {
    const target = targetOf.get(id) as Queue
    depth.add(source.backlogId, -1)
    depth.add(target.backlogId, 1)
    tx.wake(WAKE_CHANNEL, wakeKey(target))
  }
  await depth.save(tx)
  return moved.length
}
