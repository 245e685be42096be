/**
 * Archive and replay, of FIFO topics only: a topic's ArchivePolicy says for how long messages are kept, a
 * subscription's ReplayPolicy which of them are delivered again.
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import type { JsonObject } from '../../../kernel/json-object.ts'
import { type Refuse, refuseAttribute } from '../errors.ts'
import { parseDocument } from './json-object.ts'
import type { StoredMessage } from './message.ts'

const DAY: Millis = 24 * 60 * 60 * 1000
const MAX_DAYS = 365

export interface ArchivePolicy {
  readonly retention: Millis
}

/** What the attributes of a topic say of its archive: both are there, or none. */
export interface ArchiveAttributes {
  readonly ArchivePolicy?: string
  readonly BeginningArchiveTime?: string
}

export interface ReplayPolicy {
  /** The first message replayed is the oldest published at or after this. */
  readonly start: Millis
  /** Undefined: up to the messages of the present. */
  readonly end?: Millis
}

/** What ReplayStatus shows. */
export type ReplayStatus = 'Pending' | 'In progress' | 'Completed' | 'Failed'

/** Undefined for `{}` and the empty text, which switch the archive off. Throws what `refuse` makes of the complaint. */
export function parseArchivePolicy(text: string, refuse: Refuse): ArchivePolicy | undefined {
  const complain = (reason: string) => refuse(`ArchivePolicy: ${reason}`)
  const policy = parseMembers(text, ['MessageRetentionPeriod'], complain)
  if (policy === undefined) return undefined
  const { MessageRetentionPeriod: days } = policy
  // A text, as it is documented, or a number, as infrastructure tools write it.
  const count = typeof days === 'string' && /^\d{1,3}$/.test(days) ? Number(days) : days
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_DAYS) {
    throw complain('MessageRetentionPeriod value is invalid')
  }
  return { retention: count * DAY }
}

/** Undefined for `{}` and the empty text, which end a replay. Throws what `refuse` makes of the complaint. */
export function parseReplayPolicy(text: string, refuse: Refuse): ReplayPolicy | undefined {
  const complain = (reason: string) => refuse(`ReplayPolicy: ${reason}`)
  const policy = parseMembers(text, ['PointType', 'StartingPoint', 'EndingPoint'], complain)
  if (policy === undefined) return undefined
  const { PointType, StartingPoint, EndingPoint } = policy
  if (PointType !== 'Timestamp') throw complain('PointType value is invalid')
  const start = timestamp(StartingPoint)
  if (start === undefined) throw complain('StartingPoint value is invalid')
  if (EndingPoint === undefined) return { start }
  const end = timestamp(EndingPoint)
  if (end === undefined) throw complain('EndingPoint value is invalid')
  if (end <= start) throw complain('EndingPoint must be after StartingPoint')
  return { start, end }
}

/**
 * From when on a topic's archive has what was published: older messages are past their retention, or from an archive that
 * was switched off. Undefined without an archive.
 */
export function archiveBeginning(
  { ArchivePolicy = '', BeginningArchiveTime = '' }: ArchiveAttributes,
  now: Millis,
): Millis | undefined {
  const policy = parseArchivePolicy(ArchivePolicy, refuseAttribute)
  return policy && Math.max(Date.parse(BeginningArchiveTime), now - policy.retention)
}

/**
 * The attributes with the beginning as it is now, after they were others: a longer retention doesn't bring back what the
 * archive has lost.
 */
export function settleArchive<A extends ArchiveAttributes>(
  attributes: A,
  now: Millis,
  before: ArchiveAttributes = attributes,
): A {
  const beginning = archiveBeginning(attributes, now)
  if (beginning === undefined) return attributes
  const latest = Math.max(beginning, archiveBeginning(before, now) ?? beginning)
  return { ...attributes, BeginningArchiveTime: new Date(latest).toISOString() }
}

/**
 * What a replayed message has in place of its deduplication id. A FIFO queue that knows the original would drop it; and two
 * messages of an archive may have had the same id, five minutes apart, but follow each other closely in a replay.
 */
export const replayDeduplicationId = (replayId: number, { messageId }: Pick<StoredMessage, 'messageId'>): string =>
  `replay-${replayId}-${messageId}`

/** Undefined for a document without members, and for no document. */
function parseMembers(text: string, members: readonly string[], complain: Refuse): JsonObject | undefined {
  if (text === '') return undefined
  const document = parseDocument(text, members, complain)
  return Object.keys(document).length === 0 ? undefined : document
}

/** ISO 8601 with seconds, in UTC or with an offset. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

function timestamp(value: unknown): Millis | undefined {
  if (typeof value !== 'string' || !TIMESTAMP.test(value)) return undefined
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : at
}
