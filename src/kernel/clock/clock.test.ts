import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, mock, test } from 'node:test'
import fc from 'fast-check'
import { SystemClock } from './clock.ts'

const START = 1_700_000_000_000
const DAY = 24 * 60 * 60 * 1000

beforeEach(() => mock.timers.enable({ apis: ['Date', 'setTimeout'], now: START }))
afterEach(() => mock.timers.reset())

/** A clock, and a way to note what fired. */
function fixture(offset?: number) {
  const clock = new SystemClock(offset)
  const fired: string[] = []
  const at = (name: string, inMs: number) => clock.at(clock.now() + inMs, () => void fired.push(name))
  return { clock, fired, at }
}

describe('reading', () => {
  test('is the machine’s time and the offset', () => {
    const { clock } = fixture(5_000)
    assert.equal(clock.now(), START + 5_000)
    mock.timers.tick(10)
    clock.shift(100)
    assert.equal(clock.now(), START + 5_110)
    assert.equal(clock.offset, 5_100)
  })

  test('goes on at half speed after the machine’s clock was set back, until that has caught up', () => {
    const { clock } = fixture()
    assert.equal(clock.now(), START)
    mock.timers.setTime(START - 1_000)
    assert.equal(clock.now(), START)
    mock.timers.setTime(START - 500)
    assert.equal(clock.now(), START + 250)
    mock.timers.setTime(START + 400)
    assert.equal(clock.now(), START + 700)
    mock.timers.setTime(START + 1_000)
    assert.equal(clock.now(), START + 1_000)
    mock.timers.setTime(START + 2_000)
    assert.equal(clock.now(), START + 2_000)
  })

  test('half speed adds up, however often the clock is read', () => {
    const { clock } = fixture()
    clock.now()
    mock.timers.setTime(START - 1_000)
    for (let ms = -1_000; ms <= 0; ms++) {
      mock.timers.setTime(START + ms)
      clock.now()
    }
    assert.equal(clock.now(), START + 500)
  })

  test('is whole milliseconds and never goes back, whatever the machine’s clock does', () => {
    const jump = fc.record({ setBy: fc.integer({ min: -5_000, max: 5_000 }), shiftBy: fc.nat(1_000) })
    fc.assert(
      fc.property(fc.array(jump), (jumps) => {
        const { clock } = fixture()
        let last = clock.now()
        for (const { setBy, shiftBy } of jumps) {
          mock.timers.setTime(Math.max(0, Date.now() + setBy))
          const before = clock.now()
          clock.shift(shiftBy)
          const now = clock.now()
          assert.ok(Number.isInteger(now) && before >= last)
          assert.equal(now, before + shiftBy)
          last = now
        }
      }),
    )
  })

  for (const ms of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    test(`can not be shifted by ${ms}`, () => {
      const { clock } = fixture()
      assert.throws(() => clock.shift(ms), RangeError)
      assert.equal(clock.now(), START)
    })
  }
})

describe('a timer', () => {
  test('fires once, when its time has come and not before', () => {
    const { fired, at } = fixture()
    at('a', 1_000)
    mock.timers.tick(999)
    assert.deepEqual(fired, [])
    mock.timers.tick(1)
    assert.deepEqual(fired, ['a'])
    mock.timers.tick(10_000)
    assert.deepEqual(fired, ['a'])
  })

  test('fires soon, but never within the call that sets it, if its time has passed', () => {
    const { fired, at } = fixture()
    at('a', -1_000)
    assert.deepEqual(fired, [])
    mock.timers.tick(1)
    assert.deepEqual(fired, ['a'])
  })

  test('fires no more once cancelled', () => {
    const { clock, fired, at } = fixture()
    const cancel = at('a', 1_000)
    cancel()
    cancel()
    clock.shift(1_000)
    mock.timers.tick(1_000)
    assert.deepEqual(fired, [])
  })

  test('can be further away than the machine’s timers reach', () => {
    const { fired, at } = fixture()
    at('a', 100 * DAY)
    for (let day = 0; day < 99; day++) mock.timers.tick(DAY)
    assert.deepEqual(fired, [])
    mock.timers.tick(DAY)
    assert.deepEqual(fired, ['a'])
  })

  test('is late, and neither early nor stuck, when the machine’s clock is set back', (t) => {
    const { clock, fired, at } = fixture()
    at('a', 1_000)
    const unset = Date.now
    t.mock.method(Date, 'now', () => unset() - 60_000) // Node's timers don't follow the machine's clock
    assert.equal(clock.now(), START)
    mock.timers.tick(1_000)
    mock.timers.tick(999)
    assert.deepEqual(fired, [])
    mock.timers.tick(2)
    assert.deepEqual(fired, ['a'])
  })

  test('is gone when the clock is closed', () => {
    const { clock, fired, at } = fixture()
    at('a', 1_000)
    clock.close()
    clock.shift(2_000)
    mock.timers.tick(2_000)
    assert.deepEqual(fired, [])
  })
})

