/**
 * The job engine of one node: leases due jobs, runs their handlers, and records how each ended.
 *
 * It looks at the table when something may have become due and a handler is free: after a commit that scheduled a job,
 * at the next due time it knows of, or when a handler ends. Otherwise it sleeps. Looking is one call at a time and
 * renews the leases of what is running, so that a lease expires only if its node has died or lost the store.
 *
 * Rules
 * - What has begun is either settled under its own lease, or left to whoever takes the lease over.
 * - A failure to lease or to settle is logged and tried again; nothing is dropped because the store was away.
 */

import type { Clock, Millis } from '../clock/clock.ts'
import type { Logger } from '../observe/logger.ts'
import type { Counter, Family, Metrics } from '../observe/metrics.ts'
import type { Store } from '../store/store.ts'
import { backoff } from './backoff.ts'
import type { JobFunction, JobHandler } from './job.ts'
import {
  countDeadJobs,
  type Ending,
  JOBS_CHANNEL,
  type LeaseAnswer,
  type LeasedJob,
  type LeaseRequest,
  leaseJobs,
  recoverJobs,
  settleJob,
} from './store.ts'

/** A job of a node that died is taken over after this long. */
const LEASE_MS = 30_000
const RENEW_EVERY_MS = LEASE_MS / 3
/** What a lost wake-up costs at most. */
const LONGEST_SLEEP_MS = 60_000
/** Between two looks when there is something due that can't be had yet: another node is just leasing it. */
const SHORTEST_SLEEP_MS = 10
const MAX_ERROR_LENGTH = 1000

export interface JobsOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly metrics?: Metrics
  /** Unlike any other node's that runs on the same store. One that is the same after a restart takes back its jobs at once. */
  readonly nodeId: string
  /** By kind. Read at every look, so that kinds can be added until the end of the turn in which the engine starts. */
  readonly handlers: Readonly<Record<string, JobHandler>>
  /** How many handlers run at once, those aside that have a number of their own. */
  readonly concurrency?: number
}

export interface RunningJobs {
  /** Leases no more, waits up to `graceMs` for what is running, and gives the rest back to the other nodes. */
  stop(graceMs?: Millis): Promise<void>
}

export function startJobs(options: JobsOptions): RunningJobs {
  const engine = new JobEngine(options)
  engine.start()
  return engine
}

/** Kinds that share a number of handlers. A kind with a number of its own is alone: it never holds the others up. */
class Pool {
  readonly concurrency: number
  readonly kinds: string[] = []
  running = 0
  /** When there may be something to lease, as far as is known. */
  nextAt: Millis = Number.POSITIVE_INFINITY

  constructor(concurrency: number) {
    this.concurrency = concurrency
  }

  get room(): number {
    return this.concurrency - this.running
  }
}

class JobEngine implements RunningJobs {
  readonly #options: JobsOptions
  readonly #runs: Family<Counter> | undefined
  /** By job; emptied of what was given back. */
  readonly #running = new Map<LeasedJob, Promise<void>>()
  /** By kind; filled at the first look, when all kinds are known. */
  readonly #pools = new Map<string, Pool>()
  readonly #shared: Pool
  #renewAt: Millis = Number.POSITIVE_INFINITY
  #failures = 0
  #look: Promise<void> | undefined
  #cancelSleep: (() => void) | undefined
  #unsubscribe: (() => void)[] = []
  #stopped = false

  constructor(options: JobsOptions) {
    this.#options = options
    this.#shared = new Pool(options.concurrency ?? 16)
    const { metrics, store } = options
    this.#runs = metrics?.counter('job_runs_total', 'Runs of durable jobs, by how they ended.', ['kind', 'ending'])
    metrics?.gauge('jobs_dead', 'Jobs that have failed for good and are kept.', async () => {
      const dead = await store.execute(countDeadJobs, null)
      return dead.map(({ kind, count }) => ({ labels: { kind }, value: count }))
    })
  }

