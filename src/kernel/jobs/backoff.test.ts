import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { backoff } from './backoff.ts'

const cases = [
  { attempt: 1, random: 0, expected: 500 },
  { attempt: 1, random: 1, expected: 1_000 },
  { attempt: 2, random: 1, expected: 2_000 },
  { attempt: 5, random: 0.5, expected: 12_000 },
  { attempt: 9, random: 1, expected: 256_000 },
  { attempt: 10, random: 1, expected: 300_000 },
  { attempt: 100_000, random: 0, expected: 150_000 },
]
for (const { attempt, random, expected } of cases) {
  test(`after failure ${attempt} with ${random}: ${expected} ms`, () =>
    assert.equal(backoff(attempt, random), expected))
}

test('always whole milliseconds, at least half a second, at most five minutes', () => {
  const random = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1 }), random, (attempt, random) => {
      const ms = backoff(attempt, random)
      assert.ok(Number.isInteger(ms) && ms >= 500 && ms <= 300_000, `${ms}`)
    }),
  )
})
