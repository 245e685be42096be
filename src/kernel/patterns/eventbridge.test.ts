/** Event patterns where EventBridge differs from SNS, beyond the recorded vectors. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Case, testCases } from './match-cases.ts'
import { bodyEvent, eventBridge, PatternError, parsePattern } from './patterns.ts'

const cases: readonly Case<object>[] = [
  { pattern: { a: [{ exists: true }] }, yes: [{ a: null }, { a: '' }, { a: [[], 1] }], no: [{ a: {} }, { a: [] }, {}] },
  { pattern: { a: [{ exists: false }] }, yes: [{ a: {} }, { a: [] }, { a: { b: 1 } }], no: [{ a: null }] },
  {
    pattern: { a: [{ 'anything-but': 'x' }] },
    yes: [{ a: null }, { a: true }, { a: ['x', 'y'] }],
    no: [{ a: 'x' }, {}],
  },
  {
    pattern: { a: [{ 'anything-but': { prefix: ['x', 'y'] } }], b: [{ 'anything-but': { wildcard: ['*z', 'w*'] } }] },
    yes: [{ a: 'z', b: 'zw' }],
    no: [
      { a: 'yz', b: 'zw' },
      { a: 'z', b: 'z' },
      { a: 'z', b: 'w' },
    ],
  },
  { pattern: { a: [{ prefix: { 'equals-ignore-case': 'Ab' } }] }, yes: [{ a: 'aBc' }], no: [{ a: 'a' }, { a: 1 }] },
  { pattern: { a: [{ suffix: { 'equals-ignore-case': 'Ab' } }] }, yes: [{ a: 'caB' }], no: [{ a: 'b' }] },
  { pattern: { a: [{ exactly: 'x' }, { exactly: null }] }, yes: [{ a: 'x' }, { a: null }], no: [{ a: 'y' }] },
  { pattern: { a: [{ wildcard: 'a\\\\*' }] }, yes: [{ a: 'a\\' }, { a: 'a\\b' }], no: [{ a: 'ab' }] },
  { pattern: { a: [300] }, yes: [{ a: 300.0 }, { a: 3.0e2 }], no: [{ a: '300' }, { a: 300.000001 }] },
  {
    pattern: { a: [{ numeric: ['>', 0.1] }] },
    yes: [{ a: 0.10000000000000002 }, { a: 5e9 }],
    no: [{ a: 0.1 }, { a: 5e9 + 1 }],
  },
  { pattern: { a: [6e9] }, yes: [{ a: 6e9 }] },
  { pattern: JSON.parse('{"a":["x"],"a":["y"]}'), yes: [{ a: 'y' }], no: [{ a: 'x' }] },
  { pattern: { 'a.b': [1], a: { b: [{ numeric: ['<', 5] }] } }, yes: [{ a: { b: 1 } }], no: [{ a: { b: 2 } }] },
]
testCases(eventBridge, cases, bodyEvent)

const LIST = 'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.'
const one = { a: [1] }
const refusals: readonly { pattern: unknown; refused: string }[] = [
  { pattern: {}, refused: 'Empty objects are not allowed' },
  { pattern: [], refused: 'Filter is not an object' },
  {
    pattern: { a: [{ 'anything-but': ['x', 1] }] },
    refused: 'Inside anything but list, either all values are number or string, mixed type is not supported',
  },
  { pattern: { a: [{ 'anything-but': { 'equals-ignore-case': ['x', 1] } }] }, refused: LIST },
  { pattern: { a: [{ 'anything-but': { prefix: [] } }] }, refused: 'Empty arrays are not allowed' },
  {
    pattern: { a: [{ 'anything-but': { prefix: 'a', suffix: 'b' } }] },
    refused: 'Only one key allowed in match expression',
  },
  { pattern: { a: [{ prefix: { 'equals-ignore-case': 1 } }] }, refused: 'prefix match pattern must be a string' },
  { pattern: { a: [{ numeric: ['<', 5e9 + 1] }] }, refused: 'Value must be between -5.0E9 and 5.0E9, inclusive' },
  { pattern: { $or: 'x' }, refused: 'It must be an Array followed with $or.' },
  { pattern: { $or: [one] }, refused: 'There must have at least 2 Objects in $or relationship.' },
  { pattern: { $or: [] }, refused: 'There must have at least 2 Objects in $or relationship.' },
  { pattern: { $or: [one, 'x'] }, refused: 'Only JSON object is allowed in array of $or relationship.' },
  {
    pattern: { a: { $or: [one, { prefix: ['x'] }] } },
    refused: 'prefix is Ruler reserved fieldName which cannot be used inside $or.',
  },
  { pattern: { $or: [one, {}] }, refused: 'Empty objects are not allowed' },
  { pattern: choices(10), refused: 'Rule is too complex - try using fewer combinations in $or relationships' },
]
/** 2 to the power of `count` combinations. */
function choices(count: number): object {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`k${index}`, { $or: [{ x: [1] }, { y: [1] }] }]),
  )
}
for (const { pattern, refused } of refusals) {
  const text = JSON.stringify(pattern)
  test(`${text.slice(0, 100)} is refused: ${refused}`, () =>
    assert.throws(() => parsePattern(text, eventBridge), new PatternError(refused)))
}

test('a thousand combinations are allowed, more are not', () => {
  assert.equal(parsePattern(JSON.stringify(choices(9)), eventBridge).alternatives.length, 512)
})
