import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { addTags, checkSameTags, listTags, parseTags, removeTags, type Tags } from './tags.ts'

const tag = (Key: string, Value = 'v') => ({ Key, Value })
const many = (count: number) => Array.from({ length: count }, (_, i) => tag(`key${i}`))

test('tags are added to those there are, and replace them', () =>
  assert.deepEqual(addTags({ a: '1', b: '2' }, parseTags([tag('b', '3'), tag('c', '')])), { a: '1', b: '3', c: '' }))

test('tags are removed by key; unknown keys do no harm', () =>
  assert.deepEqual(removeTags({ a: '1', b: '2' }, ['b', 'nothing', 'A']), { a: '1' }))

test('tags are listed as they were given', () =>
  assert.deepEqual(listTags(parseTags([tag('b'), tag('a', '')])), [tag('b'), tag('a', '')]))

test('no tags are tags too', () => assert.deepEqual(parseTags(undefined), {}))

test('50 tags fit, 51 do not', () => {
  const message = 'Could not complete request: tag quota of per resource exceeded'
  const full = parseTags(many(50))
  assert.equal(Object.keys(addTags(full, { key0: 'w' })).length, 50)
  expectRefusal(() => parseTags(many(51)), 'TagLimitExceededException', message)
  expectRefusal(() => addTags(full, { another: 'v' }), 'TagLimitExceededException', message)
})

test('keys and values at their limits pass', () =>
  void parseTags([tag('k'.repeat(128), 'v'.repeat(256)), tag('👍'.repeat(128), ''), tag('awsome'), tag('__proto__')]))

const refused = [
  { tags: [tag('k', '1'), tag('k', '2')], complaint: 'Duplicated keys are not allowed.' },
  { tags: [tag('k'), tag('k')], complaint: 'Duplicated keys are not allowed.' },
  { tags: [tag('')], complaint: 'Tags Reason: Tag keys must have between 1 and 128 characters.' },
  { tags: [tag('k'.repeat(129))], complaint: 'Tags Reason: Tag keys must have between 1 and 128 characters.' },
  { tags: [tag('k', 'v'.repeat(257))], complaint: 'Tags Reason: Tag values must have at most 256 characters.' },
  { tags: [tag('aws:k')], complaint: "Tags Reason: Tag keys must not begin with 'aws:'." },
]
for (const { tags, complaint } of refused) {
  test(`${JSON.stringify(tags).slice(0, 50)} is refused: ${complaint}`, () =>
    expectRefusal(() => parseTags(tags), 'InvalidParameterException', `Invalid parameter: ${complaint}`))
}

const idempotency: readonly { name: string; current: Tags; wanted: Tags; same: boolean }[] = [
  { name: 'no tags', current: { a: '1' }, wanted: {}, same: true },
  { name: 'the same tags', current: { a: '1', b: '2' }, wanted: { b: '2', a: '1' }, same: true },
  { name: 'some of the tags', current: { a: '1', b: '2' }, wanted: { a: '1' }, same: true },
  { name: 'another value', current: { a: '1' }, wanted: { a: '2' }, same: false },
  { name: 'another tag', current: { a: '1' }, wanted: { a: '1', b: '2' }, same: false },
  { name: 'a tag where there are none', current: {}, wanted: { a: '1' }, same: false },
  { name: 'a key that every object has', current: {}, wanted: JSON.parse('{"constructor":"v"}'), same: false },
]
for (const { name, current, wanted, same } of idempotency) {
  test(`a topic created again with ${name} is ${same ? 'the same' : 'refused'}`, () => {
    const check = () => checkSameTags(current, wanted)
    if (same) return check()
    expectRefusal(
      check,
      'InvalidParameterException',
      'Invalid parameter: Tags Reason: Topic already exists with different tags',
    )
  })
}
