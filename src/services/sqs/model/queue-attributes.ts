/**
 * Queue attributes: their texts on the wire, their typed form, and the rules that tie them to each other.
 *
 * Invariants of a QueueAttributes value
 * - It is complete: every numeric and boolean attribute has a value, given or default.
 * - At most one kind of encryption: a KMS key excludes SqsManagedSseEnabled.
 * - FIFO attributes of a standard queue have their defaults and are never shown.
 * - FifoThroughputLimit is perMessageGroupId only if DeduplicationScope is messageGroup.
 */
import { isDeepStrictEqual } from 'node:util'
import { parseJsonDocument } from '../../../kernel/json-object.ts'
import type { ServiceError } from '../../../kernel/service-error.ts'
import { invalidAttributeValue, missingParameter, modelled, unknownAttribute } from '../errors.ts'
import { storedPolicy, withPrincipalArns } from './policy.ts'
import { parseRedrivePolicy, storedRedriveAllowPolicy } from './redrive.ts'

type Seconds = number
type Bytes = number

export type DeduplicationScope = 'queue' | 'messageGroup'
export type FifoThroughputLimit = 'perQueue' | 'perMessageGroupId'

/** Everything about a queue that a client can set, under the names of the wire. Plain data. */
export interface QueueAttributes {
  readonly DelaySeconds: Seconds
  readonly MaximumMessageSize: Bytes
  readonly MessageRetentionPeriod: Seconds
  readonly ReceiveMessageWaitTimeSeconds: Seconds
  readonly VisibilityTimeout: Seconds
  /** The three documents are kept as the client wrote them, as far as their rules allow. */
  readonly Policy?: string
  readonly RedrivePolicy?: string
  readonly RedriveAllowPolicy?: string
  readonly KmsMasterKeyId?: string
  readonly KmsDataKeyReusePeriodSeconds: Seconds
  readonly SqsManagedSseEnabled: boolean
  readonly FifoQueue: boolean
  readonly ContentBasedDeduplication: boolean
  readonly DeduplicationScope: DeduplicationScope
  readonly FifoThroughputLimit: FifoThroughputLimit
}

/** Attributes as they arrive. A null, which JSON clients may send, counts as absent. */
export type GivenAttributes = Readonly<Record<string, string | null | undefined>>

type Name = keyof QueueAttributes
type Value = QueueAttributes[Name]
/** Reads the text of the attribute `name`, or throws. */
type Parser<T extends Value> = (text: string, name: Name) => T

const integer =
  (min: number, max: number): Parser<number> =>
  (text, name) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (!(value >= min && value <= max)) throw invalidAttributeValue(name)
    return value
  }

const boolean: Parser<boolean> = (text, name) => {
  const value = text.toLowerCase()
  if (value !== 'true' && value !== 'false') throw invalidAttributeValue(name)
  return value === 'true'
}

const oneOf =
  <T extends string>(...values: readonly T[]): Parser<T> =>
  (text, name) => {
    const value = values.find((candidate) => candidate === text)
    if (value === undefined) throw invalidAttributeValue(name)
    return value
  }

/** A text kept as `read` gives it back; the empty one removes the attribute. */
const removable =
  (read: (text: string) => string): Parser<string | undefined> =>
  (text) =>
    text === '' ? undefined : read(text)

/** The longest form of a key id is an ARN, or an alias as one. */
const MAX_KEY_ID_LENGTH = 2048

function checkedKeyId(text: string): string {
  if (text.length > MAX_KEY_ID_LENGTH) throw invalidAttributeValue('KmsMasterKeyId')
  return text
}

const parsers: { readonly [N in Name]-?: Parser<QueueAttributes[N]> } = {
  DelaySeconds: integer(0, 900),
  MaximumMessageSize: integer(1024, 1_048_576),
  MessageRetentionPeriod: integer(60, 1_209_600),
  ReceiveMessageWaitTimeSeconds: integer(0, 20),
  VisibilityTimeout: integer(0, 43_200),
  Policy: removable(storedPolicy),
  RedrivePolicy: removable((text) => {
    parseRedrivePolicy(text)
    return text
  }),
  RedriveAllowPolicy: removable(storedRedriveAllowPolicy),
  KmsMasterKeyId: removable(checkedKeyId),
  KmsDataKeyReusePeriodSeconds: integer(60, 86_400),
  SqsManagedSseEnabled: boolean,
  FifoQueue: boolean,
  ContentBasedDeduplication: boolean,
  DeduplicationScope: oneOf('queue', 'messageGroup'),
  FifoThroughputLimit: oneOf('perQueue', 'perMessageGroupId'),
}

const defaults: QueueAttributes = {
  DelaySeconds: 0,
  MaximumMessageSize: 1_048_576,
  MessageRetentionPeriod: 345_600,
  ReceiveMessageWaitTimeSeconds: 0,
  VisibilityTimeout: 30,
  KmsDataKeyReusePeriodSeconds: 300,
  SqsManagedSseEnabled: true,
  FifoQueue: false,
  ContentBasedDeduplication: false,
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
}

