/**
 * Whose request it is, as its SigV4 credential says: `AKID/20260131/us-east-1/sqs/aws4_request`, in the Authorization
 * header or in the query parameter X-Amz-Credential of a pre-signed URL. SigV4a's has no region.
 *
 * This is the `open` mode: nothing is verified, any credential passes, and garbage counts as none. An access key id of
 * twelve digits is the account, so that tests can use as many accounts as they like. The caller is a user of the account,
 * as it is with most clients of the real services, and not its root.
 */

import { derivedId, isTemporaryKeyId } from './ids.ts'
import type { Principal } from './principal.ts'

export const DEFAULT_ACCOUNT_ID = '000000000000'

/** Shared between requests, hence frozen. */
export interface Identity {
  readonly accountId: string
  /** Undefined where the credential names none. */
  readonly region: string | undefined
  /** The signing name: `sqs`. */
  readonly signingName: string | undefined
  readonly principal: Principal
  /** The access key's id if it is one of temporary credentials: their session token then says who the caller is. */
  readonly temporaryKeyId?: string | undefined
}

const ACCOUNT_ID = /^\d{12}$/
const NAME = /^[a-z0-9-]{1,32}$/

/** Plenty for the clients of a node; a flood of made-up ones only empties it. */
const MAX_CACHED = 1000
const MAX_CACHED_LENGTH = 512
const CREDENTIAL = 'Credential='
const cache = new Map<string, Identity>()

/** Who calls in an account, where nothing more is known. */
export const userOf = (accountId: string): Principal =>
  Object.freeze({ accountId, id: derivedId('AIDA', accountId), arn: `arn:aws:iam::${accountId}:user/millrace` })

const identityOf = (accountId: string, region?: string, signingName?: string, temporaryKeyId?: string): Identity =>
  Object.freeze({
    accountId,
    region,
    signingName,
    principal: userOf(accountId),
    temporaryKeyId,
  })

/** The same scope, called by another principal. */
export const calledBy = (principal: Principal, { region, signingName }: Identity): Identity => ({
  accountId: principal.accountId,
  region,
  signingName,
  principal,
})

const anonymous = identityOf(DEFAULT_ACCOUNT_ID)

/** Never throws: what can't be read is the anonymous identity of the default account. */
export function identify(authorization: string | undefined, presigned: string | null | undefined): Identity {
  if (authorization === undefined) return presigned ? parseCredential(presigned) : anonymous
  // Only the signature differs from one request of a client to the next, and it comes after the first comma.
  const comma = authorization.indexOf(',')
  const head = comma < 0 ? authorization : authorization.slice(0, comma)
  return cache.get(head) ?? remember(head, parseHeader(head) ?? parseHeader(authorization))
}

function remember(head: string, identity: Identity | undefined): Identity {
  if (identity === undefined) return anonymous
  if (head.length > MAX_CACHED_LENGTH || !head.includes(CREDENTIAL)) return identity
  if (cache.size >= MAX_CACHED) cache.clear()
  cache.set(head, identity)
  return identity
}

function parseHeader(text: string): Identity | undefined {
  const at = text.indexOf(CREDENTIAL)
  if (at < 0) return undefined
  return parseCredential(text.slice(at + CREDENTIAL.length).split(/[,\s]/, 1)[0] as string)
}

/** Read from the right: an access key id may itself hold slashes. */
function parseCredential(credential: string): Identity {
  const parts = credential.split('/')
  if (parts.length < 4) return anonymous
  const hasRegion = parts.length > 4
  const region = hasRegion ? parts.at(-3) : undefined
  const signingName = parts.at(-2) as string
  const accessKeyId = parts[0] as string
  return identityOf(
    ACCOUNT_ID.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT_ID,
    region !== undefined && NAME.test(region) ? region : undefined,
    NAME.test(signingName) ? signingName : undefined,
    isTemporaryKeyId(accessKeyId) ? accessKeyId : undefined,
  )
}
