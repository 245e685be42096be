/**
 * Message attributes: the rules for those that users and tracers attach, their size, and the digest clients verify.
 */

import { hash } from 'node:crypto'
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import { hasIllegalCharacters } from '../../../kernel/protocol/characters.ts'
import { illegalCharacters, invalidParameterValue } from '../errors.ts'

/** Attributes by name. Values are texts, or bytes for the types `Binary` and `Binary.<label>`. */
export type AttributeMap = Readonly<Record<string, MessageAttributeValue>>

const MAX_ATTRIBUTES = 10
const MAX_LENGTH = 256
const TRACE_HEADER = 'AWSTraceHeader'

/** Checks the attributes a user attached. Throws InvalidParameterValue. */
export function checkMessageAttributes(attributes: AttributeMap): void {
  const names = Object.keys(attributes)
  if (names.length > MAX_ATTRIBUTES) {
    throw invalidParameterValue(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    )
  }
  for (const name of names) {
    checkName(name)
    checkValue(name, attributes[name] as MessageAttributeValue)
  }
}

const RESERVED = /^(aws|amazon)\./i
/** Words of letters of any script, digits, `_` and `-`, joined by single dots. */
const LEGAL_NAME = /^[\p{L}\p{Nd}_-]+(\.[\p{L}\p{Nd}_-]+)*$/u

function checkName(name: string): void {
  if (name === '') throw invalidParameterValue('The request must contain non-empty message (user) attribute names.')
  if (Buffer.byteLength(name) > MAX_LENGTH) {
    throw invalidParameterValue('Message (user) attribute name must be shorter than 256 bytes.')
  }
  if (RESERVED.test(name)) {
    throw invalidParameterValue(
      "You can't use message attribute names beginning with 'AWS.' or 'Amazon'. " +
        'These strings are reserved for internal use.',
    )
  }
  if (!LEGAL_NAME.test(name)) {
    throw invalidParameterValue(
      `The name of message (user) attribute '${name}' is invalid. It can only include alphanumeric characters, ` +
        'underscores, hyphens, and periods that neither begin nor end it nor follow each other.',
    )
  }
}

function checkValue(name: string, value: MessageAttributeValue): void {
  const type = typeOf(name, value.DataType)
  const { StringValue: text, BinaryValue: bytes } = value
  if (value.StringListValues?.length || value.BinaryListValues?.length) {
    throw invalidParameterValue('Message attribute list values in SendMessage operation are not supported.')
  }
  if (text === undefined && bytes === undefined) {
    throw invalidParameterValue(
      `The message (user) attribute '${name}' must contain a non-empty message attribute value.`,
    )
  }
  if (!(type === 'Binary' ? bytes : text)?.length) {
    throw invalidParameterValue(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`)
  }
  if (type === 'Binary' || text === undefined) return
  if (hasIllegalCharacters(text)) throw invalidParameterValue(illegalCharacters)
  if (type === 'Number' && !isNumber(text)) {
    throw invalidParameterValue(`Can't cast the value of message (user) attribute '${name}' to a number.`)
  }
}

/** The logical type, without the label that may follow it: `Number.int` is a Number. */
function typeOf(name: string, dataType: string | undefined): 'String' | 'Number' | 'Binary' {
  const type = dataType?.split('.', 1)[0]
  if (type !== 'String' && type !== 'Number' && type !== 'Binary') {
    throw invalidParameterValue(
      `The type of message (user) attribute '${name}' is invalid. ` +
        'You must use only the following supported type prefixes: Binary, Number, String.',
    )
  }
  if (Buffer.byteLength(dataType as string) > MAX_LENGTH) {
    throw invalidParameterValue('Message (user) attribute type must be shorter than 256 bytes.')
  }
  return type
}

const NUMBER = /^[+-]?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e[+-]?\d+)?$/i
const MAX_SIGNIFICANT_DIGITS = 38

/** Decimal, between -10^128 and 10^126, of up to 38 significant digits. */
function isNumber(text: string): boolean {
  const [match, whole = '', fraction = '', bareFraction = ''] = NUMBER.exec(text) ?? []
  if (match === undefined) return false
  const significant = (whole + fraction + bareFraction).replace(/^0+/, '')
  const value = Number(text)
  return trimEndZeros(significant).length <= MAX_SIGNIFICANT_DIGITS && value >= -1e128 && value <= 1e126
}

