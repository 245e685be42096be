import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { type Excess, jsonExcess as excessOf, isNestedTooDeep, MAX_JSON_DEPTH, MAX_JSON_VALUES } from './json-limits.ts'

/** Bodies are looked at from a size on: spaces make up for what is missing. */
const SMALL = 64 * 1024
const large = (text: string) => Buffer.from(' '.repeat(SMALL) + text)

const jsonExcess = (body: Buffer, maxInputBytes = Number.POSITIVE_INFINITY): Excess | undefined =>
  excessOf(body, maxInputBytes)

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const list = (items: number, item = '1') => `[${Array.from({ length: items }, () => item).join(',')}]`

describe('jsonExcess', () => {
  const within = [
    { name: 'nothing but space', body: '' },
    { name: 'as deep as may be', body: nested(MAX_JSON_DEPTH) },
    { name: 'as many values as may be', body: list(MAX_JSON_VALUES) },
    { name: 'brackets and commas in a text', body: JSON.stringify({ a: '[{,'.repeat(100_000) }) },
    { name: 'the same behind escapes', body: JSON.stringify({ a: '"\\[,{'.repeat(100_000) }) },
    { name: 'a text that ends in an escape', body: JSON.stringify(['\\'.repeat(1001), '[,'.repeat(50_000)]) },
    { name: 'a text without an end', body: `{"a":"${'[,'.repeat(100_000)}` },
    { name: 'a text that ends in half an escape', body: `{"a":"${'[,'.repeat(50_000)}\\` },
  ]
  for (const { name, body } of within) {
    test(`within the limits: ${name}`, () => assert.equal(jsonExcess(large(body)), undefined))
  }

  test('a small body is not looked at', () => assert.equal(jsonExcess(Buffer.from(nested(1000))), undefined))

  test('too deep', () => {
    assert.deepEqual(jsonExcess(large(nested(MAX_JSON_DEPTH + 1))), { kind: 'depth' })
    assert.deepEqual(jsonExcess(large('{"a":'.repeat(MAX_JSON_DEPTH + 1))), { kind: 'depth' })
  })

  test('long for what it says, unless its escapes are the reason', () => {
    const bodyOf = (unit: string, times: number) => Buffer.from(`{"a":"${unit.repeat(times)}"}`)
    assert.equal(jsonExcess(bodyOf('x', 130_000), 100_000), undefined) // as long as base64 may make it
    assert.deepEqual(jsonExcess(bodyOf('x', 140_000), 100_000), { kind: 'length' })
    assert.equal(jsonExcess(bodyOf('\\u20ac', 100_000), 100_000), undefined)
    assert.deepEqual(jsonExcess(bodyOf('\\u20ac', 140_000), 100_000), { kind: 'length' })
    assert.equal(jsonExcess(bodyOf('\\\\u', 50_000), 100_000), undefined) // an escaped backslash and a letter
    assert.deepEqual(jsonExcess(bodyOf('\\\\u', 70_000), 100_000), { kind: 'length' })
    assert.deepEqual(jsonExcess(Buffer.from(`{"a":${' '.repeat(140_000)}1}`), 100_000), { kind: 'length' })
  })

  const tooMany = [
    { name: 'items of a list', body: list(MAX_JSON_VALUES + 1), lists: {} },
    { name: 'members', body: `{${'"a":1,'.repeat(MAX_JSON_VALUES + 1)}"a":1}`, lists: {} },
    {
      name: 'items of a member, which are counted',
      body: `{"QueueUrl":"[,","Few":[1],"Entries":${list(50_000, '{"Id":"a,\\",","x":[1,2]}')},"b":${list(500)}}`,
      lists: { Entries: 50_000, b: 500 },
    },
    { name: 'items deeper down', body: `{"a":{"Entries":${list(50_000)}}}`, lists: {} },
  ]
  for (const { name, body, lists } of tooMany) {
    test(`too many: ${name}`, () => {
      const excess = jsonExcess(large(body))
      assert.ok(excess?.kind === 'values')
      assert.deepEqual(Object.fromEntries(excess.lists), lists)
    })
  }

  test('what any JSON is like makes no difference', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.equal(jsonExcess(large(`{"a":${text}}`)), undefined)
        const { length } = Buffer.from(text)
        const many = `{"Entries":[${Array.from({ length: 25_000 }, () => text).join(',')}]}`
        if (length > 200) return
        const excess = jsonExcess(large(many))
        assert.equal(excess?.kind === 'values' ? excess.lists.get('Entries') : undefined, 25_000)
      }),
      { numRuns: 100, seed: 20_260_131 },
    )
  })
})

const deep = [
  { name: 'as deep as may be', text: nested(MAX_JSON_DEPTH), expected: false },
  { name: 'one deeper', text: nested(MAX_JSON_DEPTH + 1), expected: true },
  { name: 'brackets in a text', text: JSON.stringify(nested(500)), expected: false },
  { name: 'brackets behind an escape', text: JSON.stringify(`\\"${nested(500)}`), expected: false },
  { name: 'brackets behind a text', text: `{"a\\\\":${nested(500)}}`, expected: true },
  { name: 'many beside each other', text: `[${'[],{},'.repeat(500)}0]`, expected: false },
]
for (const { name, text, expected } of deep) {
  test(`isNestedTooDeep: ${name}`, () => assert.equal(isNestedTooDeep(text), expected))
}
