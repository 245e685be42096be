/** Tags: adding, replacing, removing, their limits, and that CreateQueue takes them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const tag = (QueueUrl: string, Tags: Record<string, string>) => sqs.tagQueue({ QueueUrl, Tags })
const tagsOf = async (QueueUrl: string) => (await sqs.listQueueTags({ QueueUrl })).Tags
const numbered = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${from + i}`, 'x']))

test('tags are added, replaced and removed one by one', async () => {
  const queue = await fixture.createQueue()
  assert.equal(await tagsOf(queue), undefined)
  await tag(queue, { a: '1', b: '2' })
  await tag(queue, { b: '3', B: '4' })
  assert.deepEqual(await tagsOf(queue), { a: '1', b: '3', B: '4' })
  await sqs.untagQueue({ QueueUrl: queue, TagKeys: ['a', 'unknown'] })
  assert.deepEqual(await tagsOf(queue), { b: '3', B: '4' })
  await sqs.untagQueue({ QueueUrl: queue, TagKeys: ['b', 'B'] })
  assert.equal(await tagsOf(queue), undefined)
})

test('a queue without tags has no member of that name', async () => {
  assert.equal((await fixture.json('ListQueueTags', { QueueUrl: await fixture.createQueue() })).text, '{}')
})

test('keys and values may be any text, also such as have a meaning elsewhere', async () => {
  const queue = await fixture.createQueue()
  const Tags = Object.fromEntries([
    ['__proto__', 'x'],
    ['constructor', ''],
    ['ключ \u{1f600} <&>', 'значение "'],
    ['é'.repeat(128), '\u{1f600}'.repeat(256)],
  ])
  await fixture.json('TagQueue', { QueueUrl: queue, Tags })
  assert.deepEqual((await fixture.json('ListQueueTags', { QueueUrl: queue })).body.Tags, Tags)
})

test('CreateQueue takes tags, under a member that is lower-case in JSON and Tag.N in the Query protocol', async () => {
  const QueueName = fixture.newName()
  const { body } = await fixture.json('CreateQueue', { QueueName, tags: { team: 'one' } })
  assert.deepEqual(await tagsOf(body.QueueUrl as string), { team: 'one' })
  const other = fixture.newName()
  await fixture.query({ Action: 'CreateQueue', QueueName: other, 'Tag.1.Key': 'team', 'Tag.1.Value': 'two' })
  assert.deepEqual(await tagsOf(other), { team: 'two' })
})

test('no tags to add is a missing parameter, in both protocols', async () => {
  const QueueUrl = await fixture.createQueue()
  const message = 'The request must contain the parameter Tags.'
  await assert.rejects(tag(QueueUrl, {}), refusal('MissingParameter', message))
  const { xml } = await fixture.query({ Action: 'TagQueue', QueueUrl })
  assert.ok(xml.includes(`<Code>MissingParameter</Code><Message>${message}</Message>`), xml)
})

test('a queue has fifty tags at most', async () => {
  const name = fixture.newName()
  const queue = await fixture.createQueue({}, name)
  const tooMany = refusal('InvalidParameterValue', `Too many tags added for queue ${name}.`)
  await assert.rejects(tag(queue, numbered(51)), tooMany)
  assert.equal(await tagsOf(queue), undefined)
  await tag(queue, numbered(50))
  await assert.rejects(tag(queue, { more: 'x' }), tooMany)
  await tag(queue, { 'key-0': 'y' })
  await sqs.untagQueue({ QueueUrl: queue, TagKeys: ['key-1'] })
  await tag(queue, { more: 'x' })
  assert.equal(Object.keys((await tagsOf(queue)) ?? {}).length, 50)
  const another = fixture.newName()
  await assert.rejects(
    sqs.createQueue({ QueueName: another, tags: numbered(51) }),
    refusal('InvalidParameterValue', `Too many tags added for queue ${another}.`),
  )
})

for (const [name, key, value] of [
  ['an empty key', '', 'x'],
  ['a key of 129 characters', 'k'.repeat(129), 'x'],
  ['a value of 257 characters', 'k', 'v'.repeat(257)],
  ['a key that begins with aws:', 'aws:team', 'x'],
] as const) {
  test(`a tag with ${name} is refused, and none of its request is kept`, async () => {
    const queue = await fixture.createQueue()
    const Tags = { good: 'x', [key]: value }
    await assert.rejects(tag(queue, Tags), refusal('InvalidParameterValue', /^Tag (keys|values) must /))
    await assert.rejects(
      sqs.createQueue({ QueueName: fixture.newName(), tags: Tags }),
      refusal('InvalidParameterValue', /^Tag (keys|values) must /),
    )
    assert.equal(await tagsOf(queue), undefined)
  })
}
