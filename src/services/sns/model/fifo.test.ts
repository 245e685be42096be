import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sequenceNumber } from './fifo.ts'
import { contentDeduplicationId } from './message.ts'

test('a sequence number has twenty digits', () => {
  assert.equal(sequenceNumber(0), '10000000000000000000')
  assert.equal(sequenceNumber(3000), '10000000000000003000')
  assert.equal(sequenceNumber(Number.MAX_SAFE_INTEGER), '10009007199254740991')
})

test('sequence numbers are in the order of their ids', () => {
  const id = fc.maxSafeNat()
  fc.assert(fc.property(id, id, (a, b) => assert.equal(sequenceNumber(a) < sequenceNumber(b), a < b)))
})

test('content stands for the deduplication id as its SHA-256', () =>
  assert.equal(contentDeduplicationId('Test'), '532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25'))
