import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeSyntaxError } from './json-syntax.ts'

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

const cases = [
  { text: '', expected: 'No content to map due to end-of-input' },
  { text: ' \n', expected: 'No content to map due to end-of-input' },
  { text: 'this is no JSON', expected: `Unrecognized token 'this': was expecting ${VALUES}` },
  { text: '{"a": nul}', expected: `Unrecognized token 'nul': was expecting ${VALUES}` },
  { text: '{} x', expected: `Unrecognized token 'x': was expecting ${VALUES}` },
  { text: '}', expected: `Unexpected character ('}' (code 125)): expected a valid value ${VALUES}` },
  { text: '[1,]', expected: `Unexpected character (']' (code 93)): expected a valid value ${VALUES}` },
  { text: '{"a": ’}', expected: `Unexpected character ('’' (code 8217 / 0x2019)): expected a valid value ${VALUES}` },
  {
    text: '{invalid',
    expected: "Unexpected character ('i' (code 105)): was expecting double-quote to start field name",
  },
  {
    text: "{'bad': 'quotation'}",
    expected: "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
  },
  {
    text: '{"a":1,}',
    expected: "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
  },
  {
    text: '{"a" [1]}',
    expected: "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value",
  },
  {
    text: '{"a":[1 2]}',
    expected: "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
  },
  {
    text: '{"a":{}]',
    expected: "Unexpected character (']' (code 93)): was expecting comma to separate Object entries",
  },
  { text: '[01]', expected: "Unexpected character ('1' (code 49)): was expecting comma to separate Array entries" },
  { text: '{"a":["b"', expected: 'Unexpected end-of-input: expected close marker for Array' },
  { text: '{"a":', expected: 'Unexpected end-of-input: expected close marker for Object' },
  { text: '{"a', expected: 'Unexpected end-of-input: was expecting closing quote for a string value' },
  { text: '["\\x"]', expected: "Unrecognized character escape 'x' (code 120)" },
  {
    text: '["a\nb"]',
    expected:
      'Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value',
  },
]
for (const { text, expected } of cases) {
  test(`${JSON.stringify(text)}: ${expected}`, () => assert.equal(describeSyntaxError(text), expected))
}

test('whatever JSON.parse refuses has a sentence, and JSON has none', () => {
  const pieces = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\',
    '1',
    '-',
    '.5',
    'e3',
    'null',
    ' ',
    'é',
    '\u0007',
  )
  const texts = fc.oneof(
    fc.string(),
    fc.json(),
    fc.array(pieces).map((parts) => parts.join('')),
  )
  fc.assert(
    fc.property(texts, (text) => {
      if (isJson(text)) assert.throws(() => describeSyntaxError(text), TypeError)
      else assert.notEqual(describeSyntaxError(text), '')
    }),
    { numRuns: 2000 },
  )
})

test('a text that is nested deeper than the stack is read', () => {
  assert.equal(describeSyntaxError('['.repeat(250_000)), 'Unexpected end-of-input: expected close marker for Array')
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
