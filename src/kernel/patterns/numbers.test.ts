import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nextAbove, nextBelow } from './numbers.ts'

const cases = [
  { value: 0, above: 5e-324, below: -5e-324 },
  { value: -0, above: 5e-324, below: -5e-324 },
  { value: 1, above: 1 + 2 ** -52, below: 1 - 2 ** -53 },
  { value: -5e-324, above: -0, below: -1e-323 },
  { value: 5e9, above: 5e9 + 2 ** -20, below: 5e9 - 2 ** -20 },
]
for (const { value, above, below } of cases) {
  test(`the neighbours of ${value}`, () => {
    assert.ok(nextAbove(value) === above)
    assert.ok(nextBelow(value) === below)
  })
}

test('nothing lies between neighbours', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const above = nextAbove(value)
      assert.ok(above > value)
      const middle = value / 2 + above / 2
      assert.ok(middle <= value || middle >= above || !Number.isFinite(above))
    }),
  )
})