describe('a shift', () => {
  test('fires at once what it makes due, by due time, and leaves the rest', () => {
    const { clock, fired, at } = fixture()
    for (const [name, inMs] of [
      ['c', 300],
      ['a', 100],
      ['later', 1_001],
      ['b', 200],
    ] as const) {
      at(name, inMs)
    }
    clock.shift(1_000)
    assert.deepEqual(fired, ['a', 'b', 'c'])
    mock.timers.tick(1)
    assert.deepEqual(fired, ['a', 'b', 'c', 'later'])
  })

  test('does not fire what an earlier timer cancels', () => {
    const { clock, fired, at } = fixture()
    const cancelSecond = at('second', 200)
    clock.at(clock.now() + 100, cancelSecond)
    clock.shift(1_000)
    assert.deepEqual(fired, [])
  })

  test('does not strand the others when a timer throws', () => {
    const { clock, fired, at } = fixture()
    clock.at(clock.now() + 100, () => {
      throw new Error('broken')
    })
    at('due', 200)
    at('later', 2_000)
    assert.throws(() => clock.shift(1_000), new Error('broken'))
    mock.timers.tick(1)
    assert.deepEqual(fired, ['due'])
    mock.timers.tick(1_000)
    assert.deepEqual(fired, ['due', 'later'])
  })

  test('fires every timer exactly once and in order, in whatever steps time passes', () => {
    const delays = fc.array(fc.nat(5_000), { minLength: 1 })
    const steps = fc.array(fc.record({ by: fc.constantFrom('shift', 'tick'), ms: fc.nat(2_000) }))
    fc.assert(
      fc.property(delays, steps, (delays, steps) => {
        const clock = new SystemClock()
        const fired: number[] = []
        for (const delay of delays) {
          clock.at(clock.now() + delay, () => void fired.push(delay))
        }
        const start = clock.now()
        for (const { by, ms } of steps) {
          if (by === 'shift') clock.shift(ms)
          else mock.timers.tick(ms)
          const passed = clock.now() - start
          for (const delay of fired) assert.ok(delay <= passed, `${delay} fired at ${passed}`)
        }
        clock.shift(10_000)
        assert.deepEqual(
          fired,
          delays.toSorted((a, b) => a - b),
        )
      }),
    )
  })
})

describe('following another clock', () => {
  test('goes by its readings, plus the offset', () => {
    const { clock } = fixture(60_000)
    clock.follow(START + 5_000, 0)
    assert.equal(clock.now(), START + 65_000)
  })

  test('changes nothing where the clock may have been right: the reading was taken at some time of asking', () => {
    const { clock } = fixture()
    clock.follow(START - 10, 10)
    assert.equal(clock.now(), START)
  })

  test('never goes back: a clock that is ahead is slow until it agrees', () => {
    const { clock } = fixture()
    clock.follow(START - 1_000, 0)
    assert.equal(clock.now(), START)
    mock.timers.tick(1_000)
    assert.equal(clock.now(), START + 500)
    clock.follow(START, 0) // it agrees already
    mock.timers.tick(1_000)
    assert.equal(clock.now(), START + 1_000)
    mock.timers.tick(1_000)
    assert.equal(clock.now(), START + 2_000)
  })

  test('a correction fires the timers that it makes due', () => {
    const { clock, fired, at } = fixture()
    at('a', 4_000)
    clock.follow(START + 3_000, 0)
    mock.timers.tick(999)
    assert.deepEqual(fired, [])
    mock.timers.tick(1)
    assert.deepEqual(fired, ['a'])
  })
})
