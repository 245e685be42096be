/** For the tests of this folder: nodes over one store, in a time that passes only when a test says so. */
import { mock } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pino } from 'pino'
import { SystemClock } from '../clock/clock.ts'
import type { NodeMetrics } from '../observe/metrics.ts'
import { type Job, type JobHandler, type JobOutcome, type NewJob, schedule, startJobs } from './jobs.ts'
import { TestStore } from './test-store.ts'

export const MINUTE = 60_000
export const DONE: JobOutcome = { done: true }

const stores: TestStore[] = []

/** To be called before the first test of a file. */
export function stopTime(): void {
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_700_000_000_000 })
}

/** To be called after the last. */
export function letTimePass(): void {
  for (const store of stores) store.close()
  mock.timers.reset()
}

/** Lets everything that is ready run: transactions, handlers, timers that are due. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) {
    await nextTurn()
    if (turn % 10 === 9) mock.timers.tick(1)
  }
}

interface NodeOptions {
  readonly nodeId?: string
  readonly concurrency?: number
  readonly metrics?: NodeMetrics
  readonly others?: Readonly<Record<string, JobHandler>>
}

export function fixture() {
  const clock = new SystemClock()
  const store = new TestStore(clock)
  stores.push(store)
  const runs: Job[] = []
  return {
    clock,
    store,
    /** What the handlers were given, in order. */
    runs,

    /** A node of which `handler` runs the kind `k`, and `others` other kinds. */
    node(handler: JobHandler, { others, ...options }: NodeOptions = {}) {
      const run = async (job: Job) => {
        runs.push(job)
        return (typeof handler === 'function' ? handler : handler.run)(job)
      }
      const handlers = { k: typeof handler === 'function' ? run : { ...handler, run }, ...others }
      const connection = store.connect()
      const log = pino({ level: 'silent' })
      const jobs = startJobs({ store: connection, clock, log, nodeId: crypto.randomUUID(), handlers, ...options })
      return { jobs, connection }
    },

    schedule: (key: string, inMs = 0, more: Partial<NewJob> = {}) =>
      store.transaction((tx) => schedule(tx, { kind: 'k', key, due: clock.now() + inMs, payload: null, ...more })),

    async pass(ms: number) {
      clock.shift(ms)
      await settle()
    },
  }
}

/** A handler whose runs end when the test says so. */
export function held() {
  const ends: ((outcome: JobOutcome) => void)[] = []
  return { ends, handler: () => new Promise<JobOutcome>((resolve) => void ends.push(resolve)) }
}

export const keys = (runs: readonly Job[]) => runs.map(({ key }) => key)
