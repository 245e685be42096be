/**
 * HTTP requests to the outside, for durable jobs: thousands of small ones a second to one host, over connections that are
 * kept. Whatever the far side does is a value; only a caller's mistake (a header that can't be sent) throws.
 *
 * A request that a kept connection swallowed is sent again on another one: the server may have closed it in the same
 * moment. It may have read the request, too, so the far side can see it twice, as it can from any durable job.
 */
import type { Agent, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import process from 'node:process'
import type { TLSSocket } from 'node:tls'
import type { Millis } from '../clock/clock.ts'
import { withoutPasswords } from '../secrets.ts'
import { AddressGuard, BlockedAddress } from './address-guard.ts'
import { answerChallenge, type Credentials, credentialsOf } from './challenge.ts'
import { withDeadline } from './deadline.ts'
import { USER_AGENT } from './user-agent.ts'

export interface HttpRequest {
  /** POST unless given. */
  readonly method?: string
  /** `http:` or `https:`. A user and password in it answer a 401 challenge, and are sent in no other way. */
  readonly url: string
  /** With a `User-Agent` of its own, spelt so, or else the platform's. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
  /** For the whole exchange, with challenges and repeats, in real time; 15 s unless given. */
  readonly timeoutMs?: Millis
}

export type HttpFailure =
  /** Not an absolute URL of HTTP. */
  | 'url'
  /** An address where nothing may be sent: see address-guard.ts. */
  | 'blocked'
  | 'dns'
  | 'refused'
  | 'unreachable'
  /** No TLS, or a certificate that is not trusted. */
  | 'tls'
  | 'timeout'
  /** The connection ended before the answer did. */
  | 'closed'
  /** What came back is not HTTP. */
  | 'protocol'

export type HttpOutcome =
  /** Any status, redirects included: they are not followed. The body's first 8 KiB, as UTF-8. */
  | { readonly type: 'answered'; readonly status: number; readonly body: string }
  | { readonly type: 'failed'; readonly reason: HttpFailure; readonly message: string }

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpOutcome>
  /** Closes every connection; what is under way fails. */
  close(): void
}

export interface HttpClientOptions {
  /** Certificate authorities to trust instead of the system's (PEM). */
  readonly ca?: string
  /** Decides on every connection that is opened. */
  readonly guard?: AddressGuard
}

const TIMEOUT_MS = 15_000
// As in edge/server.ts: an import would load all that the module has, seven megabytes.
const http = process.getBuiltinModule('node:http')
const httpsModule = () => process.getBuiltinModule('node:https')

const isTls = (socket: unknown): socket is TLSSocket => (socket as TLSSocket | undefined)?.encrypted === true
const KEPT_BYTES = 8192
/** An answer is read to its end, so that the connection can be used again; a longer one isn't worth it. */
const READ_BYTES = 65_536
const IDLE_MS = 30_000
const IDLE_CONNECTIONS_PER_HOST = 64

interface Answer {
  readonly outcome: HttpOutcome
  /** The `www-authenticate` header. */
  readonly challenge?: string | undefined
}

export function createHttpClient({ ca, guard = new AddressGuard() }: HttpClientOptions = {}): HttpClient {
  const connections = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: IDLE_CONNECTIONS_PER_HOST }
  const agents: { 'http:'?: Agent; 'https:'?: Agent } = {}
  const agentFor = (protocol: 'http:' | 'https:'): Agent => {
    agents[protocol] ??= guarded(
      protocol === 'http:' ? new http.Agent(connections) : new (httpsModule().Agent)({ ...connections, ca }),
      guard,
    )
    return agents[protocol]
  }

  return {
    async send({ method = 'POST', url, headers: given, body, timeoutMs = TIMEOUT_MS }) {
      const headers = { 'User-Agent': USER_AGENT, ...given }
      const target = parseTarget(url)
      if (target === undefined)
        return failure('url', `${JSON.stringify(withoutPasswords(url))} is not a URL of HTTP or HTTPS`)
      const { protocol, hostname, port, path, credentials } = target
      return withDeadline(timeoutMs, async (signal) => {
        const agent = agentFor(protocol)
        const options = { protocol, hostname, port, path, method, headers, agent, signal }
        const { outcome, challenge } = await exchange(options, body)
        if (challenge === undefined || credentials === undefined) return outcome
        const authorization = answerChallenge(challenge, credentials, { method, path })
        if (authorization === undefined) return outcome
        return (await exchange({ ...options, headers: { ...headers, authorization } }, body)).outcome
      })
    },

    close() {
      for (const agent of Object.values(agents)) agent.destroy()
    },
  }
}

