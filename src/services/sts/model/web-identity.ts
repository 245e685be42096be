/**
 * Tokens of web identities (OpenID Connect), as far as they can be read without their issuer: what they claim, and
 * whether they have expired. That an issuer has signed them is verified in `enforce` mode, which is designed.
 */
import { isJsonObject, type JsonObject, parseJsonObject } from '../../../kernel/json-object.ts'
import { badNameFromProvider, invalidIdentityToken, webIdentityExpired } from '../errors.ts'
import { RULES } from './constraints.ts'
import type { RequestedTags } from './session-tags.ts'

export interface WebIdentity extends RequestedTags {
  readonly subject: string
  readonly issuer: string
  readonly audience: string
  readonly sourceIdentity: string | undefined
}

/** How far the clocks of an issuer and of the node may differ. */
const LEEWAY_SECONDS = 60

const TAGS_CLAIM = 'https://aws.amazon.com/tags'
const SOURCE_IDENTITY_CLAIM = 'https://aws.amazon.com/source_identity'

/** Throws `InvalidIdentityToken` and `ExpiredTokenException`. `now` in milliseconds since the epoch. */
export function readWebIdentity(token: string, now: number): WebIdentity {
  const claims = claimsOf(token)
  const expiresAt = requireClaim(claims, 'exp', (value) => (typeof value === 'number' ? value : undefined))
  const nowSeconds = Math.floor(now / 1000)
  if (nowSeconds >= expiresAt + LEEWAY_SECONDS) throw webIdentityExpired(nowSeconds, expiresAt)
  return {
    issuer: requireClaim(claims, 'iss', textOf),
    subject: requireClaim(claims, 'sub', textOf),
    audience: requireClaim(claims, 'aud', (value) => textOf(Array.isArray(value) ? (claims.azp ?? value[0]) : value)),
    sourceIdentity: sourceIdentityOf(claims[SOURCE_IDENTITY_CLAIM]),
    ...tagsOf(claims[TAGS_CLAIM]),
  }
}

function claimsOf(token: string): JsonObject {
  const parts = token.split('.')
  const [header, claims] = parts.map((part) => parseJsonObject(Buffer.from(part, 'base64url').toString()))
  if (parts.length !== 3 || typeof header?.alg !== 'string' || claims === undefined) {
    throw invalidIdentityToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    )
  }
  return claims
}

function requireClaim<T>(claims: JsonObject, name: string, read: (value: unknown) => T | undefined): T {
  const value = read(claims[name])
  if (value === undefined) throw invalidIdentityToken(`Missing a required claim: ${name}`)
  return value
}

function sourceIdentityOf(claim: unknown): string | undefined {
  if (claim === undefined) return undefined
  if (typeof claim !== 'string' || !/^[\w+=,.@-]{2,64}$/.test(claim)) throw badNameFromProvider('Source Identity')
  return claim
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

/** `{"principal_tags": {"team": ["a"]}, "transitive_tag_keys": ["team"]}`: each tag with a list of one value. */
function tagsOf(claim: unknown): RequestedTags {
  if (claim === undefined) return { tags: [], transitiveTagKeys: [] }
  const { principal_tags: principal = {}, transitive_tag_keys: transitiveTagKeys = [] } = isJsonObject(claim)
    ? claim
    : { principal_tags: null }
  if (!isJsonObject(principal) || !isTexts(transitiveTagKeys)) throw invalidTags()
  const tags = Object.entries(principal).map(([Key, values]) => {
    const Value = Array.isArray(values) && values.length === 1 ? values[0] : values
    if (typeof Value !== 'string' || Key.length > RULES.tagKey.max || Value.length > RULES.tagValue.max) {
      throw invalidTags()
    }
    return { Key, Value }
  })
  return { tags, transitiveTagKeys }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')

const invalidTags = () => invalidIdentityToken(`The claim ${TAGS_CLAIM} is not valid`)
