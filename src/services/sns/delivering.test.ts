import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SystemClock } from '../../kernel/clock/clock.ts'
import type { JobOutcome } from '../../kernel/jobs/jobs.ts'
import { DELIVERED, failed, retry } from '../../kernel/outbound/outcome.ts'
import type { SnsContext } from './api/context.ts'
import { createDeliveries } from './delivering.ts'
import type { SendResult } from './senders.ts'
import {
  type Destination,
  NO_REPORT,
  type Outgoing,
  type StoredDelivery,
  type Subscription,
  type Topic,
  type Turn,
  type TurnCall,
} from './store.ts'

const nobody = { subscription: undefined, topic: undefined, sms: undefined, mobile: undefined }
const subscription = { protocol: 'http', status: 'confirmed', attributes: {} } as Partial<Subscription> as Subscription
const topic = { attributes: {} } as Partial<Topic> as Topic

interface Row {
  readonly id: number
  dueAt: number
  attempts: number
  readonly bytes: number
}

/** Deliveries to one target, whose store and endpoint do what a test says. */
function fixture(count: number, { bytes = 100, attributes = {} } = {}) {
  const clock = new SystemClock()
  const rows = new Map<number, Row>()
  for (let id = 1; id <= count; id++) rows.set(id, { id, dueAt: 0, attempts: 0, bytes })
  const destination: Destination = { ...nobody, topic, subscription: { ...subscription, attributes } }
  const state = {
    destination: destination as Destination | undefined,
    /** Of the store. */
    fault: undefined as Error | undefined,
    calls: 0,
    /** What was sent, with how often. */
    sent: new Map<number, number>(),
    underWay: 0,
    mostUnderWay: 0,
    counted: { delivered: 0, failed: 0 },
    answer: async (_: Outgoing): Promise<SendResult> => DELIVERED,
  }

  function take({ inHand, limit, maxBytes }: TurnCall): StoredDelivery[] {
    const due = [...rows.values()].filter(({ dueAt }) => dueAt <= clock.now()).slice(0, limit)
    const taken: StoredDelivery[] = []
    let sum = 0
    for (const { id, attempts, bytes } of due.filter(({ id }) => !inHand.includes(id))) {
      sum += bytes
      if (sum > maxBytes && taken.length + inHand.length > 0) break
      taken.push({ id, attempts, bytes, content: '{"type":"Notification","message":{"messageId":""}}' })
    }
    return taken
  }

  async function execute(_: unknown, call: TurnCall): Promise<Turn> {
    state.calls++
    await new Promise((resolve) => setImmediate(resolve))
    if (state.fault !== undefined) throw state.fault
    for (const ending of call.endings) {
      const row = rows.get(ending.id)
      if (ending.type === 'retry' && row !== undefined)
        Object.assign(row, { dueAt: ending.dueAt, attempts: row.attempts + 1 })
      else rows.delete(ending.id)
    }
    if (state.destination === undefined) rows.clear()
    const deliveries = take(call)
    const later = [...rows.values()].map(({ dueAt }) => dueAt).filter((dueAt) => dueAt > clock.now())
    const nextDueAt = later.length === 0 ? undefined : Math.min(...later)
    return {
      destination: state.destination,
      deliveries,
      more: deliveries.length > 0,
      nextDueAt,
      redriven: 0,
      notRedriven: 0,
      dropped: 0,
      events: NO_REPORT,
    }
  }

  let wake = (_: string) => {}
  const sns = {
    clock,
    signing: { current: async () => ({ keyId: 'k' }) },
    counts: {
      delivered: (_: string, copies: number) => {
        state.counted.delivered += copies
      },
      failed: ({ copies }: { copies: number }) => {
        state.counted.failed += copies
      },
    },
    log: { debug: () => {}, info: () => {}, warn: () => {} },
    store: {
      execute,
      onWake: (_: string, listener: (key: string) => void) => {
        wake = listener
        return () => {}
      },
    },
  } as unknown as SnsContext
  const deliveries = createDeliveries(sns, {
    async send(outgoing) {
      state.sent.set(outgoing.id, (state.sent.get(outgoing.id) ?? 0) + 1)
      state.underWay++
      state.mostUnderWay = Math.max(state.mostUnderWay, state.underWay)
      try {
        return await state.answer(outgoing)
      } finally {
        state.underWay--
      }
    },
  })
  const { run } = deliveries.job as { run(job: unknown): Promise<JobOutcome> }
  const start = (subscriptionId = 's') => run({ payload: { subscriptionId } })
  return { clock, rows, state, deliveries, start, wake: () => wake('s') }
}

/** An endpoint that answers when it is told to. */
function held() {
  const waiting: ((result: SendResult) => void)[] = []
  const answer = () => new Promise<SendResult>((resolve) => waiting.push(resolve))
  const release = (result: SendResult = DELIVERED) => {
    for (const resolve of waiting.splice(0)) resolve(result)
  }
  return { waiting, answer, release }
}

const turns = async (count = 20) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}
const DONE = { done: true }

