/**
 * An edge thread: accepts, parses and answers as the main thread does (see kernel/edge/threads/edge-threads.ts). It has a
 * clock, metrics and services of its own, as another node would, and runs no jobs.
 */
import { workerData } from 'node:worker_threads'
import { SystemClock } from './kernel/clock/clock.ts'
import { startEdge } from './kernel/edge/edge.ts'
import type { EdgeThreadData } from './kernel/edge/threads/edge-threads.ts'
import { Link } from './kernel/edge/threads/link.ts'
import { createLogger } from './kernel/observe/logger.ts'
import { NodeMetrics } from './kernel/observe/metrics.ts'
import { listenerOf, OwnListeners } from './kernel/outbound/own-listeners.ts'
import type { WireAnswer } from './kernel/protocol/codec.ts'
import { joinSqlite } from './kernel/store/sqlite/client.ts'
import { drain, edgeOptions, groupMetrics, kernelParts, openShared, startServices } from './platform.ts'

const { config, clockOffset, store: way, link } = workerData as EdgeThreadData

const log = createLogger(config.logLevel)
const clock = new SystemClock(clockOffset)
const metrics = new NodeMetrics((name, error) => log.error({ metric: name, err: error }, 'a gauge could not be read'))

/** What a database's health is, the main thread says of it. */
const openStore = () =>
  way === undefined
    ? openShared(config, clock, metrics, () => undefined)
    : joinSqlite(way, { clock, onGroup: groupMetrics(metrics) })

async function serve() {
  const listeners = new OwnListeners()
  listeners.opened(listenerOf(config.host, config.port))
  const parts = kernelParts(config, await openStore(), clock, metrics, log, listeners)
  const running = startServices(parts)
  const edge = await startEdge({
    ...edgeOptions(config, parts, running),
    manage: (request) => main.ask<WireAnswer>('manage', request),
  })
  return { edge, running }
}

const served = serve()
const main = new Link(link, {
  listening: async () => void (await served),
  clock: (offset: number) => clock.shift(Math.max(offset - clock.offset, 0)),
  counted: () => metrics.counted(),
  async drain() {
    const { edge, running } = await served
    await drain(edge, running, clock)
  },
})