/** By hand: `/0+$/` takes quadratic time over a text that is full of zeros and doesn't end in one. */
function trimEndZeros(digits: string): string {
  let end = digits.length
  while (digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}

/** `Root=…;Parent=…;Sampled=1`, in any order, with whatever fields tracers add. Real ones have some 100 characters. */
const TRACE_FIELD = /^\w+=[^;\s]+$/
const MAX_TRACE_LENGTH = 1024
const isTraceHeader = (text: string) =>
  text.length <= MAX_TRACE_LENGTH && text.split(';').every((field) => TRACE_FIELD.test(field.trim()))

/** Checks what a request sends as MessageSystemAttributes: nothing but an X-Ray trace header. */
export function checkSystemAttributes(attributes: AttributeMap): void {
  for (const [name, { DataType: type, StringValue: text }] of Object.entries(attributes)) {
    if (name !== TRACE_HEADER) throw invalidParameterValue(`Message system attribute name '${name}' is invalid.`)
    if (type !== 'String' || !text) {
      throw invalidParameterValue(`Message system attribute '${name}' must contain a non-empty value of type 'String'.`)
    }
    if (!isTraceHeader(text) || hasIllegalCharacters(text)) {
      throw invalidParameterValue(`Message system attribute '${name}' must contain a valid X-Ray trace header.`)
    }
  }
}

/** The trace to keep with a message: the parameter's, else that of the request's X-Amzn-Trace-Id header if it is one. */
export function traceHeaderOf(attributes: AttributeMap | undefined, requestHeader: string | undefined) {
  const given = attributes?.[TRACE_HEADER]?.StringValue
  if (given !== undefined) return given
  return requestHeader !== undefined && isTraceHeader(requestHeader) ? requestHeader : undefined
}

/** The bytes of a binary attribute. The type decides which member is the value, should a client send both. */
export const bytesOf = ({ DataType, BinaryValue }: MessageAttributeValue) =>
  DataType?.startsWith('Binary') ? BinaryValue : undefined

/** What the attributes add to a message's size, in bytes: names, types with their labels, and values. */
export function attributesSize(attributes: AttributeMap): number {
  let size = 0
  for (const name of Object.keys(attributes)) {
    const value = attributes[name] as MessageAttributeValue
    const { DataType = '', StringValue = '' } = value
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType)
    size += bytesOf(value)?.length ?? Buffer.byteLength(StringValue)
  }
  return size
}

const TRANSPORTED_AS_TEXT = 1
const TRANSPORTED_AS_BYTES = 2
/** Beside its three parts an attribute takes three lengths of four bytes and one byte for the transport type. */
const OVERHEAD_BYTES = 13

/**
 * The digest that clients recompute: over the attributes by name in byte order, each as name, data type, transport type
 * and value, with lengths as big-endian 32-bit integers. Undefined when there are no attributes.
 */
export function md5OfAttributes(attributes: AttributeMap | undefined): string | undefined {
  const names = attributes ? Object.keys(attributes) : []
  if (attributes === undefined || names.length === 0) return undefined
  const bytes = Buffer.allocUnsafe(attributesSize(attributes) + names.length * OVERHEAD_BYTES)
  let end = 0
  const putText = (text: string) => {
    const length = bytes.write(text, end + 4)
    bytes.writeUInt32BE(length, end)
    end += 4 + length
  }
  // By code unit, as Java clients sort: another order than by byte only for letters past U+FFFF beside compatibility forms.
  for (const name of names.sort()) {
    const value = attributes[name] as MessageAttributeValue
    const binary = bytesOf(value)
    putText(name)
    putText(value.DataType ?? '')
    end = bytes.writeUInt8(binary ? TRANSPORTED_AS_BYTES : TRANSPORTED_AS_TEXT, end)
    if (binary) {
      end = bytes.writeUInt32BE(binary.length, end)
      bytes.set(binary, end)
      end += binary.length
    } else putText(value.StringValue ?? '')
  }
  return hash('md5', bytes, 'hex')
}
