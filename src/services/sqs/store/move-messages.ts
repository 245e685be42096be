/** Moving a slice of a dead-letter queue's messages to where they came from, or to a given queue. */
import type { Tx } from '../../../kernel/store/store.ts'
import { parseQueueArn } from '../model/names.ts'
import { DepthChanges } from './depth.ts'
import { addToGroup, settleGroup } from './groups.ts'
import { expiryLimit, findQueue, type Queue, WAKE_CHANNEL, wakeKey } from './queue-row.ts'

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
 * of sending and receive count.
 */
export async function moveBack(
  tx: Tx,
  source: Queue,
  destination: Queue | undefined,
  bounds: SliceBounds,
): Promise<MovedSlice> {
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
  const destinations = new Map<string, Queue | undefined>()
  const depth = new DepthChanges()
  let moved = 0
  for (const message of movable) {
    const target =
      destination ?? (await cached(destinations, message.deadLetterSource as string, (arn) => originOf(tx, arn)))
    if (target === undefined) break
    await moveOne(tx, source, target, message)
    moved++
    depth.add(source.backlogId, -1)
    depth.add(target.backlogId, 1)
    tx.wake(WAKE_CHANNEL, wakeKey(target))
  }
  await depth.save(tx)
  return { moved, after, finished, failed: moved < movable.length }
}

async function cached<K, V>(map: Map<K, V>, key: K, load: (key: K) => Promise<V>): Promise<V> {
  if (!map.has(key)) map.set(key, await load(key))
  return map.get(key) as V
}

async function originOf(tx: Tx, arn: string): Promise<Queue | undefined> {
  const address = parseQueueArn(arn)
  return address === undefined ? undefined : findQueue(tx, address)
}

async function moveOne(tx: Tx, source: Queue, target: Queue, message: Candidate): Promise<void> {
  const [id] = (await tx.nextIds(1)) as [number]
  await tx.run(
    `insert into sqs_message (backlog_id, id, message_id, body, attributes, sent_at, visible_at, receive_count,
       first_received_at, sender, group_id, deduplication_id, dead_letter_source, trace_header)
     select ?, ?, ?, body, attributes, ?, ?, 0, null, sender, group_id, deduplication_id, null, trace_header
     from sqs_message where backlog_id = ? and id = ?`,
    [target.backlogId, id, crypto.randomUUID(), tx.now, tx.now, source.backlogId, message.id],
  )
  await tx.run('delete from sqs_message where backlog_id = ? and id = ?', [source.backlogId, message.id])
  if (message.groupId === null || !source.fifo) return
  await settleGroup(tx, source, message.groupId, [message.id])
  await addToGroup(tx, target.backlogId, message.groupId, tx.now, id)
}
