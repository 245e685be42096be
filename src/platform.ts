/**
 * The composition root: the one file that knows every service. It wires and does nothing else; what starts first is
 * what the next part needs, and it stops in the opposite order.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Clock, type Millis, SystemClock } from './kernel/clock/clock.ts'
import { advanceClock, readClockOffset } from './kernel/clock/offset.ts'
import { type Config, ConfigError } from './kernel/config/config.ts'
import { type Edge, startEdge } from './kernel/edge/edge.ts'
import { type JobHandler, type RunningJobs, startJobs } from './kernel/jobs/jobs.ts'
import type { Kernel, RunningService, Service } from './kernel/kernel.ts'
import { Nodes } from './kernel/nodes/nodes.ts'
import { Health } from './kernel/observe/health.ts'
import { createLogger, type Logger } from './kernel/observe/logger.ts'
import { NodeMetrics } from './kernel/observe/metrics.ts'
import { AddressGuard } from './kernel/outbound/address-guard.ts'
import { emptyOutbox, readOutbox } from './kernel/outbound/outbox.ts'
import { listenerOf, OwnListeners } from './kernel/outbound/own-listeners.ts'
import { loadModel } from './kernel/protocol/load-model.ts'
import type { MigrationSource } from './kernel/store/migrations.ts'
import { announceReset } from './kernel/store/reset.ts'
import { openSqlite } from './kernel/store/sqlite/engine.ts'
import type { Store } from './kernel/store/store.ts'
import { Seals } from './kernel/targets/seals.ts'
import { createTargets } from './kernel/targets/targets.ts'
import { sns } from './services/sns/index.ts'
import { sqs } from './services/sqs/index.ts'
import { sts } from './services/sts/index.ts'

/** Every service there is. */
export const services: readonly Service[] = [sqs, sns, sts]

export interface Platform {
  /** Where clients on this machine reach the node: `http://127.0.0.1:4566`. */
  readonly url: string
  readonly port: number
  readonly clock: Clock
  /** Settles if the store ends by itself: the node can do nothing more. */
  readonly lost: Promise<Error>
  /** Answers what is in hand, commits it and closes the store; takes seconds at most, whatever the clients do. */
  close(): Promise<void>
}

/** What is in hand at a stop may take this long to be answered, before it is cut off. */
const DRAIN_MS = 4000
const JOBS_GRACE_MS = 3000

/** The embedded store admits one node at a time: whatever was leased before belonged to this one, and is taken back. */
const EMBEDDED_NODE_ID = 'embedded'

