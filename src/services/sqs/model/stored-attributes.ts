/** Message attributes as they are stored: JSON, with bytes in base64. */
import type { MessageAttributeValue } from '@aws-sdk/client-sqs'
import type { AttributeMap } from './message-attributes.ts'

interface StoredValue {
  /** Data type. */
  readonly t: string
  /** Text. */
  readonly s?: string
  /** Bytes. */
  readonly b?: string
}

/** Null when there are none. */
export function storedAttributes(attributes: AttributeMap | undefined): string | null {
  if (attributes === undefined) return null
  const stored: Record<string, StoredValue> = {}
  for (const [name, value] of Object.entries(attributes)) stored[name] = storedValue(value)
  return Object.keys(stored).length === 0 ? null : JSON.stringify(stored)
}

const storedValue = ({ DataType, StringValue, BinaryValue }: MessageAttributeValue): StoredValue => {
  const t = DataType as string
  return t.startsWith('Binary')
    ? { t, b: Buffer.from(BinaryValue as Uint8Array).toString('base64') }
    : { t, s: StringValue as string }
}

/** Undefined when there are none. */
export function loadAttributes(stored: string | null): AttributeMap | undefined {
  if (stored === null) return undefined
  const attributes: Record<string, MessageAttributeValue> = {}
  for (const [name, { t, s, b }] of Object.entries(JSON.parse(stored) as Record<string, StoredValue>)) {
    attributes[name] =
      b === undefined ? { DataType: t, StringValue: s } : { DataType: t, BinaryValue: Buffer.from(b, 'base64') }
  }
  return attributes
}
