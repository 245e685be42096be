import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectRefusal } from './expect-refusal.ts'
import {
  checkForQueue,
  checkMessage,
  contentDeduplicationId,
  initialDelay,
  type MessageFacts,
  md5OfBody,
  messageSize,
  type OutgoingMessage,
  sequenceNumber,
} from './message.ts'
import { createAttributes } from './queue-attributes.ts'

const accepted: readonly OutgoingMessage[] = [
  { MessageBody: 'x' },
  { MessageBody: ' ' },
  { MessageBody: '\t\r\n👍' },
  { MessageBody: 'x', DelaySeconds: 0 },
  { MessageBody: 'x', DelaySeconds: 900 },
  { MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd' },
  { MessageBody: 'x', MessageAttributes: {}, MessageSystemAttributes: {} },
]
for (const message of accepted) test(`${JSON.stringify(message)} may be sent`, () => checkMessage(message))

const illegal =
  'Invalid characters found. Valid unicode characters are ' +
  '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF'
const refused: readonly { message: OutgoingMessage; entry?: number; code: string; sentence: string }[] = [
  { message: {}, code: 'MissingParameter', sentence: 'The request must contain the parameter MessageBody.' },
  {
    message: { MessageBody: '' },
    code: 'MissingParameter',
    sentence: 'The request must contain the parameter MessageBody.',
  },
  {
    message: { MessageBody: '' },
    entry: 1,
    code: 'MissingParameter',
    sentence: 'The request must contain the parameter SendMessageBatchRequestEntry.2.MessageBody.',
  },
  { message: { MessageBody: 'a\x00' }, code: 'InvalidMessageContents', sentence: illegal },
  { message: { MessageBody: '\x0b' }, code: 'InvalidMessageContents', sentence: illegal },
  { message: { MessageBody: '\ufffe' }, code: 'InvalidMessageContents', sentence: illegal },
  {
    message: { MessageBody: 'x', DelaySeconds: -1 },
    code: 'InvalidParameterValue',
    sentence: 'Value -1 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.',
  },
  {
    message: { MessageBody: 'x', DelaySeconds: 901 },
    code: 'InvalidParameterValue',
    sentence: 'Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.',
  },
  {
    message: { MessageBody: 'x', MessageGroupId: '' },
    code: 'InvalidParameterValue',
    sentence:
      'Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include ' +
      'alphanumeric and punctuation characters. 1 to 128 in length.',
  },
  {
    message: { MessageBody: 'x', MessageDeduplicationId: 'a b' },
    code: 'InvalidParameterValue',
    sentence:
      'Value a b for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId can only include ' +
      'alphanumeric and punctuation characters. 1 to 128 in length.',
  },
  {
    message: { MessageBody: 'x', MessageAttributes: { a: { DataType: 'Text', StringValue: 'v' } } },
    code: 'InvalidParameterValue',
    sentence:
      "The type of message (user) attribute 'a' is invalid. " +
      'You must use only the following supported type prefixes: Binary, Number, String.',
  },
  {
    message: {
      MessageBody: 'x',
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'v' } },
    },
    code: 'InvalidParameterValue',
    sentence: "Message system attribute 'AWSTraceHeader' must contain a valid X-Ray trace header.",
  },
]
for (const { message, entry, code, sentence } of refused) {
  test(`${JSON.stringify(message)} is refused: ${sentence}`, () =>
    expectRefusal(() => checkMessage(message, entry), code, sentence))
}

test('size is in bytes of UTF-8, with names, types and values of attributes', () => {
  assert.equal(messageSize('é', undefined), 2)
  assert.equal(messageSize('👍', {}), 4)
  const attributes = {
    name: { DataType: 'String.é', StringValue: '漢' },
    b: { DataType: 'Binary', BinaryValue: new Uint8Array(5) },
  }
  assert.equal(messageSize('x', attributes), 1 + (4 + 9 + 3) + (1 + 6 + 5))
})

const standard = createAttributes({ MaximumMessageSize: '1024', DelaySeconds: '7' })
const fifo = createAttributes({ FifoQueue: 'true', DelaySeconds: '7' })
const contentBased = createAttributes({ FifoQueue: 'true', ContentBasedDeduplication: 'true' })

