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

const places = [
  { wildcard: '', yes: [''], no: ['a'] },
  { wildcard: '*', yes: ['', 'a'], no: [] },
  { wildcard: 'a*a', yes: ['aa', 'aba'], no: ['a', 'ab'] },
  { wildcard: '*b*b', yes: ['bb', 'abab'], no: ['ab', 'b'] },
  { wildcard: '*ab*b*', yes: ['abb', 'abab'], no: ['ab', 'bab'] },
  { wildcard: '\\**\\\\', yes: ['*\\', '*a\\'], no: ['a\\', '*a'] },
]
for (const { wildcard, yes, no } of places) {
  test(`${wildcard} fits ${yes}, not ${no}`, () => {
    assert.ok(yes.every((text) => fits(parseWildcard(wildcard), text)))
    assert.ok(!no.some((text) => fits(parseWildcard(wildcard), text)))
  })
}

test('a wildcard fits what the regular expression of the same meaning fits', () => {
  const wildcards = fc.stringMatching(/^(\*?(a|b|\\\*|\\\\)){0,5}\*?$/)
  fc.assert(
    fc.property(wildcards, fc.stringMatching(/^[ab*\\]{0,7}$/), (wildcard, text) => {
      const expression = wildcard.replace(/\\.|\*/g, (part) => (part === '*' ? '.*' : part))
      assert.equal(fits(parseWildcard(wildcard), text), new RegExp(`^${expression}$`, 's').test(text))
    }),
    { numRuns: 3000 },
  )
})