/** How a standard queue refuses the attributes of a FIFO queue: not all in the same words. */
const refusedByStandardQueues: { readonly [N in Name]?: () => ServiceError } = {
  FifoQueue: () => unknownAttribute('FifoQueue'),
  ContentBasedDeduplication: () => unknownAttribute('ContentBasedDeduplication'),
  DeduplicationScope: () => onlyForFifo('DeduplicationScope'),
  FifoThroughputLimit: () => onlyForFifo('FifoThroughputLimit'),
}

const onlyForFifo = (name: Name) =>
  modelled('InvalidAttributeName', `You can specify the ${name} only when FifoQueue is set to true.`)

const isName = (name: string): name is Name => Object.hasOwn(parsers, name)

/** Whether a CreateQueue asks for a FIFO queue. Saying `false` is an error: a standard queue doesn't have the attribute. */
export function asksForFifo(given: GivenAttributes): boolean {
  const text = given.FifoQueue
  if (text === undefined || text === null) return false
  if (!boolean(text, 'FifoQueue')) throw unknownAttribute('FifoQueue')
  return true
}

/** The attributes of a new queue. Whether a dead-letter queue exists and is of the right type is for the store to say. */
export function createAttributes(given: GivenAttributes): QueueAttributes {
  const created = { ...defaults, FifoQueue: asksForFifo(given) }
  return settle(created, parseGiven(given, created.FifoQueue))
}

/** The attributes after SetQueueAttributes, which changes those that are listed, all or none. */
export function changeAttributes(current: QueueAttributes, given: GivenAttributes): QueueAttributes {
  const parsed = parseGiven(given, current.FifoQueue)
  if (Object.keys(parsed).length === 0) throw missingParameter('Attribute.Name')
  if (parsed.FifoQueue === false) {
    throw invalidAttributeValue('FifoQueue', 'Modifying queue type is not supported.')
  }
  return settle(current, parsed)
}

function parseGiven(given: GivenAttributes, fifo: boolean): Partial<QueueAttributes> {
  const parsed: Partial<Record<Name, Value>> = {}
  for (const [name, text] of Object.entries(given)) {
    if (text === undefined || text === null) continue
    if (!isName(name)) throw unknownAttribute(name)
    if (!fifo) throwIfPresent(refusedByStandardQueues[name])
    parsed[name] = parsers[name](text, name)
  }
  return parsed as Partial<QueueAttributes>
}

function throwIfPresent(error: (() => ServiceError) | undefined): void {
  if (error) throw error()
}

/** Applies changes and what follows from them for other attributes. */
function settle(current: QueueAttributes, changes: Partial<QueueAttributes>): QueueAttributes {
  const next = { ...current, ...changes }
  if (next.KmsMasterKeyId !== undefined) {
    if (changes.SqsManagedSseEnabled) throw twoKindsOfEncryption()
    next.SqsManagedSseEnabled = false
  } else if (current.KmsMasterKeyId !== undefined) {
    // The key takes its period along. SSE, which the key switched off, stays off until it is switched on by name.
    next.KmsDataKeyReusePeriodSeconds = changes.KmsDataKeyReusePeriodSeconds ?? defaults.KmsDataKeyReusePeriodSeconds
  }
  if (next.FifoThroughputLimit === 'perMessageGroupId' && next.DeduplicationScope !== 'messageGroup') {
    throw modelled(
      'InvalidAttributeValue',
      'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup',
    )
  }
  return next
}

const twoKindsOfEncryption = () =>
  modelled(
    'InvalidAttributeName',
    'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
  )

/**
 * For a CreateQueue that finds its name taken: the first of the given attributes whose value isn't the current one.
 * Attributes that weren't given don't count. Documents are equal when their JSON is, however it was written, and redrive
 * policies when they say the same.
 * `given` must have passed `createAttributes`.
 */
export function firstDifference(current: QueueAttributes, given: GivenAttributes): string | undefined {
  const wanted = parseGiven(given, asksForFifo(given))
  return Object.entries(wanted).find(([name, value]) => !sameValue(name as Name, current[name as Name], value))?.[0]
}

function sameValue(name: Name, current: Value, wanted: Value): boolean {
  if (current === wanted) return true
  if (typeof current !== 'string' || typeof wanted !== 'string') return false
  const [one, other] = [comparable(name, current), comparable(name, wanted)]
  return one !== undefined && isDeepStrictEqual(one, other)
}

/** What a text says. Undefined for one that isn't JSON, such as a key id: such texts are equal only if they are the same. */
function comparable(name: Name, text: string): unknown {
  if (name === 'RedrivePolicy') return parseRedrivePolicy(text)
  return jsonOf(name === 'Policy' ? withPrincipalArns(text) : text) // an older version kept bare account ids
}

function jsonOf(text: string): unknown {
  try {
    return parseJsonDocument(text)
  } catch {
    return undefined
  }
}
