/** PublishBatch: its limits, what fails the whole request, and what is answered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PublishBatchRequestEntry } from '@aws-sdk/client-sns'
import { post } from '../clients/query-client.ts'
import { invalidParameter, notFound, refusal, startSns, topicArnOf } from './support.ts'

const fixture = await startSns()
const topic = await fixture.createTopic()
const queue = await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' })

const batch = (entries: readonly Partial<PublishBatchRequestEntry>[], TopicArn = topic) =>
  fixture.sns.publishBatch({ TopicArn, PublishBatchRequestEntries: entries as PublishBatchRequestEntry[] })
const numbered = (count: number) => Array.from({ length: count }, (_, i) => ({ Id: `id-${i}`, Message: `m-${i}` }))

test('ten messages are published, and each is answered under its id', async () => {
  const { Successful = [], Failed } = await batch(numbered(10))
  assert.deepEqual(
    Successful.map(({ Id }) => Id),
    numbered(10).map(({ Id }) => Id),
  )
  assert.equal(new Set(Successful.map(({ MessageId }) => MessageId)).size, 10)
  assert.deepEqual(Failed, [])
  assert.deepEqual(
    (await fixture.bodies(queue)).sort(),
    numbered(10).map(({ Message }) => Message),
  )
})

test('both lists are there, also when one is empty', async () => {
  const { text } = await post(fixture.node.url, {
    Action: 'PublishBatch',
    TopicArn: topic,
    'PublishBatchRequestEntries.member.1.Id': 'a',
    'PublishBatchRequestEntries.member.1.Message': 'x',
  })
  assert.match(
    text,
    /<PublishBatchResult><Successful><member>.*<\/member><\/Successful><Failed\/><\/PublishBatchResult>/,
  )
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('each entry has its own subject, structure and attributes', async () => {
  const enveloped = await fixture.subscribeQueue(topic)
  await batch([
    { Id: 'plain', Message: 'x' },
    { Id: 'subject', Message: 'x', Subject: 'here' },
    { Id: 'json', Message: '{"default":"d","sqs":"for queues"}', MessageStructure: 'json' },
    { Id: 'attributes', Message: 'x', MessageAttributes: { a: { DataType: 'String', StringValue: 'v' } } },
  ])
  const documents = await fixture.envelopes(enveloped)
  const told = documents.map(({ Message, Subject, MessageAttributes }) =>
    JSON.stringify([Message, Subject, MessageAttributes]),
  )
  assert.deepEqual(
    told.sort(),
    [
      JSON.stringify(['for queues', undefined, undefined]),
      JSON.stringify(['x', 'here', undefined]),
      JSON.stringify(['x', undefined, undefined]),
      JSON.stringify(['x', undefined, { a: { Type: 'String', Value: 'v' } }]),
    ].sort(),
  )
  await fixture.sns.unsubscribe({ SubscriptionArn: enveloped.subscriptionArn })
  await fixture.bodies(queue)
})

const long = (length: number) => 'i'.repeat(length)

for (const [what, entries, code, message] of [
  ['no entries', [], 'EmptyBatchRequest', "The batch request doesn't contain any entries."],
  [
    'eleven entries',
    numbered(11),
    'TooManyEntriesInBatchRequest',
    'The batch request contains more entries than permissible.',
  ],
  [
    'an id that comes twice',
    [...numbered(2), { Id: 'id-1', Message: 'again' }],
    'BatchEntryIdsNotDistinct',
    'Two or more batch entries in the request have the same Id.',
  ],
  ...['a b', 'a.b', 'é', ''].map(
    (Id) =>
      [
        `the id ${JSON.stringify(Id)}`,
        [...numbered(1), { Id, Message: 'x' }],
        'InvalidBatchEntryId',
        `The Id of a batch entry in the batch request contains an impermissible character: ${Id}`,
      ] as const,
  ),
  [
    'an id of 81 characters',
    [{ Id: long(81), Message: 'x' }],
    'InvalidBatchEntryId',
    `The Id of a batch entry in the batch request is too long: ${long(81)}`,
  ],
  [
    'more than 262,144 bytes altogether',
    [
      { Id: 'a', Message: 'x'.repeat(262_143) },
      { Id: 'b', Message: 'xx' },
    ],
    'BatchRequestTooLong',
    'The length of all the messages put together is more than the limit.',
  ],
] as const) {
  test(`a batch with ${what} is refused as a whole`, async () => {
    await assert.rejects(batch(entries), refusal(code, message))
    assert.deepEqual(await fixture.bodies(queue), [])
  })
}

for (const [what, entry, expected] of [
  ['an empty message', { Message: '' }, 'Empty message'],
  ['an empty subject', { Subject: '' }, 'Subject'],
  ['another message structure', { MessageStructure: 'xml' }, 'MessageStructure'],
  [
    'a structured message without default',
    { MessageStructure: 'json', Message: '{}' },
    'Message Structure - No default entry in JSON message body',
  ],
  [
    'a deduplication id on a standard topic',
    { MessageDeduplicationId: 'x' },
    /^Invalid parameter: MessageDeduplicationId Reason: /,
  ],
] as const) {
  test(`${what} in one entry fails the whole batch`, async () => {
    await assert.rejects(batch([...numbered(2), { Id: 'bad', Message: 'x', ...entry }]), invalidParameter(expected))
    assert.deepEqual(await fixture.bodies(queue), [])
  })
}

test('in an entry for a FIFO topic a missing default text is told before a missing group', async () => {
  const fifo = await fixture.createFifoTopic()
  const entry = { Id: 'a', MessageStructure: 'json' }
  await assert.rejects(
    batch([{ ...entry, Message: '{"sqs":"x"}' }], fifo),
    invalidParameter('Message Structure - No default entry in JSON message body'),
  )
  await assert.rejects(
    batch([{ ...entry, Message: '{"default":"x"}' }], fifo),
    invalidParameter('The MessageGroupId parameter is required for FIFO topics'),
  )
})

for (const [what, entries, path] of [
  ['a message', [{ Id: 'a' }], 'publishBatchRequestEntries.1.member.message'],
  ['an id', [{ Id: 'a', Message: 'x' }, { Message: 'x' }], 'publishBatchRequestEntries.2.member.id'],
] as const) {
  test(`an entry without ${what} fails the whole batch`, async () => {
    const sentence = `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`
    await assert.rejects(batch(entries), refusal('ValidationError', sentence))
    assert.deepEqual(await fixture.bodies(queue), [])
  })
}

test('an id of 80 characters, and 262,144 bytes altogether, are allowed', async () => {
  const half = 'x'.repeat(262_144 / 2)
  const { Successful } = await batch([
    { Id: long(80), Message: half },
    { Id: '-_9', Message: half },
  ])
  assert.equal(Successful?.length, 2)
  assert.deepEqual(await fixture.bodies(queue), [half, half])
})

test('a topic that is not there takes no batch', async () => {
  await assert.rejects(batch(numbered(1), topicArnOf('nothing')), notFound('Topic'))
})
