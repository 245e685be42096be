import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { schedule } from './jobs.ts'
import { DONE, fixture, held, keys, letTimePass, MINUTE, settle, stopTime } from './test-nodes.ts'

before(stopTime)
after(letTimePass)

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

  test('a kind with a number of handlers of its own leaves room to the others', async () => {
    const { node, schedule, runs, store } = fixture()
    const slow = held()
    node(async () => DONE, { concurrency: 1, others: { slow: { run: slow.handler, concurrency: 2 } } })
    for (let i = 0; i < 5; i++) await schedule(`slow ${i}`, 0, { kind: 'slow' })
    await schedule('quick')
    await settle()
    assert.equal(slow.ends.length, 2)
    assert.deepEqual(keys(runs), ['quick'])
    for (let ended = 0; ended < 5; ended++) {
      slow.ends[ended]?.(DONE)
      await settle()
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
        { ...tx, insertOver: tx.insertOver.bind(tx), nextIds: tx.nextIds.bind(tx), wake() {} },
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
