/**
 * Session tokens: who a session is, sealed with a key of the installation (AES-256-GCM) and handed to the client, who
 * brings it along with each request. Nothing is stored for a session, and every node that has the key knows it at once.
 *
 * In base64: one byte of version, eight of the key's id, twelve of nonce, sixteen of tag, and what is sealed: the length
 * of the text in two bytes, the text deflated, and zeros up to the size that was asked for. The access key's id is
 * authenticated with it, so that a token opens only beside the access key that it was issued with.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { SessionPrincipal } from './principal.ts'

/** As the real service has it. In characters, of which each is a byte. */
export const MAX_TOKEN_LENGTH = 4096

/** Tokens of AWS begin with other bytes. */
const VERSION = 0x4d
const KEY_ID_AT = 1
const NONCE_AT = 9
const TAG_AT = 21
const SEALED_AT = 37
const LENGTH_BYTES = 2

/** What a token holds. */
export interface Sealed {
  readonly secretAccessKey: string
  readonly principal: SessionPrincipal
}

export interface OpenSessionKey {
  /** Eight bytes as hex. */
  readonly keyId: string
  readonly secret: Buffer
}

/**
 * The token has at least `minLength` characters, which must not exceed `MAX_TOKEN_LENGTH`; it can be longer than that, and
 * is then not to be issued.
 */
export function sealSession(key: OpenSessionKey, accessKeyId: string, sealed: Sealed, minLength = 0): string {
  const text = deflateRawSync(JSON.stringify(sealed))
  const minBytes = Math.ceil(minLength / 4) * 3 - SEALED_AT
  const plain = Buffer.alloc(Math.max(LENGTH_BYTES + text.length, minBytes))
  plain.writeUInt16BE(text.length)
  text.copy(plain, LENGTH_BYTES)
  const nonce = randomBytes(TAG_AT - NONCE_AT)
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce).setAAD(Buffer.from(accessKeyId))
  const content = Buffer.concat([cipher.update(plain), cipher.final()])
  const head = [Buffer.of(VERSION), Buffer.from(key.keyId, 'hex'), nonce, cipher.getAuthTag()]
  return Buffer.concat([...head, content]).toString('base64')
}

/** Which key a token was sealed with; undefined for what can't be a token of ours. */
export function keyIdOf(token: string): string | undefined {
  if (token.length > MAX_TOKEN_LENGTH || token.length <= (SEALED_AT / 3) * 4) return undefined
  const head = Buffer.from(token.slice(0, 12), 'base64')
  return head.length === NONCE_AT && head[0] === VERSION ? head.toString('hex', KEY_ID_AT, NONCE_AT) : undefined
}

/** Undefined for a token that was altered, or that belongs to another access key. */
export function openSession(key: OpenSessionKey, accessKeyId: string, token: string): Sealed | undefined {
  const bytes = Buffer.from(token, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key.secret, bytes.subarray(NONCE_AT, TAG_AT), { authTagLength: 16 })
  decipher.setAAD(Buffer.from(accessKeyId)).setAuthTag(bytes.subarray(TAG_AT, SEALED_AT))
  try {
    const plain = Buffer.concat([decipher.update(bytes.subarray(SEALED_AT)), decipher.final()])
    const text = plain.subarray(LENGTH_BYTES, LENGTH_BYTES + plain.readUInt16BE())
    return JSON.parse(inflateRawSync(text).toString()) as Sealed
  } catch {
    return undefined // it is not one that this installation has sealed
  }
}
