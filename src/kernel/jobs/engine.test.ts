import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { NodeMetrics } from '../observe/metrics.ts'
import { cancel, schedule } from './jobs.ts'
import { DONE, fixture, held, keys, letTimePass, MINUTE, settle, stopTime } from './test-nodes.ts'

before(stopTime)
after(letTimePass)

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
