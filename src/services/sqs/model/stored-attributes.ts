/**
 * Message attributes as they are stored: one JSON text per message, with bytes in base64. Of each value only the member
 * that its type calls for is kept. Objects are made from entries, since an attribute may be called `__proto__`.
 */
import { type AttributeMap, bytesOf } from './message-attributes.ts'

interface StoredValue {
  /** Data type. */
  readonly t: string
  /** Text. */
  readonly s?: string
  /** Bytes. */
  readonly b?: string
}

/** Null when there are none. `attributes` must have passed `checkMessageAttributes`. */
export function storedAttributes(attributes: AttributeMap | undefined): string | null {
  if (attributes === undefined) return null
  const stored = Object.entries(attributes).map(([name, value]): [string, StoredValue] => {
    const { DataType: t = '', StringValue: s } = value
    const bytes = bytesOf(value)
    return [name, bytes ? { t, b: Buffer.from(bytes).toString('base64') } : { t, s }]
  })
  return stored.length === 0 ? null : JSON.stringify(Object.fromEntries(stored))
}

/** Undefined when there are none. */
export function loadAttributes(stored: string | null): AttributeMap | undefined {
  if (stored === null) return undefined
  const values = Object.entries(JSON.parse(stored) as Record<string, StoredValue>)
  return Object.fromEntries(values.map(([name, value]) => [name, load(value)]))
}

const load = ({ t, s, b }: StoredValue) =>
  b === undefined ? { DataType: t, StringValue: s } : { DataType: t, BinaryValue: Buffer.from(b, 'base64') }
