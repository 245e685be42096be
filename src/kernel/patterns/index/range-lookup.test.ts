import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Range } from '../conditions.ts'
import { RangeLookup } from './range-lookup.ts'

const ends = fc.integer({ min: -30, max: 30 })
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ step: fc.constant('set' as const), low: ends, high: ends }) },
    { weight: 3, arbitrary: fc.record({ step: fc.constant('delete' as const), low: ends, high: ends }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('find' as const), low: ends, high: ends }) },
  ),
  { maxLength: 300, size: 'max' },
)

test('it finds what a test of every range finds, whatever came and went', () => {
  fc.assert(
    fc.property(steps, (steps) => {
      const lookup = new RangeLookup<string>()
      const ranges = new Map<string, Range>()
      for (const { step, low, high } of steps) {
        const range = new Range(low, high)
        if (step === 'set') {
          lookup.set(range, range.key)
          ranges.set(range.key, range)
        } else if (step === 'delete') {
          lookup.delete(range)
          ranges.delete(range.key)
        } else {
          const found: string[] = []
          lookup.find(low, (key) => found.push(key))
          const expected = [...ranges.values()].filter((range) => range.test(low)).map(({ key }) => key)
          assert.deepEqual(found.sort(), expected.sort())
        }
        assert.equal(lookup.size, ranges.size)
        assert.equal(lookup.get(range), ranges.get(range.key)?.key)
      }
    }),
  )
})
