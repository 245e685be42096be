import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from '../../../kernel/arn.ts'
import { expectRefusal } from './expect-refusal.ts'
import { checkTopicName, isFifoName, isRoleArn, parseQueueArn, topicArn } from './names.ts'

const good = [
  { name: 'a', fifo: false },
  { name: 'A-b_9', fifo: false },
  { name: 'x'.repeat(256), fifo: false },
  { name: 'a.fifo', fifo: true },
  { name: `${'x'.repeat(251)}.fifo`, fifo: true },
]
for (const { name, fifo } of good) {
  test(`a topic may be called ${name.slice(0, 20)} (${name.length} characters)`, () => checkTopicName(name, fifo))
}

const bad = [
  { name: '', fifo: false },
  { name: 'x'.repeat(257), fifo: false },
  { name: 'a b', fifo: false },
  { name: 'a.b', fifo: false },
  { name: 'é', fifo: false },
  { name: 'a\n', fifo: false },
  { name: 'a.fifo', fifo: false },
  { name: '', fifo: true },
  { name: 'a', fifo: true },
  { name: '.fifo', fifo: true },
  { name: 'a.b.fifo', fifo: true },
  { name: 'a.FIFO', fifo: true },
  { name: `${'x'.repeat(252)}.fifo`, fifo: true },
]
for (const { name, fifo } of bad) {
  test(`a ${fifo ? 'FIFO' : 'standard'} topic may not be called ${JSON.stringify(name).slice(0, 20)}`, () =>
    expectRefusal(() => checkTopicName(name, fifo), 'InvalidParameterException', 'Invalid parameter: Topic Name'))
}

test('the name tells the type', () => {
  assert.equal(isFifoName('orders.fifo'), true)
  assert.equal(isFifoName('arn:aws:sns:us-east-1:000000000000:orders.fifo'), true)
  assert.equal(isFifoName('orders'), false)
})

test('regions belong to partitions', () => {
  assert.equal(partitionOf('eu-west-1'), 'aws')
  assert.equal(partitionOf('cn-north-1'), 'aws-cn')
  assert.equal(partitionOf('us-gov-west-1'), 'aws-us-gov')
})

test('an ARN names a topic', () =>
  assert.equal(
    topicArn({ region: 'cn-north-1', accountId: '000000000000', name: 'orders.fifo' }),
    'arn:aws-cn:sns:cn-north-1:000000000000:orders.fifo',
  ))

test('an ARN leads to its queue', () =>
  assert.deepEqual(parseQueueArn('arn:aws:sqs:eu-west-1:000000000000:q.fifo'), {
    region: 'eu-west-1',
    accountId: '000000000000',
    name: 'q.fifo',
  }))

for (const arn of [
  '',
  'q',
  'http://localhost:4566/000000000000/q',
  'arn:aws:sns:eu-west-1:000000000000:q',
  'arn:aws:sqs:eu-west-1:1:q',
  'arn:aws:sqs::000000000000:q',
  'arn:aws:sqs:eu-west-1:000000000000:',
  'arn:aws:sqs:eu-west-1:000000000000:a:b',
  'arn:aws:sqs:eu-west-1:000000000000:a/b',
  'arn:aws:sqs:eu-west-1:000000000000:a\0',
  `arn:aws:sqs:eu-west-1:000000000000:${'x'.repeat(81)}`,
]) {
  test(`${JSON.stringify(arn).slice(0, 80)} is not the ARN of a queue`, () =>
    assert.equal(parseQueueArn(arn), undefined))
}

test('roles have ARNs of their own', () => {
  assert.equal(isRoleArn('arn:aws:iam::000000000000:role/service/log-deliveries'), true)
  for (const arn of [
    '',
    'role/r',
    'arn:aws:iam::000000000000:user/u',
    'arn:aws:iam::1:role/r',
    'arn:aws:sns:::role/r',
  ]) {
    assert.equal(isRoleArn(arn), false)
  }
})