/** Rejects with `ConfigError`, with `CannotOpenStore`, or with the system's error if the port can't be had. */
export async function startPlatform(config: Config): Promise<Platform> {
  const log = createLogger(config.logLevel)
  const clock = new SystemClock()
  const metrics = new NodeMetrics((name, error) => log.error({ metric: name, err: error }, 'a gauge could not be read'))
  const health = new Health(clock)
  const tls = readTls(config)
  const { promise: lost, resolve: onLost } = Promise.withResolvers<Error>()
  const store = await openStore(config, clock, metrics, health, log, onLost)
  const nodeId = nodeIdOf(config)
  const listeners = new OwnListeners()
  listeners.opened(listenerOf(config.host, config.port)) // jobs may send before the port is open
  // Of the embedded store there is one node.
  const nodes = config.store === undefined ? undefined : await Nodes.join({ nodeId, store, clock, log, listeners })
  const guard = new AddressGuard({
    allowLinkLocal: config.allowLinkLocal,
    denyPrivate: config.denyPrivateTargets,
    publicUrl: config.publicUrl,
    isOwn: (address, port) => listeners.has(address, port),
  })
  const parts = { store, clock, metrics, log, config, guard, targets: createTargets(store), seals: new Seals() }
  const { running, jobs } = startServices(parts, nodeId)
  const stopWhatIsBehindTheEdge = async () => {
    await jobs.stop(JOBS_GRACE_MS)
    await nodes?.leave()
    for (const service of running) service.close?.()
    await store.close()
    clock.close()
  }
  const edge = await startEdge({
    ...config,
    tls,
    metrics,
    log,
    services: services.map(({ id }, i) => ({ model: loadModel(id), running: running[i] as RunningService })),
    management: {
      clock,
      health: () => health.check(store),
      metrics: () => metrics.render(),
      reset: () => resetStore(store, clock),
      advanceClock: (ms) => advance(store, clock, ms),
      outbox: (params) => readOutbox(store, params),
      emptyOutbox: () => emptyOutbox(store),
      ofServices: Object.assign({}, ...running.map(({ management }) => management)),
    },
  }).catch(async (error) => {
    await stopWhatIsBehindTheEdge()
    throw error
  })
  listeners.opened(listenerOf(config.host, edge.port))
  await nodes?.announce(listenerOf(config.host, edge.port))
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${reachableHost(config.host)}:${edge.port}`,
    port: edge.port,
    clock,
    lost,
    async close() {
      health.drain()
      await drain(edge, running, clock)
      await stopWhatIsBehindTheEdge()
    },
  }
}

/** The offset counts for every node and after every restart, so the store has it first. */
async function advance(store: Store, clock: SystemClock, ms: Millis): Promise<void> {
  catchUp(clock, await store.execute(advanceClock, { ms }))
}

/** With several nodes the clock may have heard of it already. */
function catchUp(clock: SystemClock, offset: Millis): void {
  clock.shift(Math.max(offset - clock.offset, 0))
}

async function resetStore(store: Store, clock: SystemClock): Promise<void> {
  await store.reset()
  await store.execute(advanceClock, { ms: clock.offset }) // a clock never goes back
  await store.execute(announceReset, null)
}

async function openStore(
  config: Config,
  clock: SystemClock,
  metrics: NodeMetrics,
  health: Health,
  log: Logger,
  onLost: (error: Error) => void,
): Promise<Store> {
  const groupSize = metrics
    .histogram('commit_group_calls', 'Calls per commit.', [], [1, 2, 4, 8, 16, 32, 64, 128, 256])
    .with()
  const groupSeconds = metrics
    .histogram('commit_duration_seconds', 'Time of a commit with its calls.', [], COMMIT_SECONDS)
    .with()
  const options = {
    clock,
    commands: [...kernelCommands, ...services.flatMap(({ commands = [] }) => commands)],
    migrations,
    onGroup: (calls: number, seconds: number) => {
      groupSize.observe(calls)
      groupSeconds.observe(seconds)
    },
    onHealth: (problem: string | undefined) => {
      health.storeChanged(problem)
      if (problem === undefined) log.info('the store can be written again')
      else log.error({ problem }, 'the store can not be written')
    },
  }
  if (config.store !== undefined) {
    const { openPostgres } = await import('./kernel/store/postgres/engine.ts') // its driver costs only those who use it
    const { storePoolSize: poolSize, storeStatementTimeoutMs: statementTimeoutMs } = config
    return openPostgres({ ...options, url: config.store, poolSize, statementTimeoutMs })
  }
  const store = await openSqlite({
    ...options,
    directory: config.ephemeral ? undefined : config.dataDir,
    onCheckpoints: (problem) => {
      if (problem === undefined) log.info('the log is copied into the database again')
      else log.error({ problem }, 'the log can not be copied into the database, and grows')
    },
    onLost,
  })
  catchUp(clock, await store.execute(readClockOffset, null))
  return store
}

/** Of the kernel's parts and of every service, in their order. */
export const migrations: readonly MigrationSource[] = [
  { service: 'jobs', folder: new URL('./kernel/jobs/migrations/', import.meta.url) },
  { service: 'nodes', folder: new URL('./kernel/nodes/migrations/', import.meta.url) },
  { service: 'outbound', folder: new URL('./kernel/outbound/migrations/', import.meta.url) },
  ...services.flatMap(({ id, migrations }) => (migrations === undefined ? [] : { service: id, folder: migrations })),
]

const kernelCommands = [
  './kernel/clock/offset.ts',
  './kernel/nodes/store.ts',
  './kernel/observe/health.ts',
  './kernel/jobs/store.ts',
  './kernel/store/reset.ts',
  './kernel/outbound/store.ts',
].map((path) => new URL(path, import.meta.url))

const COMMIT_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** Jobs of every kind are known before the first one is leased: all of this happens in one turn of the event loop. */
function startServices(parts: Omit<Kernel, 'jobs'>, nodeId: string): { running: RunningService[]; jobs: RunningJobs } {
  const { store, clock, log, metrics, targets, seals } = parts
  const handlers: Record<string, JobHandler> = {}
  const jobs = startJobs({ store, clock, log, metrics, nodeId, handlers })
  const running = services.map((service) => service.start({ ...parts, jobs }))
  for (const service of running) {
    Object.assign(handlers, service.jobs)
    for (const [arnService, target] of Object.entries(service.targets ?? {})) targets.register(arnService, target)
    for (const [name, open] of Object.entries(service.seals ?? {})) seals.register(name, open)
  }
  return { running, jobs }
}

/** Nodes that share a store each have a name of their own, and a new one with every process. */
const nodeIdOf = ({ store }: Config): string =>
  store === undefined ? EMBEDDED_NODE_ID : `${hostname()} ${process.pid} ${crypto.randomUUID()}`

/** Long polls are answered at once; what is left when the time is up is cut off. */
async function drain(edge: Edge, running: readonly RunningService[], clock: Clock): Promise<void> {
  const drained = edge.drain()
  for (const service of running) service.drain?.()
  const cancel = clock.at(clock.now() + DRAIN_MS, () => edge.destroy())
  await drained
  cancel()
}

/** Throws `ConfigError` for a file that can't be read. */
function readTls({ tlsCert, tlsKey }: Config): { cert: string; key: string } | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined
  try {
    return { cert: readFileSync(tlsCert, 'utf8'), key: readFileSync(tlsKey, 'utf8') }
  } catch (error) {
    throw new ConfigError(`the certificate or its key can not be read: ${(error as Error).message}`)
  }
}

/** A node that listens on every address is reached at the loopback one. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
