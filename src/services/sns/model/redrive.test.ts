import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseAttribute } from '../errors.ts'
import { parseRedrivePolicy } from './redrive.ts'

// What is refused: subscription-attributes.test.ts.

test('a redrive policy names its queue', () => {
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:q.fifo'
  const source = { region: 'us-east-1', accountId: '000000000000', fifo: true }
  assert.deepEqual(parseRedrivePolicy(JSON.stringify({ deadLetterTargetArn }), source, refuseAttribute), {
    deadLetterTargetArn,
    target: { region: 'us-east-1', accountId: '000000000000', name: 'q.fifo' },
  })
})
