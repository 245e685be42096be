/**
 * One request and its answer. To a handler it is the `Caller`; to a codec, the `WireBody`; to the steps, the place where
 * each leaves what it found out. Answered once.
 *
 * A class with plain fields: an object literal with accessors costs 15 µs per request, and an AbortController 4 µs, so
 * whoever wants to hear of a hang-up subscribes.
 */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Identity } from '../auth/credentials.ts'
import type { Caller, Principal } from '../kernel.ts'
import type { WireAnswer, WireBody } from '../protocol/codec.ts'
import type { Form } from '../protocol/query-form.ts'
import type { ProtocolName } from '../protocol/schema.ts'
import type { AnswerHeaders, GuardedHead } from './guard/head.ts'
import type { HttpRequest, HttpResponse } from './http-messages.ts'
import type { Place } from './in-hand.ts'
import type { RequestHead, Route } from './routing.ts'

const EMPTY: Buffer = Buffer.alloc(0)

/** A target in absolute form, as proxies are sent it; a server has to take it, too. */
const ABSOLUTE_TARGET = /^https?:\/\/([^/?#]*)/i
const SLASH = 0x2f

const LONG_TEXT = 64 * 1024

export class Exchange implements Caller, WireBody, RequestHead, GuardedHead {
  readonly requestId = randomUUID()
  /** `performance.now()`: how long a request takes is measured in real time, whatever the platform's clock says. */
  readonly startedAt = performance.now()
  readonly path: string
  readonly search: string
  body = EMPTY
  /** Set by the steps, in this order. */
  identity!: Identity
  region!: string
  route: Route | undefined
  input: Record<string, unknown> = {}
  missing: readonly string[] = []
  /** What a browser needs on the answer, whatever that will be; set by the guard. */
  browserHeaders: AnswerHeaders | undefined
  /** Among the requests in hand, given up with the answer. */
  place: Place | undefined

  readonly #absolute: string | undefined
  readonly #request: HttpRequest
  readonly #response: HttpResponse
  #query: URLSearchParams | undefined
  #hangUps: Set<() => void> | undefined
  #hungUp: (() => void) | undefined
  #answered = false

  constructor(request: HttpRequest, response: HttpResponse) {
    let url = request.url ?? '/'
    if (url.charCodeAt(0) !== SLASH) {
      const [prefix = '', authority] = ABSOLUTE_TARGET.exec(url) ?? []
      url = url.slice(prefix.length)
      this.#absolute = authority
    }
    const mark = url.indexOf('?')
    this.path = mark < 0 ? url : url.slice(0, mark)
    this.search = mark < 0 ? '' : url.slice(mark + 1)
    this.#request = request
    this.#response = response
  }

  get method(): string {
    return this.#request.method ?? ''
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.search)
    return this.#query
  }

  get params(): Form | undefined {
    return this.route?.params
  }

  get signingName(): string | undefined {
    return this.identity.signingName
  }

  get accountId(): string {
    return this.identity.accountId
  }

  get principal(): Principal {
    return this.identity.principal
  }

  get signed(): boolean {
    return this.identity.signingName !== undefined
  }

  get protocol(): ProtocolName {
    return this.route?.protocol ?? 'json1.0'
  }

  /** Of a Query request: by the header, or by the parameter with which old clients ask. */
  get acceptsJson(): boolean {
    return (this.header('accept')?.includes('application/json') ?? false) || this.params?.get('ContentType') === 'JSON'
  }

  /** The guard lets none pass that a stranger could have chosen: links to it are handed out. */
  get origin(): string {
    const scheme = this.encrypted ? 'https' : 'http'
    return `${scheme}://${this.host || `localhost:${this.#request.socket.localPort}`}`
  }

  get host(): string {
    return this.#request.headers.host ?? this.authority ?? ''
  }

  get authority(): string | undefined {
    return this.#request.httpVersionMajor === 2 ? this.header(':authority') : this.#absolute
  }

  get encrypted(): boolean {
    return (this.#request.socket as TLSSocket).encrypted === true
  }

  get rawHeaders(): readonly string[] {
    return this.#request.rawHeaders
  }

  /** `name` in lower case. A header that was sent more than once is joined by commas. */
  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return typeof value === 'object' ? value.join(', ') : value
  }

  onHangUp(fn: () => void): () => void {
    if (this.#answered) return () => undefined
    if (this.#isHungUp) {
      fn()
      return () => undefined
    }
    const hangUps = this.#hangUps ?? this.#listenForHangUp()
    hangUps.add(fn)
    return () => hangUps.delete(fn)
  }

  /** Sends the answer, with the request id; `last` also ends the connection. Does nothing if the client is gone. */
  answer({ status, contentType, body: made, headers }: WireAnswer, last: boolean): void {
    if (this.#answered) throw new Error('an exchange is answered once')
    this.#answered = true
    if (this.#hungUp !== undefined) {
      this.#connection.removeListener('end', this.#hungUp)
      this.#connection.removeListener('close', this.#hungUp)
    }
    const response = this.#response as ServerResponse
    if (response.destroyed) return this.place?.leave()
    // A long text is encoded once; a short one is counted here, and encoded together with the head.
    const body = typeof made === 'string' && made.length > LONG_TEXT ? Buffer.from(made) : made
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
    const flat = ['x-amzn-RequestId', this.requestId, 'content-type', contentType, 'content-length', String(length)]
    for (const name in headers) flat.push(name, headers[name] as string)
    for (const name in this.browserHeaders) {
      if (headers?.[name] === undefined) flat.push(name, this.browserHeaders[name] as string)
    }
    if (last && this.#request.httpVersionMajor === 1) flat.push('connection', 'close')
    response.writeHead(status, flat)
    if (this.place === undefined) response.end(body)
    else this.place.end(response, body, length)
  }

  /** Ends the connection without an answer. */
  abandon(): void {
    this.#response.destroy()
    this.place?.leave()
  }

  /** A connection carries several HTTP/2 requests; there a hang-up is the end of the stream. */
  get #connection(): Duplex {
    return this.#request.httpVersionMajor === 1 ? this.#request.socket : (this.#request as Http2ServerRequest).stream
  }

  get #isHungUp(): boolean {
    const { destroyed, readableEnded } = this.#connection
    return destroyed || (readableEnded && this.#endMeansHangUp)
  }

  /**
   * A client that closes its connection is first heard of as one that sends nothing more. That it might still read is no
   * reason to let it wait: it is answered at once. (A stream of HTTP/2 ends with its request.)
   */
  get #endMeansHangUp(): boolean {
    return this.#request.httpVersionMajor === 1
  }

  #listenForHangUp(): Set<() => void> {
    const hangUps = new Set<() => void>()
    this.#hangUps = hangUps
    this.#hungUp = () => {
      for (const fn of hangUps) fn()
      hangUps.clear()
    }
    if (this.#endMeansHangUp) this.#connection.once('end', this.#hungUp)
    this.#connection.once('close', this.#hungUp)
    return hangUps
  }
}
