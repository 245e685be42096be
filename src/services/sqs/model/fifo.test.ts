import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deduplicationKey } from './fifo.ts'

test('ids are compared in the queue, or in the group', () => {
  assert.equal(deduplicationKey('queue', 'g1'), deduplicationKey('queue', 'g2'))
  assert.notEqual(deduplicationKey('messageGroup', 'g1'), deduplicationKey('messageGroup', 'g2'))
  assert.notEqual(deduplicationKey('messageGroup', 'g1'), deduplicationKey('queue', 'g1'))
})
