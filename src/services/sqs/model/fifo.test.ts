import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { deduplicationKey, deliverablePrefix } from './fifo.ts'

const now = 100
const [hidden, visible] = [now + 1, now]
const groups = [
  { name: 'an empty group', visibleAt: [], deliverable: 0 },
  { name: 'all visible', visibleAt: [visible, 0, visible], deliverable: 3 },
  { name: 'm1 in flight', visibleAt: [hidden, visible, visible], deliverable: 0 },
  { name: 'm2 in flight', visibleAt: [visible, hidden, visible], deliverable: 1 },
  { name: 'm3 in flight', visibleAt: [visible, visible, hidden], deliverable: 2 },
  { name: 'm1 deleted while m2 is in flight', visibleAt: [hidden, visible], deliverable: 0 },
  { name: 'new messages behind a blocked head', visibleAt: [hidden, visible, visible, visible], deliverable: 0 },
]
for (const { name, visibleAt, deliverable } of groups) {
  test(`${name}: ${deliverable} deliverable`, () => assert.equal(deliverablePrefix(visibleAt, now), deliverable))
}

test('what is deliverable is visible, and only a hidden message stops it', () => {
  const times = fc.array(fc.integer({ min: 90, max: 110 }))
  fc.assert(
    fc.property(times, (visibleAt) => {
      const length = deliverablePrefix(visibleAt, now)
      assert.ok(visibleAt.slice(0, length).every((at) => at <= now))
      assert.ok(length === visibleAt.length || (visibleAt[length] as number) > now)
    }),
  )
})

test('time, and messages that arrive later, never take back what was deliverable', () => {
  const times = fc.array(fc.integer({ min: 90, max: 110 }))
  fc.assert(
    fc.property(times, times, fc.nat({ max: 20 }), (visibleAt, later, passed) => {
      const length = deliverablePrefix(visibleAt, now)
      assert.ok(deliverablePrefix(visibleAt, now + passed) >= length)
      const grown = deliverablePrefix([...visibleAt, ...later], now)
      assert.ok(length < visibleAt.length ? grown === length : grown >= length)
    }),
  )
})

test('ids are compared in the queue, or in the group', () => {
  assert.equal(deduplicationKey('queue', 'g1'), deduplicationKey('queue', 'g2'))
  assert.notEqual(deduplicationKey('messageGroup', 'g1'), deduplicationKey('messageGroup', 'g2'))
  assert.notEqual(deduplicationKey('messageGroup', 'g1'), deduplicationKey('queue', 'g1'))
})