/** Has the guard look at every connection before it is opened: at an address, or at those of a name. */
function guarded(agent: Agent, guard: AddressGuard): Agent {
  const connect = agent.createConnection.bind(agent)
  agent.createConnection = (options, callback) => {
    const { host, port } = options as { host: string; port: number | string }
    const refusal = guard.refusalOf(host, Number(port))
    if (refusal === undefined) return connect({ ...options, lookup: guard.lookupFor(Number(port)) }, callback)
    process.nextTick(() => callback?.(refusal, undefined as never))
    return undefined
  }
  return agent
}

interface Target {
  readonly protocol: 'http:' | 'https:'
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string
  readonly port: string
  readonly path: string
  readonly credentials: Credentials | undefined
}

function parseTarget(text: string): Target | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  const { protocol, port, pathname, search } = url
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  return { protocol, hostname, port, path: pathname + search, credentials: credentialsOf(url) }
}

/** One request and its answer. */
function exchange(options: RequestOptions, body: string | Uint8Array): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const attempt = () => {
    const request = (options.protocol === 'https:' ? httpsModule() : http).request(options)
    request.on('response', (response) => resolve(read(response, options.signal)))
    request.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve({ outcome: failure('protocol', 'the server changed the protocol unasked') })
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isLost = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      if (isLost && options.signal?.aborted !== true) return attempt()
      resolve({ outcome: failureOf(error, options.signal, request.socket) })
    })
    request.end(body)
  }
  try {
    attempt()
  } catch (error) {
    reject(error as Error)
  }
  return promise
}

function read(response: IncomingMessage, signal: AbortSignal | undefined): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const kept: Buffer[] = []
  let bytes = 0
  const answer = () => {
    const status = response.statusCode as number
    const body = Buffer.concat(kept).subarray(0, KEPT_BYTES).toString('utf8')
    const challenge = status === 401 ? response.headers['www-authenticate'] : undefined
    resolve({ outcome: { type: 'answered', status, body }, challenge })
  }
  response.on('data', (chunk: Buffer) => {
    if (bytes < KEPT_BYTES) kept.push(chunk)
    bytes += chunk.length
    if (bytes < READ_BYTES) return
    answer()
    response.destroy()
  })
  response.on('end', answer)
  response.on('error', (error) => resolve({ outcome: failureOf(error, signal) }))
  return promise
}

const failure = (reason: HttpFailure, message: string): HttpOutcome => ({ type: 'failed', reason, message })

/** Of the system's errors; what else happens to a connection that is not yet trusted is about TLS. */
const REASONS: Readonly<Record<string, HttpFailure>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  EACCES: 'unreachable',
  ETIMEDOUT: 'timeout',
}
const CLOSED = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED'])

function failureOf(error: NodeJS.ErrnoException, signal?: AbortSignal, socket?: unknown): HttpOutcome {
  const { code = '', syscall } = error
  if (signal?.aborted) return failure('timeout', 'the answer took too long')
  if (error instanceof BlockedAddress) return failure('blocked', error.message)
  if (syscall === 'getaddrinfo') return failure('dns', error.message)
  const reason = REASONS[code]
  // With several addresses tried, the error is a list of errors and has no message of its own.
  if (reason !== undefined) return failure(reason, error.message === '' ? code : error.message)
  if (isTls(socket) && !socket.authorized) return failure('tls', error.message)
  return failure(CLOSED.has(code) ? 'closed' : 'protocol', error.message)
}
