import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compilePattern, PatternRefused } from './custom-pattern.ts'

const found = (source: string, text: string) =>
  compilePattern(source)(text).map(({ start, end }) => text.slice(start, end))

const cases = [
  { source: 'EID-\\d{9}-US', text: 'from EID-123456789-US to EID-12345678-US', expected: ['EID-123456789-US'] },
  { source: 'ab', text: 'abcab', expected: ['ab', 'ab'] },
  { source: 'a+', text: 'baaab', expected: ['aaa'] },
  { source: 'a+?', text: 'baaab', expected: ['aaa'] },
  { source: 'xa*y', text: 'xy xay xaay xaz', expected: ['xy', 'xay', 'xaay'] },
  { source: 'xa?y', text: 'xy xay xaay', expected: ['xy', 'xay'] },
  { source: 'a{2}', text: 'a aa', expected: ['aa'] },
  { source: 'a{2,}b', text: 'ab aab aaab', expected: ['aab', 'aaab'] },
  { source: 'xa{1,2}y', text: 'xy xay xaay xaaay', expected: ['xay', 'xaay'] },
  { source: 'cat|dog', text: 'a cat, a dog', expected: ['cat', 'dog'] },
  { source: '^a|b$', text: 'ab ab', expected: ['a', 'b'] },
  { source: '\\bid\\d', text: 'id1 xid2', expected: ['id1'] },
  { source: '\\Bid', text: 'id xid', expected: ['id'] },
  { source: '[A-C]\\.[^0-9]', text: 'A.x B.1 D.x', expected: ['A.x'] },
  { source: '[\\]x]\\[', text: 'x[ ][', expected: ['x[', ']['] },
  { source: '\\w\\s\\W', text: 'a -', expected: ['a -'] },
  { source: 'a.c', text: 'a\nc aéc', expected: ['aéc'] },
  { source: '[^a]', text: 'aü', expected: ['ü'] },
  // What lies in some match is found: two that overlap are one part.
  { source: '\\d{3}', text: 'a12345b', expected: ['12345'] },
  { source: 'aXb|bXc', text: 'aXbXc', expected: ['aXbXc'] },
]
for (const { source, text, expected } of cases) {
  test(`/${source}/ finds ${JSON.stringify(expected)} in ${JSON.stringify(text)}`, () =>
    assert.deepEqual(found(source, text), expected))
}

const refused = [
  { source: '', because: /1 to 200 characters/ },
  { source: 'a'.repeat(201), because: /1 to 200 characters/ },
  ...['(a+)+', 'a:b', 'a!', '"', 'é', 'a\nb', '<'].map((source) => ({ source, because: /can only have letters/ })),
  ...['*a', 'a**', 'a{', '}', '[a', ']', 'a\\', '[]', 'a+++'].map((source) => ({
    source,
    because: /is not a regular expression at position \d+/,
  })),
  ...['^*', '\\b+', 'a|{2}', 'a|*'].map((source) => ({ source, because: /repeat|not a regular expression/ })),
  ...['\\1', '\\k', '\\u1', '[\\x]', '\\pL'].map((source) => ({ source, because: /must not have/ })),
  { source: '[z-a]', because: /invalid class/ },
  { source: 'a{3,2}', because: /invalid quantifier/ },
  ...['a{501}', 'a{1,999999999}', '\\d{300}|\\d{300}'].map((source) => ({ source, because: /500 repetitions/ })),
  ...['a*', 'a?b*', '^$', 'a|', 'cat|dog|'].map((source) => ({ source, because: /empty text/ })),
]
for (const { source, because } of refused) {
  test(`/${source.slice(0, 20)}/ is refused`, () =>
    assert.throws(
      () => compilePattern(source),
      (error) => error instanceof PatternRefused && because.test(error.message),
    ))
}

/** Row by row, atom by atom: what every expression is made of. */
const sources = (() => {
  const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^b]', '\\w', '\\-')
  const quantifier = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,2}', '{1,}', '*?')
  const item = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(atom, quantifier).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.constantFrom('^', '$', '\\b', '\\B') },
  )
  const row = fc.array(item, { minLength: 1, maxLength: 4 }).map((items) => items.join(''))
  return fc.array(row, { minLength: 1, maxLength: 3 }).map((rows) => rows.join('|'))
})()

/** Whether each character is in some match, by trying every part of the text. */
function covered(source: string, text: string): boolean[] {
  const matches = text.split('').map(() => false)
  for (let start = 0; start < text.length; start += 1) {
    for (let end = start + 1; end <= text.length; end += 1) {
      // The look-behind holds the end in place while anchors still see the whole text.
      const whole = new RegExp(`(?:${source})(?<=^[^]{${end}})`, 'y')
      whole.lastIndex = start
      if (whole.test(text)) matches.fill(true, start, end)
    }
  }
  return matches
}

test('it finds what a backtracking engine finds, trying every part of the text', () => {
  fc.assert(
    fc.property(sources, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), maxLength: 7 }), (source, text) => {
      let find: ReturnType<typeof compilePattern>
      try {
        find = compilePattern(source)
      } catch (error) {
        assert.match(String(error), /empty text/)
        return
      }
      const expected = covered(source, text)
      const actual = text.split('').map(() => false)
      for (const { start, end } of find(text)) actual.fill(true, start, end)
      assert.deepEqual(actual, expected)
    }),
    { numRuns: 2000 },
  )
})

test('no text keeps it busy', () => {
  const digits = '1'.repeat(262_144)
  for (const source of ['\\d*\\d*\\d*\\d*x', '\\d+x', 'a|\\d+\\d+\\d+$x', '.+.+.+@']) {
    const before = performance.now()
    assert.deepEqual(compilePattern(source)(digits), [])
    assert.ok(performance.now() - before < 5000, source)
  }
})
