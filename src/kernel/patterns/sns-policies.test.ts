/** Filter policies that SNS accepts and refuses, with the ends of its sentences. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PatternError, parsePattern, sns } from './patterns.ts'

const show = JSON.stringify
const values = (count: number) => Array.from({ length: count }, (_, index) => `value${index}`)

const tooComplex = 'Filter policy is too complex'
const complexities: readonly { name: string; policy: unknown; refused?: string }[] = [
  {
    name: 'levels 3, 2 and 1: 3·4 · 2·3 · 3 = 216',
    policy: { a: { b: { c: values(4) } }, d: { e: values(3) }, f: values(3) },
    refused: tooComplex,
  },
  { name: '151 values', policy: { key: values(151) }, refused: tooComplex },
  { name: '150 values', policy: { key: values(150) } },
  { name: '100 · 51', policy: { key1: values(100), key2: values(51) }, refused: tooComplex },
  {
    name: 'nested choices: 24 + 72 + 16 + 48 = 160',
    policy: {
      $or: [{ m: values(3) }, { n: values(2) }],
      detail: { scope: values(2), $or: [{ s: values(1) }, { t: values(3) }] },
    },
    refused: tooComplex,
  },
  {
    name: 'a choice in a choice: 24 + 64 + 64 = 152',
    policy: { source: values(4), $or: [{ m: values(6) }, { t: values(4), $or: [{ i: values(4) }, { s: values(4) }] }] },
    refused: tooComplex,
  },
  {
    name: 'a choice in a choice: 18 + 48 + 84 = 150',
    policy: { source: values(3), $or: [{ m: values(6) }, { t: values(4), $or: [{ i: values(4) }, { s: values(7) }] }] },
  },
  {
    name: 'six keys',
    policy: { a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] },
    refused: 'Filter policy can not have more than 5 keys',
  },
  { name: 'five keys', policy: { a: [1], b: [1], c: [1], d: [1], e: [1] } },
  { name: 'many choices', policy: manyChoices(1000), refused: 'The pattern is nested too deeply' },
  { name: 'choices without end', policy: manyChoices(40), refused: tooComplex },
]
function manyChoices(depth: number): unknown {
  let policy: Record<string, unknown> = { a: [1] }
  for (let level = 0; level < depth; level += 1)
    policy = { x: { $or: [policy, { a: [1] }] }, $or: [{ a: [1] }, { b: [1] }] }
  return policy
}
for (const { name, policy, refused } of complexities) {
  test(`complexity: ${name} is ${refused === undefined ? 'accepted' : 'refused'}`, () =>
    expectResult(show(policy), refused))
}

const MIXED = ['>=', 1, '>', 2]
const refusals: readonly { policy: string | object; refused: string }[] = [
  { policy: { k: 'v' }, refused: '"k" must be an object or an array' },
  { policy: { k: { suffix: 'v' } }, refused: '"suffix" must be an object or an array' },
  { policy: { k: null }, refused: '"k" must be an object or an array' },
  { policy: { k: [] }, refused: 'Empty arrays are not allowed' },
  { policy: { k: {} }, refused: 'Empty objects are not allowed' },
  { policy: { k: [{}] }, refused: 'Empty objects are not allowed' },
  { policy: { k: [['v']] }, refused: 'Match value must be String, number, true, false, or null' },
  { policy: { k: [{ bogus: 1, prefix: 'a' }] }, refused: 'Unrecognized match type bogus' },
  { policy: { k: [{ toString: 1 }] }, refused: 'Unrecognized match type toString' },
  { policy: { k: [{ exactly: 'x' }] }, refused: 'Unrecognized match type exactly' },
  { policy: { k: [{ prefix: 'a', suffix: 'b' }] }, refused: 'Only one key allowed in match expression' },
  ...[100, null, [], ['a', 'b'], { 'equals-ignore-case': 'a' }].flatMap((value) =>
    ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].map((operator) => ({
      policy: { k: [{ [operator]: value }] },
      refused: `${operator} match pattern must be a string`,
    })),
  ),
  { policy: { k: [{ wildcard: 'a**' }] }, refused: 'Consecutive wildcard characters at pos 2' },
  { policy: { k: [{ wildcard: 'a\\b' }] }, refused: 'Invalid escape character at pos 2' },
  { policy: { k: [{ cidr: 1 }] }, refused: 'prefix match pattern must be a string' },
  { policy: { k: [{ cidr: '10.0.0.0' }] }, refused: "Malformed CIDR, one '/' required" },
  { policy: { k: [{ cidr: '10.0.0.0/8/8' }] }, refused: "Malformed CIDR, one '/' required" },
  { policy: { k: [{ cidr: '10.0.0.0/a' }] }, refused: 'Malformed CIDR, mask bits must be an integer' },
  { policy: { k: [{ cidr: '10.0.0.0/-1' }] }, refused: 'Malformed CIDR, mask bits must be non-negative' },
  { policy: { k: [{ cidr: '10.0.0.0/33' }] }, refused: 'Malformed CIDR, mask bits must be at most 32' },
  { policy: { k: [{ cidr: '::/129' }] }, refused: 'Malformed CIDR, mask bits must be at most 128' },
  { policy: { k: [{ cidr: 'xx.11.xx/8' }] }, refused: 'Nonstandard IP address: xx.11.xx' },
  { policy: { k: [{ exists: null }] }, refused: 'exists match pattern must be either true or false.' },
  { policy: { k: [{ exists: 'no' }] }, refused: 'exists match pattern must be either true or false.' },
  { policy: { k: [{ 'anything-but': { bogus: null } }] }, refused: 'Unsupported anything-but pattern: bogus' },
  { policy: { k: [{ 'anything-but': { suffix: 'a' } }] }, refused: 'Unsupported anything-but pattern: suffix' },
  { policy: { k: [{ 'anything-but': { exists: false } }] }, refused: 'Unsupported anything-but pattern: exists' },
  { policy: { k: [{ 'anything-but': { prefix: false } }] }, refused: 'prefix match pattern must be a string' },
  { policy: { k: [{ 'anything-but': { prefix: ['a'] } }] }, refused: 'prefix match pattern must be a string' },
  { policy: { k: [{ 'anything-but': { prefix: '' } }] }, refused: 'Null prefix/suffix not allowed' },
  { policy: { k: [{ 'anything-but': {} }] }, refused: 'Empty objects are not allowed' },
  { policy: { k: [{ 'anything-but': [] }] }, refused: 'Empty arrays are not allowed' },
  {
    policy: { k: [{ 'anything-but': null }] },
    refused: 'Value of anything-but must be an array or single string/number value.',
  },
  {
    policy: { k: [{ 'anything-but': ['a', true] }] },
    refused: 'Inside anything but list, start|null|boolean is not supported.',
  },
  { policy: numeric('='), refused: 'Value of numeric must be an array.' },
  { policy: numeric([]), refused: 'Invalid member in numeric match: ]' },
  { policy: numeric([1, '<=']), refused: 'Invalid member in numeric match: 1' },
  { policy: numeric([[]]), refused: 'Invalid member in numeric match: [' },
  { policy: numeric(['operator']), refused: 'Unrecognized numeric range operator: operator' },
  { policy: numeric(['=', '000']), refused: 'Value of equals must be numeric' },
  { policy: numeric(['=']), refused: 'Value of equals must be numeric' },
  { policy: numeric(['>=']), refused: 'Value of >= must be numeric' },
  { policy: numeric(['<', '1']), refused: 'Value of < must be numeric' },
  { policy: numeric(['>', '20', '<', '30']), refused: 'Value of > must be numeric' },
  { policy: numeric(['<', 100, '>', 10]), refused: 'Too many elements in numeric expression' },
  { policy: numeric(['=', 1, 2]), refused: 'Too many elements in numeric expression' },
  { policy: numeric(MIXED), refused: 'Bad numeric range operator: >' },
  { policy: numeric(['>', 20, 'test']), refused: 'Bad numeric range operator: test' },
  { policy: numeric(['>', 20, 30]), refused: 'Bad value in numeric range: 30' },
  { policy: numeric(['>', 20, '<=']), refused: 'Value of <= must be numeric' },
  { policy: numeric(['>', 20, '<', '30']), refused: 'Value of < must be numeric' },
  { policy: numeric(['>', 3, '<', 1]), refused: 'Bottom must be less than top' },
  { policy: numeric(['>=', 3, '<=', 3]), refused: 'Bottom must be less than top' },
  { policy: numeric(['>', 20, '<', 30, '<', 50]), refused: 'Too many terms in numeric range expression' },
  { policy: numeric(['<', 1e9 + 1]), refused: 'Value must be between -1.0E9 and 1.0E9, inclusive' },
  { policy: '[{"a":[1]}]', refused: 'Filter is not an object' },
  { policy: '"text"', refused: 'Filter is not an object' },
  // A reserved word makes a key like any other of `$or`, whose items are conditions.
  { policy: { $or: [{ prefix: ['x'] }, { b: ['y'] }] }, refused: 'prefix match pattern must be a string' },
  { policy: { $or: [{ a: ['x'] }, { b: ['y'], numeric: ['z'] }] }, refused: 'Unrecognized match type a' },
  {
    policy: '{invalid}',
    refused:
      "failed to parse JSON. Unexpected character ('i' (code 105)): was expecting double-quote to start field name\n" +
      ' at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: 1, column: 2]',
  },
  { policy: `{"a":["${'x'.repeat(256 * 1024)}"]}`, refused: 'The pattern must not be longer than 262144 bytes' },
  { policy: `${'{"a":'.repeat(40_000)}[1]${'}'.repeat(40_000)}`, refused: 'The pattern is nested too deeply' },
  { policy: `{"a${'.a'.repeat(100_000)}":[1]}`, refused: 'The pattern is nested too deeply' },
  {
    policy: `{"a":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`,
    refused: 'Match value must be String, number, true, false, or null',
  },
]
function numeric(list: unknown) {
  return { k: [{ numeric: list }] }
}
for (const { policy, refused } of refusals) {
  const source = typeof policy === 'string' ? policy : show(policy)
  test(`${source.slice(0, 100)} is refused: ${refused}`, () => expectResult(source, refused))
}

function expectResult(source: string, refused: string | undefined): void {
  if (refused === undefined) parsePattern(source, sns)
  else assert.throws(() => parsePattern(source, sns), new PatternError(refused))
}

const forms = [
  { policy: { a: ['x'] }, isNested: false, isEmpty: false },
  { policy: { 'a.b': ['x'] }, isNested: false, isEmpty: false },
  { policy: { $or: [{ a: ['x'] }, { b: ['y'] }] }, isNested: false, isEmpty: false },
  { policy: { a: { b: ['x'] } }, isNested: true, isEmpty: false },
  { policy: { $or: [{ a: ['x'] }, { b: { c: ['y'] } }] }, isNested: true, isEmpty: false },
  { policy: {}, isNested: false, isEmpty: true },
]
for (const { policy, isNested, isEmpty } of forms) {
  test(`${show(policy)} is ${isNested ? '' : 'not '}nested and ${isEmpty ? '' : 'not '}empty`, () => {
    const pattern = parsePattern(show(policy), sns)
    assert.deepEqual({ isNested: pattern.isNested, isEmpty: pattern.isEmpty }, { isNested, isEmpty })
  })
}
