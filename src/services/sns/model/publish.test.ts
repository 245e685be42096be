import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { checkEntry, checkPublish, MAX_MESSAGE_BYTES, messageSize, textsOf } from './publish.ts'

type Publish = Parameters<typeof checkPublish>[0]

const REGION = 'us-east-1'
const place = { region: REGION, accountId: '000000000000' }
const TOPIC = 'arn:aws:sns:us-east-1:000000000000:t'
const FIFO = `${TOPIC}.fifo`
const ENDPOINT = 'arn:aws:sns:us-east-1:000000000000:endpoint/GCM/a/0a'
const PHONE = '+12345678901'
const publish = (members: Partial<Publish>) => checkPublish({ Message: 'm', ...members }, REGION)

const targets = [
  { given: { TopicArn: TOPIC }, target: { topic: { ...place, name: 't' } } },
  { given: { TargetArn: TOPIC }, target: { topic: { ...place, name: 't' } } },
  { given: { TopicArn: '', TargetArn: TOPIC }, target: { topic: { ...place, name: 't' } } },
  {
    given: { TargetArn: ENDPOINT },
    target: { endpoint: { ...place, platform: 'GCM', application: 'a', id: '0a' } },
  },
  { given: { PhoneNumber: PHONE }, target: { phoneNumber: PHONE } },
]
for (const { given, target } of targets) {
  test(`${JSON.stringify(given)} is published to ${Object.keys(target)}`, () =>
    assert.deepEqual(publish(given), { target, texts: undefined }))
}

