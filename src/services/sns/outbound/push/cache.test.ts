import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cache } from './cache.ts'

test('a cache drops the oldest beyond its limit, and all when it is cleared', () => {
  const dropped: string[] = []
  const cache = new Cache<string>(2, (value) => dropped.push(value))
  for (const name of ['a', 'b', 'c']) assert.equal(cache.add(name, `${name}!`), `${name}!`)
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c'), dropped], [undefined, 'b!', 'c!', ['a!']])
  cache.clear()
  assert.deepEqual([cache.get('b'), cache.get('c'), dropped], [undefined, undefined, ['a!', 'b!', 'c!']])
})
