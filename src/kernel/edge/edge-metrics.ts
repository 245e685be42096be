/** What the edge counts and logs of each request. */
import type { Logger } from '../observe/logger.ts'
import { type Counter, type Family, type Histogram, LATENCY_BUCKETS, type Metrics } from '../observe/metrics.ts'
import type { Exchange } from './exchange.ts'

export class EdgeMetrics {
  readonly #requests: Family<Counter>
  readonly #seconds: Family<Histogram>
  readonly #log: Logger | undefined

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
    const service = route?.service?.model.meta.id ?? 'none'
    const operation = route?.operation?.name ?? 'none'
    const ms = performance.now() - startedAt
    this.#requests.with(service, operation, code).inc()
    this.#seconds.with(service, operation).observe(ms / 1000)
    this.#log?.debug({ requestId, service, operation, code, ms, accountId: identity?.accountId, region }, 'request')
  }
}
