import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { addTags, checkTags, removeTags, requireTags, type Tags } from './tags.ts'

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key${i}`, 'v']))

test('tags are added to those there are, and replace them', () =>
  assert.deepEqual(addTags({ a: '1', b: '2' }, { b: '3', c: '' }, 'q'), { a: '1', b: '3', c: '' }))

test('tags are removed by key; unknown keys do no harm', () =>
  assert.deepEqual(removeTags({ a: '1', b: '2' }, ['b', 'nothing', 'A']), { a: '1' }))

test('50 tags fit, 51 do not', () => {
  checkTags(many(50), 'q')
  assert.equal(Object.keys(addTags(many(50), { key0: 'w' }, 'q')).length, 50)
  const message = 'Too many tags added for queue q.'
  expectRefusal(() => checkTags(many(51), 'q'), 'InvalidParameterValue', message)
  expectRefusal(() => addTags(many(50), { another: 'v' }, 'q'), 'InvalidParameterValue', message)
})

test('keys and values at their limits pass', () =>
  checkTags({ ['k'.repeat(128)]: 'v'.repeat(256), ['👍'.repeat(128)]: '', awsome: '' }, 'q'))

const refused: readonly { tags: Tags; message: string }[] = [
  { tags: { '': 'v' }, message: 'Tag keys must have between 1 and 128 characters.' },
  { tags: { ['k'.repeat(129)]: 'v' }, message: 'Tag keys must have between 1 and 128 characters.' },
  { tags: { k: 'v'.repeat(257) }, message: 'Tag values must have at most 256 characters.' },
  { tags: { 'aws:k': 'v' }, message: "Tag keys must not begin with 'aws:'." },
  { tags: { 'AWS:k': 'v' }, message: "Tag keys must not begin with 'aws:'." },
]
for (const { tags, message } of refused) {
  test(`${JSON.stringify(tags).slice(0, 40)} is refused: ${message}`, () =>
    expectRefusal(() => checkTags(tags, 'q'), 'InvalidParameterValue', message))
}

test('TagQueue brings at least one tag', () => {
  requireTags({ a: '' })
  for (const tags of [undefined, {}]) {
    expectRefusal(() => requireTags(tags), 'MissingParameter', 'The request must contain the parameter Tags.')
  }
})
