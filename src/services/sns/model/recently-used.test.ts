import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RecentlyUsed } from './recently-used.ts'

test('what was not asked for the longest makes room', () => {
  const values = new RecentlyUsed<number>(2)
  assert.equal(values.set('a', 1), 1)
  values.set('b', 2)
  assert.equal(values.get('a'), 1)
  values.set('c', 3)
  assert.deepEqual([values.get('a'), values.get('b'), values.get('c')], [1, undefined, 3])
})

test('a value that is set again is the latest, and takes no second place', () => {
  const values = new RecentlyUsed<number>(2)
  values.set('a', 1)
  values.set('b', 2)
  values.set('a', 3)
  values.set('c', 4)
  assert.deepEqual([values.get('a'), values.get('b'), values.get('c')], [3, undefined, 4])
})
