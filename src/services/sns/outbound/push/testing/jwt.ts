/** How a vendor reads a provider's token. */
import { type KeyObject, verify } from 'node:crypto'

export interface ReadJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly isSigned: boolean
}

export function readJwt(jwt: string, publicKey: KeyObject): ReadJwt {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  const isSigned = verify(
    'sha256',
    Buffer.from(`${header}.${claims}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  return { header: parse(header), claims: parse(claims), isSigned }
}
