import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HttpDocument, httpHeaders } from './http-headers.ts'

const topicArn = 'arn:aws:sns:us-east-1:000000000000:orders'
const subscriptionArn = `${topicArn}:1b2c3d4e-0000-4000-8000-000000000000`
const common = { messageId: '1', topicArn, subscriptionArn }
const always = {
  'x-amz-sns-message-id': '1',
  'x-amz-sns-topic-arn': topicArn,
  'User-Agent': 'Amazon Simple Notification Service Agent',
  'Accept-Encoding': 'gzip,deflate',
}
const text = 'text/plain; charset=UTF-8'
const named = { 'x-amz-sns-subscription-arn': subscriptionArn }

const cases: readonly { name: string; document: HttpDocument; expected: Record<string, string> }[] = [
  {
    name: 'a SubscriptionConfirmation does not tell the subscription, nor follow the policy’s type',
    document: { ...common, type: 'SubscriptionConfirmation', contentType: 'application/json' },
    expected: { 'x-amz-sns-message-type': 'SubscriptionConfirmation', 'Content-Type': text },
  },
  {
    name: 'an UnsubscribeConfirmation tells it',
    document: { ...common, type: 'UnsubscribeConfirmation', contentType: 'application/json' },
    expected: { 'x-amz-sns-message-type': 'UnsubscribeConfirmation', 'Content-Type': text, ...named },
  },
  {
    name: 'a Notification',
    document: { ...common, type: 'Notification' },
    expected: { 'x-amz-sns-message-type': 'Notification', 'Content-Type': text, ...named },
  },
  {
    name: 'a raw Notification of its own type',
    document: { ...common, type: 'Notification', raw: true, contentType: 'text/csv' },
    expected: {
      'x-amz-sns-message-type': 'Notification',
      'x-amz-sns-rawdelivery': 'true',
      'Content-Type': 'text/csv',
      ...named,
    },
  },
]
for (const { name, document, expected } of cases) {
  test(`headers: ${name}`, () => assert.deepEqual(httpHeaders(document), { ...always, ...expected }))
}
