import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectRefusal } from './expect-refusal.ts'
import {
  asksForFifo,
  changeAttributes,
  createAttributes,
  firstDifference,
  type GivenAttributes,
} from './queue-attributes.ts'

const standard = createAttributes({})
const fifo = createAttributes({ FifoQueue: 'true' })
const ranges = [
  { name: 'DelaySeconds', min: 0, max: 900 },
  { name: 'MaximumMessageSize', min: 1024, max: 1_048_576 },
  { name: 'MessageRetentionPeriod', min: 60, max: 1_209_600 },
  { name: 'ReceiveMessageWaitTimeSeconds', min: 0, max: 20 },
  { name: 'VisibilityTimeout', min: 0, max: 43_200 },
  { name: 'KmsDataKeyReusePeriodSeconds', min: 60, max: 86_400 },
] as const

for (const { name, min, max } of ranges) {
  test(`${name} is from ${min} to ${max}`, () => {
    for (const value of [min, max]) assert.equal(createAttributes({ [name]: String(value) })[name], value)
    for (const text of [String(min - 1), String(max + 1), 'abc', '', ' ', '1.5', ' 60', '6e1', '0x40', '９９']) {
      const sentence = `Invalid value for the parameter ${name}.`
      expectRefusal(() => createAttributes({ [name]: text }), 'InvalidAttributeValue', sentence)
      expectRefusal(() => changeAttributes(standard, { [name]: text }), 'InvalidAttributeValue', sentence)
    }
  })
}

test('booleans are read in any case', () => {
  for (const text of ['TRUE', 'True', 'true']) {
    assert.equal(changeAttributes(fifo, { ContentBasedDeduplication: text }).ContentBasedDeduplication, true)
  }
  assert.equal(createAttributes({ SqsManagedSseEnabled: 'False' }).SqsManagedSseEnabled, false)
})

const eitherWay: readonly { given: GivenAttributes; code: string; message: string }[] = [
  { given: { Nonsense: '1' }, code: 'InvalidAttributeName', message: 'Unknown Attribute Nonsense.' },
  { given: { QueueArn: 'arn' }, code: 'InvalidAttributeName', message: 'Unknown Attribute QueueArn.' },
  { given: { CreatedTimestamp: '1' }, code: 'InvalidAttributeName', message: 'Unknown Attribute CreatedTimestamp.' },
  { given: { All: '1' }, code: 'InvalidAttributeName', message: 'Unknown Attribute All.' },
  { given: { constructor: '1' }, code: 'InvalidAttributeName', message: 'Unknown Attribute constructor.' },
  {
    given: { SqsManagedSseEnabled: 'yes' },
    code: 'InvalidAttributeValue',
    message: 'Invalid value for the parameter SqsManagedSseEnabled.',
  },
  {
    given: { KmsMasterKeyId: 'alias/k', SqsManagedSseEnabled: 'true' },
    code: 'InvalidAttributeName',
    message:
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
  },
]
for (const { given, code, message } of eitherWay) {
  test(`${JSON.stringify(given)} is refused, at create and later`, () => {
    expectRefusal(() => createAttributes(given), code, message)
    expectRefusal(() => changeAttributes(standard, given), code, message)
  })
}

const fifoOnly = [
  { name: 'ContentBasedDeduplication', value: 'true', message: 'Unknown Attribute ContentBasedDeduplication.' },
  { name: 'FifoQueue', value: 'false', message: 'Unknown Attribute FifoQueue.' },
  {
    name: 'DeduplicationScope',
    value: 'queue',
    message: 'You can specify the DeduplicationScope only when FifoQueue is set to true.',
  },
  {
    name: 'FifoThroughputLimit',
    value: 'perQueue',
    message: 'You can specify the FifoThroughputLimit only when FifoQueue is set to true.',
  },
]
for (const { name, value, message } of fifoOnly) {
  test(`a standard queue has no ${name}`, () => {
    expectRefusal(() => createAttributes({ [name]: value }), 'InvalidAttributeName', message)
    expectRefusal(() => changeAttributes(standard, { [name]: value }), 'InvalidAttributeName', message)
  })
}

test('the type of a queue is fixed', () => {
  assert.deepEqual(changeAttributes(fifo, { FifoQueue: 'true' }), fifo)
  expectRefusal(
    () => changeAttributes(fifo, { FifoQueue: 'false' }),
    'InvalidAttributeValue',
    'Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.',
  )
  expectRefusal(
    () => changeAttributes(standard, { FifoQueue: 'true' }),
    'InvalidAttributeName',
    'Unknown Attribute FifoQueue.',
  )
})

test('whether a FIFO queue is asked for', () => {
  assert.equal(asksForFifo({}), false)
  assert.equal(asksForFifo({ FifoQueue: null }), false)
  assert.equal(asksForFifo({ FifoQueue: 'True' }), true)
  expectRefusal(() => asksForFifo({ FifoQueue: 'false' }), 'InvalidAttributeName', 'Unknown Attribute FifoQueue.')
  expectRefusal(
    () => asksForFifo({ FifoQueue: '1' }),
    'InvalidAttributeValue',
    'Invalid value for the parameter FifoQueue.',
  )
})

