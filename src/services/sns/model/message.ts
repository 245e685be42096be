/** A message as it is kept while it is on its way. */
import { createHash } from 'node:crypto'
import type { DeliveryAttribute } from '../../../kernel/targets/delivery.ts'

/** As the publisher gave it; what needs no knowledge of the topic has been checked. Plain data. */
export interface NewMessage {
  /** A UUID. */
  readonly messageId: string
  readonly message: string
  /** With the message structure `json`: what each protocol gets, and `default`. */
  readonly texts?: Readonly<Record<string, string>>
  readonly subject?: string
  readonly attributes?: Readonly<Record<string, DeliveryAttribute>>
  readonly groupId?: string
  readonly deduplicationId?: string
  /** The X-Ray header of the request. */
  readonly traceHeader?: string
}

/** A message that was published. */
export interface StoredMessage extends NewMessage {
  readonly topicArn: string
  readonly publishedAt: number
  /** On FIFO topics. */
  readonly sequence?: number
  /** Who published it: the id of the principal. */
  readonly sender: string
  /** Scheme, host and port for the links that go with it. */
  readonly origin: string
  /** It comes from the archive. */
  readonly replayed?: true
}

/**
 * A message, or what holds one, as text: bytes become base64. A function that looks at every member takes ten times as long
 * as the rest, and hardly any message has bytes.
 */
export const toStoredJson = (value: unknown): string =>
  hasBytes(value) ? withBytesAsText(value) : JSON.stringify(value)

function hasBytes(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return value instanceof Uint8Array || Object.values(value).some(hasBytes)
}

const withBytesAsText = (value: unknown): string =>
  JSON.stringify(value, function (this: Record<string, unknown>, key, plain) {
    const given = this[key] // bytes of some kinds have turned into something else in `plain`
    return given instanceof Uint8Array ? { [BYTES]: Buffer.from(given).toString('base64') } : plain
  })

/** The inverse of `toStoredJson`. */
export const fromStoredJson = <T>(text: string): T =>
  text.includes(BYTES) ? JSON.parse(text, fromBytesAsText) : JSON.parse(text)

const BYTES = '$bytes'

// biome-ignore lint/suspicious/noExplicitAny: as for JSON.parse
function fromBytesAsText(_: string, value: any): unknown {
  const bytes: unknown = value?.[BYTES]
  return typeof bytes === 'string' ? new Uint8Array(Buffer.from(bytes, 'base64')) : value
}

/** What a subscriber gets in a form: that of its protocol, or of its device's platform. */
export const textFor = ({ message, texts }: NewMessage, form: string): string =>
  texts === undefined ? message : (texts[form] ?? texts.default ?? '')

/** The form in which an endpoint of a protocol gets messages. */
export const formOf = (protocol: string, endpoint: string): string =>
  protocol === 'application' ? (/:endpoint\/([^/]+)\//.exec(endpoint)?.[1] ?? protocol) : protocol

/** The deduplication id of a message that was given none: the SHA-256 of its text, in hexadecimal. */
export const contentDeduplicationId = (message: string): string => createHash('sha256').update(message).digest('hex')