const fits = [
  { queue: standard, message: { sizeBytes: 1024 } },
  { queue: standard, message: { sizeBytes: 1, groupId: 'g', delaySeconds: 900 } },
  { queue: fifo, message: { sizeBytes: 1, groupId: 'g', deduplicationId: 'd', delaySeconds: 0 } },
  { queue: contentBased, message: { sizeBytes: 1, groupId: 'g' } },
  { queue: contentBased, message: { sizeBytes: 1, groupId: 'g', deduplicationId: 'd' } },
]
for (const { queue, message } of fits) {
  test(`a ${queue.FifoQueue ? 'FIFO' : 'standard'} queue takes ${JSON.stringify(message)}`, () => {
    checkForQueue(message, queue, false)
    checkForQueue(message, queue, true)
  })
}

const missingGroup = 'The request must contain the parameter MessageGroupId.'
const missingId =
  'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly'
const doesNotFit: readonly (readonly [typeof fifo, MessageFacts, boolean, string, string])[] = [
  [
    standard,
    { sizeBytes: 1025 },
    false,
    'InvalidParameterValue',
    'One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.',
  ],
  [
    standard,
    { sizeBytes: 1025 },
    true,
    'InvalidParameterValue',
    'One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.',
  ],
  [
    standard,
    { sizeBytes: 1, deduplicationId: 'd' },
    false,
    'InvalidParameterValue',
    'Value d for parameter MessageDeduplicationId is invalid. ' +
      'Reason: The request includes a parameter that is not valid for this queue type.',
  ],
  [
    fifo,
    { sizeBytes: 1, groupId: 'g', deduplicationId: 'd', delaySeconds: 2 },
    false,
    'InvalidParameterValue',
    'Value 2 for parameter DelaySeconds is invalid. ' +
      'Reason: The request include parameter that is not valid for this queue type.',
  ],
  [fifo, { sizeBytes: 1 }, false, 'MissingParameter', missingGroup],
  [fifo, { sizeBytes: 1 }, true, 'InvalidParameterValue', missingGroup],
  [fifo, { sizeBytes: 1, groupId: 'g' }, false, 'InvalidParameterValue', missingId],
  [fifo, { sizeBytes: 1, groupId: 'g' }, true, 'InvalidParameterValue', missingId],
]
for (const [queue, message, inBatch, code, sentence] of doesNotFit) {
  test(`${JSON.stringify(message)} ${inBatch ? 'in a batch' : 'alone'}: ${code} ${sentence}`, () =>
    expectRefusal(() => checkForQueue(message, queue, inBatch), code, sentence))
}

test('the delay is the message’s, else the queue’s; in a FIFO queue always the queue’s', () => {
  assert.equal(initialDelay(undefined, standard), 7)
  assert.equal(initialDelay(0, standard), 0)
  assert.equal(initialDelay(3, standard), 3)
  assert.equal(initialDelay(0, fifo), 7)
  assert.equal(initialDelay(undefined, fifo), 7)
})

for (const [body, digest] of [
  ['message', '78e731027d8fd50ed642340b7c9a63b3'],
  ['test', '098f6bcd4621d373cade4e832627b4f6'],
  ['msg', '6e2baaf3b97dbeef01c0043275f9a0e7'],
] as const) {
  test(`the digest of ${body}`, () => assert.equal(md5OfBody(body), digest))
}

test('content stands for itself by its SHA-256', () =>
  assert.equal(contentDeduplicationId('test'), '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'))

test('sequence numbers have 20 digits and the order of their ids', () => {
  const ids = fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 })
  fc.assert(
    fc.property(ids, ids, (a, b) => {
      assert.match(sequenceNumber(a), /^[1-9]\d{19}$/)
      assert.equal(sequenceNumber(a) < sequenceNumber(b), a < b)
      assert.ok(BigInt(sequenceNumber(a)) < BigInt(sequenceNumber(a + 1)))
      assert.ok(BigInt(sequenceNumber(a)) > BigInt(`1${String(b).padStart(19, '0')}`), 'those of older versions')
    }),
  )
})
