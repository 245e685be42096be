/**
 * The ids that IAM gives out: access keys (`ASIA` and 16 more) and principals (`AIDA`, `AROA` and 17 more), in the letters
 * of base32. An access key's id holds its account, so that nobody has to look it up.
 */
import { createHash, randomBytes } from 'node:crypto'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** In the form of the unique ids of principals, and always the same for what it is derived from. */
export function derivedId(prefix: 'AIDA' | 'AROA', from: string): string {
  const hash = createHash('sha256').update(from).digest().subarray(0, 17)
  return prefix + Array.from(hash, (byte) => BASE32[byte % BASE32.length]).join('')
}

/** Whether an access key's id is one of temporary credentials, which come with a session token. */
export const isTemporaryKeyId = (keyId: string): boolean => keyId.startsWith('ASIA')

/** The id of 80 bits: one that is set, 40 of the account, 39 by chance. */
export function newTemporaryKeyId(accountId: string): string {
  const chance = randomBytes(5).readUIntBE(0, 5) % 2 ** 39
  let bits = (1n << 79n) | (BigInt(accountId) << 39n) | BigInt(chance)
  let text = ''
  for (; text.length < 16; bits >>= 5n) text = BASE32.charAt(Number(bits & 31n)) + text
  return `ASIA${text}`
}

/** Undefined for an id that holds none: those of old keys don't, and those that somebody made up. */
export function accountOfKeyId(keyId: string): string | undefined {
  const text = /^A[KS]IA([A-Z2-7]{16})$/.exec(keyId)?.[1]
  if (text === undefined) return undefined
  let bits = 0n
  for (const letter of text) bits = (bits << 5n) | BigInt(BASE32.indexOf(letter))
  const account = ((bits >> 39n) & 0xff_ffff_ffffn).toString().padStart(12, '0')
  return bits >> 79n === 1n && account.length === 12 ? account : undefined
}
