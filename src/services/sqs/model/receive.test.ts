import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import {
  attributeSelector,
  checkAttemptId,
  checkReceive,
  type ReceivedMessage,
  systemAttributeSelector,
} from './receive.ts'

const accepted = [
  {},
  { MaxNumberOfMessages: 1, WaitTimeSeconds: 0, VisibilityTimeout: 0 },
  { MaxNumberOfMessages: 10, WaitTimeSeconds: 20, VisibilityTimeout: 43_200 },
]
for (const request of accepted) test(`${JSON.stringify(request)} passes`, () => checkReceive(request))

const ranges = [
  { parameter: 'MaxNumberOfMessages', values: [0, 11, -1], reason: 'Must be between 1 and 10, if provided.' },
  { parameter: 'WaitTimeSeconds', values: [-1, 21], reason: 'Must be >= 0 and <= 20, if provided.' },
  { parameter: 'VisibilityTimeout', values: [-1, 43_201], reason: 'Must be >= 0 and <= 43200, if provided.' },
]
for (const { parameter, values, reason } of ranges) {
  for (const value of values) {
    test(`${parameter} is not ${value}`, () =>
      expectRefusal(
        () => checkReceive({ [parameter]: value }),
        'InvalidParameterValue',
        `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
      ))
  }
}

test('receive attempt ids follow the rule of ids', () => {
  checkAttemptId(undefined)
  checkAttemptId('x'.repeat(128))
  assert.throws(() => checkAttemptId('x'.repeat(129)), { name: 'InvalidParameterValue' })
})

const value = { DataType: 'String', StringValue: 'v' }
const attributes = { Hello: value, General: value, 'Help.Me': value }
const selections = [
  { names: undefined, selected: undefined },
  { names: [], selected: undefined },
  { names: ['All'], selected: ['Hello', 'General', 'Help.Me'] },
  { names: ['.*'], selected: ['Hello', 'General', 'Help.Me'] },
  { names: ['*'], selected: ['Hello', 'General', 'Help.Me'] },
  { names: ['Hello', '*'], selected: ['Hello', 'General', 'Help.Me'] },
  { names: ['Hel*', 'H*.Me'], selected: undefined },
  { names: ['Nothing', 'All'], selected: ['Hello', 'General', 'Help.Me'] },
  { names: ['Hello'], selected: ['Hello'] },
  { names: ['General', 'Hello', 'Hello'], selected: ['Hello', 'General'] },
  { names: ['Hel.*'], selected: ['Hello', 'Help.Me'] },
  { names: ['Help.*', 'General'], selected: ['General', 'Help.Me'] },
  { names: ['hello'], selected: undefined },
  { names: ['Nothing'], selected: undefined },
  { names: ['AWS.*', '', ' '], selected: undefined },
]
for (const { names, selected } of selections) {
  test(`MessageAttributeNames ${JSON.stringify(names)} takes ${selected}`, () => {
    const taken = attributeSelector(names)(attributes)
    assert.deepEqual(taken && Object.keys(taken), selected)
  })
}

test('of a message without attributes nothing is taken', () => {
  for (const names of [['All'], ['a'], ['a.*']]) {
    assert.equal(attributeSelector(names)(undefined), undefined)
    assert.equal(attributeSelector(names)({}), undefined)
  }
})

const plain: ReceivedMessage = {
  id: 7,
  sender: '000000000000',
  sentAt: 1_700_000_000_000,
  receiveCount: 2,
  firstReceivedAt: 1_700_000_000_500,
  deduplicationId: null,
  groupId: null,
  traceHeader: null,
  deadLetterSource: null,
}
const rich = { ...plain, deduplicationId: 'd', groupId: 'g', traceHeader: 'Root=1', deadLetterSource: 'arn' }
const ofPlain = {
  SenderId: '000000000000',
  SentTimestamp: '1700000000000',
  ApproximateReceiveCount: '2',
  ApproximateFirstReceiveTimestamp: '1700000000500',
}

test('All of a plain standard message', () =>
  assert.deepEqual(systemAttributeSelector(['All'], [], false)(plain), ofPlain))

test('All of a FIFO message that has everything', () =>
  assert.deepEqual(systemAttributeSelector([], ['All'], true)(rich), {
    ...ofPlain,
    SequenceNumber: '18849496460467696135',
    MessageDeduplicationId: 'd',
    MessageGroupId: 'g',
    AWSTraceHeader: 'Root=1',
    DeadLetterQueueSourceArn: 'arn',
  }))

const unions = [
  { older: undefined, newer: undefined, names: undefined },
  { older: ['SenderId'], newer: undefined, names: ['SenderId'] },
  { older: undefined, newer: ['SentTimestamp', 'SenderId'], names: ['SentTimestamp', 'SenderId'] },
  { older: ['SenderId'], newer: ['SenderId', 'SentTimestamp'], names: ['SenderId', 'SentTimestamp'] },
  { older: ['SenderId'], newer: ['All'], names: Object.keys(ofPlain) },
  { older: ['All'], newer: ['SenderId'], names: Object.keys(ofPlain) },
  { older: ['SequenceNumber', 'MessageGroupId', 'SqsManagedSseEnabled'], newer: undefined, names: undefined },
]
for (const { older, newer, names } of unions) {
  test(`AttributeNames ${older} with MessageSystemAttributeNames ${newer} gives ${names}`, () => {
    const selected = systemAttributeSelector(older, newer, false)(plain)
    assert.deepEqual(selected && Object.keys(selected), names)
  })
}

for (const name of ['Foobar', 'senderId', 'constructor', '']) {
  test(`there is no system attribute ${JSON.stringify(name)}`, () => {
    const message = `Unknown Attribute ${name}.`
    expectRefusal(() => systemAttributeSelector([name], [], false), 'InvalidAttributeName', message)
    expectRefusal(() => systemAttributeSelector(['All'], [name], true), 'InvalidAttributeName', message)
  })
}
