/** Tags of topics: adding, replacing, removing, and their limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidParameter, refusal, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

type Tags = Readonly<Record<string, string>>

const tag = (ResourceArn: string, tags: Tags) =>
  sns.tagResource({ ResourceArn, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) })
const tagsOf = async (ResourceArn: string): Promise<Tags> => {
  const { Tags = [] } = await sns.listTagsForResource({ ResourceArn })
  return Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]))
}
const numbered = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, 'x']))
const tooMany = refusal('TagLimitExceeded', 'Could not complete request: tag quota of per resource exceeded')

test('tags are added, replaced and removed one by one', async () => {
  const topic = await fixture.createTopic()
  assert.deepEqual((await sns.listTagsForResource({ ResourceArn: topic })).Tags, [])
  await tag(topic, { a: '1', b: '2' })
  await tag(topic, { b: '3', B: '' })
  assert.deepEqual(await tagsOf(topic), { a: '1', b: '3', B: '' })
  await sns.untagResource({ ResourceArn: topic, TagKeys: ['a', 'unknown'] })
  assert.deepEqual(await tagsOf(topic), { b: '3', B: '' })
  await sns.untagResource({ ResourceArn: topic, TagKeys: ['b', 'B'] })
  assert.deepEqual(await tagsOf(topic), {})
})

test('keys and values may be any text, also such as have a meaning elsewhere', async () => {
  const topic = await fixture.createTopic()
  const tags = Object.fromEntries([
    ['__proto__', 'x'],
    ['constructor', ''],
    ['ключ \u{1f600} <&>', 'значение "'],
    ['é'.repeat(128), '\u{1f600}'.repeat(256)],
  ])
  await tag(topic, tags)
  assert.deepEqual(await tagsOf(topic), tags)
})

test('a key that comes twice in a call is refused', async () => {
  const topic = await fixture.createTopic()
  const Tags = ['1', '1'].map((Value) => ({ Key: 'a', Value }))
  await assert.rejects(
    sns.tagResource({ ResourceArn: topic, Tags }),
    invalidParameter('Duplicated keys are not allowed.'),
  )
})

test('a topic has fifty tags at most', async () => {
  const topic = await fixture.createTopic()
  await assert.rejects(tag(topic, numbered(51)), tooMany)
  assert.deepEqual(await tagsOf(topic), {})
  await tag(topic, numbered(50))
  await assert.rejects(tag(topic, { more: 'x' }), tooMany)
  await tag(topic, { 'key-0': 'y' })
  await sns.untagResource({ ResourceArn: topic, TagKeys: ['key-1'] })
  await tag(topic, { more: 'x' })
  assert.equal(Object.keys(await tagsOf(topic)).length, 50)
})

for (const [what, key, value] of [
  ['an empty key', '', 'x'],
  ['a key of 129 characters', 'k'.repeat(129), 'x'],
  ['a value of 257 characters', 'k', 'v'.repeat(257)],
  ['a key that begins with aws:', 'aws:team', 'x'],
] as const) {
  test(`a tag with ${what} is refused, and none of its request is kept`, async () => {
    const topic = await fixture.createTopic()
    await assert.rejects(tag(topic, { good: 'x', [key]: value }), invalidParameter(/Tag (keys|values) must /))
    assert.deepEqual(await tagsOf(topic), {})
  })
}

test('a topic that is not there is a resource that does not exist', async () => {
  const ResourceArn = topicArnOf('nothing')
  const missing = refusal('ResourceNotFound', 'Resource does not exist', 404)
  await assert.rejects(tag(ResourceArn, { a: 'b' }), missing)
  await assert.rejects(sns.untagResource({ ResourceArn, TagKeys: ['a'] }), missing)
  await assert.rejects(sns.listTagsForResource({ ResourceArn }), missing)
})
