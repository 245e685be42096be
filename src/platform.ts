/**
 * The composition root: the one file that knows every service. It wires and does nothing else; what starts first is
 * what the next part needs, and it stops in the opposite order.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Sessions } from './kernel/auth/sessions.ts'
import { type Clock, type Millis, SystemClock } from './kernel/clock/clock.ts'
import { advanceClock, readClockOffset } from './kernel/clock/offset.ts'
import { type Config, ConfigError } from './kernel/config/config.ts'
import { type Edge, type EdgeOptions, startEdge } from './kernel/edge/edge.ts'
import { claimPort } from './kernel/edge/listen.ts'
import { type ManagementNode, manage } from './kernel/edge/management.ts'
import { defaultEdgeThreads, EdgeThreads } from './kernel/edge/threads/edge-threads.ts'
import { startJobs } from './kernel/jobs/jobs.ts'
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
import { type EmbeddedStore, openSqlite } from './kernel/store/sqlite/engine.ts'
import type { Store } from './kernel/store/store.ts'
import { Seals } from './kernel/targets/seals.ts'
import { createTargets } from './kernel/targets/targets.ts'
import { sns } from './services/sns/index.ts'
import { sqs } from './services/sqs/index.ts'
import { sts } from './services/sts/index.ts'

/** Every service there is. */
export const services: readonly Service[] = [sqs, sns, sts]

export interface Platform {
  /** Where clients on this machine reach the node: `http://localhost:4566`. */
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
  const { promise: lost, resolve: onLost } = Promise.withResolvers<Error>()
  const { store, embedded } = await openStore(config, clock, metrics, health, log, onLost)
  const nodeId = nodeIdOf(config)
  const listeners = new OwnListeners()
  listeners.opened(listenerOf(config.host, config.port)) // jobs may send before the port is open
  // Of the embedded store there is one node.
  const nodes = config.store === undefined ? undefined : await Nodes.join({ nodeId, store, clock, log, listeners })
  const parts = kernelParts(config, store, clock, metrics, log, listeners)
  const running = startServices(parts)
  const handlers = Object.assign({}, ...running.map(({ jobs }) => jobs))
  const jobs = startJobs({ store, clock, log, metrics, nodeId, handlers })
  let threads: EdgeThreads | undefined
  const stopWhatIsBehindTheEdge = async () => {
    await jobs.stop(JOBS_GRACE_MS)
    await nodes?.leave()
    for (const service of running) service.close?.()
    await threads?.close()
    await store.close()
    clock.close()
  }
  const node: ManagementNode = {
    clock,
    health: () => health.check(store),
    metrics: async () => metrics.render(await threads?.counted()),
    reset: () => resetStore(store, clock),
    async advanceClock(ms) {
      const isAdvanced = await advance(store, clock, ms)
      await threads?.followClock(clock.offset)
      return isAdvanced
    },
    outbox: (params) => readOutbox(store, params),
    emptyOutbox: () => emptyOutbox(store),
    ofServices: Object.assign({}, ...running.map(({ management }) => management)),
  }
  const open = async () => {
    const { host, edgeThreads = defaultEdgeThreads() } = config
    const options = edgeOptions({ ...config, edgeThreads }, parts, running)
    const port = edgeThreads > 1 ? await claimPort(host, config.port) : config.port
    const edge = await startEdge({ ...options, port, manage: manage(node) })
    if (edgeThreads === 1) return edge
    threads = await EdgeThreads.start({
      entry: new URL('./edge-thread.ts', import.meta.url),
      count: edgeThreads - 1,
      data: () => ({ config: { ...config, port, edgeThreads }, clockOffset: clock.offset, store: embedded?.attach() }),
      manage: manage(node),
      onLost,
    }).catch((error) => {
      edge.destroy()
      throw error
    })
    return edge
  }
  const edge = await open().catch(async (error) => {
    await stopWhatIsBehindTheEdge()
    throw error
  })
  listeners.opened(listenerOf(config.host, edge.port))
  await nodes?.announce(listenerOf(config.host, edge.port))
  return {
    url: `${config.tlsCert === undefined ? 'http' : 'https'}://${reachableHost(config.host)}:${edge.port}`,
    port: edge.port,
    clock,
    lost,
    async close() {
      health.drain()
      await Promise.all([drain(edge, running, clock), threads?.drain()])
      await stopWhatIsBehindTheEdge()
    },
  }
}

/** What every part of a node is given; each thread of it has its own. */
export const kernelParts = (
  config: Config,
  store: Store,
  clock: SystemClock,
  metrics: NodeMetrics,
  log: Logger,
  listeners: OwnListeners,
): Kernel => ({
  store,
  clock,
  metrics,
  log,
  config,
  targets: createTargets(store),
  seals: new Seals(),
  sessions: new Sessions(store),
  guard: new AddressGuard({
    allowLinkLocal: config.allowLinkLocal,
    denyPrivate: config.denyPrivateTargets,
    publicUrl: config.publicUrl,
    isOwn: (address, port) => listeners.has(address, port),
  }),
})

