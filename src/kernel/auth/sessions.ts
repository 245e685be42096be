/**
 * Temporary credentials: issued here, and known again when a request comes with them.
 *
 * Invariants
 * - Sessions are not stored, only the key of their tokens: a node knows what any other has issued, also after a restart.
 * - A token that was opened is remembered, so that a client pays for it once. What is remembered may be dropped.
 * - In `open` mode nobody is refused. A session is known also after it has expired. One whose key is gone (clients keep
 *   credentials beyond a reset) is the user of the account that its access key's id holds. A token that none of our kind
 *   has issued names nobody: the request is then one of the default account.
 */
import { randomBytes } from 'node:crypto'
import { RESET_CHANNEL } from '../store/reset.ts'
import type { Store } from '../store/store.ts'
import { userOf } from './credentials.ts'
import { accountOfKeyId, newTemporaryKeyId } from './ids.ts'
import type { Principal, SessionPrincipal } from './principal.ts'
import { keyIdOf, type OpenSessionKey, openSession, sealSession } from './session-token.ts'
import { currentSessionKey, findSessionKey, keepSessionKey, type SessionKey } from './store.ts'

export interface TemporaryCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Not to be given out if it is longer than `MAX_TOKEN_LENGTH`. */
  readonly sessionToken: string
}

/** Plenty for the clients of a node; a flood of made-up ones only empties it. */
const MAX_REMEMBERED = 1000

interface Opened {
  readonly accessKeyId: string
  readonly principal: SessionPrincipal
}

export class Sessions {
  readonly #store: Store
  /** By id; undefined for an id of which the store has no key. */
  readonly #keys = new Map<string, OpenSessionKey | undefined>()
  readonly #opened = new Map<string, Opened>()
  #current: Promise<OpenSessionKey> | undefined

  constructor(store: Store) {
    this.#store = store
    store.onWake(RESET_CHANNEL, () => this.#forget())
  }

  /** Credentials for the principal, whose token has at least `minTokenLength` characters. */
  async issue(principal: SessionPrincipal, minTokenLength?: number): Promise<TemporaryCredentials> {
    const key = await this.#currentKey()
    const accessKeyId = newTemporaryKeyId(principal.accountId)
    const secretAccessKey = randomBytes(30).toString('base64')
    const sessionToken = sealSession(key, accessKeyId, { secretAccessKey, principal }, minTokenLength)
    return { accessKeyId, secretAccessKey, sessionToken }
  }

  /**
   * Who calls with temporary credentials; undefined if we haven't issued them. A promise only for the first token of a key,
   * which has to be read from the store.
   */
  find(accessKeyId: string, token: string): Principal | undefined | Promise<Principal | undefined> {
    const opened = this.#opened.get(token)
    if (opened?.accessKeyId === accessKeyId) return opened.principal
    const keyId = keyIdOf(token)
    if (keyId === undefined) return undefined
    if (this.#keys.has(keyId)) return this.#open(this.#keys.get(keyId), accessKeyId, token)
    return this.#findKey(keyId).then((key) => this.#open(key, accessKeyId, token))
  }

  #open(key: OpenSessionKey | undefined, accessKeyId: string, token: string): Principal | undefined {
    const principal = key && openSession(key, accessKeyId, token)?.principal
    if (principal === undefined) {
      const accountId = accountOfKeyId(accessKeyId)
      return accountId === undefined ? undefined : userOf(accountId)
    }
    if (this.#opened.size >= MAX_REMEMBERED) this.#opened.clear()
    this.#opened.set(token, { accessKeyId, principal })
    return principal
  }

  async #findKey(keyId: string): Promise<OpenSessionKey | undefined> {
    const key = await this.#store.execute(findSessionKey, keyId)
    // That there is none can be remembered: a token comes into being after its key, and so does its key's id.
    return this.#rememberKey(keyId, key && open(key))
  }

  #currentKey(): Promise<OpenSessionKey> {
    this.#current ??= this.#findOrMakeKey().catch((error) => {
      this.#current = undefined
      throw error
    })
    return this.#current
  }

  async #findOrMakeKey(): Promise<OpenSessionKey> {
    const made = { keyId: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64') }
    const key =
      (await this.#store.execute(currentSessionKey, null)) ?? (await this.#store.execute(keepSessionKey, made))
    return this.#rememberKey(key.keyId, open(key))
  }

  #rememberKey<K extends OpenSessionKey | undefined>(keyId: string, key: K): K {
    if (this.#keys.size >= MAX_REMEMBERED) this.#keys.clear()
    this.#keys.set(keyId, key)
    return key
  }

  #forget(): void {
    this.#current = undefined
    this.#keys.clear()
    this.#opened.clear()
  }
}

const open = ({ keyId, secret }: SessionKey): OpenSessionKey => ({ keyId, secret: Buffer.from(secret, 'base64') })
