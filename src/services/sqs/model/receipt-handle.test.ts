import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectRefusal } from './expect-refusal.ts'
import { decodeReceiptHandle, encodeReceiptHandle } from './receipt-handle.ts'

const receipts = fc
  .record({
    queueId: fc.maxSafeNat(),
    id: fc.maxSafeNat(),
    receivedAt: fc.nat({ max: 2 ** 48 - 1 }),
    receiveCount: fc.nat({ max: 2 ** 48 - 1 }),
  })
  .map((receipt) => ({ ...receipt }))

test('a handle leads back to its receipt', () => {
  fc.assert(
    fc.property(receipts, (receipt) => {
      const handle = encodeReceiptHandle(receipt)
      assert.match(handle, /^[\w-]{44}$/)
      assert.deepEqual(decodeReceiptHandle(handle), receipt)
    }),
  )
})

test('a time beyond what six bytes hold is the latest that they do', () => {
  const receipt = { queueId: 1, id: 2, receivedAt: 2 ** 48, receiveCount: 1 }
  assert.deepEqual(decodeReceiptHandle(encodeReceiptHandle(receipt)), { ...receipt, receivedAt: 2 ** 48 - 1 })
})

test('a handle in which any character was changed is refused', () => {
  const character = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
  fc.assert(
    fc.property(receipts, fc.nat({ max: 43 }), character, (receipt, at, character) => {
      const handle = encodeReceiptHandle(receipt)
      fc.pre(handle[at] !== character)
      const changed = handle.slice(0, at) + character + handle.slice(at + 1)
      assert.throws(() => decodeReceiptHandle(changed), { name: 'ReceiptHandleIsInvalid' })
    }),
  )
})

test('the other alphabet of base64 is not ours', () => {
  const handle = encodeReceiptHandle({ queueId: 62, id: 2 ** 53 - 1, receivedAt: 2 ** 48 - 1, receiveCount: 1 })
  const other = handle.replaceAll('_', '/').replaceAll('-', '+')
  assert.notEqual(other, handle)
  assert.throws(() => decodeReceiptHandle(other), { name: 'ReceiptHandleIsInvalid' })
})

for (const handle of ['', 'garbage', 'A'.repeat(44), ' '.repeat(44), 'é'.repeat(44), 'A'.repeat(2000)]) {
  test(`${JSON.stringify(handle).slice(0, 60)} is no handle`, () =>
    expectRefusal(
      () => decodeReceiptHandle(handle),
      'ReceiptHandleIsInvalid',
      `The input receipt handle "${handle}" is not a valid receipt handle.`,
    ))
}

test('no text makes the decoder fail in any way but by refusing it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 40, maxLength: 48, unit: 'binary' }), (text) => {
      assert.throws(() => decodeReceiptHandle(text), { name: 'ReceiptHandleIsInvalid' })
    }),
  )
})
