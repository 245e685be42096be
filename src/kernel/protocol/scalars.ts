/**
 * The rules for single values that the protocols share, and the errors for input that isn't what the schema asks for.
 * A rule takes the protocol's own error, since each has its code: `SerializationException` in JSON, `MalformedInput` in
 * Query. The sentences are those of the real services.
 */
import { isUtf8 } from 'node:buffer'
import { ServiceError } from '../service-error.ts'
import type { TimestampFormat } from './schema.ts'

export type Malformed = (message: string) => ServiceError

export const serializationException: Malformed = (message) =>
  new ServiceError('SerializationException', message, {
    status: 400,
    type: 'com.amazon.coral.service#SerializationException',
  })

export const malformedInput: Malformed = (message) => new ServiceError('MalformedInput', message, { status: 400 })

export const STRUCTURE_FOUND = 'Start of structure or map found where not expected.'
export const LIST_FOUND = 'Start of list found where not expected'
export const notConvertible = (found: string, wanted: string) => `${found} can not be converted to ${wanted}`

/** The text of a body, or undefined if it isn't UTF-8. Only text that shows U+FFFD needs a second look. */
export function utf8Text(body: Buffer): string | undefined {
  const text = body.toString()
  return text.includes('\ufffd') && !isUtf8(body) ? undefined : text
}

export function parseInteger(text: string, malformed: Malformed): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) throw malformed(notConvertible('STRING_VALUE', 'an Integer'))
  return value
}

export function parseBoolean(text: string, malformed: Malformed): boolean {
  if (text === 'true') return true
  if (text === 'false') return false
  throw malformed(notConvertible('STRING_VALUE', 'a Boolean'))
}

/** Strict base64, with padding. The bytes have a memory of their own: a pooled Buffer would cross threads whole. */
export function parseBlob(text: string, malformed: Malformed): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw malformed(notConvertible('STRING_VALUE', 'a Blob'))
  }
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** Seconds since the epoch, with a fraction, or a date in words. */
export function parseTimestamp(value: string | number, malformed: Malformed): Date {
  const seconds = typeof value === 'number' || /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
  const date = new Date(seconds === undefined ? value : Math.round(seconds * 1000))
  if (Number.isNaN(date.getTime())) throw malformed(notConvertible('STRING_VALUE', 'a Timestamp'))
  return date
}

export function formatTimestamp(date: Date, format: TimestampFormat): string | number {
  if (format === 'epoch-seconds') return date.getTime() / 1000
  return format === 'http-date' ? date.toUTCString() : date.toISOString().replace('.000Z', 'Z')
}

export const formatBlob = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

/** Throws for what is no number on any wire: a mistake of the handler's, and so not a ServiceError. */
export function checkInteger(value: number): number {
  if (!Number.isFinite(value)) throw new TypeError(`a handler answered ${value} where the schema asks for a number`)
  return value
}
