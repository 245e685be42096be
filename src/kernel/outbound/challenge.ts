/**
 * Answers to an HTTP server's 401: Basic (RFC 7617) and Digest (RFC 7616; MD5, SHA-256 and SHA-512/256, with and without
 * sessions, `qop=auth` or none).
 */
import { createHash, randomBytes } from 'node:crypto'
import { unescape as percentDecode } from 'node:querystring'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** What the answer is for. */
export interface ChallengedRequest {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly path: string
}

interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By their names in lower case. */
  readonly params: ReadonlyMap<string, string>
}

/** The user and password in a URL; undefined if there is neither. */
export function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === '' && password === '') return undefined
  return { user: percentDecode(username), password: percentDecode(password) }
}

/**
 * The `authorization` header that answers a `www-authenticate` header. Digest is preferred, since it doesn't hand out the
 * password. Undefined if no challenge in it can be answered.
 */
export function answerChallenge(
  header: string,
  credentials: Credentials,
  request: ChallengedRequest,
  clientNonce = randomBytes(16).toString('base64url'),
): string | undefined {
  const challenges = parseChallenges(header)
  for (const { scheme, params } of challenges) {
    const answer = scheme === 'digest' ? digest(params, credentials, request, clientNonce) : undefined
    if (answer !== undefined) return answer
  }
  return challenges.some(({ scheme }) => scheme === 'basic') ? basic(credentials) : undefined
}

/** A scheme, or a parameter of the last scheme: `name`, `name=token` or `name="text"`. */
const ITEM = /[\s,]*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/y

function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; params: Map<string, string> }[] = []
  ITEM.lastIndex = 0
  for (let item = ITEM.exec(header); item !== null; item = ITEM.exec(header)) {
    const name = (item[1] as string).toLowerCase()
    const value = item[2]?.replace(/\\(.)/g, '$1') ?? item[3]
    if (value === undefined) challenges.push({ scheme: name, params: new Map() })
    else challenges.at(-1)?.params.set(name, value)
  }
  return challenges
}

const basic = ({ user, password }: Credentials): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

const HASHES: Readonly<Record<string, string>> = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }

/** Undefined for an algorithm or a quality of protection that isn't known here. */
function digest(
  params: Challenge['params'],
  { user, password }: Credentials,
  { method, path }: ChallengedRequest,
  clientNonce: string,
): string | undefined {
  const realm = params.get('realm') ?? ''
  const nonce = params.get('nonce') ?? ''
  const algorithm = params.get('algorithm') ?? 'MD5'
  const hash = HASHES[algorithm.toLowerCase().replace(/-sess$/, '')]
  const qops = params
    .get('qop')
    ?.toLowerCase()
    .split(/[\s,]+/)
  if (hash === undefined || (qops !== undefined && !qops.includes('auth'))) return undefined
  const digestOf = (...parts: string[]) => createHash(hash).update(parts.join(':')).digest('hex')

  const isSession = /-sess$/i.test(algorithm)
  const secret = digestOf(user, realm, password)
  const key = isSession ? digestOf(secret, nonce, clientNonce) : secret
  const protection = qops === undefined ? [] : [NONCE_COUNT, clientNonce, 'auth']
  const fields = [
    nameOf(user),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(path)}`,
    `response="${digestOf(key, nonce, ...protection, digestOf(method, path))}"`,
  ]
  if (params.has('algorithm')) fields.push(`algorithm=${algorithm}`)
  if (qops !== undefined) fields.push('qop=auth', `nc=${NONCE_COUNT}`)
  if (qops !== undefined || isSession) fields.push(`cnonce=${quoted(clientNonce)}`)
  const opaque = params.get('opaque')
  if (opaque !== undefined) fields.push(`opaque=${quoted(opaque)}`)
  return `Digest ${fields.join(', ')}`
}

/** Each answer is for a nonce of its own, so it is the first one. */
const NONCE_COUNT = '00000001'

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** A name that a quoted text can't hold goes in the extended notation (RFC 8187). */
const nameOf = (user: string): string =>
  /^[ -~]*$/.test(user)
    ? `username=${quoted(user)}`
    : `username*=UTF-8''${encodeURIComponent(user.toWellFormed()).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}`
