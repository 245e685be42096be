/**
 * The port: sockets, time-outs and limits. HTTP/1.1 and HTTP/2 share it: with TLS, the handshake says which; without, or
 * if the client negotiates nothing there (as the Java SDK's), one that speaks HTTP/2 says so by its first bytes.
 *
 * Invariants
 * - A socket that doesn't say what it speaks, or a request that doesn't arrive, is cut off in time and hurts no other.
 * - What isn't HTTP is answered 400 and closed.
 * - A client that sends nothing more (a half-closed connection) still gets its answers, and then the connection ends.
 * - A connection that waits costs its socket and nothing else: no timer and no buffer of ours.
 */
import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { Http2Server, Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Exchange } from './exchange.ts'
import type { HttpRequest, HttpResponse } from './http-messages.ts'
import { addressesOf, listen } from './listen.ts'

export interface PortOptions {
  /** `localhost` is both loopback addresses. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /**
   * How many threads of this process listen at the same address and share what comes, 1 unless given; each has its share
   * of the limits. Not every system lets more than one (see `claimPort`).
   */
  readonly threads?: number
  /** PEM; the port then speaks TLS only. */
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly headerTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** More are closed as soon as they are accepted. */
  readonly maxConnections: number
  readonly onRequest: (exchange: Exchange, request: HttpRequest) => void
}

export interface OpenPort {
  readonly port: number
  /** Stops accepting and closes what is idle; resolves when the last connection has ended. */
  drain(): Promise<void>
  /** Cuts off whatever is left. */
  destroy(): void
}

/**
 * Not imported: an import statement reads every export, and one of node:http's is a WebSocket client, whose loading costs
 * 25 ms and 12 MB.
 */
const http = process.getBuiltinModule('node:http')

/** Long enough for credentials with session tokens and for Query requests as a URL. */
const MAX_HEADER_BYTES = 64 * 1024

/** Rejects with the system's error: EADDRINUSE, EACCES, … */
export async function openPort(options: PortOptions): Promise<OpenPort> {
  const onRequest = (request: HttpRequest, response: HttpResponse): void =>
    options.onRequest(new Exchange(request, response), request)
  const http2 = new LazyHttp2(options, onRequest)
  const connections = new Set<Socket>()
  /** Those of which we don't know yet what they speak. */
  const fresh = new Set<Socket>()

  const server = createHttp1(options, onRequest)
  const { threads = 1 } = options
  server.maxConnections = Math.ceil(options.maxConnections / threads)
  Object.assign(server, { httpAllowHalfOpen: true }) // Node's own switch, missing in its types
  server.on('clientError', refuseMalformed)
  server.on('checkExpectation', onRequest) // or Node answers by itself, without a request id
  // The server of HTTP/1 owns the port, since only a listening one enforces its time-outs; it is given the connections
  // that turn out to be its own.
  const arrival = options.tls === undefined ? 'connection' : 'secureConnection'
  const [serveHttp1] = server.listeners(arrival) as [(socket: Socket) => void]
  server.removeAllListeners(arrival)
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  const serve = (socket: Socket, isHttp2: boolean): void => {
    if (!isHttp2) return serveHttp1.call(server, socket)
    // Node's server of HTTP/2 refuses a TLS connection that hasn't negotiated it.
    if (options.tls !== undefined) Object.assign(socket, { alpnProtocol: 'h2' })
    http2.serve(socket)
  }
  server.on(arrival, (socket: Socket) => {
    socket.on('error', () => socket.destroy())
    const negotiated = (socket as Partial<TLSSocket>).alpnProtocol // absent without TLS, false or null if there was none
    if (negotiated) return serve(socket, negotiated === 'h2')
    fresh.add(socket)
    sniff(socket, options.headerTimeoutMs, (isHttp2) => {
      fresh.delete(socket)
      if (isHttp2 !== undefined) serve(socket, isHttp2)
    })
  })

  const listening = await listen(server, addressesOf(options.host), options.port, threads > 1)
  return {
    port: listening.port,
    drain: () => {
      const closed = listening.close()
      http2.close()
      for (const socket of fresh) socket.destroy()
      return closed
    },
    destroy: () => {
      for (const socket of connections) socket.destroy()
    },
  }
}

