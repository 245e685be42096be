import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasIllegalCharacters } from './characters.ts'

const isLegal = (code: number) =>
  [0x9, 0xa, 0xd].includes(code) ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff)

test('each character of the basic plane is judged as the sentence says', () => {
  for (let code = 0; code <= 0xffff; code++) {
    assert.equal(hasIllegalCharacters(String.fromCharCode(code)), !isLegal(code), `#x${code.toString(16)}`)
  }
})

test('texts are legal if all their characters are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const expected = [...text].every((character) => isLegal(character.codePointAt(0) as number))
      assert.equal(hasIllegalCharacters(text), !expected)
    }),
  )
})

test('emoji are legal, half an emoji is not', () => {
  assert.equal(hasIllegalCharacters('ok 👍🏽\t\r\n'), false)
  assert.equal(hasIllegalCharacters('ok \ud83d'), true)
  assert.equal(hasIllegalCharacters('\udc4d\ud83d'), true)
})
