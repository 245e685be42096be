/** Message attributes: what is refused, in Publish and in PublishBatch, and how queues get them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageAttributeValue } from '@aws-sdk/client-sns'
import { post } from '../clients/query-client.ts'
import { refusal, startSns } from './support.ts'

const fixture = await startSns()
const topic = await fixture.createTopic()
const raw = await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' })
const enveloped = await fixture.subscribeQueue(topic)

type Attributes = Record<string, Partial<MessageAttributeValue>>

const publish = (attributes: Attributes) =>
  fixture.publish(topic, 'x', { MessageAttributes: attributes as Record<string, MessageAttributeValue> })
const publishInBatch = (attributes: Attributes) =>
  fixture.sns.publishBatch({
    TopicArn: topic,
    PublishBatchRequestEntries: [
      { Id: 'a', Message: 'x', MessageAttributes: attributes as Record<string, MessageAttributeValue> },
    ],
  })

const text = { DataType: 'String', StringValue: 'x' }
const bytes = new Uint8Array([0, 1, 127, 128, 255])
const invalidType =
  "The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
const empty = (type: string) =>
  `The message attribute 'a' must contain non-empty message attribute value for message attribute type '${type}'.`
const otherField = (type: string, field: string) =>
  `The message attribute 'a' with type '${type}' must use field '${field}'.`

for (const [what, attributes, sentence] of [
  [
    'a name of 257 characters',
    { ['a'.repeat(257)]: text },
    'Length of message attribute name must be less than 256 bytes.',
  ],
  [
    'a name with ^',
    { 'a^b': text },
    "Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.",
  ],
  [
    'a name that begins with a dot',
    { '.a': text },
    "Invalid message attribute name starting with character '.' was found.",
  ],
  [
    'a name that ends with a dot',
    { 'a.': text },
    "Invalid message attribute name ending with character '.' was found.",
  ],
  ['a name with two dots', { 'a..b': text }, "Message attribute name can not have successive '.' character."],
  ...['AWS.x', 'aws.SNS.SMS.SenderID', 'Amazon.x', 'AWS.SNS.Other'].map((name): [string, Attributes, string] => [
    `the name ${name}`,
    { [name]: text },
    "Message attribute names starting with 'AWS.' or 'Amazon.' are reserved for use by Amazon.",
  ]),
  ['the type Stringx', { a: { ...text, DataType: 'Stringx' } }, invalidType],
  ['the type String.', { a: { ...text, DataType: 'String.' } }, invalidType],
  ['the type string', { a: { ...text, DataType: 'string' } }, invalidType],
  ['the empty type', { a: { ...text, DataType: '' } }, invalidType],
  ['no value for String', { a: { DataType: 'String' } }, empty('String')],
  ['an empty String', { a: { DataType: 'String', StringValue: '' } }, empty('String')],
  ['no value for Number', { a: { DataType: 'Number' } }, empty('Number')],
  ['an empty Number', { a: { DataType: 'Number', StringValue: '' } }, empty('Number')],
  ['no value for Binary', { a: { DataType: 'Binary' } }, empty('Binary')],
  ['an empty Binary', { a: { DataType: 'Binary', BinaryValue: new Uint8Array() } }, empty('Binary')],
  ['bytes for String', { a: { DataType: 'String', BinaryValue: bytes } }, otherField('String', 'String')],
  ['bytes for Number', { a: { DataType: 'Number', BinaryValue: bytes } }, otherField('Number', 'String')],
  ['a text for Binary', { a: { DataType: 'Binary', StringValue: 'x' } }, otherField('Binary', 'Binary')],
  [
    'a Number that is none',
    { a: { DataType: 'Number', StringValue: 'x' } },
    "Could not cast message attribute 'a' value to number.",
  ],
] as readonly (readonly [string, Attributes, string])[]) {
  test(`${what} is refused`, async () => {
    const refused = refusal('ParameterValueInvalid', sentence)
    await assert.rejects(publish({ good: text, ...attributes }), refused)
    await assert.rejects(publishInBatch({ good: text, ...attributes }), refused)
    assert.deepEqual(await fixture.bodies(raw), [])
  })
}

test('an attribute without a type is a missing member', async () => {
  const without = { a: { StringValue: 'x' } }
  const sentence = (path: string) =>
    `1 validation error detected: Value null at '${path}' failed to satisfy constraint: Member must not be null`
  await assert.rejects(publish(without), refusal('ValidationError', sentence('messageAttributes.a.member.dataType')))
  const inBatch = 'publishBatchRequestEntries.1.member.messageAttributes.a.member.dataType'
  await assert.rejects(publishInBatch(without), refusal('ValidationError', sentence(inBatch)))
})

const every: Record<string, MessageAttributeValue> = {
  'a-b_c.d': { DataType: 'String', StringValue: 'é "quoted" <&> \u{1f600}' },
  number: { DataType: 'Number', StringValue: '-1.50' },
  labelled: { DataType: 'Number.int', StringValue: '7' },
  list: { DataType: 'String.Array', StringValue: '["a",1,true,null]' },
  bytes: { DataType: 'Binary', BinaryValue: bytes },
  picture: { DataType: 'Binary.png', BinaryValue: bytes },
}

test('in the document each attribute has a type and a value, bytes in base64', async () => {
  await publish(every)
  const received = await fixture.receiveOne(enveloped)
  assert.equal(received.MessageAttributes, undefined)
  assert.equal(received.MD5OfMessageAttributes, undefined)
  const base64 = Buffer.from(bytes).toString('base64')
  assert.deepEqual(
    JSON.parse(received.Body).MessageAttributes,
    Object.fromEntries(
      Object.entries(every).map(([name, { DataType, StringValue = base64 }]) => [
        name,
        { Type: DataType, Value: StringValue },
      ]),
    ),
  )
  await fixture.bodies(raw)
})

test('raw, they are the message attributes of the queue, with the digest of a send', async () => {
  await publish(every)
  const received = await fixture.receiveOne(raw)
  const direct = await fixture.createQueue()
  const sent = await fixture.sqs.sendMessage({ QueueUrl: direct.url, MessageBody: 'x', MessageAttributes: every })
  assert.equal(received.MD5OfMessageAttributes, sent.MD5OfMessageAttributes)
  assert.equal(received.MD5OfBody, sent.MD5OfMessageBody)
  const [expected] = await fixture.receive(direct)
  assert.deepEqual(received.MessageAttributes, expected?.MessageAttributes)
  await fixture.bodies(enveloped)
})

test('names of Amazon’s own are taken', async () => {
  for (const name of [
    'AWS.SNS.SMS.SenderID',
    'AWS.MM.SMS.EntityId',
    'AWS.SNS.MOBILE.APNS.TTL',
    'AWS.SNS.MOBILE.WNS.CachePolicy',
    'AWSx',
  ]) {
    await publish({ [name]: text })
    assert.deepEqual(Object.keys((await fixture.envelopes(enveloped))[0]?.MessageAttributes ?? {}), [name])
  }
  await fixture.bodies(raw)
})

test('names may have a meaning elsewhere', async () => {
  const form = { Action: 'Publish', TopicArn: topic, Message: 'x' }
  const names = ['__proto__', 'constructor', 'length']
  const attributes = names.flatMap((name, at) => {
    const entry = `MessageAttributes.entry.${at + 1}`
    return [
      [`${entry}.Name`, name],
      [`${entry}.Value.DataType`, 'String'],
      [`${entry}.Value.StringValue`, name],
    ]
  })
  const { status, text } = await post(fixture.node.url, { ...form, ...Object.fromEntries(attributes) })
  assert.equal(status, 200, text)
  const [document] = await fixture.envelopes(enveloped)
  assert.deepEqual(Object.keys(document?.MessageAttributes ?? {}), names)
  const { MessageAttributes = {} } = await fixture.receiveOne(raw)
  assert.deepEqual(Object.keys(MessageAttributes).sort(), names.toSorted())
})

test('a message without attributes has none in its document', async () => {
  await publish({})
  const [document] = await fixture.envelopes(enveloped)
  assert.ok(document !== undefined && !('MessageAttributes' in document))
  assert.equal((await fixture.receiveOne(raw)).MessageAttributes, undefined)
})
