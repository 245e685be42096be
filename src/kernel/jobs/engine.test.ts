import assert from 'node:assert/strict'
import { after, before, describe, mock, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { pino } from 'pino'
import { SystemClock } from '../clock/clock.ts'
import { NodeMetrics } from '../observe/metrics.ts'
import { cancel, type Job, type JobHandler, type JobOutcome, type NewJob, schedule, startJobs } from './jobs.ts'
import { TestStore } from './test-store.ts'

const MINUTE = 60_000
const DONE: JobOutcome = { done: true }

before(() => mock.timers.enable({ apis: ['Date', 'setTimeout'], now: 1_700_000_000_000 }))
after(() => mock.timers.reset())

/** Lets everything that is ready run: transactions, handlers, timers that are due. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) {
    await nextTurn()
    if (turn % 10 === 9) mock.timers.tick(1)
  }
}

function fixture() {
  const clock = new SystemClock()
  const store = new TestStore(clock)
  const runs: Job[] = []
  return {
    clock,
    store,
    /** What the handlers were given, in order. */
    runs,

    /** A node of which `handler` runs the kind `k`. */
    node(handler: JobHandler, options: { nodeId?: string; concurrency?: number; metrics?: NodeMetrics } = {}) {
      const run = async (job: Job) => {
        runs.push(job)
        return (typeof handler === 'function' ? handler : handler.run)(job)
      }
      const handlers = { k: typeof handler === 'function' ? run : { ...handler, run } }
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
function held() {
  const ends: ((outcome: JobOutcome) => void)[] = []
  return { ends, handler: () => new Promise<JobOutcome>((resolve) => void ends.push(resolve)) }
}

const keys = (runs: readonly Job[]) => runs.map(({ key }) => key)

describe('a job', { timeout: 5_000 }, () => {
  test('runs after the commit that scheduled it, and is gone when done', async () => {
    const { node, schedule, store, runs } = fixture()
    node(async () => DONE)
    await settle()
    await schedule('a', 0, { payload: { n: [1, 'two', null] } })
    await settle()
    assert.deepEqual(
      runs.map(({ kind, key, payload, attempt }) => ({ kind, key, payload, attempt })),
      [{ kind: 'k', key: 'a', payload: { n: [1, 'two', null] }, attempt: 1 }],
    )
    assert.deepEqual(store.jobs(), [])
  })

  test('runs when it is due and not before, also if it was scheduled while no node ran', async () => {
    const { node, schedule, pass, runs } = fixture()
    await schedule('a', MINUTE)
    node(async () => DONE)
    await settle()
    await pass(MINUTE - 1_000)
    assert.equal(runs.length, 0)
    await pass(1_000)
    assert.equal(runs.length, 1)
  })

  test('that was undone with its transaction never runs', async () => {
    const { node, store, clock, runs } = fixture()
    node(async () => DONE)
    const undone = store.transaction(async (tx) => {
      await schedule(tx, { kind: 'k', key: 'a', due: clock.now(), payload: null })
      throw new Error('undone')
    })
    await assert.rejects(undone, new Error('undone'))
    await settle()
    assert.equal(runs.length, 0)
  })

  test('scheduled again replaces what waits', async () => {
    const { node, schedule, pass, runs } = fixture()
    node(async () => DONE)
    await schedule('a', MINUTE, { payload: 'old' })
    await schedule('a', 2 * MINUTE, { payload: 'new' })
    await settle()
    await pass(MINUTE)
    assert.equal(runs.length, 0)
    await pass(MINUTE)
    assert.deepEqual(
      runs.map(({ payload }) => payload),
      ['new'],
    )
  })

  test('scheduled again while it runs waits for that run, is not swallowed by it, and has another id', async () => {
    const { node, schedule, runs, store } = fixture()
    const { ends, handler } = held()
    node(handler)
    node(handler)
    await schedule('a', 0, { payload: 'first' })
    await settle()
    await schedule('a', 0, { payload: 'second' })
    await settle()
    assert.deepEqual(
      runs.map(({ payload }) => payload),
      ['first'],
    )
    ends[0]?.(DONE)
    await settle()
    assert.deepEqual(
      runs.map(({ payload }) => payload),
      ['first', 'second'],
    )
    assert.notEqual(runs[0]?.id, runs[1]?.id)
    ends[1]?.(DONE)
    await settle()
    assert.deepEqual(store.jobs(), [])
  })

  test('that asks to run again does so with its new payload, as a new one', async () => {
    const { node, schedule, pass, clock, runs, store } = fixture()
    node(async ({ payload }) =>
      payload === 2 ? DONE : { again: clock.now() + MINUTE, payload: (payload as number) + 1 },
    )
    await schedule('a', 0, { payload: 0 })
    await settle()
    await pass(MINUTE)
    await pass(MINUTE)
    assert.deepEqual(
      runs.map(({ payload, attempt }) => [payload, attempt]),
      [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
    )
    assert.equal(new Set(runs.map(({ id }) => id)).size, 3)
    assert.deepEqual(store.jobs(), [])
  })

  test('cancelled before it begins never runs; after that it is too late', async () => {
    const { node, schedule, pass, store, runs } = fixture()
    const { ends, handler } = held()
    node(handler)
    await schedule('a', MINUTE)
    assert.equal(await store.transaction((tx) => cancel(tx, 'k', 'a')), true)
    assert.equal(await store.transaction((tx) => cancel(tx, 'k', 'a')), false)
    await pass(MINUTE)
    assert.equal(runs.length, 0)
    await schedule('b')
    await settle()
    assert.equal(await store.transaction((tx) => cancel(tx, 'k', 'b')), false)
    ends[0]?.(DONE)
    await settle()
    assert.deepEqual(store.jobs(), [])
  })

  test('without a handler is left alone', async () => {
    const { node, schedule, runs, store, pass } = fixture()
    const { connection } = node(async () => DONE)
    await schedule('a', 0, { kind: 'of a newer version' })
    await pass(MINUTE)
    connection.executed.length = 0
    await pass(10_000)
    assert.equal(runs.length, 0)
    assert.equal(store.jobs().length, 1)
    assert.deepEqual(connection.executed, [])
  })
})

describe('a failure', { timeout: 5_000 }, () => {
  test('is tried again, later each time, with the same id, until it succeeds', async () => {
    const { node, schedule, pass, clock, runs, store } = fixture()
    const times: number[] = []
    node(async ({ attempt }) => {
      times.push(clock.now())
      if (attempt < 5) throw new Error(`failure ${attempt}`)
      return DONE
    })
    await schedule('a')
    await settle()
    assert.match(String(store.jobs()[0]?.last_error), /failure 1/)
    for (let second = 0; second < 30; second++) await pass(1_000)
    assert.deepEqual(
      runs.map(({ attempt }) => attempt),
      [1, 2, 3, 4, 5],
    )
    assert.equal(new Set(runs.map(({ id }) => id)).size, 1)
    const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
    for (const [i, pause] of pauses.entries()) assert.ok(pause >= 500 * 2 ** i, `pause ${i}: ${pause} ms`)
    assert.deepEqual(store.jobs(), [])
  })

  test('for the last time makes the job dead: kept, counted, run no more until it is scheduled again', async () => {
    const { node, schedule, pass, runs, store } = fixture()
    const metrics = new NodeMetrics((_, error) => assert.ifError(error))
    let isRepaired = false
    const run = async () => {
      if (!isRepaired) throw new Error('refused')
      return DONE
    }
    node({ run, maxAttempts: 2 }, { metrics })
    await schedule('a')
    for (let i = 0; i < 5; i++) await pass(MINUTE)
    assert.equal(runs.length, 2)
    const [row] = store.jobs()
    assert.deepEqual([row?.ready_at, row?.lease, row?.last_error], [null, null, 'Error: refused'])
    const scrape = String((await metrics.render()).body ?? '')
    assert.match(scrape, /millrace_jobs_dead\{kind="k"\} 1/)
    assert.match(scrape, /millrace_job_runs_total\{kind="k",ending="retry"\} 1/)
    assert.match(scrape, /millrace_job_runs_total\{kind="k",ending="dead"\} 1/)

    isRepaired = true
    await schedule('a')
    await settle()
    assert.equal(runs.length, 3)
    assert.deepEqual(store.jobs(), [])
  })

  test('of the store delays work and loses none', async () => {
    const { node, schedule, pass, runs, store } = fixture()
    const { ends, handler } = held()
    const { connection } = node(handler)
    await schedule('a')
    await settle()
    connection.fault = new Error('the disk is full')
    ends[0]?.(DONE) // which can't be recorded
    await pass(20_000)
    connection.fault = undefined
    await schedule('b')
    await pass(MINUTE)
    assert.deepEqual(keys(runs).sort(), ['a', 'a', 'b'])
    for (const end of ends) end(DONE)
    await settle()
    assert.deepEqual(store.jobs(), [])
  })
})

describe('leases', { timeout: 5_000 }, () => {
  test('are renewed while a handler runs, so that no other node takes the job', async () => {
    const { node, schedule, pass, runs, store } = fixture()
    const { ends, handler } = held()
    node(handler)
    await schedule('a')
    await settle()
    node(handler)
    for (let i = 0; i < 20; i++) await pass(9_000)
    assert.equal(runs.length, 1)
    ends[0]?.(DONE)
    await settle()
    assert.deepEqual(store.jobs(), [])
  })

  test('survive a jump in time: the node that runs a job does not take it over from itself', async () => {
    const { node, schedule, pass, runs } = fixture()
    node(held().handler)
    await schedule('a')
    await schedule('b', 1_000)
    await settle()
    await pass(24 * 60 * MINUTE)
    assert.deepEqual(keys(runs), ['a', 'b'])
  })

  test('of a dead node expire, and what it says later is ignored', async () => {
    const { node, schedule, pass, runs, store } = fixture()
    const slow = held()
    const { connection } = node(slow.handler)
    await schedule('a')
    await settle()
    connection.cut()
    const other = held()
    node(other.handler)
    await pass(29_000)
    assert.equal(runs.length, 1)
    await pass(1_500)
    assert.deepEqual(
      runs.map(({ attempt }) => attempt),
      [1, 2],
    )
    slow.ends[0]?.(DONE)
    await settle()
    assert.equal(store.jobs().length, 1)
    other.ends[0]?.(DONE)
    await settle()
    assert.deepEqual(store.jobs(), [])
  })

  test('of a node that lost them are not settled under the new holder', async () => {
    const { node, schedule, pass, runs, store } = fixture()
    const [slow, other] = [held(), held()]
    const { connection } = node(slow.handler)
    await schedule('a')
    await settle()
    connection.fault = new Error('out of reach')
    node(other.handler)
    await pass(31_000)
    connection.fault = undefined
    slow.ends[0]?.(DONE)
    await settle()
    assert.equal(runs.length, 2)
    assert.equal(store.jobs().length, 1)
    other.ends[0]?.({ again: 0 })
    await settle()
    assert.equal(runs.length, 3)
  })

  test('are taken back at once by a restart under the same id', async () => {
    const { node, schedule, runs } = fixture()
    const { connection } = node(held().handler, { nodeId: 'only one' })
    await schedule('a')
    await settle()
    connection.cut()
    node(async () => DONE, { nodeId: 'only one' })
    await settle()
    assert.deepEqual(
      runs.map(({ attempt }) => attempt),
      [1, 2],
    )
  })

  test('a job that kills its node each time ends as dead', async () => {
    const { node, schedule, runs, store } = fixture()
    await schedule('a')
    for (let i = 0; i < 3; i++) {
      const { connection } = node({ run: held().handler, maxAttempts: 2 }, { nodeId: 'only one' })
      await settle()
      connection.cut()
    }
    assert.equal(runs.length, 2)
    assert.equal(store.jobs()[0]?.last_error, 'Error: the node died during the last attempt')
  })
})

describe('a node', { timeout: 5_000 }, () => {
  test('runs what a jump in time makes due in the order of the due times', async () => {
    const { node, schedule, pass, runs } = fixture()
    node(async () => DONE, { concurrency: 2 })
    for (const [key, inMs] of [
      ['c', 3],
      ['a', 1],
      ['e', 5],
      ['b', 2],
      ['d', 4],
    ] as const)
      await schedule(key, inMs * MINUTE)
    await settle()
    await pass(60 * MINUTE)
    assert.deepEqual(keys(runs), ['a', 'b', 'c', 'd', 'e'])
  })

  test('runs no more handlers at once than it may', async () => {
    const { node, schedule, runs, store } = fixture()
    const { ends, handler } = held()
    node(handler, { concurrency: 3 })
    for (let i = 0; i < 10; i++) await schedule(`${i}`)
    await settle()
    assert.equal(runs.length, 3)
    for (let ended = 0; ended < 10; ended++) {
      ends[ended]?.(DONE)
      await settle()
      assert.equal(runs.length, Math.min(10, ended + 4))
    }
    assert.deepEqual(store.jobs(), [])
  })

  test('sleeps while nothing is due', async () => {
    const { node, schedule, pass } = fixture()
    const { connection } = node(async () => DONE)
    await schedule('a', 60 * MINUTE)
    await settle()
    connection.executed.length = 0
    await pass(MINUTE - 1_000)
    await schedule('b', 60 * MINUTE)
    await settle()
    assert.deepEqual(connection.executed, [])
  })

  test('looks again after a while even if a wake-up was lost', async () => {
    const { node, store, pass, runs, clock } = fixture()
    node(async () => DONE)
    await settle()
    await store.transaction((tx) =>
      schedule(
        { ...tx, get: tx.get.bind(tx), run: tx.run.bind(tx), nextIds: tx.nextIds.bind(tx), wake() {} },
        {
          kind: 'k',
          key: 'a',
          due: clock.now(),
          payload: null,
        },
      ),
    )
    await settle()
    assert.equal(runs.length, 0)
    await pass(MINUTE)
    assert.equal(runs.length, 1)
  })

  test('that stops lets its handlers end, begins no other, and records how they ended', async () => {
    const { node, schedule, runs, store } = fixture()
    const { ends, handler } = held()
    const { jobs } = node(handler, { concurrency: 1 })
    await schedule('a')
    await schedule('b')
    await settle()
    const stopped = jobs.stop()
    await settle()
    ends[0]?.(DONE)
    await stopped
    await settle()
    assert.deepEqual(keys(runs), ['a'])
    assert.deepEqual(
      store.jobs().map(({ key, lease, attempt }) => ({ key, lease, attempt })),
      [{ key: 'b', lease: null, attempt: 0 }],
    )
  })

  test('that stops gives back what takes too long, and another has it at once', async () => {
    const { node, schedule, pass, runs, store } = fixture()
    const slow = held()
    const { jobs } = node(slow.handler)
    await schedule('a')
    await settle()
    const stopped = jobs.stop(5_000)
    const next = held()
    node(next.handler)
    await settle()
    await pass(5_000)
    await stopped
    await settle()
    assert.deepEqual(
      runs.map(({ attempt }) => attempt),
      [1, 1],
    )
    slow.ends[0]?.(DONE)
    await settle()
    assert.equal(store.jobs().length, 1)
  })

  test('that stops while it is leasing gives that back too', async () => {
    const { node, schedule, runs, store } = fixture()
    const { jobs } = node(async () => DONE)
    await settle()
    await schedule('a') // resolves with the commit, before the node has leased
    await jobs.stop()
    assert.equal(runs.length, 0)
    assert.deepEqual(
      store.jobs().map(({ lease, attempt }) => ({ lease, attempt })),
      [{ lease: null, attempt: 0 }],
    )
  })
})
