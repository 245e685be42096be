/**
 * HTTP requests to the outside, for durable jobs: thousands of small ones a second to one host, over connections that are
 * kept. Whatever the far side does is a value; only a caller's mistake (a header that can't be sent) throws.
 *
 * A request that a kept connection swallowed is sent again on another one: the server may have closed it in the same
 * moment. It may have read the request, too, so the far side can see it twice, as it can from any durable job.
 */
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import process from 'node:process'
import type { TLSSocket } from 'node:tls'
import type { Millis } from '../clock/clock.ts'
import { withoutPasswords } from '../secrets.ts'
import { AddressGuard, BlockedAddress } from './address-guard.ts'
import { answerChallenge, type Credentials, credentialsOf } from './challenge.ts'
import { Deadline } from './deadline.ts'
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

  const targets = new Targets()

  return {
    async send({ method = 'POST', url, headers: given, body, timeoutMs = TIMEOUT_MS }) {
      const target = targets.of(url)
      if (target === undefined) {
        return failure('url', `${JSON.stringify(withoutPasswords(url))} is not a URL of HTTP or HTTPS`)
      }
      const { protocol, hostname, port, path, credentials } = target
      const headers = headersOf(target, given, body)
      const options = { protocol, hostname, port, path, method, headers, agent: agentFor(protocol) }
      const deadline = new Deadline(timeoutMs)
      try {
        const { outcome, challenge } = await exchange(options, body, deadline)
        if (challenge === undefined || credentials === undefined) return outcome
        const authorization = answerChallenge(challenge, credentials, { method, path })
        if (authorization === undefined) return outcome
        const again = { ...options, headers: [...headers, 'authorization', authorization] }
        return (await exchange(again, body, deadline)).outcome
      } finally {
        deadline.cancel()
      }
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
  /** As the header has it: the port is left out if it is the protocol's own. */
  readonly host: string
  readonly credentials: Credentials | undefined
}

/** URLs that are remembered: reading one takes longer than looking it up, and each is sent to again and again. */
const REMEMBERED = 1000

class Targets {
  readonly #remembered = new Map<string, Target | undefined>()

  /** Undefined if it is not a URL of HTTP. */
  of(url: string): Target | undefined {
    const known = this.#remembered.get(url)
    if (known !== undefined) return known
    const target = parseTarget(url)
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
    this.#remembered.set(url, target)
    return target
  }
}

/**
 * Names and values in turn, which Node writes as they are: setting headers one by one takes longer than sending them. It
 * still refuses what is no header.
 */
function headersOf({ host }: Target, given: HttpRequest['headers'], body: HttpRequest['body']): string[] {
  const headers = ['Host', host, 'Content-Length', String(Buffer.byteLength(body))]
  if (given['User-Agent'] === undefined) headers.push('User-Agent', USER_AGENT)
  for (const name in given) headers.push(name, given[name] as string)
  return headers
}

function parseTarget(text: string): Target | undefined {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined
  const { protocol, port, pathname, search } = url
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  return { protocol, hostname, port, path: pathname + search, host: url.host, credentials: credentialsOf(url) }
}

/** One request and its answer. Rejects what the caller got wrong. */
function exchange(options: RequestOptions, body: string | Uint8Array, deadline: Deadline): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const attempt = () => {
    const request = (options.protocol === 'https:' ? httpsModule() : http).request(options)
    request.on('response', (response) => read(response, deadline, resolve))
    request.on('upgrade', (_, socket) => {
      socket.destroy()
      resolve({ outcome: failure('protocol', 'the server changed the protocol unasked') })
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (isLost(request, error) && !deadline.isOver) return attempt()
      resolve({ outcome: failureOf(error, deadline, request.socket) })
    })
    deadline.ends(() => request.destroy(new Error('the answer took too long')))
    request.end(body)
  }
  try {
    attempt()
  } catch (error) {
    reject(error as Error)
  }
  return promise
}

const isLost = ({ reusedSocket }: ClientRequest, { code }: NodeJS.ErrnoException): boolean =>
  reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')

function read(response: IncomingMessage, deadline: Deadline, resolve: (answer: Answer) => void): void {
  const kept: Buffer[] = []
  let bytes = 0
  const answer = () => {
    const status = response.statusCode as number
    const body = kept.length === 0 ? '' : Buffer.concat(kept).subarray(0, KEPT_BYTES).toString('utf8')
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
  response.on('error', (error) => resolve({ outcome: failureOf(error, deadline) }))
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

function failureOf(error: NodeJS.ErrnoException, deadline?: Deadline, socket?: unknown): HttpOutcome {
  const { code = '', syscall } = error
  if (deadline?.isOver) return failure('timeout', 'the answer took too long')
  if (error instanceof BlockedAddress) return failure('blocked', error.message)
  if (syscall === 'getaddrinfo') return failure('dns', error.message)
  const reason = REASONS[code]
  // With several addresses tried, the error is a list of errors and has no message of its own.
  if (reason !== undefined) return failure(reason, error.message === '' ? code : error.message)
  if (isTls(socket) && !socket.authorized) return failure('tls', error.message)
  return failure(CLOSED.has(code) ? 'closed' : 'protocol', error.message)
}
