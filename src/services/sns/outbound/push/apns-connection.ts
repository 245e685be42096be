/**
 * A connection to APNs (HTTP/2), made when it is first needed and again when it was lost. All notifications of one
 * application share it.
 */
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import process from 'node:process'
import type { Millis } from '../../../../kernel/clock/clock.ts'
import type { AddressGuard } from '../../../../kernel/outbound/address-guard.ts'
import { withDeadline } from '../../../../kernel/outbound/deadline.ts'
import { USER_AGENT } from '../../../../kernel/outbound/user-agent.ts'

export type ApnsAnswer =
  | { readonly type: 'answered'; readonly status: number; readonly body: string }
  | { readonly type: 'failed'; readonly message: string }

const TIMEOUT_MS: Millis = 15_000
const HTTPS_PORT = 443
const IDLE_MS: Millis = 600_000
/** An answer is a short JSON object, or nothing. */
const KEPT_LENGTH = 4096

export class ApnsConnection {
  readonly #origin: string
  readonly #ca: string | undefined
  readonly #guard: AddressGuard
  #session: ClientHttp2Session | undefined

  /** The origin is not a user's: a name, whose addresses the guard sees. */
  constructor(origin: string, ca: string | undefined, guard: AddressGuard) {
    this.#origin = origin
    this.#ca = ca
    this.#guard = guard
  }

  /** Never rejects. */
  post(path: string, headers: OutgoingHttpHeaders, body: string, timeoutMs = TIMEOUT_MS): Promise<ApnsAnswer> {
    const request = { ':method': 'POST', ':path': path, 'user-agent': USER_AGENT, ...headers }
    return withDeadline(timeoutMs, (signal) => this.#send(request, body, signal))
  }

  async #send(request: OutgoingHttpHeaders, body: string, signal: AbortSignal): Promise<ApnsAnswer> {
    const kept = this.#usable()
    const session = kept ?? this.#connect()
    const answer = await exchange(session, request, body, signal)
    if (answer.type === 'answered') return answer
    if (signal.aborted) {
      session.destroy() // it may be dead without anyone having said so
      return { type: 'failed', message: 'APNs took too long to answer' }
    }
    if (kept === undefined) return answer
    // APNs may have given up a kept connection in the moment in which it was used: once more over another one.
    kept.close()
    return this.#send(request, body, signal)
  }

  /** What is under way is finished. */
  close(): void {
    this.#session?.close()
  }

  #usable(): ClientHttp2Session | undefined {
    const session = this.#session
    return session === undefined || session.closed || session.destroyed ? undefined : session
  }

  #connect(): ClientHttp2Session {
    const http2 = process.getBuiltinModule('node:http2') // five megabytes, for those who push to Apple's devices
    const port = Number(new URL(this.#origin).port || HTTPS_PORT)
    const session = http2.connect(this.#origin, { ca: this.#ca, lookup: this.#guard.lookupFor(port) })
    session.on('error', () => {}) // each request learns of it by itself
    session.setTimeout(IDLE_MS, () => session.close())
    this.#session = session
    return session
  }
}

function exchange(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: string,
  signal: AbortSignal,
): Promise<ApnsAnswer> {
  const { promise, resolve } = Promise.withResolvers<ApnsAnswer>()
  const fail = (error: unknown) => resolve({ type: 'failed', message: (error as Error).message })
  try {
    const stream = session.request(headers, { signal }).setEncoding('utf8')
    let status = 0
    let text = ''
    stream.on('response', (answered) => {
      status = answered[':status'] as number
    })
    stream.on('data', (chunk: string) => {
      if (text.length < KEPT_LENGTH) text += chunk
    })
    stream.on('end', () => status !== 0 && resolve({ type: 'answered', status, body: text }))
    stream.on('error', fail)
    stream.on('close', () => fail(new Error('APNs closed the connection')))
    stream.end(body)
  } catch (error) {
    fail(error)
  }
  return promise
}