const accepted: readonly Partial<Publish>[] = [
  { Subject: 'x' },
  { Subject: 'x'.repeat(100) },
  { Subject: '👍'.repeat(100) },
  { Subject: '"Quoted": 100 % fine' },
  { Subject: 'Überraschung' },
  { Message: '\x1b[0m\n' },
  { MessageGroupId: 'g' },
  { TopicArn: FIFO, MessageGroupId: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~', MessageDeduplicationId: 'd'.repeat(128) },
  { TopicArn: FIFO, MessageGroupId: 'g' },
]
for (const members of accepted) {
  test(`${JSON.stringify(members).slice(0, 80)} may be published`, () => void publish({ TopicArn: TOPIC, ...members }))
}

const noTarget = 'TopicArn or TargetArn Reason: no value for required parameter'
const notForType =
  'MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter ' +
  'that is not valid for this topic type'
const badId = (name: string) =>
  `${name} Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`
const refused: readonly { given: Partial<Publish>; complaint: string }[] = [
  { given: { TopicArn: undefined }, complaint: noTarget },
  {
    given: { TopicArn: '', TargetArn: '', PhoneNumber: '' },
    complaint: 'TopicArn Reason: An ARN must have at least 6 elements, not 1',
  },
  {
    given: { TopicArn: undefined, TargetArn: '' },
    complaint: 'TargetArn Reason: An ARN must have at least 6 elements, not 1',
  },
  { given: { TopicArn: undefined, PhoneNumber: '' }, complaint: 'PhoneNumber Reason:  is not valid to publish to' },
  { given: { TargetArn: TOPIC }, complaint: 'TopicArn, TargetArn Reason: only one of them may be given' },
  {
    given: { TargetArn: TOPIC, PhoneNumber: PHONE },
    complaint: 'TopicArn, TargetArn, PhoneNumber Reason: only one of them may be given',
  },
  { given: { Message: '' }, complaint: 'Empty message' },
  { given: { Message: 'a\0' }, complaint: 'Message Reason: must not contain the character #x0' },
  ...['', 'x'.repeat(101), 'a\nb', 'a\r', '\ta', ' a', 'a\x7f', 'a\u2028b', '👍'.repeat(101)].map((Subject) => ({
    given: { Subject },
    complaint: 'Subject',
  })),
  {
    given: { TopicArn: 't' },
    complaint: 'TopicArn Reason: An ARN must have at least 6 elements, not 1',
  },
  { given: { TopicArn: TOPIC.replace(REGION, 'eu-west-1') }, complaint: 'TopicArn' },
  {
    given: { TopicArn: undefined, TargetArn: 't' },
    complaint: 'TargetArn Reason: An ARN must have at least 6 elements, not 1',
  },
  {
    given: { TopicArn: undefined, PhoneNumber: 'x' },
    complaint: 'PhoneNumber Reason: x is not valid to publish to',
  },
  { given: { TopicArn: FIFO }, complaint: 'The MessageGroupId parameter is required for FIFO topics' },
  { given: { MessageDeduplicationId: 'd' }, complaint: notForType },
  { given: { TopicArn: undefined, PhoneNumber: PHONE, MessageDeduplicationId: 'd' }, complaint: notForType },
  ...['', 'a b', 'é', 'x'.repeat(129)].flatMap((id) => [
    { given: { MessageGroupId: id }, complaint: badId('MessageGroupId') },
    { given: { TopicArn: FIFO, MessageGroupId: id }, complaint: badId('MessageGroupId') },
    {
      given: { TopicArn: FIFO, MessageGroupId: 'g', MessageDeduplicationId: id },
      complaint: badId('MessageDeduplicationId'),
    },
  ]),
  ...['', 'xml', 'JSON'].map((MessageStructure) => ({ given: { MessageStructure }, complaint: 'MessageStructure' })),
  {
    given: { MessageStructure: 'json' },
    complaint: 'Message Structure - JSON message body failed to parse',
  },
  { given: { Message: 'x'.repeat(MAX_MESSAGE_BYTES + 1) }, complaint: 'Message too long' },
  { given: { TopicArn: undefined, PhoneNumber: PHONE, Message: 'x'.repeat(1601) }, complaint: 'Message too long' },
]
for (const { given, complaint } of refused) {
  test(`${JSON.stringify(given).slice(0, 70)} is refused: ${complaint}`, () =>
    expectRefusal(
      () => publish({ TopicArn: TOPIC, ...given }),
      'InvalidParameterException',
      `Invalid parameter: ${complaint}`,
    ))
}

/** Each has all the faults after it too. */
const order: readonly { given: Partial<Publish>; complaint: string }[] = (() => {
  const faults: readonly [Partial<Publish>, string][] = [
    [{ TargetArn: FIFO }, 'TopicArn, TargetArn Reason: only one of them may be given'],
    [{ Message: '' }, 'Empty message'],
    [{ Subject: '' }, 'Subject'],
    [{ MessageStructure: 'json' }, 'Message Structure - JSON message body failed to parse'],
    [{ MessageGroupId: undefined }, 'The MessageGroupId parameter is required for FIFO topics'],
    [{ MessageDeduplicationId: '' }, badId('MessageDeduplicationId')],
    [{ Message: 'x'.repeat(MAX_MESSAGE_BYTES + 1) }, 'Message too long'],
  ]
  const fine = { TopicArn: FIFO, MessageGroupId: 'g' }
  return faults.map(([, complaint], i) => ({
    given: Object.assign(
      {},
      fine,
      ...faults
        .slice(i)
        .map(([members]) => members)
        .reverse(),
    ),
    complaint,
  }))
})()
for (const { given, complaint } of order) {
  test(`of many faults this is told first: ${complaint}`, () =>
    expectRefusal(() => publish(given), 'InvalidParameterException', `Invalid parameter: ${complaint}`))
}

const attributes = { a: { DataType: 'String', StringValue: 'vv' } }

test('attributes have a code of their own, and are looked at before the size', () =>
  expectRefusal(
    () =>
      publish({
        TopicArn: TOPIC,
        Message: 'x'.repeat(MAX_MESSAGE_BYTES + 1),
        MessageAttributes: { a: { DataType: 'String', StringValue: '' } },
      }),
    'InvalidParameterValueException',
    "The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'.",
  ))

test('text and attributes may have 262144 bytes together', () => {
  const fitting = { TopicArn: TOPIC, Message: 'x'.repeat(MAX_MESSAGE_BYTES - 9), MessageAttributes: attributes }
  assert.equal(messageSize(fitting), 262_144)
  publish({ ...fitting, Subject: 'not counted' })
  publish({ TopicArn: TOPIC, Message: 'é'.repeat(MAX_MESSAGE_BYTES / 2) })
  for (const tooLong of [{ ...fitting, Message: `${fitting.Message}x` }, { Message: 'é'.repeat(131_073) }]) {
    expectRefusal(
      () => publish({ TopicArn: TOPIC, ...tooLong }),
      'InvalidParameterException',
      'Invalid parameter: Message too long',
    )
  }
})

test('a text for a phone may have 1600 characters', () =>
  void publish({ PhoneNumber: PHONE, Message: '👍'.repeat(1600) }))

test('with the structure json there is a text for each protocol', () => {
  const structured = { Message: '{"default":"d","GCM":"g"}', MessageStructure: 'json' }
  assert.deepEqual(publish({ TopicArn: TOPIC, ...structured }).texts, { default: 'd', GCM: 'g' })
})

const noDefault = 'Invalid parameter: Message Structure - No default entry in JSON message body'
const structured = (Message: string) => ({ Message, MessageStructure: 'json' })

test('a topic needs a default text', () => {
  for (const target of [{ TopicArn: TOPIC }, { TargetArn: TOPIC }]) {
    expectRefusal(() => publish({ ...target, ...structured('{"ADM":"a"}') }), 'InvalidParameterException', noDefault)
  }
})

test('an application gets its platform’s text, and needs no default then; its state is looked at first', () => {
  assert.equal(publish({ TargetArn: ENDPOINT, ...structured('no JSON') }).texts, undefined)
  assert.deepEqual(textsOf(structured('{"GCM":"g"}'), 'GCM'), { GCM: 'g' })
  assert.deepEqual(textsOf(structured('{"default":"d"}'), 'GCM'), { default: 'd' })
  expectRefusal(() => textsOf(structured('{"ADM":"a"}'), 'GCM'), 'InvalidParameterException', noDefault)
})

test('an entry of a batch is judged like a publish', () => {
  assert.deepEqual(checkEntry({ Message: '{"default":"d"}', MessageStructure: 'json' }, false), { default: 'd' })
  expectRefusal(
    () => checkEntry({ Message: 'm' }, true),
    'InvalidParameterException',
    'Invalid parameter: The MessageGroupId parameter is required for FIFO topics',
  )
})
