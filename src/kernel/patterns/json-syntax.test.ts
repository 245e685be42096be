import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeSyntaxError } from './json-syntax.ts'

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"

const SOURCE = '[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); '
const place = (column: number, line = 1) => `${SOURCE}line: ${line}, column: ${column}]`

const cases = [
  { text: '', expected: 'No content to map due to end-of-input', column: 0 },
  { text: ' \n', expected: 'No content to map due to end-of-input', line: 2, column: 1 },
  { text: 'this is no JSON', expected: `Unrecognized token 'this': was expecting ${VALUES}`, column: 5 },
  // Recorded, as the first one below that begins with a bracket.
  { text: 'invalid', expected: `Unrecognized token 'invalid': was expecting ${VALUES}`, column: 8 },
  { text: '{"a": nul}', expected: `Unrecognized token 'nul': was expecting ${VALUES}`, column: 10 },
  { text: '{} x', expected: `Unrecognized token 'x': was expecting ${VALUES}`, column: 5 },
  {
    text: 'x'.repeat(257),
    expected: `Unrecognized token '${'x'.repeat(256)}...': was expecting ${VALUES}`,
    column: 258,
  },
  { text: '}', expected: `Unexpected character ('}' (code 125)): expected a valid value ${VALUES}`, column: 1 },
  { text: '[1,]', expected: `Unexpected character (']' (code 93)): expected a valid value ${VALUES}`, column: 4 },
  {
    text: '{"a": ’}',
    expected: `Unexpected character ('’' (code 8217 / 0x2019)): expected a valid value ${VALUES}`,
    column: 7,
  },
  {
    text: '{invalid',
    expected: "Unexpected character ('i' (code 105)): was expecting double-quote to start field name",
    column: 2,
  },
  {
    text: "{\r\n 'bad': 'quotation'}",
    expected: "Unexpected character (''' (code 39)): was expecting double-quote to start field name",
    line: 2,
    column: 2,
  },
  {
    text: '{"a":1,}',
    expected: "Unexpected character ('}' (code 125)): was expecting double-quote to start field name",
    column: 8,
  },
  {
    text: '{"a" [1]}',
    expected: "Unexpected character ('[' (code 91)): was expecting a colon to separate field name and value",
    column: 6,
  },
  {
    text: '{"a":[1 2]}',
    expected: "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries",
    column: 9,
  },
  {
    text: '{"a":{}]',
    expected: "Unexpected character (']' (code 93)): was expecting comma to separate Object entries",
    column: 8,
  },
  {
    text: '[01]',
    expected: "Unexpected character ('1' (code 49)): was expecting comma to separate Array entries",
    column: 3,
  },
  {
    text: '{"a":["b"',
    expected: `Unexpected end-of-input: expected close marker for Array (start marker at ${place(6)})`,
    column: 10,
  },
  {
    text: '{"a":',
    expected: `Unexpected end-of-input: expected close marker for Object (start marker at ${place(1)})`,
    column: 6,
  },
  { text: '{"a', expected: 'Unexpected end-of-input: was expecting closing quote for a string value', column: 4 },
  { text: '["\\x"]', expected: "Unrecognized character escape 'x' (code 120)", column: 4 },
  {
    text: '["a\nb"]',
    expected:
      'Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value',
    column: 4,
  },
]
for (const { text, expected, line, column } of cases) {
  test(`${JSON.stringify(text).slice(0, 40)}: ${expected.slice(0, 100)}`, () =>
    assert.equal(describeSyntaxError(text), `${expected}\n at ${place(column, line)}`))
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
  assert.match(
    describeSyntaxError('['.repeat(250_000)),
    /^Unexpected end-of-input: expected close marker for Array .*column: 250000\]\)\n at .*column: 250001\]$/,
  )
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
