/**
 * Push notifications to the outside: FCM and APNs where an application has credentials for them, else the outbox. ADM,
 * Baidu, MPNS and WNS have no provider here, so theirs stay in the outbox.
 */
import type { Clock } from '../../../../kernel/clock/clock.ts'
import { AddressGuard } from '../../../../kernel/outbound/address-guard.ts'
import type { HttpClient } from '../../../../kernel/outbound/http.ts'
import { DELIVERED, failed } from '../../../../kernel/outbound/outcome.ts'
import { recordInOutbox } from '../../../../kernel/outbound/store.ts'
import type { Store } from '../../../../kernel/store/store.ts'
import { Undeliverable } from '../../../../kernel/targets/delivery.ts'
import { Apns } from './apns.ts'
import { Fcm } from './fcm.ts'
import type { PushOutcome, PushRequest } from './request.ts'

export interface PushOptions {
  readonly http: HttpClient
  readonly store: Store
  /** The vendors compare it with theirs: one that is minutes ahead makes tokens that they refuse. */
  readonly clock: Clock
  /** As that of `http`, for what doesn't go over it. */
  readonly guard?: AddressGuard
  /** Where the vendors are; their real addresses unless given. */
  readonly urls?: Partial<VendorUrls>
  /** Certificate authorities to trust at APNs instead of the system's (PEM). */
  readonly apnsCa?: string
}

/** Without a slash at the end. */
export interface VendorUrls {
  readonly fcm: string
  readonly googleToken: string
  readonly apns: string
  readonly apnsSandbox: string
}

export interface Push {
  /** Rejects only if the outbox can't be written. */
  push(request: PushRequest): Promise<PushOutcome>
  /** Closes the connections that are kept; what is under way is finished. */
  close(): void
}

const VENDORS: VendorUrls = {
  fcm: 'https://fcm.googleapis.com',
  googleToken: 'https://oauth2.googleapis.com/token',
  apns: 'https://api.push.apple.com',
  apnsSandbox: 'https://api.sandbox.push.apple.com',
}

export function createPush({ http, store, clock, guard = new AddressGuard(), urls, apnsCa }: PushOptions): Push {
  const { fcm: fcmUrl, googleToken: tokenUrl, apns: apnsUrl, apnsSandbox: sandboxUrl } = { ...VENDORS, ...urls }
  const fcm = new Fcm({ http, clock, url: fcmUrl, tokenUrl })
  const apns = new Apns({ clock, guard, url: apnsUrl, sandboxUrl, ca: apnsCa })

  /** Undefined if no provider can take it. */
  function send(request: PushRequest): Promise<PushOutcome> | undefined {
    if (request.platform === 'GCM') return fcm.send(request)
    return /^(APNS|MACOS)(_|$)/.test(request.platform) ? apns.send(request) : undefined
  }

  return {
    async push(request) {
      try {
        return await (send(request) ?? keep(store, request))
      } catch (error) {
        if (error instanceof Undeliverable) return failed(error.message)
        throw error
      }
    },

    close: () => apns.close(),
  }
}

async function keep(store: Store, request: PushRequest): Promise<PushOutcome> {
  const { account, region, platform, token, messageId, payload } = request
  const attributes = Object.fromEntries(
    Object.entries(request.attributes).map(([name, { binaryValue, ...attribute }]) => [
      name,
      binaryValue === undefined
        ? attribute
        : { ...attribute, binaryValue: Buffer.from(binaryValue).toString('base64') },
    ]),
  )
  await store.execute(recordInOutbox, {
    channel: 'push',
    account,
    region,
    destination: token,
    content: { platform, messageId, payload, attributes },
  })
  return DELIVERED
}
