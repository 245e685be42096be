/** A push notification on its way to one device, and what its reserved attributes say. */
import type { Millis } from '../../../../kernel/clock/clock.ts'
import { failed, type SendOutcome } from '../../../../kernel/outbound/outcome.ts'
import { type DeliveryAttribute, Undeliverable } from '../../../../kernel/targets/delivery.ts'

export interface PushRequest {
  readonly account: string
  readonly region: string
  /** As in the application's ARN: `GCM`, `APNS_SANDBOX`. */
  readonly platform: string
  /** Of the platform application: `PlatformCredential` and the others. */
  readonly applicationAttributes: Readonly<Record<string, string>>
  /** Of the device. */
  readonly token: string
  /** A UUID, the same for every attempt. */
  readonly messageId: string
  /** When it was published: the time to live counts from then. */
  readonly publishedAt: Millis
  /** What the message has for this platform: the platform's own JSON, or plain text. */
  readonly payload: string
  /** Of the message. */
  readonly attributes: Readonly<Record<string, DeliveryAttribute>>
}

/** `disableEndpoint`: the vendor says that the token is no longer, or never was, one of a device. */
export type PushOutcome =
  | Exclude<SendOutcome, { type: 'failed' }>
  | { readonly type: 'failed'; readonly reason: string; readonly disableEndpoint?: true }

export const badToken = (reason: string): PushOutcome => ({ ...failed(reason), disableEndpoint: true })

const PREFIX = 'AWS.SNS.MOBILE.'

/** The value of a reserved attribute, given without its prefix: `APNS.PRIORITY`. Undefined if it isn't there, or empty. */
export const reserved = ({ attributes }: PushRequest, name: string): string | undefined =>
  attributes[PREFIX + name]?.stringValue || undefined

/**
 * How many seconds the vendor has left to deliver, by the `TTL` attribute of the first of the names that has one; undefined
 * if none has. 0 means now or never. Throws `Undeliverable` if the time is over, or the attribute is no number.
 *
 * https://docs.aws.amazon.com/sns/latest/dg/sns-ttl.html
 */
export function secondsToLive(request: PushRequest, names: readonly string[], now: Millis): number | undefined {
  const name = names.find((name) => reserved(request, `${name}.TTL`) !== undefined)
  if (name === undefined) return undefined
  const text = reserved(request, `${name}.TTL`) as string
  if (!/^\d{1,10}$/.test(text)) throw new Undeliverable(`${PREFIX}${name}.TTL is not a number of seconds: ${text}`)
  const seconds = Number(text)
  const left = seconds - Math.floor((now - request.publishedAt) / 1000)
  if (seconds > 0 && left <= 0) throw new Undeliverable('the time to live of the message is over')
  return seconds === 0 ? 0 : left
}

/** The object a text stands for, or undefined if it is anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