function createHttp1(options: PortOptions, onRequest: (q: HttpRequest, s: HttpResponse) => void): Server {
  const { headerTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs, tls } = options
  const shortestMs = Math.min(headerTimeoutMs, requestTimeoutMs)
  const limits = {
    headersTimeout: shortestMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // One timer looks over all connections; a client that is late is cut off within a quarter of its time.
    connectionsCheckingInterval: Math.min(Math.ceil(shortestMs / 4), 5000),
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: false, // for the same reason
  }
  if (tls === undefined) return http.createServer(limits, onRequest)
  const https = process.getBuiltinModule('node:https')
  const secure = { ...limits, ...tls, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: headerTimeoutMs }
  return https.createServer(secure, onRequest) as unknown as Server
}

const PREFACE = 'PRI'

/** Looks at the first bytes and puts them back. Calls `decide` once; with undefined if the socket ended before. */
function sniff(socket: Socket, timeoutMs: number, decide: (isHttp2: boolean | undefined) => void): void {
  let seen: Buffer | undefined
  const look = (): void => {
    const bytes: Buffer | null = socket.read()
    if (bytes === null) return
    seen = seen === undefined ? bytes : Buffer.concat([seen, bytes])
    const start = seen.toString('latin1', 0, PREFACE.length)
    if (start !== PREFACE && PREFACE.startsWith(start)) return
    stop()
    socket.unshift(seen)
    decide(start === PREFACE)
  }
  const stop = (): void => {
    socket.off('readable', look)
    socket.off('end', cutOff)
    socket.off('close', gone)
    socket.setTimeout(0, cutOff)
  }
  const gone = (): void => {
    stop()
    decide(undefined)
  }
  const cutOff = (): void => void socket.destroy()
  socket.setTimeout(timeoutMs, cutOff)
  socket.on('close', gone)
  socket.on('end', cutOff) // before it has said anything: somebody only looked whether the port is open
  socket.on('readable', look)
}

/** Answers what can't be read as a request; a connection that broke, or isn't TLS where it should be, is just closed. */
function refuseMalformed({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  const status = code.startsWith('HPE_') ? (STATUS_OF_FAULT[code] ?? '400 Bad Request') : STATUS_OF_FAULT[code]
  if (status !== undefined && socket.writable) {
    const head = `HTTP/1.1 ${status}\r\nx-amzn-RequestId: ${randomUUID()}\r\nconnection: close\r\ncontent-length: 0\r\n`
    socket.end(`${head}\r\n`)
    socket.destroySoon()
  } else socket.destroy()
}

const STATUS_OF_FAULT: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/**
 * What one session may cost. The library's own limits beside these: a thousand answers to PING and SETTINGS that aren't
 * read end the session, as do nine CONTINUATION frames in a row.
 */
const HTTP2_LIMITS = {
  settings: { maxConcurrentStreams: 256, maxHeaderListSize: MAX_HEADER_BYTES },
  /** In megabytes, for streams, headers and what is queued; a new stream beyond it is refused. */
  maxSessionMemory: 10,
  /** Frames that break the protocol, and streams that were refused: nobody has an honest reason for many. */
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  /** Streams that a client opens and takes back: so many at once, and so many a second. */
  streamResetBurst: 500,
  streamResetRate: 50,
}

/** HTTP/2 is loaded by the first client that speaks it: most nodes never see one. */
class LazyHttp2 {
  readonly #options: PortOptions
  readonly #onRequest: (request: HttpRequest, response: HttpResponse) => void
  readonly #sessions = new Set<Http2Session>()
  #server: Http2Server | undefined

  constructor(options: PortOptions, onRequest: (request: HttpRequest, response: HttpResponse) => void) {
    this.#options = options
    this.#onRequest = onRequest
  }

  serve(socket: Socket): void {
    this.#server ??= this.#create()
    this.#server.emit('connection', socket)
  }

  /** Lets each session finish its requests. */
  close(): void {
    for (const session of this.#sessions) session.close()
  }

  #create(): Http2Server {
    const http2 = process.getBuiltinModule('node:http2')
    const server = http2.createServer(HTTP2_LIMITS)
    server.on('request', (request, response) => {
      request.setTimeout(this.#options.requestTimeoutMs, () => request.stream.close(http2.constants.NGHTTP2_CANCEL))
      request.on('end', () => request.setTimeout(0)) // from here on it is we who take the time
      this.#onRequest(request, response)
    })
    server.on('session', (session) => {
      this.#sessions.add(session)
      session.setTimeout(this.#options.keepAliveTimeoutMs, () => session.close())
      session.on('close', () => this.#sessions.delete(session))
      session.on('error', () => session.destroy())
    })
    return server
  }
}
