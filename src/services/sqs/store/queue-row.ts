/** Finding queues inside a transaction, and what every command needs to know of them. */

import { type Packing, part, record } from '../../../kernel/store/packing.ts'
import { inSlices } from '../../../kernel/store/sql.ts'
import type { SqlValue, Tx } from '../../../kernel/store/store.ts'
import { queueDoesNotExist } from '../errors.ts'
import { type QueueAddress, queueArn } from '../model/names.ts'
import type { DeduplicationScope, QueueAttributes } from '../model/queue-attributes.ts'
import { parseRedrivePolicy, type RedrivePolicy } from '../model/redrive.ts'

export interface Queue extends QueueAddress {
  readonly queueId: number
  /** Owns the messages; a purge replaces it. */
  readonly backlogId: number
  readonly fifo: boolean
  readonly arn: string
  readonly attributes: QueueAttributes
  readonly redrivePolicy: RedrivePolicy | undefined
  readonly deduplicationScope: DeduplicationScope
  readonly createdAt: number
  readonly modifiedAt: number
  readonly purgedAt: number | null
}

const MAX_ADDRESSES = 10_000
const addresses = new Map<string, QueueAddress[]>()

/** One object for each address: the calls of a batch mean few queues, and these are then looked at once. */
function remembered(address: QueueAddress): QueueAddress {
  const ofName = addresses.get(address.name)
  const known = ofName?.find(({ accountId, region }) => accountId === address.accountId && region === address.region)
  if (known !== undefined) return known
  if (addresses.size >= MAX_ADDRESSES) addresses.clear()
  addresses.set(address.name, [...(addresses.get(address.name) ?? []), address])
  return address
}

const address = record<QueueAddress>({ accountId: part, region: part, name: part })

/** How an address travels. */
export const queueAddress: Packing<QueueAddress> = {
  pack: (value, parts) => address.pack(value, parts),
  unpack: (parts) => remembered(address.unpack(parts)),
}

/** Messages sent at this time or before are past their retention. */
export const expiryLimit = (tx: Tx, { attributes }: Queue): number => tx.now - attributes.MessageRetentionPeriod * 1000

/** Names a queue to those who wait for its messages (`tx.wake`). */
export const wakeKey = ({ accountId, region, name }: QueueAddress): string => `${accountId}/${region}/${name}`
export const WAKE_CHANNEL = 'sqs.queue'

interface QueueRow {
  queueId: number
  accountId: string
  region: string
  name: string
  backlogId: number
  fifo: number
  attributes: string
  deduplicationScope: DeduplicationScope
  createdAt: number
  modifiedAt: number
  purgedAt: number | null
}

const COLUMNS = `queue_id as "queueId", account as "accountId", region, name, backlog_id as "backlogId", fifo, attributes,
  deduplication_scope as "deduplicationScope", created_at as "createdAt", modified_at as "modifiedAt",
  purged_at as "purgedAt"`

const FIND = `select ${COLUMNS} from sqs_queue where account = ? and region = ? and name = ?`
const FIND_BY_ID = `select ${COLUMNS} from sqs_queue where queue_id = ?`

/** Clients may ask for a queue of any name. Not every engine can even look for one that no queue can have. */
const isPossible = ({ region, name }: QueueAddress): boolean => !name.includes('\0') && !region.includes('\0')

export async function findQueue(tx: Tx, address: QueueAddress): Promise<Queue | undefined> {
  if (!isPossible(address)) return undefined
  const { accountId, region, name } = address
  const row = await tx.get<QueueRow>(FIND, [accountId, region, name])
  return row === undefined ? undefined : toQueue(row)
}

/** Throws `QueueDoesNotExist`. */
export async function requireQueue(tx: Tx, ref: QueueAddress): Promise<Queue> {
  const queue = await findQueue(tx, ref)
  if (queue === undefined) throw queueDoesNotExist()
  return queue
}

/** As `requireQueue`, for what changes the queue by what it has read of it: others who do so wait. */
export async function holdQueue(tx: Tx, ref: QueueAddress): Promise<Queue> {
  if (!isPossible(ref)) throw queueDoesNotExist()
  void tx.lock('select 1 from sqs_queue where account = ? and region = ? and name = ?', [
    ref.accountId,
    ref.region,
    ref.name,
  ])
  return requireQueue(tx, ref)
}

const nameInStore = (address: QueueAddress): string => `sqs.queue ${wakeKey(address)}`

/**
 * To be called before queues are looked up by those who put messages into them: a purge waits for them, since what is
 * written into a backlog that the queue has left is lost.
 */
export const holdForSending = (tx: Tx, queues: ReadonlySet<QueueAddress>): Promise<void> =>
  tx.hold('shared', [...new Set([...queues].filter(isPossible).map(nameInStore))])

export async function findForSending(tx: Tx, address: QueueAddress): Promise<Queue | undefined> {
  await holdForSending(tx, new Set([address]))
  return findQueue(tx, address)
}

/** As `holdQueue`, for what takes the queue's backlog away: it waits for those who are putting messages into it. */
export async function holdWithBacklog(tx: Tx, ref: QueueAddress): Promise<Queue> {
  if (isPossible(ref)) await tx.hold('alone', [nameInStore(ref)])
  return holdQueue(tx, ref)
}

export async function findQueueById(tx: Tx, queueId: number): Promise<Queue | undefined> {
  const row = await tx.get<QueueRow>(FIND_BY_ID, [queueId])
  return row === undefined ? undefined : toQueue(row)
}

/**
 * The queues of a batch: all of them are looked up in one statement, and each is one object. They are found by the address
 * that they were looked up by, the object itself: a fan-out has a few addresses and a great many calls.
 */
export class QueueLookup {
  readonly #keys: ReadonlyMap<QueueAddress, string>
  readonly #found: ReadonlyMap<string, Queue>

  private constructor(keys: ReadonlyMap<QueueAddress, string>, found: ReadonlyMap<string, Queue>) {
    this.#keys = keys
    this.#found = found
  }

  static async of(tx: Tx, calls: readonly { readonly queue: QueueAddress }[]): Promise<QueueLookup> {
    const keys = new Map<QueueAddress, string>()
    const addresses = new Map<string, SqlValue[]>()
    for (const { queue } of calls) {
      if (keys.has(queue) || !isPossible(queue)) continue
      const key = wakeKey(queue)
      keys.set(queue, key)
      addresses.set(key, [queue.accountId, queue.region, queue.name])
    }
    const found = new Map<string, Queue>()
    await inSlices([...addresses.values()], ['text', 'text', 'text'], async (table, values) => {
      const rows = await tx.all<QueueRow>(
        `select ${COLUMNS} from sqs_queue where (account, region, name) in (${table})`,
        values,
      )
      for (const row of rows) found.set(wakeKey(row), toQueue(row))
    })
    return new QueueLookup(keys, found)
  }

  find(address: QueueAddress): Queue | undefined {
    const key = this.#keys.get(address)
    return key === undefined ? undefined : this.#found.get(key)
  }
}

function toQueue(row: QueueRow): Queue {
  const attributes = JSON.parse(row.attributes) as QueueAttributes
  const { RedrivePolicy } = attributes
  return {
    ...row,
    fifo: row.fifo === 1,
    arn: queueArn(row),
    attributes,
    redrivePolicy: RedrivePolicy === undefined ? undefined : parseRedrivePolicy(RedrivePolicy),
  }
}
