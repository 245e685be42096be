/** Signed tokens (RFC 7519) with which the platform shows a vendor who it is. */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'

/** RSA with SHA-256, or the curve P-256 with it. */
export type JwtAlgorithm = 'RS256' | 'ES256'

/** Undefined if the text is no PEM of a private key for that algorithm. */
export function parsePrivateKey(pem: string, algorithm: JwtAlgorithm): KeyObject | undefined {
  try {
    const key = createPrivateKey(pem)
    return algorithmOf(key) === algorithm ? key : undefined
  } catch {
    return undefined
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): JwtAlgorithm | undefined {
  if (asymmetricKeyType === 'rsa') return 'RS256'
  return asymmetricKeyDetails?.namedCurve === 'prime256v1' ? 'ES256' : undefined
}

/** The algorithm follows from the key, which comes from `parsePrivateKey`. */
export function signJwt(key: KeyObject, keyId: string, claims: Readonly<Record<string, string | number>>): string {
  const text = [{ alg: algorithmOf(key), typ: 'JWT', kid: keyId }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  // RFC 7518: the two numbers of an ECDSA signature as they are, without ASN.1. RSA has no such choice, and ignores it.
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
