/** What patterns are matched against: an object whose leaves are compared. */
import type { DeliveryAttribute } from '../targets/delivery.ts'
import type { Leaf } from './conditions.ts'
import { comparable, type Dialect } from './dialect.ts'

/** As `JSON.parse` makes it, so that no inherited member is taken for a key. */
export type Event = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Event =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A parsed message body or event. Undefined for what is no object: nothing matches that. */
export const bodyEvent = (json: unknown): Event | undefined => (isObject(json) ? json : undefined)

/**
 * The attributes of a message. Binary ones are as if they weren't there. What isn't what its type says, a text that is no
 * number or no list, is there and satisfies no condition.
 */
export function attributesEvent(attributes: Readonly<Record<string, DeliveryAttribute>>): Event {
  const event: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(attributes)) {
    const { dataType, stringValue = '' } = attributes[name] as DeliveryAttribute
    const [type] = dataType.split('.', 1)
    if (dataType === 'String.Array') event[name] = readList(stringValue)
    else if (type === 'Number') event[name] = readNumber(stringValue)
    else if (type === 'String') event[name] = stringValue
  }
  return event
}

/** A number alone is as good as a list of it. */
function readList(text: string): unknown {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) || typeof list === 'number' ? list : undefined
  } catch {
    return undefined
  }
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i

const readNumber = (text: string) => (NUMBER.test(text) ? Number(text) : undefined)

/** `value` is no object and no list. */
export const leafOf = (value: unknown, dialect: Dialect): Leaf =>
  typeof value === 'number' ? comparable(value, dialect) : (value as Leaf)

/** Lists inside lists are looked through down to here; below is nothing. The stack is the reason. */
export const MAX_LISTS = 1000
