/** What the edge counts and logs of each request. */
import type { Logger } from '../observe/logger.ts'
import { type Counter, type Family, type Histogram, LATENCY_BUCKETS, type Metrics } from '../observe/metrics.ts'
import type { Operation } from '../protocol/schema.ts'
import type { Exchange } from './exchange.ts'
import type { Route } from './routing.ts'

export class EdgeMetrics {
  readonly #requests: Family<Counter>
  readonly #seconds: Family<Histogram>
  readonly #log: Logger | undefined
  /** The children of what succeeds, by operation: to put labels together costs more than to count. */
  readonly #succeeded = new Map<Operation, { readonly requests: Counter; readonly seconds: Histogram }>()

  constructor(metrics: Metrics, log: Logger) {
    this.#requests = metrics.counter('requests_total', 'Requests answered.', ['service', 'operation', 'code'])
    this.#seconds = metrics.histogram(
      'request_duration_seconds',
      'From a request’s arrival to its answer, long polls included.',
      ['service', 'operation'],
      LATENCY_BUCKETS,
    )
    this.#log = log.isLevelEnabled('debug') ? log : undefined
  }

  /** `code` is `OK` or the code of the error that was answered. */
  answered({ route, startedAt, requestId, region, identity }: Exchange, code: string): void {
    const ms = performance.now() - startedAt
    const { requests, seconds } = this.#childrenOf(route, code)
    requests.inc()
    seconds.observe(ms / 1000)
    if (this.#log === undefined) return
    const service = route?.service?.model.meta.id ?? 'none'
    const operation = route?.operation?.name ?? 'none'
    this.#log.debug({ requestId, service, operation, code, ms, accountId: identity?.accountId, region }, 'request')
  }

  #childrenOf(route: Route | undefined, code: string) {
    const operation = code === 'OK' ? route?.operation : undefined
    const known = operation && this.#succeeded.get(operation)
    if (known !== undefined) return known
    const labels = [route?.service?.model.meta.id ?? 'none', route?.operation?.name ?? 'none'] as const
    const children = { requests: this.#requests.with(...labels, code), seconds: this.#seconds.with(...labels) }
    if (operation !== undefined) this.#succeeded.set(operation, children)
    return children
  }
}
