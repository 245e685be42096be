import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fits, parseWildcard, wildcardCost } from './wildcard.ts'

const costs = [
  { wildcard: '', cost: 1 },
  { wildcard: 'abc', cost: 1 },
  { wildcard: 'abc*', cost: 1 },
  { wildcard: '*abc', cost: 2 },
  { wildcard: '*a*b*c*d*', cost: 16 },
  { wildcard: '*:*:*:*:*:event-bus/*', cost: 32 },
  { wildcard: '*/a/a/b', cost: 4 },
  { wildcard: '/Users/*/dir/dir/dir/dir/dir/doc.txt', cost: 7 },
  { wildcard: '*aaaaaaaa', cost: 9 },
]
for (const { wildcard, cost } of costs) {
  test(`${wildcard} costs ${cost}`, () => assert.equal(wildcardCost(parseWildcard(wildcard)), cost))
}

test('a wildcard fits what the regular expression of the same meaning fits', () => {
  const letters = fc.constantFrom('a', 'b', '*', '\\')
  const wildcards = fc
    .array(fc.constantFrom('a', 'b', '*', '\\*', '\\\\'), { maxLength: 8 })
    .map((parts) => parts.join(''))
  const texts = fc.array(letters, { maxLength: 10 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(wildcards, texts, (wildcard, text) => {
      fc.pre(!/(?<!\\)(\\\\)*\*\*/.test(wildcard))
      const expression = wildcard.replace(/\\.|\*/g, (part) => (part === '*' ? '.*' : part))
      assert.equal(fits(parseWildcard(wildcard), text), new RegExp(`^${expression}$`, 's').test(text))
    }),
    { numRuns: 5000 },
  )
})
