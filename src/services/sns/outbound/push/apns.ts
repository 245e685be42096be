/**
 * Apple Push Notification service over HTTP/2, with provider tokens:
 * https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
 */
import type { KeyObject } from 'node:crypto'
import type { Clock, Millis } from '../../../../kernel/clock/clock.ts'
import type { AddressGuard } from '../../../../kernel/outbound/address-guard.ts'
import { DELIVERED, failed, retry } from '../../../../kernel/outbound/outcome.ts'
import { Undeliverable } from '../../../../kernel/targets/delivery.ts'
import { ApnsConnection } from './apns-connection.ts'
import { Cache } from './cache.ts'
import { parsePrivateKey, signJwt } from './jwt.ts'
import {
  badToken,
  isObject,
  type PushOutcome,
  type PushRequest,
  parseObject,
  reserved,
  secondsToLive,
} from './request.ts'

export interface ApnsOptions {
  readonly clock: Clock
  readonly guard: AddressGuard
  /** `https://api.push.apple.com`, without a slash at the end. */
  readonly url: string
  /** `https://api.sandbox.push.apple.com`. */
  readonly sandboxUrl: string
  /** Certificate authorities to trust instead of the system's (PEM). */
  readonly ca: string | undefined
}

/** Apple refuses a token after an hour, and one that is renewed more often than every 20 minutes. */
const TOKEN_LIFE_MS: Millis = 50 * 60_000
const MAX_SENDERS = 100

export class Apns {
  readonly #options: ApnsOptions
  readonly #senders = new Cache<Sender>(MAX_SENDERS, (sender) => sender.connection.close())

  constructor(options: ApnsOptions) {
    this.#options = options
  }

  /**
   * Undefined if the application has no signing key to send with: certificates are of the older kind, which isn't built.
   * Throws `Undeliverable` for attributes that can't be sent.
   */
  send(request: PushRequest): Promise<PushOutcome> | undefined {
    const sender = this.#senderOf(request)
    return sender && this.#sendAs(sender, request)
  }

  close(): void {
    this.#senders.clear()
  }

  /** An application's own: Apple wants the tokens of each developer on connections of their own. */
  #senderOf({ platform, applicationAttributes }: PushRequest): Sender | undefined {
    const {
      PlatformCredential: credential,
      PlatformPrincipal: keyId,
      ApplePlatformTeamID: teamId,
      ApplePlatformBundleID: bundleId,
    } = applicationAttributes
    if (!credential || !keyId || !teamId || !bundleId) return undefined
    const url = platform.endsWith('_SANDBOX') ? this.#options.sandboxUrl : this.#options.url
    const cacheKey = JSON.stringify([url, credential, keyId, teamId])
    const known = this.#senders.get(cacheKey)
    if (known !== undefined) return known
    const key = parsePrivateKey(withArmour(credential), 'ES256')
    const { ca, guard } = this.#options
    return key && this.#senders.add(cacheKey, new Sender(key, keyId, teamId, new ApnsConnection(url, ca, guard)))
  }

  async #sendAs(sender: Sender, request: PushRequest): Promise<PushOutcome> {
    const now = this.#options.clock.now()
    const payload = parseObject(request.payload) === undefined ? alertOf(request.payload) : request.payload
    const token = sender.token(now)
    const headers = { ...apnsHeaders(request, payload, now), authorization: `bearer ${token}` }
    const path = `/3/device/${encodeURIComponent(request.token.toWellFormed())}`
    const answer = await sender.connection.post(path, headers, payload)
    if (answer.type === 'failed') return retry(answer.message)
    const { reason = answer.body } = parseObject(answer.body) ?? {}
    if (answer.status === 403 && reason === 'ExpiredProviderToken') {
      sender.forget(token)
      return retry('the provider token has expired')
    }
    return judge(answer.status, String(reason))
  }
}

/** One signing key, with its token of the hour and its connection. */
class Sender {
  readonly connection: ApnsConnection
  readonly #key: KeyObject
  readonly #keyId: string
  readonly #teamId: string
  #token: string | undefined
  #issuedAt: Millis = 0

  constructor(key: KeyObject, keyId: string, teamId: string, connection: ApnsConnection) {
    this.connection = connection
    this.#key = key
    this.#keyId = keyId
    this.#teamId = teamId
  }

  token(now: Millis): string {
    if (this.#token === undefined || now - this.#issuedAt >= TOKEN_LIFE_MS) {
      this.#token = signJwt(this.#key, this.#keyId, { iss: this.#teamId, iat: Math.floor(now / 1000) })
      this.#issuedAt = now
    }
    return this.#token
  }

  forget(token: string): void {
    if (this.#token === token) this.#token = undefined
  }
}

/** A signing key may come as its file is, or without the lines that say what it is. */
const withArmour = (key: string): string =>
  key.includes('-----BEGIN') ? key : `-----BEGIN PRIVATE KEY-----\n${key.trim()}\n-----END PRIVATE KEY-----\n`

const alertOf = (text: string): string => JSON.stringify({ aps: { alert: text } })

function judge(status: number, reason: string): PushOutcome {
  if (status === 200) return DELIVERED
  const sentence = `APNs answered ${status} ${reason}`
  if (status === 410 || reason === 'BadDeviceToken') return badToken(sentence)
  return status === 429 || status >= 500 ? retry(sentence) : failed(sentence)
}

/** What comes after the bundle id in the topic of a type; nothing for the others. */
const TOPIC_SUFFIXES: Readonly<Record<string, string>> = {
  voip: '.voip',
  complication: '.complication',
  fileprovider: '.pushkit.fileprovider',
  location: '.location-query',
  liveactivity: '.push-type.liveactivity',
  pushtotalk: '.voip-ptt',
}

/** Throws `Undeliverable` if an attribute can't be in a header. */
function apnsHeaders(request: PushRequest, payload: string, now: Millis): Record<string, string> {
  const type = reserved(request, 'APNS.PUSH_TYPE') ?? defaultType(request.platform, payload)
  const topic = `${request.applicationAttributes.ApplePlatformBundleID}${TOPIC_SUFFIXES[type] ?? ''}`
  const left = secondsToLive(request, [request.platform], now)
  const headers: Record<string, string | undefined> = {
    'content-type': 'application/json',
    'apns-id': request.messageId,
    'apns-topic': reserved(request, 'APNS.TOPIC') ?? topic,
    'apns-push-type': type,
    'apns-priority': reserved(request, 'APNS.PRIORITY') ?? (type === 'background' ? '5' : '10'),
    'apns-collapse-id': reserved(request, 'APNS.COLLAPSE_ID'),
    'apns-expiration': left === undefined ? undefined : String(left && Math.floor(now / 1000) + left),
  }
  const present = Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined)
  for (const [name, value] of present) {
    if (!/^[!-~]([ -~]*[!-~])?$/.test(value)) throw new Undeliverable(`${JSON.stringify(value)} can not be the ${name}`)
  }
  return Object.fromEntries(present)
}

/** A notification that shows nothing and makes no sound is one for the background. */
function defaultType(platform: string, payload: string): string {
  if (platform.startsWith('APNS_VOIP')) return 'voip'
  const aps = parseObject(payload)?.aps
  if (!isObject(aps) || aps['content-available'] !== 1) return 'alert'
  return 'alert' in aps || 'badge' in aps || 'sound' in aps ? 'alert' : 'background'
}
