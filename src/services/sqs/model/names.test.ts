import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { partitionOf } from '../../../kernel/arn.ts'
import { expectRefusal } from './expect-refusal.ts'
import { checkQueueName, isFifoName, parseQueueArn, queueArn } from './names.ts'

const badStandard = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length'
const badFifo =
  'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, ' +
  'must end with .fifo suffix and be 1 to 80 in length'

const good = [
  { name: 'a', fifo: false },
  { name: 'A-b_9', fifo: false },
  { name: 'x'.repeat(80), fifo: false },
  { name: 'a.fifo', fifo: true },
  { name: `${'x'.repeat(75)}.fifo`, fifo: true },
]
for (const { name, fifo } of good) test(`a queue may be called ${name}`, () => checkQueueName(name, fifo))

const bad = [
  {
    name: undefined,
    fifo: false,
    message: 'Value for parameter QueueName is invalid. Reason: Must specify a queue name.',
  },
  { name: '', fifo: false, message: 'Queue name cannot be empty' },
  { name: '', fifo: true, message: 'Queue name cannot be empty' },
  { name: 'x'.repeat(81), fifo: false, message: badStandard },
  { name: 'a.b', fifo: false, message: badStandard },
  { name: 'a b', fifo: false, message: badStandard },
  { name: 'é', fifo: false, message: badStandard },
  { name: 'a\n', fifo: false, message: badStandard },
  { name: 'a.fifo', fifo: false, message: badStandard },
  { name: 'a', fifo: true, message: badFifo },
  { name: '.fifo', fifo: true, message: badFifo },
  { name: 'a.b.fifo', fifo: true, message: badFifo },
  { name: 'a.FIFO', fifo: true, message: badFifo },
  { name: `${'x'.repeat(76)}.fifo`, fifo: true, message: badFifo },
]
for (const { name, fifo, message } of bad) {
  test(`a ${fifo ? 'FIFO' : 'standard'} queue may not be called ${JSON.stringify(name)}`, () =>
    expectRefusal(() => checkQueueName(name, fifo), 'InvalidParameterValue', message))
}

test('the name tells the type', () => {
  assert.equal(isFifoName('orders.fifo'), true)
  assert.equal(isFifoName('orders'), false)
})

test('regions belong to partitions', () => {
  assert.equal(partitionOf('eu-west-1'), 'aws')
  assert.equal(partitionOf('cn-north-1'), 'aws-cn')
  assert.equal(partitionOf('us-gov-west-1'), 'aws-us-gov')
})

test('an ARN names a queue', () => {
  const queue = { region: 'cn-north-1', accountId: '000000000000', name: 'orders.fifo' }
  assert.equal(queueArn(queue), 'arn:aws-cn:sqs:cn-north-1:000000000000:orders.fifo')
})

for (const arn of [
  '',
  'orders',
  'arn:aws:sns:eu-west-1:000000000000:t',
  'arn:aws:sqs:eu-west-1:1:q',
  'arn:aws:sqs:::q',
]) {
  test(`${JSON.stringify(arn)} is not the ARN of a queue`, () => assert.equal(parseQueueArn(arn), undefined))
}

test('an ARN leads back to its queue', () => {
  const queues = fc.record({
    region: fc.constantFrom('us-east-1', 'cn-north-1', 'us-gov-west-1', 'ap-southeast-2'),
    accountId: fc.stringMatching(/^\d{12}$/),
    name: fc.stringMatching(/^[\w-]{1,75}(\.fifo)?$/),
  })
  fc.assert(fc.property(queues, (queue) => assert.deepEqual(parseQueueArn(queueArn(queue)), { ...queue })))
})
