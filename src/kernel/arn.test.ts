import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatArn, parseArn } from './arn.ts'

const arns = [
  {
    text: 'arn:aws:sqs:eu-central-1:000000000000:orders.fifo',
    service: 'sqs',
    region: 'eu-central-1',
    accountId: '000000000000',
    resource: 'orders.fifo',
  },
  {
    name: 'colons belong to the resource',
    text: 'arn:aws:sns:us-east-1:123456789012:topic:5be8f5b4-0000',
    service: 'sns',
    region: 'us-east-1',
    accountId: '123456789012',
    resource: 'topic:5be8f5b4-0000',
  },
  {
    name: 'region and account may be empty',
    text: 'arn:aws:s3:::bucket/key',
    service: 's3',
    region: '',
    accountId: '',
    resource: 'bucket/key',
  },
  {
    name: 'any partition',
    text: 'arn:aws-cn:sqs:cn-north-1:000000000000:q',
    partition: 'aws-cn',
    service: 'sqs',
    region: 'cn-north-1',
    accountId: '000000000000',
    resource: 'q',
  },
]
for (const { name, text, ...fields } of arns) {
  test(`parseArn: ${name ?? text}`, () => assert.deepEqual(parseArn(text), { partition: 'aws', ...fields }))
}

const strangers = [
  '',
  'orders',
  'arn:aws:sqs',
  'arn:aws:sqs:us-east-1:000000000000',
  'arn:aws:sqs:us-east-1:000000000000:',
  'arn::sqs:us-east-1:000000000000:q',
  'arn:aws::us-east-1:000000000000:q',
  'ARN:aws:sqs:us-east-1:000000000000:q',
  ' arn:aws:sqs:us-east-1:000000000000:q',
  'arn:aws:sqs:us-east-1:000000000000:q ',
  'arn:aws:sqs:us-east-1:000000000000:q\n',
  'http://localhost:4566/000000000000/q',
]
for (const text of strangers) {
  test(`parseArn: ${JSON.stringify(text)} is none`, () => assert.equal(parseArn(text), undefined))
}

test('formatArn is the inverse of parseArn', () => {
  const field = fc.stringMatching(/^[a-z0-9-]{1,12}$/)
  const optional = fc.oneof(field, fc.constant(''))
  const resource = fc.stringMatching(/^[A-Za-z0-9:/_.-]{1,30}$/)
  fc.assert(
    fc.property(
      fc.record(
        { partition: field, service: field, region: optional, accountId: optional, resource },
        { noNullPrototype: true },
      ),
      (arn) => assert.deepEqual(parseArn(formatArn(arn)), arn),
    ),
  )
})
