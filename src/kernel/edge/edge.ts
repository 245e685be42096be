/** The edge: one port, behind it the steps of a request and the node's own endpoints. */
import type { Sessions } from '../auth/sessions.ts'
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { WireAnswer } from '../protocol/codec.ts'
import { receiveBody } from './body.ts'
import { EdgeMetrics } from './edge-metrics.ts'
import type { Exchange } from './exchange.ts'
import { MANAGEMENT_PREFIX, type Manage, notFromAnotherSite } from './management.ts'
import { type ServedService, ServiceRegistry } from './registry.ts'
import { openPort, type PortOptions } from './server.ts'
import { type EdgeNode, handle, refuseTooLarge, respond } from './steps.ts'

export interface EdgeOptions extends Omit<PortOptions, 'onRequest'> {
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

/** What a service has at the path of a request that names no operation. */
function pageOf(services: readonly ServedService[], exchange: Exchange): Promise<WireAnswer> | undefined {
  if (exchange.path === '/' || exchange.query.has('Action')) return undefined
  for (const { running } of services) {
    const page = running.page?.(exchange)
    if (page !== undefined) return page
  }
  return undefined
}

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

  const managed = async (exchange: Exchange): Promise<WireAnswer> => {
    if (exchange.header('sec-fetch-site') === 'cross-site') return notFromAnotherSite()
    const { method, path, search, body } = exchange
    return manage({ method, path, search, body })
  }
  const serve = (exchange: Exchange): void => {
    if (exchange.path.startsWith(MANAGEMENT_PREFIX)) return respond(exchange, node, managed(exchange))
    const page = exchange.method === 'GET' ? pageOf(options.services, exchange) : undefined
    if (page === undefined) handle(exchange, node)
    else respond(exchange, node, page)
  }
  const port = await openPort({
    ...options,
    onRequest: (exchange, request) =>
      receiveBody(
        request,
        maxRequestBytes,
        (body) => {
          exchange.body = body
          serve(exchange)
        },
        () => refuseTooLarge(exchange, node),
      ),
  })
  return {
    port: port.port,
    drain: () => {
      node.draining = true
      return port.drain()
    },
    destroy: () => port.destroy(),
  }
}
