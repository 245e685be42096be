/**
 * What SNS takes under the key `GCM`, as a message of FCM's HTTP v1 API.
 *
 * Three forms: `{"fcmV1Message": {"message": …}}`, which is v1 already; the JSON of the API before it, whose members have
 * other places in v1; and plain text, which an app finds as `default` among its data.
 *
 * https://docs.aws.amazon.com/sns/latest/dg/sns-fcm-v1-payloads.html
 * https://firebase.google.com/docs/cloud-messaging/migrate-v1
 */
import { Undeliverable } from '../../../../kernel/targets/delivery.ts'
import { isObject, parseObject } from './request.ts'

type Json = Readonly<Record<string, unknown>>

/** The body of `messages:send`. */
export interface FcmBody {
  readonly validate_only?: unknown
  readonly message: Json
}

/** Throws `Undeliverable` for a payload that can't be one. */
export function fcmBody(payload: string, token: string, secondsToLive: number | undefined): FcmBody {
  const json = parseObject(payload)
  if (json === undefined) return { message: addressed({ data: { default: payload } }, token, secondsToLive) }
  if (!('fcmV1Message' in json)) {
    const message = addressed(fromLegacy(json), token, secondsToLive)
    return { ...given('validate_only', json.dry_run), message }
  }
  const { fcmV1Message } = json
  if (!isObject(fcmV1Message) || !isObject(fcmV1Message.message)) {
    throw new Undeliverable('fcmV1Message has no object named message')
  }
  const message = addressed(fcmV1Message.message, token, secondsToLive)
  return { ...given('validate_only', fcmV1Message.validate_only), message }
}

/** A time to live among the attributes wins over the one in the payload. */
function addressed(message: Json, token: string, secondsToLive: number | undefined): Json {
  const { topic: _, condition: __, ...rest } = message // it goes to one device, whatever else it names
  return {
    ...rest,
    ...given('data', isObject(message.data) ? textsOf(message.data) : undefined),
    ...given('android', withTimeToLive(message.android, secondsToLive)),
    token,
  }
}

const withTimeToLive = (android: unknown, seconds: number | undefined): unknown =>
  seconds === undefined ? android : { ...(isObject(android) ? android : {}), ttl: `${seconds}s` }

/** v1 takes nothing but texts as data. */
const textsOf = (data: Json): Json =>
  Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  )

function fromLegacy(legacy: Json): Json {
  const notification = isObject(legacy.notification) ? legacy.notification : {}
  return {
    ...unlessEmpty('notification', pick(notification, { title: 'title', body: 'body', image: 'image' })),
    ...given('data', legacy.data),
    ...unlessEmpty('android', androidOf(legacy, notification)),
    ...unlessEmpty('apns', apnsOf(legacy, notification)),
  }
}

/** Legacy names of a notification's members, and what v1 calls them for Android. */
const ANDROID_NOTIFICATION = {
  icon: 'icon',
  color: 'color',
  sound: 'sound',
  tag: 'tag',
  click_action: 'click_action',
  android_channel_id: 'channel_id',
  body_loc_key: 'body_loc_key',
  body_loc_args: 'body_loc_args',
  title_loc_key: 'title_loc_key',
  title_loc_args: 'title_loc_args',
}

function androidOf(legacy: Json, notification: Json): Json {
  const { time_to_live, priority } = legacy
  return {
    ...pick(legacy, { collapse_key: 'collapse_key', restricted_package_name: 'restricted_package_name' }),
    ...given('ttl', time_to_live === undefined ? undefined : `${time_to_live}s`),
    ...given('priority', typeof priority === 'string' ? priority.toUpperCase() : undefined),
    ...unlessEmpty('notification', pick(notification, ANDROID_NOTIFICATION)),
  }
}

const APNS_PRIORITIES: Readonly<Record<string, string>> = { high: '10', normal: '5' }

/** An app on iOS may be behind a token of FCM, too. */
function apnsOf(legacy: Json, notification: Json): Json {
  const { badge } = notification
  const aps = {
    ...pick(notification, { sound: 'sound' }),
    ...given('badge', badge === undefined ? undefined : Number(badge)),
    ...given('content-available', legacy.content_available === true ? 1 : undefined),
    ...given('mutable-content', legacy.mutable_content === true ? 1 : undefined),
  }
  return {
    ...unlessEmpty('headers', given('apns-priority', APNS_PRIORITIES[String(legacy.priority).toLowerCase()])),
    ...unlessEmpty('payload', unlessEmpty('aps', aps)),
  }
}

function pick(from: Json, names: Readonly<Record<string, string>>): Json {
  const found = Object.entries(names).filter(([name]) => from[name] !== undefined)
  return Object.fromEntries(found.map(([name, v1]) => [v1, name.endsWith('_args') ? listOf(from[name]) : from[name]]))
}

/** Arguments for translated texts were a list written as a text. */
function listOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return [value]
  }
}

const given = (name: string, value: unknown): Json => (value === undefined ? {} : { [name]: value })
const unlessEmpty = (name: string, value: Json): Json => (Object.keys(value).length === 0 ? {} : { [name]: value })