test('throughput per group needs deduplication per group, now and after', () => {
  const message = 'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup'
  const both = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
  const perGroup = changeAttributes(fifo, both)
  assert.equal(perGroup.FifoThroughputLimit, 'perMessageGroupId')
  expectRefusal(
    () => changeAttributes(fifo, { FifoThroughputLimit: 'perMessageGroupId' }),
    'InvalidAttributeValue',
    message,
  )
  expectRefusal(() => changeAttributes(perGroup, { DeduplicationScope: 'queue' }), 'InvalidAttributeValue', message)
  expectRefusal(
    () => changeAttributes(fifo, { DeduplicationScope: 'Queue' }),
    'InvalidAttributeValue',
    'Invalid value for the parameter DeduplicationScope.',
  )
})

test('a key switches SSE off, and taking it away does not switch it on', () => {
  assert.equal(standard.SqsManagedSseEnabled, true)
  const withKey = changeAttributes(standard, { KmsMasterKeyId: 'alias/k', KmsDataKeyReusePeriodSeconds: '600' })
  assert.equal(withKey.SqsManagedSseEnabled, false)
  assert.equal(withKey.KmsDataKeyReusePeriodSeconds, 600)
  const without = changeAttributes(withKey, { KmsMasterKeyId: '' })
  assert.equal(without.KmsMasterKeyId, undefined)
  assert.equal(without.KmsDataKeyReusePeriodSeconds, 300)
  assert.equal(without.SqsManagedSseEnabled, false)
  assert.equal(changeAttributes(without, { SqsManagedSseEnabled: 'true' }).SqsManagedSseEnabled, true)
  assert.throws(() => changeAttributes(withKey, { SqsManagedSseEnabled: 'true' }), { name: 'InvalidAttributeName' })
  const swapped = changeAttributes(withKey, { KmsMasterKeyId: '', SqsManagedSseEnabled: 'true' })
  assert.equal(swapped.SqsManagedSseEnabled, true)
})

test('documents are kept as written, and removed by the empty text', () => {
  const text = '{ "maxReceiveCount" : "3", "deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dlq" }'
  const set = changeAttributes(standard, { RedrivePolicy: text })
  assert.equal(set.RedrivePolicy, text)
  assert.equal(changeAttributes(set, { RedrivePolicy: '' }).RedrivePolicy, undefined)
  assert.throws(() => changeAttributes(standard, { Policy: '{' }), { name: 'InvalidAttributeValue' })
})

test('a change names at least one attribute; nulls count for nothing', () => {
  const message = 'The request must contain the parameter Attribute.Name.'
  expectRefusal(() => changeAttributes(standard, {}), 'MissingParameter', message)
  expectRefusal(() => changeAttributes(standard, { DelaySeconds: null }), 'MissingParameter', message)
  assert.equal(changeAttributes(standard, { DelaySeconds: null, VisibilityTimeout: '5' }).VisibilityTimeout, 5)
})

test('all or none: a change that fails leaves what was', () => {
  const before = structuredClone(standard)
  assert.throws(() => changeAttributes(standard, { DelaySeconds: '5', VisibilityTimeout: 'x' }))
  assert.deepEqual(standard, before)
})

const redrive = (count: string) =>
  `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dlq","maxReceiveCount":${count}}`
const current = changeAttributes(standard, { VisibilityTimeout: '45', RedrivePolicy: redrive('3') })
const comparisons = [
  { name: 'nothing given', given: {}, differs: undefined },
  { name: 'the same value', given: { VisibilityTimeout: '45' }, differs: undefined },
  { name: 'the same number written otherwise', given: { VisibilityTimeout: '045' }, differs: undefined },
  { name: 'a default that still holds', given: { DelaySeconds: '0' }, differs: undefined },
  { name: 'the default that no longer holds', given: { VisibilityTimeout: '30' }, differs: 'VisibilityTimeout' },
  { name: 'the first of two', given: { DelaySeconds: '1', VisibilityTimeout: '1' }, differs: 'DelaySeconds' },
  { name: 'the same document', given: { RedrivePolicy: redrive('3') }, differs: undefined },
  { name: 'the same document, spaced', given: { RedrivePolicy: redrive(' 3 ') }, differs: undefined },
  { name: 'the same document with its count as a text', given: { RedrivePolicy: redrive('"3"') }, differs: undefined },
  { name: 'another document', given: { RedrivePolicy: redrive('4') }, differs: 'RedrivePolicy' },
  { name: 'no document', given: { RedrivePolicy: '' }, differs: 'RedrivePolicy' },
  { name: 'a key', given: { KmsMasterKeyId: 'k' }, differs: 'KmsMasterKeyId' },
  { name: 'null', given: { VisibilityTimeout: null }, differs: undefined },
]
for (const { name, given, differs } of comparisons) {
  test(`create again with ${name}: ${differs ?? 'no difference'}`, () =>
    assert.equal(firstDifference(current, given), differs))
}

test('whatever attributes a queue is made with, making it again finds no difference', () => {
  const given = fc.record(
    {
      DelaySeconds: fc.integer({ min: 0, max: 900 }).map(String),
      VisibilityTimeout: fc.integer({ min: 0, max: 43_200 }).map(String),
      KmsDataKeyReusePeriodSeconds: fc.integer({ min: 60, max: 86_400 }).map(String),
      KmsMasterKeyId: fc.string({ maxLength: 20 }),
      ContentBasedDeduplication: fc.constantFrom('true', 'FALSE'),
      DeduplicationScope: fc.constantFrom('queue', 'messageGroup'),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(given, (some) => {
      const all = { ...some, FifoQueue: 'true' }
      const created = createAttributes(all)
      assert.equal(firstDifference(created, all), undefined)
      assert.deepEqual(changeAttributes(created, all), created)
    }),
  )
})
