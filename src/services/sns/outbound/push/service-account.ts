/**
 * Google service accounts: the JSON key file that an application of FCM has as its credential, and the bearer tokens that
 * Google gives for it (OAuth 2.0, RFC 7523).
 */
import type { KeyObject } from 'node:crypto'
import type { Clock, Millis } from '../../../../kernel/clock/clock.ts'
import type { HttpClient } from '../../../../kernel/outbound/http.ts'
import { failed, retry } from '../../../../kernel/outbound/outcome.ts'
import { parsePrivateKey, signJwt } from './jwt.ts'
import { type PushOutcome, parseObject } from './request.ts'

export interface ServiceAccount {
  readonly projectId: string
  readonly email: string
  readonly keyId: string
  readonly key: KeyObject
}

/** Undefined for anything that isn't a key file of a service account with a usable key. */
export function parseServiceAccount(credential: string): ServiceAccount | undefined {
  const { type, project_id, client_email, private_key_id, private_key } = parseObject(credential) ?? {}
  if (type !== 'service_account') return undefined
  if (typeof project_id !== 'string' || typeof client_email !== 'string') return undefined
  if (typeof private_key_id !== 'string' || typeof private_key !== 'string') return undefined
  const key = parsePrivateKey(private_key, 'RS256')
  return key && { projectId: project_id, email: client_email, keyId: private_key_id, key }
}

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const ASSERTION_LIFE_SECONDS = 3600
/** A token is not used in its last minute: it might expire on its way. */
const SPARE_MS: Millis = 60_000

export type TokenAnswer = { readonly type: 'token'; readonly token: string } | PushOutcome

/** The bearer token of one service account: asked for when first needed, by one request however many wait for it. */
export class AccessToken {
  readonly #account: ServiceAccount
  readonly #tokenUrl: string
  readonly #http: HttpClient
  readonly #clock: Clock
  #answer: Promise<TokenAnswer> | undefined
  /** Until when the answer counts; it is known when the answer is. */
  #until: Millis = Number.POSITIVE_INFINITY

  constructor(account: ServiceAccount, tokenUrl: string, http: HttpClient, clock: Clock) {
    this.#account = account
    this.#tokenUrl = tokenUrl
    this.#http = http
    this.#clock = clock
  }

  get(): Promise<TokenAnswer> {
    if (this.#answer === undefined || this.#clock.now() >= this.#until) {
      this.#until = Number.POSITIVE_INFINITY
      this.#answer = this.#request()
    }
    return this.#answer
  }

  /** To be called with a token that was refused; another one is asked for then. */
  async forget(token: string): Promise<void> {
    const answer = await this.#answer
    if (answer?.type === 'token' && answer.token === token) this.#until = 0
  }

  async #request(): Promise<TokenAnswer> {
    const { email, keyId, key } = this.#account
    const seconds = Math.floor(this.#clock.now() / 1000)
    const claims = {
      iss: email,
      scope: SCOPE,
      aud: this.#tokenUrl,
      iat: seconds,
      exp: seconds + ASSERTION_LIFE_SECONDS,
    }
    const outcome = await this.#http.send({
      url: this.#tokenUrl,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: GRANT_TYPE, assertion: signJwt(key, keyId, claims) }).toString(),
    })
    this.#until = 0 // a failure is for those who wait now
    if (outcome.type === 'failed') return retry(`no token for ${email}: ${outcome.message}`)
    const { status, body } = outcome
    const { access_token, expires_in } = parseObject(body) ?? {}
    if (status === 200 && typeof access_token === 'string' && typeof expires_in === 'number') {
      this.#until = this.#clock.now() + expires_in * 1000 - SPARE_MS
      return { type: 'token', token: access_token }
    }
    const reason = `no token for ${email}: ${status} ${body}`
    return status >= 400 && status < 500 && status !== 429 ? failed(reason) : retry(reason)
  }
}
