/** What becomes of a device and its application when pushes to it have failed for good. */
import type { Tx } from '../../../kernel/store/store.ts'
import type { StoredMessage } from '../model/message.ts'
import { ENDPOINT_DISABLED, INVALID_TOKEN, type MobileEvent } from '../model/mobile-events.ts'
import { type FanOutReport, joinReports } from './fan-out.ts'
import type { MobileEndpoint } from './mobile.ts'
import { publishEvent } from './mobile-events.ts'
import { disableEndpoint } from './platform-endpoints.ts'

export interface PushFailure {
  readonly message: StoredMessage
  readonly attempts: number
  readonly reason: string
  /** The platform says that the token is none of a device, or not any more. */
  readonly isBadToken: boolean
}

export interface FailedPushes {
  readonly failures: readonly PushFailure[]
  /** Whether the device was published to, rather than a topic. */
  readonly isDirect: boolean
  /** Of the signing key in use. */
  readonly keyId: string
}

/**
 * Disables a device whose token is bad, and tells the application. Of deliveries only those are told that were published to
 * the device itself, as the API documents it: one for a subscriber of the very topic that is told could fail, and so on.
 */
export async function recordPushFailures(
  tx: Tx,
  endpoint: MobileEndpoint,
  { failures, isDirect, keyId }: FailedPushes,
): Promise<FanOutReport> {
  const reports: FanOutReport[] = []
  const badToken = failures.find(({ isBadToken }) => isBadToken)
  if (badToken !== undefined) {
    reports.push(await disableEndpoint(tx, endpoint, { origin: badToken.message.origin, keyId }))
  }
  for (const failure of isDirect ? failures : []) {
    const { origin } = failure.message
    reports.push(await publishEvent(tx, endpoint, eventOf(failure, endpoint), { origin, keyId }))
  }
  return joinReports(reports)
}

function eventOf({ message, attempts, reason, isBadToken }: PushFailure, { enabled }: MobileEndpoint): MobileEvent {
  const failed = { failureType: 'DeliveryFailedPerm', failureMessage: reason } as const
  const why = isBadToken ? INVALID_TOKEN : enabled ? failed : ENDPOINT_DISABLED
  return { type: 'DeliveryFailure', messageId: message.messageId, attempts, ...why }
}
