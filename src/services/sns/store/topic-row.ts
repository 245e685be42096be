/** Topics as rows: finding them, and what every command needs to know of them. */
import type { ServiceError } from '../../../kernel/service-error.ts'
import type { SqlValue, Tx } from '../../../kernel/store/store.ts'
import { topicNotFound } from '../errors.ts'
import { type TopicAddress, topicArn } from '../model/names.ts'
import type { TopicAttributes } from '../model/topic-attributes.ts'

export interface Topic extends TopicAddress {
  readonly topicId: number
  readonly arn: string
  readonly fifo: boolean
  readonly attributes: TopicAttributes
  readonly tags: Readonly<Record<string, string>>
  readonly dataProtectionPolicy: string | null
  readonly version: number
  /** The latest version of a subscription that is remembered no more. */
  readonly collectedVersion: number
  readonly confirmed: number
  readonly pending: number
  readonly deleted: number
  readonly filterPolicies: number
}

interface TopicRow {
  topicId: number
  accountId: string
  region: string
  name: string
  fifo: number
  attributes: string
  tags: string
  dataProtectionPolicy: string | null
  version: number
  collectedVersion: number
  confirmed: number
  pending: number
  deleted: number
  filterPolicies: number
}

const COLUMNS = `topic_id as "topicId", account as "accountId", region, name, fifo, attributes, tags,
  data_protection_policy as "dataProtectionPolicy", version, collected_version as "collectedVersion", confirmed, pending,
  deleted, filter_policies as "filterPolicies"`

const FIND = `select ${COLUMNS} from sns_topic where account = ? and region = ? and name = ?`
const FIND_BY_ID = `select ${COLUMNS} from sns_topic where topic_id = ?`

export async function findTopic(tx: Tx, { accountId, region, name }: TopicAddress): Promise<Topic | undefined> {
  const row = await tx.get<TopicRow>(FIND, [accountId, region, name])
  return row === undefined ? undefined : toTopic(row)
}

export async function findTopicById(tx: Tx, topicId: number): Promise<Topic | undefined> {
  const row = await tx.get<TopicRow>(FIND_BY_ID, [topicId])
  return row === undefined ? undefined : toTopic(row)
}

/** Throws NotFound, or what else is said of a missing topic. */
export async function requireTopic(tx: Tx, address: TopicAddress, missing = topicNotFound): Promise<Topic> {
  const topic = await findTopic(tx, address)
  if (topic === undefined) throw missing()
  return topic
}

/** As `requireTopic`, for what changes the topic or its subscriptions: others who do so wait. */
export function holdTopic(tx: Tx, address: TopicAddress, missing: () => ServiceError = topicNotFound): Promise<Topic> {
  lockTopic(tx, address)
  return requireTopic(tx, address, missing)
}

/** In force for the statements that follow. */
export function lockTopic(tx: Tx, { accountId, region, name }: TopicAddress): void {
  void tx.lock('select 1 from sns_topic where account = ? and region = ? and name = ?', [accountId, region, name])
}

export async function holdTopicById(tx: Tx, topicId: number): Promise<Topic | undefined> {
  void tx.lock('select 1 from sns_topic where topic_id = ?', [topicId])
  return findTopicById(tx, topicId)
}

/** How the counts of a topic change. */
export interface CountChanges {
  readonly confirmed?: number
  readonly pending?: number
  readonly deleted?: number
  readonly filterPolicies?: number
}

/**
 * Gives a topic that is held a new version, for a change of its own or of one of its subscriptions; resolves to it. Whoever
 * holds the topic takes versions in the order in which they become visible to others.
 */
export async function newVersion(tx: Tx, topicId: number, changes: CountChanges = {}): Promise<number> {
  const [version] = (await tx.nextIds(1)) as [number]
  const { confirmed = 0, pending = 0, deleted = 0, filterPolicies = 0 } = changes
  await tx.run(
    `update sns_topic set version = ?, confirmed = confirmed + ?, pending = pending + ?, deleted = deleted + ?,
       filter_policies = filter_policies + ? where topic_id = ?`,
    [version, confirmed, pending, deleted, filterPolicies, topicId],
  )
  return version
}

/** What a publisher has to know of a topic to see whether what it remembers is still so. */
export interface TopicVersion extends TopicAddress {
  readonly topicId: number
  readonly version: number
}

/** The topics of these addresses that exist, found in one look. Those of `held` are locked before they are read. */
export async function findVersions(
  tx: Tx,
  addresses: readonly TopicAddress[],
  held: readonly TopicAddress[],
): Promise<TopicVersion[]> {
  for (const slice of slices(held)) {
    void tx.lock(`select 1 from sns_topic where ${oneOf(slice)} order by topic_id`, valuesOf(slice))
  }
  const found: TopicVersion[] = []
  for (const slice of slices(addresses)) {
    const rows = await tx.all<TopicVersion>(
      `select topic_id as "topicId", version, account as "accountId", region, name from sns_topic where ${oneOf(slice)}`,
      valuesOf(slice),
    )
    found.push(...rows)
  }
  return found
}

const MAX_SLICE = 64

/** Padded to powers of two, so that a handful of statements serves every number of topics. */
function* slices(addresses: readonly TopicAddress[]): Generator<TopicAddress[]> {
  for (let from = 0; from < addresses.length; from += MAX_SLICE) {
    const slice = addresses.slice(from, from + MAX_SLICE)
    const size = 2 ** Math.ceil(Math.log2(slice.length))
    while (slice.length < size) slice.push(slice[0] as TopicAddress)
    yield slice
  }
}

const oneOf = (addresses: readonly TopicAddress[]): string =>
  addresses.length === 1
    ? 'account = ? and region = ? and name = ?'
    : `(account, region, name) in (values ${addresses.map(() => '(?, ?, ?)').join(', ')})`

const valuesOf = (addresses: readonly TopicAddress[]): SqlValue[] =>
  addresses.flatMap(({ accountId, region, name }) => [accountId, region, name])

function toTopic(row: TopicRow): Topic {
  return {
    ...row,
    fifo: row.fifo === 1,
    arn: topicArn(row),
    attributes: JSON.parse(row.attributes) as TopicAttributes,
    tags: JSON.parse(row.tags) as Record<string, string>,
  }
}