  start(): void {
    const { store, nodeId } = this.#options
    this.#unsubscribe = [
      store.onWake(JOBS_CHANNEL, (due) => this.#expectAt(Number(due))),
      store.onMissedWakes(() => this.#expectAt(this.#now())),
    ]
    this.#look = this.#attempt(async () => {
      await store.execute(recoverJobs, { owner: nodeId })
      this.#formPools()
    })
  }

  async stop(graceMs: Millis = 5000): Promise<void> {
    this.#stopped = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#cancelSleep?.()
    await this.#look
    const { promise: graceIsOver, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.at(this.#now() + graceMs, resolve)
    await Promise.race([Promise.all(this.#running.values()), graceIsOver])
    cancel()
    await this.#giveBack([...this.#running.keys()])
  }

  #now(): Millis {
    return this.#options.clock.now()
  }

  #formPools(): void {
    for (const [kind, handler] of Object.entries(this.#options.handlers)) {
      const { concurrency } = normalised(handler)
      const pool = concurrency === undefined ? this.#shared : new Pool(concurrency)
      pool.kinds.push(kind)
      this.#pools.set(kind, pool)
    }
    this.#expectAt(this.#now())
  }

  /** Whose job it is that becomes due is not known here. */
  #expectAt(due: Millis): void {
    let isSooner = false
    for (const pool of this.#eachPool()) {
      if (due >= pool.nextAt) continue
      pool.nextAt = due
      isSooner = true
    }
    if (isSooner) this.#plan()
  }

  #eachPool(): Set<Pool> {
    return new Set(this.#pools.values())
  }

  /** Looks now if there is a reason to, or sleeps until there is. */
  #plan(): void {
    this.#cancelSleep?.()
    if (this.#stopped || this.#look !== undefined) return
    const now = this.#now()
    let at = this.#renewAt
    for (const { room, nextAt } of this.#eachPool()) if (room > 0) at = Math.min(at, nextAt)
    if (at > now) this.#cancelSleep = this.#options.clock.at(at, () => this.#startLook())
    else this.#startLook()
  }

  #startLook(): void {
    this.#look ??= this.#attempt(() => this.#lease())
  }

  /** One look at the store; whatever comes of it, there will be another. */
  async #attempt(look: () => Promise<void>): Promise<void> {
    try {
      await look()
      this.#failures = 0
    } catch (error) {
      this.#failures++
      const retryInMs = backoff(this.#failures, Math.random())
      this.#renewAt = this.#now() + retryInMs
      for (const pool of this.#eachPool()) pool.nextAt = this.#renewAt
      this.#options.log.error({ err: error, retryInMs }, 'jobs could not be leased')
    }
    this.#look = undefined
    this.#plan()
  }

  async #lease(): Promise<void> {
    const held = [...this.#running.keys()].map(({ kind, key, lease }) => ({ kind, key, lease }))
    const now = this.#now()
    const pools = [...this.#eachPool()].filter(({ room, nextAt }) => room > 0 && nextAt <= now)
    if (pools.length === 0) await this.#ask({ kinds: [], limit: 0, held })
    // The renewals come first; calls that are made together are one transaction.
    await Promise.all(pools.map((pool, at) => this.#leaseFor(pool, at === 0 ? held : [])))
    this.#renewAt = this.#running.size > 0 ? this.#now() + RENEW_EVERY_MS : Number.POSITIVE_INFINITY
  }

  async #leaseFor(pool: Pool, held: LeaseRequest['held']): Promise<void> {
    pool.nextAt = this.#now() + LONGEST_SLEEP_MS // from here on, wake-ups may bring it forward
    const { jobs, nextAt } = await this.#ask({ kinds: pool.kinds, limit: pool.room, held })
    if (this.#stopped) return this.#giveBack(jobs)
    for (const job of jobs) {
      pool.running++
      this.#running.set(job, this.#run(job))
    }
    const soonest = this.#now() + (jobs.length > 0 ? 0 : SHORTEST_SLEEP_MS)
    if (nextAt !== undefined) pool.nextAt = Math.min(pool.nextAt, Math.max(nextAt, soonest))
  }

  #ask(request: Pick<LeaseRequest, 'kinds' | 'limit' | 'held'>): Promise<LeaseAnswer> {
    const { store, nodeId } = this.#options
    return store.execute(leaseJobs, { ...request, owner: nodeId, leaseMs: LEASE_MS })
  }

  async #run(job: LeasedJob): Promise<void> {
    const ending = await this.#runHandler(job)
    if (!this.#running.has(job)) return // given back: it is another's now
    await this.#settle(job, ending)
    this.#forget(job)
    this.#plan()
  }

  async #runHandler(job: LeasedJob): Promise<Ending> {
    const { run, maxAttempts } = normalised(this.#options.handlers[job.kind] as JobHandler)
    try {
      if (job.attempt > maxAttempts) throw new Error('the node died during the last attempt')
      const { kind, key, id, due, attempt } = job
      const outcome = await run({ kind, key, id, due, attempt, payload: JSON.parse(job.payload) })
      if (!('again' in outcome)) return { type: 'done' }
      const payload = outcome.payload === undefined ? undefined : JSON.stringify(outcome.payload)
      return { type: 'again', due: outcome.again, payload }
    } catch (error) {
      return this.#failed(job, error, maxAttempts)
    }
  }

  #failed({ kind, key, id, attempt }: LeasedJob, error: unknown, maxAttempts: number): Ending {
    const { log } = this.#options
    const lastError = String(error).slice(0, MAX_ERROR_LENGTH)
    const facts = { job: { kind, key, id, attempt }, err: error }
    if (attempt >= maxAttempts) {
      log.error(facts, 'a job has failed for good and is kept as dead')
      return { type: 'dead', error: lastError }
    }
    const retryInMs = backoff(attempt, Math.random())
    log.warn({ ...facts, retryInMs }, 'a job has failed and will be tried again')
    return { type: 'retry', due: this.#now() + retryInMs, error: lastError }
  }

  async #settle(job: LeasedJob, ending: Ending): Promise<void> {
    const { store, log } = this.#options
    const { kind, key, id, due, lease, attempt } = job
    const facts = { job: { kind, key, id, attempt }, ending: ending.type }
    try {
      const standing = await store.execute(settleJob, { job: { kind, key, id, due, lease }, ending })
      if (standing === 'lost') log.warn(facts, 'a job took longer than its lease, and another node has it now')
      this.#runs?.with(kind, standing === 'lost' ? 'lost' : ending.type).inc()
    } catch (error) {
      log.error({ ...facts, err: error }, 'how a job ended could not be recorded: it will run again')
    }
  }

  #forget(job: LeasedJob): void {
    if (!this.#running.delete(job)) return
    const pool = this.#pools.get(job.kind)
    if (pool !== undefined) pool.running--
  }

  async #giveBack(jobs: readonly LeasedJob[]): Promise<void> {
    for (const job of jobs) this.#forget(job)
    await Promise.all(jobs.map((job) => this.#settle(job, { type: 'released' })))
  }
}

function normalised(handler: JobHandler): { run: JobFunction; maxAttempts: number; concurrency: number | undefined } {
  const {
    run,
    maxAttempts = Number.POSITIVE_INFINITY,
    concurrency,
  } = typeof handler === 'function' ? { run: handler } : handler
  return { run, maxAttempts, concurrency }
}
