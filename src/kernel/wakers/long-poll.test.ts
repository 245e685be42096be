import assert from 'node:assert/strict'
import { after, before, describe, mock, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { SystemClock } from '../clock/clock.ts'
import { type Attempt, type LongPoll, longPoll } from './long-poll.ts'
import { Wakers } from './wakers.ts'

const START = 1_700_000_000_000

before(() => mock.timers.enable({ apis: ['Date', 'setTimeout'], now: START }))
after(() => mock.timers.reset())

/** A queue of numbered messages, each visible from its time on, as attempts of many pollers see it. */
class Fixture {
  readonly clock = new SystemClock()
  readonly wakers = new Wakers(this.clock)
  attempts = 0
  readonly #messages: { readonly id: number; readonly visibleAt: number }[] = []
  #lastId = 0

  put(count: number, delayMs = 0): void {
    for (let i = 0; i < count; i++) this.#messages.push({ id: ++this.#lastId, visibleAt: this.clock.now() + delayMs })
  }

  send(count: number, delayMs = 0): void {
    this.put(count, delayMs)
    this.wakers.wake('q', count)
  }

  get sent(): number {
    return this.#lastId
  }

  get visible(): number {
    return this.#messages.filter(({ visibleAt }) => visibleAt <= this.clock.now()).length
  }

  take(max: number): Attempt<number[]> {
    this.attempts++
    const now = this.clock.now()
    const taken: number[] = []
    while (taken.length < max) {
      const at = this.#messages.findIndex(({ visibleAt }) => visibleAt <= now)
      if (at === -1) break
      taken.push(...this.#messages.splice(at, 1).map(({ id }) => id))
    }
    const times = this.#messages.map(({ visibleAt }) => visibleAt).filter((visibleAt) => visibleAt > now)
    const nextAt = times.length === 0 ? undefined : Math.min(...times)
    return { value: taken.length === 0 ? undefined : taken, more: this.visible > 0, nextAt }
  }

  poll(waitMs: number, options: Partial<LongPoll<number[]>> & { max?: number } = {}) {
    let hangUp = () => {}
    const { max = 1, ...rest } = options
    const answer = longPoll({
      wakers: this.wakers,
      key: 'q',
      deadline: this.clock.now() + waitMs,
      attempt: async () => this.take(max),
      onHangUp: (fn) => {
        hangUp = fn
        return () => {
          hangUp = () => {}
        }
      },
      ...rest,
    })
    const poll = { answer, hangUp: () => hangUp(), state: 'waiting' as 'waiting' | 'ended' }
    const end = () => {
      poll.state = 'ended'
    }
    answer.then(end, end)
    return poll
  }
}

/** Lets everything that is ready run, timers that are due included. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await nextTurn()
    mock.timers.tick(1)
  }
  await nextTurn()
}

describe('one waiter', { timeout: 5_000 }, () => {
  test('takes what is there without waiting', async () => {
    const queue = new Fixture()
    queue.put(1)
    assert.deepEqual(await queue.poll(20_000).answer, [1])
    assert.equal(queue.wakers.keys, 0)
  })

  test('makes one attempt when its deadline has already passed', async () => {
    const queue = new Fixture()
    queue.put(1)
    assert.deepEqual(await queue.poll(-1).answer, [1])
    assert.equal(await queue.poll(-1).answer, undefined)
    assert.equal(queue.attempts, 2)
  })

  test('is woken by a commit', async () => {
    const queue = new Fixture()
    const poll = queue.poll(20_000)
    await settle()
    queue.send(1)
    assert.deepEqual(await poll.answer, [1])
  })

  test('leaves empty at its deadline and not before', async () => {
    const queue = new Fixture()
    const poll = queue.poll(20_000)
    await settle()
    queue.clock.shift(19_000)
    await settle()
    assert.equal(poll.state, 'waiting')
    queue.clock.shift(1_000)
    assert.equal(await poll.answer, undefined)
    assert.equal(queue.attempts, 1)
    assert.equal(queue.wakers.keys, 0)
  })

  test('gets what time makes available, also when one shift passes both that time and the deadline', async () => {
    const queue = new Fixture()
    queue.put(1, 5_000)
    const poll = queue.poll(20_000)
    await settle()
    queue.clock.shift(60_000)
    assert.deepEqual(await poll.answer, [1])
  })

  test('does not miss a commit between its empty attempt and parking', async () => {
    const queue = new Fixture()
    const attempt = async () => {
      const found = queue.take(1)
      if (queue.attempts === 1) queue.send(1) // after this attempt has looked, before its answer is heard
      return found
    }
    assert.deepEqual(await queue.poll(20_000, { attempt }).answer, [1])
    assert.equal(queue.attempts, 2)
  })

  test('attempts no more once its client has hung up, even if it was woken first', async () => {
    const queue = new Fixture()
    const poll = queue.poll(20_000)
    await settle()
    queue.send(1)
    poll.hangUp()
    assert.equal(await poll.answer, undefined)
    assert.equal(queue.visible, 1)
    assert.equal(queue.wakers.keys, 0)
  })

  test('fails as its attempt fails', async () => {
    const queue = new Fixture()
    const attempt = () => Promise.reject(new Error('no such queue'))
    await assert.rejects(queue.poll(20_000, { attempt }).answer, new Error('no such queue'))
    assert.equal(queue.wakers.keys, 0)
  })
})

describe('many waiters', { timeout: 5_000 }, () => {
  test('the oldest is served first, and keeps its place after an attempt in vain', async () => {
    const queue = new Fixture()
    const polls = [queue.poll(20_000), queue.poll(20_000), queue.poll(20_000)]
    await settle()
    queue.wakers.wake('q', 1) // in vain
    await settle()
    queue.send(1)
    assert.deepEqual(await polls[0]?.answer, [1])
    queue.send(2)
    assert.deepEqual(await Promise.all(polls.slice(1).map(({ answer }) => answer)), [[2], [3]])
  })

  test('a commit of n messages wakes about n waiters, not all of them', async () => {
    const queue = new Fixture()
    const polls = Array.from({ length: 100 }, () => queue.poll(20_000))
    await settle()
    queue.attempts = 0
    queue.send(3)
    await settle()
    assert.equal(polls.filter(({ state }) => state === 'ended').length, 3)
    assert.ok(queue.attempts <= 6, `${queue.attempts} attempts`) // each success may wake one more in vain
    queue.wakers.drain()
  })

  test('who leaves more behind wakes the next', async () => {
    const queue = new Fixture()
    const polls = [queue.poll(20_000), queue.poll(20_000), queue.poll(20_000)]
    await settle()
    queue.put(3)
    queue.wakers.wake('q', 1)
    assert.deepEqual(await Promise.all(polls.map(({ answer }) => answer)), [[1], [2], [3]])
  })

  test('a wake-up owed to one that hangs up goes to the next', async () => {
    const queue = new Fixture()
    const [first, second] = [queue.poll(20_000), queue.poll(20_000)]
    await settle()
    queue.send(1)
    first.hangUp()
    assert.equal(await first.answer, undefined)
    assert.deepEqual(await second.answer, [1])
  })

  test('what time makes available is waited for with one timer', async (t) => {
    const queue = new Fixture()
    queue.put(1, 5_000)
    const at = t.mock.method(queue.clock, 'at')
    for (let i = 0; i < 100; i++) queue.poll(20_000)
    await settle()
    assert.equal(at.mock.calls.filter(({ arguments: [due] }) => due < queue.clock.now() + 10_000).length, 1)
    queue.attempts = 0
    queue.clock.shift(5_000)
    await settle()
    assert.equal(queue.attempts, 1)
    queue.wakers.drain()
  })

  test('a failure is told to all: a deleted queue ends every poll', async () => {
    const queue = new Fixture()
    let deleted = false
    const attempt = async () => {
      if (deleted) throw new Error('no such queue')
      return queue.take(1)
    }
    const polls = [queue.poll(20_000, { attempt }), queue.poll(20_000, { attempt }), queue.poll(20_000, { attempt })]
    await settle()
    deleted = true
    queue.wakers.wake('q')
    for (const { answer } of polls) await assert.rejects(answer, new Error('no such queue'))
  })

  test('keys do not wake each other', async () => {
    const queue = new Fixture()
    const other = queue.poll(20_000, { key: 'other' })
    await settle()
    queue.send(1)
    await settle()
    assert.equal(other.state, 'waiting')
    assert.equal(queue.wakers.keys, 1)
    queue.wakers.drain()
    assert.equal(await other.answer, undefined)
  })

  test('drain empties the lines, and who comes later does not wait', async () => {
    const queue = new Fixture()
    const polls = [queue.poll(20_000), queue.poll(20_000, { key: 'other' })]
    await settle()
    queue.wakers.drain()
    polls.push(queue.poll(20_000))
    assert.deepEqual(await Promise.all(polls.map(({ answer }) => answer)), [undefined, undefined, undefined])
    assert.equal(queue.wakers.keys, 0)
  })
})

/**
 * Every interleaving of pollers, senders, commits, answers, wake-ups, hang-ups and time. An attempt has two moments, when
 * its transaction looks and when its answer is heard; so has a send. Moments that are pending happen in any order.
 */
describe('interleavings', { timeout: 5_000 }, () => {
  type Step =
    | { readonly do: 'poll'; readonly waitMs: number; readonly max: number }
    | { readonly do: 'send'; readonly count: number; readonly delayMs: number }
    | { readonly do: 'hang-up'; readonly pick: number }
    | { readonly do: 'shift'; readonly ms: number }
    | { readonly do: 'moment'; readonly pick: number }

  const pick = fc.nat(1_000)
  const step: fc.Arbitrary<Step> = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('poll'), waitMs: fc.nat(30_000), max: fc.integer({ min: 1, max: 3 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('send'),
        count: fc.integer({ min: 1, max: 4 }),
        delayMs: fc.oneof(fc.constant(0), fc.nat(10_000)),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('hang-up'), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('shift'), ms: fc.nat(8_000) }) },
    { weight: 8, arbitrary: fc.record({ do: fc.constant('moment'), pick }) },
  ) as fc.Arbitrary<Step>

  class Simulation {
    readonly queue = new Fixture()
    readonly polls: ReturnType<Fixture['poll']>[] = []
    readonly #moments: (() => void)[] = []

    take(step: Step): void {
      switch (step.do) {
        case 'poll':
          this.polls.push(this.queue.poll(step.waitMs, { attempt: () => this.#attempt(step.max) }))
          break
        case 'send':
          this.queue.put(step.count, step.delayMs)
          this.#moments.push(() => this.queue.wakers.wake('q', step.count))
          break
        case 'hang-up':
          this.polls[step.pick % this.polls.length]?.hangUp()
          break
        case 'shift':
          this.queue.clock.shift(step.ms)
          break
        case 'moment':
          this.#happen(step.pick)
      }
    }

    async runDry(): Promise<void> {
      do {
        while (this.#moments.length > 0) {
          this.#happen(0)
          await nextTurn()
        }
        await settle()
      } while (this.#moments.length > 0)
    }

    get waiting(): number {
      return this.polls.filter(({ state }) => state === 'waiting').length
    }

    #attempt(max: number): Promise<Attempt<number[]>> {
      return new Promise((resolve) => {
        this.#moments.push(() => {
          const found = this.queue.take(max)
          this.#moments.push(() => resolve(found))
        })
      })
    }

    #happen(pick: number): void {
      this.#moments.splice(pick % this.#moments.length, 1)[0]?.()
    }
  }

  test('nothing available is missed by a waiter, nothing is received twice, everybody leaves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const simulation = new Simulation()
        const { queue, polls } = simulation
        for (const step of steps) {
          simulation.take(step)
          await nextTurn()
        }
        await simulation.runDry()
        if (queue.visible > 0) assert.equal(simulation.waiting, 0)

        queue.clock.shift(60_000)
        await simulation.runDry()
        assert.equal(simulation.waiting, 0)
        assert.equal(queue.wakers.keys, 0)
        const received = (await Promise.all(polls.map(({ answer }) => answer))).flatMap((ids) => ids ?? [])
        assert.equal(new Set(received).size, received.length)
        assert.equal(received.length + queue.visible, queue.sent)
      }),
      { numRuns: 200 },
    )
  })
})
