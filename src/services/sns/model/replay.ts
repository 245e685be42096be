/**
 * Archive and replay, of FIFO topics only: a topic's ArchivePolicy says for how long messages are kept, a
 * subscription's ReplayPolicy which of them are delivered again.
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import type { Refuse } from '../errors.ts'
import { type JsonObject, parseDocument } from './json-object.ts'

const DAY: Millis = 24 * 60 * 60 * 1000
const MAX_DAYS = 365

export interface ArchivePolicy {
  readonly retention: Millis
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
  // Days as a text, as they are documented, or as a number, as infrastructure tools write them.
  if (!/^\d{1,3}$/.test(String(days)) || Number(days) < 1 || Number(days) > MAX_DAYS) {
    throw complain('MessageRetentionPeriod value is invalid')
  }
  return { retention: Number(days) * DAY }
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
