/** Message attributes: the rules for those that publishers attach, their size, and the form in which they are delivered. */
import type { MessageAttributeValue } from '@aws-sdk/client-sns'
import type { DeliveryAttribute } from '../../../kernel/targets/delivery.ts'
import { invalidMessageAttribute } from '../errors.ts'

/** Attributes by name. Values are texts, or bytes for the types `Binary` and `Binary.<label>`. */
export type AttributeMap = Readonly<Record<string, MessageAttributeValue>>

const MAX_NAME_LENGTH = 256

/** In any case of letters. */
const RESERVED = /^(aws|amazon)\./i
/** What publishers say about text messages and push notifications. */
const OF_AMAZON = /^AWS\.(SNS\.SMS|MM\.SMS|SNS\.MOBILE)\./

/** Throws ParameterValueInvalid, in SNS's checking order. How many there are doesn't matter. */
export function checkMessageAttributes(attributes: AttributeMap): void {
  for (const name of Object.keys(attributes)) {
    checkName(name)
    checkValue(name, attributes[name] as MessageAttributeValue)
  }
}

function checkName(name: string): void {
  if (name === '') throw invalidMessageAttribute('Message attribute name must not be empty.')
  if (name.length > MAX_NAME_LENGTH) {
    throw invalidMessageAttribute('Length of message attribute name must be less than 256 bytes.')
  }
  const offender = /[^\w.-]/u.exec(name)?.[0].codePointAt(0)
  if (offender !== undefined) {
    throw invalidMessageAttribute(
      `Invalid non-alphanumeric character '#x${offender.toString(16).toUpperCase()}' was found in the message attribute ` +
        'name. Can only include alphanumeric characters, hyphens, underscores, or dots.',
    )
  }
  if (name.startsWith('.')) {
    throw invalidMessageAttribute("Invalid message attribute name starting with character '.' was found.")
  }
  if (name.endsWith('.')) {
    throw invalidMessageAttribute("Invalid message attribute name ending with character '.' was found.")
  }
  if (name.includes('..'))
    throw invalidMessageAttribute("Message attribute name can not have successive '.' character.")
  if (RESERVED.test(name) && !OF_AMAZON.test(name)) {
    throw invalidMessageAttribute(
      "Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon.",
    )
  }
}

/** A label may follow each type; `String.Array` is one that filter policies understand. */
const TYPE = /^(String|Number|Binary)(\..+)?$/s

function checkValue(name: string, value: MessageAttributeValue): void {
  const { DataType: dataType = '', StringValue: text, BinaryValue: bytes } = value
  const type = TYPE.exec(dataType)?.[1]
  if (type === undefined) {
    throw invalidMessageAttribute(
      `The message attribute '${name}' has an invalid message attribute type, ` +
        'the set of supported type prefixes is Binary, Number, and String.',
    )
  }
  const empty = () =>
    invalidMessageAttribute(
      `The message attribute '${name}' must contain non-empty message attribute value ` +
        `for message attribute type '${dataType}'.`,
    )
  if (text === undefined && bytes === undefined) throw empty()
  const field = type === 'Binary' ? 'Binary' : 'String'
  const content = type === 'Binary' ? bytes : text
  if (content === undefined) {
    throw invalidMessageAttribute(`The message attribute '${name}' with type '${dataType}' must use field '${field}'.`)
  }
  if (content.length === 0) throw empty()
  if (type === 'Number' && !isNumber(content as string)) {
    throw invalidMessageAttribute(`Could not cast message attribute '${name}' value to number.`)
  }
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i

/** Decimal, between -10^128 and 10^126, as a queue takes it. */
function isNumber(text: string): boolean {
  const value = NUMBER.test(text) ? Number(text) : Number.NaN
  return value >= -1e128 && value <= 1e126
}

const isBinary = (dataType: string) => dataType.startsWith('Binary')

/** What the attributes add to a message's size, in bytes: names, types with their labels, and values. */
export function attributesSize(attributes: AttributeMap): number {
  let size = 0
  for (const name of Object.keys(attributes)) {
    const { DataType = '', StringValue = '', BinaryValue } = attributes[name] as MessageAttributeValue
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType)
    size += isBinary(DataType) ? (BinaryValue?.length ?? 0) : Buffer.byteLength(StringValue)
  }
  return size
}

/** As they travel on; undefined when there are none. `attributes` must have passed `checkMessageAttributes`. */
export function deliveryAttributes(
  attributes: AttributeMap | undefined,
): Readonly<Record<string, DeliveryAttribute>> | undefined {
  const entries = Object.entries(attributes ?? {})
  if (entries.length === 0) return undefined
  // From entries, since an attribute may be called `__proto__`.
  return Object.fromEntries(
    entries.map(([name, { DataType: dataType = '', StringValue, BinaryValue }]) => [
      name,
      isBinary(dataType) ? { dataType, binaryValue: BinaryValue } : { dataType, stringValue: StringValue },
    ]),
  )
}