/** Of the port, and of what is served there. Throws `ConfigError`. */
export const edgeOptions = (config: Config, { metrics, log, sessions }: Kernel, running: readonly RunningService[]) =>
  ({
    ...config,
    threads: config.edgeThreads ?? 1,
    tls: readTls(config),
    metrics,
    log,
    sessions,
    services: services.map(({ id }, i) => ({ model: loadModel(id), running: running[i] as RunningService })),
  }) satisfies Omit<EdgeOptions, 'manage'>

/** The offset counts for every node and after every restart, so the store has it first. False if it would be too far. */
async function advance(store: Store, clock: SystemClock, ms: Millis): Promise<boolean> {
  const offset = await store.execute(advanceClock, { ms })
  if (offset === undefined) return false
  catchUp(clock, offset)
  return true
}

/** With several nodes the clock may have heard of it already. */
function catchUp(clock: SystemClock, offset: Millis): void {
  clock.shift(Math.max(offset - clock.offset, 0))
}

async function resetStore(store: Store, clock: SystemClock): Promise<void> {
  await store.reset()
  // A clock never goes back; one that is further than it may be, from before there was a bound, does at the next start.
  await store.execute(advanceClock, { ms: clock.offset })
  await store.execute(announceReset, null)
}

interface OpenStore {
  readonly store: Store
  /** The same, where it is the embedded one. */
  readonly embedded?: EmbeddedStore
}

async function openStore(
  config: Config,
  clock: SystemClock,
  metrics: NodeMetrics,
  health: Health,
  log: Logger,
  onLost: (error: Error) => void,
): Promise<OpenStore> {
  const onHealth = (problem: string | undefined) => {
    health.storeChanged(problem)
    if (problem === undefined) log.info('the store can be written again')
    else log.error({ problem }, 'the store can not be written')
  }
  if (config.store !== undefined) return { store: await openShared(config, clock, metrics, onHealth) }
  const embedded = await openSqlite({
    clock,
    commands,
    migrations,
    onGroup: groupMetrics(metrics),
    onHealth,
    directory: config.ephemeral ? undefined : config.dataDir,
    onCheckpoints: (problem) => {
      if (problem === undefined) log.info('the log is copied into the database again')
      else log.error({ problem }, 'the log can not be copied into the database, and grows')
    },
    onLost,
  })
  catchUp(clock, await embedded.execute(readClockOffset, null))
  return { store: embedded, embedded }
}

/** The database of `--store`, which each thread of a node opens for itself. */
export async function openShared(
  { store: url, storePoolSize: poolSize, storeStatementTimeoutMs: statementTimeoutMs }: Config,
  clock: SystemClock,
  metrics: NodeMetrics,
  onHealth: (problem: string | undefined) => void,
): Promise<Store> {
  const { openPostgres } = await import('./kernel/store/postgres/engine.ts') // its driver costs only those who use it
  const onGroup = groupMetrics(metrics)
  const options = { clock, commands, migrations, onGroup, onHealth, poolSize, statementTimeoutMs }
  return openPostgres({ ...options, url: url as string })
}

/** Defines what is counted of commits. */
export function groupMetrics(metrics: NodeMetrics): (calls: number, seconds: number) => void {
  const groupSize = metrics
    .histogram('commit_group_calls', 'Calls per commit.', [], [1, 2, 4, 8, 16, 32, 64, 128, 256])
    .with()
  const groupSeconds = metrics
    .histogram('commit_duration_seconds', 'Time of a commit with its calls.', [], COMMIT_SECONDS)
    .with()
  return (calls, seconds) => {
    groupSize.observe(calls)
    groupSeconds.observe(seconds)
  }
}

/** Of the kernel's parts and of every service, in their order. */
export const migrations: readonly MigrationSource[] = [
  { service: 'jobs', folder: new URL('./kernel/jobs/migrations/', import.meta.url) },
  { service: 'nodes', folder: new URL('./kernel/nodes/migrations/', import.meta.url) },
  { service: 'outbound', folder: new URL('./kernel/outbound/migrations/', import.meta.url) },
  { service: 'auth', folder: new URL('./kernel/auth/migrations/', import.meta.url) },
  ...services.flatMap(({ id, migrations }) => (migrations === undefined ? [] : { service: id, folder: migrations })),
]

const commands = [
  './kernel/clock/offset.ts',
  './kernel/nodes/store.ts',
  './kernel/observe/health.ts',
  './kernel/jobs/store.ts',
  './kernel/store/reset.ts',
  './kernel/outbound/store.ts',
  './kernel/auth/store.ts',
]
  .map((path) => new URL(path, import.meta.url))
  .concat(services.flatMap(({ commands = [] }) => commands))

const COMMIT_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** Every service, with what it brings to the others. */
export function startServices(parts: Kernel): RunningService[] {
  const running = services.map((service) => service.start(parts))
  for (const service of running) {
    for (const [arnService, target] of Object.entries(service.targets ?? {})) parts.targets.register(arnService, target)
    for (const [name, open] of Object.entries(service.seals ?? {})) parts.seals.register(name, open)
  }
  return running
}

/** Nodes that share a store each have a name of their own, and a new one with every process. */
const nodeIdOf = ({ store }: Config): string =>
  store === undefined ? EMBEDDED_NODE_ID : `${hostname()} ${process.pid} ${crypto.randomUUID()}`

/** Long polls are answered at once; what is left when the time is up is cut off. */
export async function drain(edge: Edge, running: readonly RunningService[], clock: Clock): Promise<void> {
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
