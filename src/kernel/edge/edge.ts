/** The edge: one port, behind it the steps of a request and the node's own endpoints. */
import type { Sessions } from '../auth/sessions.ts'
import type { RunningService } from '../kernel.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { USER_AGENT } from '../outbound/user-agent.ts'
import type { WireAnswer } from '../protocol/codec.ts'
import { dropBody, receiveBody } from './body.ts'
import type { BodyBudget } from './body-budget.ts'
import { EdgeMetrics } from './edge-metrics.ts'
import type { Exchange } from './exchange.ts'
import { Guard, type GuardOptions } from './guard/guard.ts'
import type { HttpRequest } from './http-messages.ts'
import { InHand, type InHandOptions, type Place } from './in-hand.ts'
import { MANAGEMENT_PREFIX, type Manage } from './management.ts'
import { type ServedService, ServiceRegistry } from './registry.ts'
import { openPort, type PortOptions } from './server.ts'
import { bodyLimit, busy, type EdgeNode, handle, refuse, refuseUnread, respond, tooLarge } from './steps.ts'

export interface EdgeOptions extends Omit<PortOptions, 'onRequest'>, GuardOptions, InHandOptions {
  readonly services: readonly ServedService[]
  readonly sessions: Pick<Sessions, 'find'>
  /** The region of requests whose credentials name none. */
  readonly region: string
  readonly maxRequestBytes: number
  readonly metrics: Metrics
  readonly log: Logger
  /** Answers what comes under `/_millrace/`. */
  readonly manage: Manage
}

export interface Edge {
  readonly port: number
  /** From now on requests are answered 503, and each answer ends its connection. Resolves when all have ended. */
  drain(): Promise<void>
  /** Cuts off whatever is left. */
  destroy(): void
}

/** Requests to the outside that call themselves nothing else. */
const OWN_REQUESTS = { header: 'user-agent', value: USER_AGENT }

/** What the first of the services that has one says. */
function firstOf<T>(
  services: readonly ServedService[],
  ask: (running: RunningService) => T | undefined,
): T | undefined {
  for (const { running } of services) {
    const answer = ask(running)
    if (answer !== undefined) return answer
  }
  return undefined
}

const NOTHING: WireAnswer = { status: 200, contentType: 'text/plain', body: '' }

/** Rejects with the system's error if the port can't be had. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { sessions, region, maxRequestBytes, log, manage } = options
  const metrics = new EdgeMetrics(options.metrics, log)
  const node: EdgeNode = {
    services: new ServiceRegistry(options.services),
    sessions,
    region,
    maxRequestBytes,
    metrics,
    log,
    draining: false,
  }

  const pageAt = (path: string) =>
    path === '/' ? undefined : firstOf(options.services, (running) => running.page?.(path))
  const guard = new Guard(options, {
    isPage: (path) => pageAt(path) !== undefined,
    isLink: (query) => options.services.some(({ running }) => running.isLink?.(query) === true),
    outboundMarks: [OWN_REQUESTS, ...options.services.flatMap(({ running }) => running.outboundMarks ?? [])],
  })

  /** Whether the request may be read; answers it otherwise. */
  const admits = (exchange: Exchange): boolean => {
    const verdict = guard.judge(exchange)
    exchange.browserHeaders = verdict.headers
    if (verdict.type === 'refused') refuse(exchange, node, verdict.error)
    else if (verdict.type === 'preflight') respond(exchange, node, Promise.resolve(NOTHING))
    return verdict.type === 'passes'
  }
  const managed = (exchange: Exchange): Promise<WireAnswer> => {
    const { method, path, search, body } = exchange
    return manage({ method, path, search, contentType: exchange.header('content-type'), body })
  }
  const serve = (exchange: Exchange): void => {
    if (isManagement(exchange)) return respond(exchange, node, managed(exchange))
    const page = exchange.method === 'GET' && !exchange.query.has('Action') ? pageAt(exchange.path) : undefined
    if (page === undefined) handle(exchange, node)
    else respond(exchange, node, page(exchange))
  }
  const inHand = new InHand(options)
  const port = await openPort({
    ...options,
    onRequest: (exchange, request) => {
      const place = inHand.placeFor(request)
      exchange.place = place
      if (admits(exchange)) receive(exchange, request, { node, place, bodies: inHand.bodies, serve })
      else dropBody(request, maxRequestBytes)
    },
  })
  return {
    port: port.port,
    drain: () => {
      node.draining = true
      return port.drain()
    },
    destroy: () => {
      inHand.close()
      port.destroy()
    },
  }
}

interface Reception {
  readonly node: EdgeNode
  /** The request's. */
  readonly place: Place
  readonly bodies: BodyBudget
  serve(exchange: Exchange): void
}

/** Receives a request's body; `serve` is called when it is the request's turn. */
function receive(exchange: Exchange, request: HttpRequest, { node, place, bodies, serve }: Reception): void {
  receiveBody(request, bodies, {
    limit: () => (isManagement(exchange) ? MAX_MANAGEMENT_BYTES : bodyLimit(exchange, node)),
    whole: (body, countedBytes) => {
      exchange.body = body
      place.enter(countedBytes, () => serve(exchange))
    },
    tooLarge: (limitBytes) => refuseUnread(exchange, node, tooLarge(limitBytes)),
    noRoom: () => refuseUnread(exchange, node, busy()),
  })
}

/** What is asked of the node itself is a line of JSON. */
const MAX_MANAGEMENT_BYTES = 64 * 1024

const isManagement = ({ path }: Exchange): boolean => path.startsWith(MANAGEMENT_PREFIX)
