/**
 * SMS to the outside. A provider is all that is needed to send one: a webhook, behind which any gateway can be, or the
 * outbox where none is set up.
 */
import { createHmac } from 'node:crypto'
import type { Clock } from '../../../kernel/clock/clock.ts'
import type { HttpClient, HttpFailure, HttpOutcome } from '../../../kernel/outbound/http.ts'
import { DELIVERED, failed, retry, type SendOutcome } from '../../../kernel/outbound/outcome.ts'
import { recordInOutbox } from '../../../kernel/outbound/store.ts'
import type { Store } from '../../../kernel/store/store.ts'

export interface Sms {
  readonly account: string
  readonly region: string
  /** In E.164: `+4917012345`. */
  readonly phoneNumber: string
  readonly message: string
  /** The same for every attempt: whoever gets it twice can tell. */
  readonly messageId: string
  readonly senderId?: string
  readonly smsType?: 'Promotional' | 'Transactional'
  /** In US dollars. */
  readonly maxPrice?: string
  readonly originationNumber?: string
  readonly entityId?: string
  readonly templateId?: string
}

export interface SmsProvider {
  /** Rejects only if the store can't be written. */
  send(sms: Sms): Promise<SendOutcome>
}

/** Keeps what it is given in the outbox. */
export const outboxSms = (store: Store): SmsProvider => ({
  async send({ account, region, phoneNumber, ...content }) {
    await store.execute(recordInOutbox, { channel: 'sms', account, region, destination: phoneNumber, content })
    return DELIVERED
  },
})

export interface SmsWebhookOptions {
  readonly url: string
  /** Shared with the receiver, who checks signatures with it. */
  readonly secret: string
  readonly http: HttpClient
  readonly clock: Clock
}

/**
 * Posts each SMS as a JSON object. It is signed with the secret, together with the time, so that an old one can't be sent
 * again by someone else: `x-millrace-signature: t=<ms>,v1=<HMAC-SHA256 of "t.body" in hexadecimal>`.
 *
 * Any 2xx says that the SMS is on its way; 408, 429, 5xx and no answer that it may be later; anything else that it won't.
 */
export const webhookSms = ({ url, secret, http, clock }: SmsWebhookOptions): SmsProvider => ({
  async send({ account: _, region: __, ...sms }) {
    const body = JSON.stringify(sms)
    const signature = sign(secret, clock.now(), body)
    const headers = { 'content-type': 'application/json', 'x-millrace-signature': signature }
    return judge(await http.send({ url, headers, body }))
  },
})

const sign = (secret: string, now: number, body: string): string =>
  `t=${now},v1=${createHmac('sha256', secret).update(`${now}.${body}`).digest('hex')}`

const NEVER: ReadonlySet<HttpFailure> = new Set(['url', 'blocked'])

function judge(outcome: HttpOutcome): SendOutcome {
  if (outcome.type === 'failed') return NEVER.has(outcome.reason) ? failed(outcome.message) : retry(outcome.message)
  const { status, body } = outcome
  if (status >= 200 && status < 300) return DELIVERED
  const reason = `the SMS gateway answered ${status}: ${body}`
  return status >= 500 || status === 408 || status === 429 ? retry(reason) : failed(reason)
}
