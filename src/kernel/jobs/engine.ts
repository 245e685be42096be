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
import type { JobFunction, JobHandler, Jobs } from './job.ts'
import { countDeadJobs, type Ending, JOBS_CHANNEL, type LeasedJob, leaseJobs, recoverJobs, settleJob } from './store.ts'

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
  /** How many handlers run at once. */
  readonly concurrency?: number
}

export interface RunningJobs extends Jobs {
  /** Leases no more, waits up to `graceMs` for what is running, and gives the rest back to the other nodes. */
  stop(graceMs?: Millis): Promise<void>
}

export function startJobs(options: JobsOptions): RunningJobs {
  const engine = new JobEngine(options)
  engine.start()
  return engine
}

class JobEngine implements RunningJobs {
  readonly #options: JobsOptions
  readonly #concurrency: number
  readonly #runs: Family<Counter> | undefined
  /** By job; emptied of what was given back. */
  readonly #running = new Map<LeasedJob, Promise<void>>()
  /** When there may be something to lease. */
  #nextAt: Millis = Number.POSITIVE_INFINITY
  #renewAt: Millis = Number.POSITIVE_INFINITY
  #failures = 0
  #look: Promise<void> | undefined
  #cancelSleep: (() => void) | undefined
  #unsubscribe: (() => void)[] = []
  #stopped = false

  constructor(options: JobsOptions) {
    this.#options = options
    this.#concurrency = options.concurrency ?? 16
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
      store.onMissedWakes(() => this.nudge()),
    ]
    this.#look = this.#attempt(async () => {
      await store.execute(recoverJobs, { owner: nodeId })
      this.#nextAt = this.#now()
    })
  }

  nudge(): void {
    this.#expectAt(this.#now())
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

  #expectAt(due: Millis): void {
    if (due >= this.#nextAt) return
    this.#nextAt = due
    this.#plan()
  }

  /** Looks now if there is a reason to, or sleeps until there is. */
  #plan(): void {
    this.#cancelSleep?.()
    if (this.#stopped || this.#look !== undefined) return
    const now = this.#now()
    const leaseAt = this.#running.size < this.#concurrency ? this.#nextAt : Number.POSITIVE_INFINITY
    const at = Math.min(leaseAt, this.#renewAt, now + LONGEST_SLEEP_MS)
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
      this.#nextAt = this.#now() + retryInMs
      this.#renewAt = this.#nextAt
      this.#options.log.error({ err: error, retryInMs }, 'jobs could not be leased')
    }
    this.#look = undefined
    this.#plan()
  }

  async #lease(): Promise<void> {
    const { store, nodeId, handlers } = this.#options
    const kinds = Object.keys(handlers)
    this.#nextAt = Number.POSITIVE_INFINITY // from here on, wake-ups may bring it forward
    if (kinds.length === 0) return
    const limit = this.#concurrency - this.#running.size
    const held = [...this.#running.keys()].map(({ kind, key, lease }) => ({ kind, key, lease }))
    const { jobs, nextAt } = await store.execute(leaseJobs, { owner: nodeId, kinds, limit, leaseMs: LEASE_MS, held })
    if (this.#stopped) return this.#giveBack(jobs)
    for (const job of jobs) this.#running.set(job, this.#run(job))
    const now = this.#now()
    this.#renewAt = this.#running.size > 0 ? now + RENEW_EVERY_MS : Number.POSITIVE_INFINITY
    const soonest = jobs.length > 0 ? now : now + SHORTEST_SLEEP_MS
    if (nextAt !== undefined) this.#nextAt = Math.min(this.#nextAt, Math.max(nextAt, soonest))
  }

  async #run(job: LeasedJob): Promise<void> {
    const ending = await this.#runHandler(job)
    if (!this.#running.has(job)) return // given back: it is another's now
    await this.#settle(job, ending)
    this.#running.delete(job)
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

  async #giveBack(jobs: readonly LeasedJob[]): Promise<void> {
    for (const job of jobs) this.#running.delete(job)
    await Promise.all(jobs.map((job) => this.#settle(job, { type: 'released' })))
  }
}

const normalised = (handler: JobHandler): { run: JobFunction; maxAttempts: number } =>
  typeof handler === 'function' ? { run: handler, maxAttempts: Number.POSITIVE_INFINITY } : handler
