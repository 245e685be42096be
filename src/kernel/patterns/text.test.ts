import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fold } from './text.ts'

for (const [one, other] of [
  ['', ''],
  ['Straße', 'STRAßE'],
  ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
  ['ÀÉ', 'àé'],
  ['𐐀', '𐐨'],
] as const) {
  test(`${one} is ${other} without case`, () => assert.equal(fold(one), fold(other)))
}

test('a letter that has no counterpart of its length stands for itself', () => {
  assert.notEqual(fold('ß'), fold('SS'))
  assert.notEqual(fold('İ'), fold('i'))
})

test('a folded text has the length of the text, and folding it again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(fold(text).length, text.length)
      assert.equal(fold(fold(text)), fold(text))
    }),
  )
})
