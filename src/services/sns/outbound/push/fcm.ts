/** Firebase Cloud Messaging, HTTP v1: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send */
import type { Clock } from '../../../../kernel/clock/clock.ts'
import type { HttpClient } from '../../../../kernel/outbound/http.ts'
import { DELIVERED, failed, retry } from '../../../../kernel/outbound/outcome.ts'
import { Cache } from './cache.ts'
import { fcmBody } from './fcm-message.ts'
import { badToken, isObject, type PushOutcome, type PushRequest, parseObject, secondsToLive } from './request.ts'
import { AccessToken, parseServiceAccount, type ServiceAccount } from './service-account.ts'

export interface FcmOptions {
  readonly http: HttpClient
  readonly clock: Clock
  /** `https://fcm.googleapis.com`, without a slash at the end. */
  readonly url: string
  /** `https://oauth2.googleapis.com/token`. */
  readonly tokenUrl: string
}

interface Sender {
  readonly account: ServiceAccount
  readonly token: AccessToken
}

const MAX_SENDERS = 1000

export class Fcm {
  readonly #options: FcmOptions
  /** By credential. */
  readonly #senders = new Cache<Sender>(MAX_SENDERS)

  constructor(options: FcmOptions) {
    this.#options = options
  }

  /** Undefined if the application has no service account to send with. Throws `Undeliverable` for a bad payload. */
  send(request: PushRequest): Promise<PushOutcome> | undefined {
    const sender = this.#senderOf(request.applicationAttributes.PlatformCredential)
    return sender && this.#sendAs(sender, request)
  }

  #senderOf(credential = ''): Sender | undefined {
    const known = this.#senders.get(credential)
    if (known !== undefined) return known
    const { http, clock, tokenUrl } = this.#options
    const account = parseServiceAccount(credential)
    return account && this.#senders.add(credential, { account, token: new AccessToken(account, tokenUrl, http, clock) })
  }

  async #sendAs({ account, token }: Sender, request: PushRequest): Promise<PushOutcome> {
    const { http, clock, url } = this.#options
    const body = fcmBody(request.payload, request.token, secondsToLive(request, ['GCM', 'FCM'], clock.now()))
    const answer = await token.get()
    if (answer.type !== 'token') return answer
    const outcome = await http.send({
      url: `${url}/v1/projects/${encodeURIComponent(account.projectId)}/messages:send`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${answer.token}` },
      body: JSON.stringify(body),
    })
    if (outcome.type === 'failed') return retry(outcome.message)
    if (outcome.status === 200) return DELIVERED
    const error = errorOf(outcome.status, outcome.body)
    if (error.status === 401 && error.code !== 'THIRD_PARTY_AUTH_ERROR') {
      await token.forget(answer.token)
      return retry(error.reason)
    }
    return judge(error)
  }
}

interface FcmError {
  readonly status: number
  /** FCM's own: `UNREGISTERED`. '' if there is none. */
  readonly code: string
  readonly reason: string
  readonly isAboutToken: boolean
}

/** Of a device that is gone the code says so; of a token that never was one, only the sentence or the field does. */
function judge({ status, code, reason, isAboutToken }: FcmError): PushOutcome {
  if (code === 'UNREGISTERED' || (status === 400 && isAboutToken)) return badToken(reason)
  return status === 429 || status >= 500 ? retry(reason) : failed(reason)
}

function errorOf(status: number, body: string): FcmError {
  const error = parseObject(body)?.error
  const { message, details } = isObject(error) ? error : {}
  const listed = Array.isArray(details) ? details.filter(isObject) : []
  const code = listed.map(({ errorCode }) => errorCode).find((code) => typeof code === 'string') ?? ''
  const fields = listed.flatMap(({ fieldViolations }) => (Array.isArray(fieldViolations) ? fieldViolations : []))
  const isAboutToken =
    /not a valid FCM registration token/i.test(String(message)) ||
    fields.some((violation) => isObject(violation) && violation.field === 'message.token')
  return { status, code, isAboutToken, reason: `FCM answered ${status} ${code}: ${message ?? body}` }
}
