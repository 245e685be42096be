import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventBridge, sns } from '../dialect.ts'
import { FieldTree } from './field-tree.ts'

test('only what is asked for is read, however it is spelt', () => {
  const tree = new FieldTree(eventBridge)
  const [b, c] = [tree.take(['a', 'b']), tree.take(['a', 'c'])]
  assert.deepEqual(tree.read({ 'a.b': 1, a: { b: [2, [3, {}]], x: 4 }, x: { b: 5 } }, 1), [b])
  assert.deepEqual(b.leaves, [1, 2, 3])
  assert.equal(c.event, 0)
  assert.deepEqual(tree.read({ a: { c: null } }, 2), [c])
  assert.equal(b.event, 1)
})

test('numbers are read as the dialect compares them', () => {
  for (const [dialect, expected] of [
    [sns, 0.1],
    [eventBridge, 0.1000001],
  ] as const) {
    const tree = new FieldTree(dialect)
    const field = tree.take(['a'])
    tree.read({ a: 0.1000001 }, 1)
    assert.deepEqual(field.leaves, [expected])
  }
})

const r = [{ a: [1, 2] }, { b: 1 }]
const b = [1, 2]
const lists = [
  { event: { r: { a: 1, b: [1], s: 1 } }, a: undefined, b: undefined },
  { event: { r: [{ a: 1, b }] }, a: undefined, b: { list: b, elements: [0, 1], isDeep: false } },
  {
    event: { r },
    a: { list: r, elements: [0, 0], isDeep: true },
    b: { list: r, elements: [1], isDeep: false },
  },
  { event: { r: [{ a: [1] }, {}], 'r.a': 1, 'r.b': b }, a: 'several', b: { list: b, elements: [0, 1], isDeep: false } },
]
for (const { event, ...expected } of lists) {
  test(`where the leaves are in ${JSON.stringify(event)}`, () => {
    const tree = new FieldTree(eventBridge)
    const fields = [tree.take(['r', 'a']), tree.take(['r', 'b'])]
    tree.read(event, 1)
    const [a, b] = fields.map(({ list, elements, isDeep }) =>
      list === 'several' || list === undefined ? list : { list, elements, isDeep },
    )
    assert.deepEqual({ a, b }, expected)
    assert.equal(tree.hasLists, a !== undefined || b !== undefined)
  })
}

test('a field goes when nobody asks for it or for something below', () => {
  const tree = new FieldTree(eventBridge)
  const [a, again, below] = [tree.take(['a']), tree.take(['a']), tree.take(['a', 'b', 'c'])]
  assert.equal(a, again)
  tree.release(a)
  assert.deepEqual(tree.read({ a: 1 }, 1), [a])
  tree.release(a)
  assert.deepEqual(tree.read({ a: [1, { b: { c: 1 } }] }, 2), [below])
  assert.equal(a.children.size, 1)
  tree.release(below)
  assert.equal(a.children.size, 0)
  assert.notEqual(tree.take(['a']), a)
})
