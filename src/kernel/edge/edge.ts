/** The edge: one port, behind it the steps of a request and the node's own endpoints. */
import type { Logger } from '../observe/logger.ts'
import type { Metrics } from '../observe/metrics.ts'
import { receiveBody } from './body.ts'
import { EdgeMetrics } from './edge-metrics.ts'
import type { Exchange } from './exchange.ts'
import { MANAGEMENT_PREFIX, type ManagementNode, manage } from './management.ts'
import { type ServedService, ServiceRegistry } from './registry.ts'
import { openPort, type PortOptions } from './server.ts'
import { type EdgeNode, handle, refuseTooLarge, respond } from './steps.ts'

export interface EdgeOptions extends Omit<PortOptions, 'onRequest'> {
  readonly services: readonly ServedService[]
  /** The region of requests whose credentials name none. */
  readonly region: string
  readonly maxRequestBytes: number
  readonly metrics: Metrics
  readonly log: Logger
  readonly management: ManagementNode
}

export interface Edge {
  readonly port: number
  /** From now on requests are answered 503, and each answer ends its connection. Resolves when all have ended. */
  drain(): Promise<void>
  /** Cuts off whatever is left. */
  destroy(): void
}

/** Rejects with the system's error if the port can't be had. */
export async function startEdge(options: EdgeOptions): Promise<Edge> {
  const { region, maxRequestBytes, log, management } = options
  const metrics = new EdgeMetrics(options.metrics, log)
  const node: EdgeNode = {
    services: new ServiceRegistry(options.services),
    region,
    maxRequestBytes,
    metrics,
    log,
    draining: false,
  }

  const serve = (exchange: Exchange): void => {
    if (exchange.path.startsWith(MANAGEMENT_PREFIX)) respond(exchange, node, manage(management, exchange))
    else handle(exchange, node)
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
