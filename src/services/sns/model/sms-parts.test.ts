import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { smsParts } from './sms-parts.ts'

const cases = [
  { text: 'a', encoding: 'GSM-7', count: 1 },
  { text: '', encoding: 'GSM-7', count: 1 },
  { text: 'a'.repeat(160), encoding: 'GSM-7', count: 1 },
  { text: 'a'.repeat(161), encoding: 'GSM-7', count: 2 },
  { text: 'a'.repeat(306), encoding: 'GSM-7', count: 2 },
  { text: 'a'.repeat(307), encoding: 'GSM-7', count: 3 },
  { text: '@£$¥èéùìòÇ\n', encoding: 'GSM-7', count: 1 },
  { text: '€'.repeat(80), encoding: 'GSM-7', count: 1 },
  { text: '€'.repeat(81), encoding: 'GSM-7', count: 2 },
  // An escaped character doesn't fit into the last seventh of a part, so each part holds 76.
  { text: '€'.repeat(152), encoding: 'GSM-7', count: 2 },
  { text: '€'.repeat(153), encoding: 'GSM-7', count: 3 },
  { text: 'ç', encoding: 'UCS-2', count: 1 },
  { text: 'я'.repeat(70), encoding: 'UCS-2', count: 1 },
  { text: 'я'.repeat(71), encoding: 'UCS-2', count: 2 },
  { text: 'я'.repeat(134), encoding: 'UCS-2', count: 2 },
  { text: 'я'.repeat(135), encoding: 'UCS-2', count: 3 },
  { text: '👍'.repeat(35), encoding: 'UCS-2', count: 1 },
  // 33 to a part: the 67th unit is half a character.
  { text: '👍'.repeat(66), encoding: 'UCS-2', count: 2 },
  { text: '👍'.repeat(67), encoding: 'UCS-2', count: 3 },
] as const
for (const { text, encoding, count } of cases) {
  test(`${JSON.stringify(text.slice(0, 4))}… of ${text.length} units: ${count} in ${encoding}`, () =>
    assert.deepEqual(smsParts(text), { encoding, count }))
}

test('more text never takes fewer parts', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), fc.string({ maxLength: 400 }), (a, b) =>
      assert.ok(smsParts(a + b).count >= smsParts(a).count),
    ),
  )
})