describe('a pump', { timeout: 10_000 }, () => {
  test('sends each once, at most 32 at a time, until nothing is left', async () => {
    const { state, start, rows } = fixture(500)
    state.answer = async () => {
      await turns(1)
      return DELIVERED
    }
    assert.deepEqual(await start(), DONE)
    assert.equal(rows.size, 0)
    assert.ok(state.sent.size === 500 && [...state.sent.values()].every((times) => times === 1))
    assert.equal(state.mostUnderWay, 32)
    assert.deepEqual(state.counted, { delivered: 500, failed: 0 })
  })

  test('is due again when the first retry is', async () => {
    const { state, start, rows, clock } = fixture(2)
    state.answer = async ({ id }) => (id === 1 ? retry('busy') : failed('no'))
    const outcome = (await start()) as { again: number }
    const [row] = rows.values()
    assert.deepEqual([row?.id, row?.attempts, row?.dueAt], [1, 1, outcome.again])
    assert.ok(outcome.again > clock.now() + 17_000)
    assert.deepEqual(state.counted, { delivered: 0, failed: 1 })
  })

  test('takes what comes while another is under way', async () => {
    const { state, start, rows, wake } = fixture(1)
    const { waiting, answer, release } = held()
    state.answer = answer
    const run = start()
    await turns()
    rows.set(2, { id: 2, dueAt: 0, attempts: 0, bytes: 1 })
    wake()
    await turns()
    assert.equal(waiting.length, 2)
    release()
    assert.deepEqual(await run, DONE)
  })

  test('does not ask again and again while nothing can be done', async () => {
    const { state, start } = fixture(1)
    const { answer, release } = held()
    state.answer = answer
    const run = start()
    await turns()
    const { calls } = state
    await turns(100)
    assert.equal(state.calls, calls)
    release()
    await run
  })

  test('ends its turn after a few seconds, and leaves the rest for the next', async () => {
    const { state, start, rows, clock } = fixture(200)
    const { answer, release } = held()
    state.answer = answer
    const run = start()
    await turns()
    clock.shift(5_000)
    release()
    assert.deepEqual(Object.keys(await run), ['again'])
    assert.equal(rows.size, 168)
  })
})

describe('when the store is away', { timeout: 10_000 }, () => {
  test('what was sent is written down later, and not sent again', async () => {
    const { state, start, clock, rows } = fixture(40)
    const { answer, release } = held()
    state.answer = answer
    const run = start()
    await turns()
    state.fault = new Error('away')
    state.answer = async () => DELIVERED
    release()
    await turns()
    clock.shift(1_000)
    await turns()
    state.fault = undefined
    clock.shift(2_000)
    assert.deepEqual(await run, DONE)
    assert.equal(rows.size, 0)
    assert.ok([...state.sent.values()].every((times) => times === 1))
  })

  test('for long, the job fails, but not before everything under way has ended', async () => {
    const { state, start, clock } = fixture(2)
    const { waiting, answer, release } = held()
    state.answer = ({ id }) => (id === 1 ? Promise.resolve(DELIVERED) : answer())
    state.fault = undefined
    const run = start()
    let isOver = false
    void run.catch(() => {}).finally(() => (isOver = true))
    state.fault = undefined
    await turns(2)
    state.fault = new Error('away')
    for (let i = 0; i < 10; i++) {
      clock.shift(60_000)
      await turns()
    }
    assert.deepEqual([isOver, waiting.length], [false, 1])
    release()
    await assert.rejects(run, new Error('away'))
  })

  test('a job that had nothing in hand fails at once', async () => {
    const { state, start } = fixture(2)
    state.fault = new Error('away')
    await assert.rejects(start(), new Error('away'))
    assert.equal(state.calls, 1)
  })
})

test('what goes wrong here is no attempt: the others are written down, and the job fails', async () => {
  const { state, start, rows } = fixture(3)
  state.answer = async ({ id }) => {
    if (id === 2) throw new Error('the outbox can not be written')
    return DELIVERED
  }
  await assert.rejects(start(), new Error('the outbox can not be written'))
  assert.deepEqual(
    [...rows.values()].map(({ id, attempts }) => [id, attempts]),
    [[2, 0]],
  )
})

test('a subscription that goes away takes its deliveries with it', async () => {
  const { state, start, rows } = fixture(200)
  const { answer, release } = held()
  state.answer = answer
  const run = start()
  await turns()
  state.destination = undefined
  state.answer = async () => DELIVERED
  release()
  assert.deepEqual(await run, DONE)
  assert.equal(rows.size, 0)
  assert.ok(state.sent.size <= 96) // what was in hand before that was known
})

test('a node that stops begins nothing more, and writes down what ends in time', async () => {
  const { state, start, rows, deliveries } = fixture(200)
  const { answer, release } = held()
  state.answer = answer
  const run = start()
  await turns()
  deliveries.drain()
  release()
  assert.deepEqual(Object.keys(await run), ['again'])
  assert.deepEqual([state.sent.size, rows.size], [32, 168])
  assert.deepEqual(Object.keys(await start()), ['again'])
  assert.equal(state.sent.size, 32)
})

test('what ends after that is as if it had not been tried', async () => {
  const { state, start, rows, deliveries } = fixture(1)
  const { answer, release } = held()
  state.answer = answer
  const run = start()
  await turns()
  deliveries.drain()
  deliveries.close()
  const { calls } = state
  release(retry('the connection was closed'))
  await run
  assert.equal(state.calls, calls)
  assert.equal(rows.get(1)?.attempts, 0)
})

test('large messages are taken a few at a time, and each target always gets one', async () => {
  const { state, start, rows } = fixture(20, { bytes: 300 * 1024 })
  const { waiting, answer, release } = held()
  state.answer = answer
  const runs = Array.from({ length: 30 }, (_, i) => start(`s${i}`))
  await turns(100)
  assert.ok(waiting.length >= 30, String(waiting.length)) // one of each at least
  assert.ok(waiting.length * 300 * 1024 <= 64 * 1024 * 1024 + 30 * 300 * 1024, String(waiting.length))
  state.answer = async () => DELIVERED
  release()
  await Promise.all(runs)
  assert.equal(rows.size, 0)
})
