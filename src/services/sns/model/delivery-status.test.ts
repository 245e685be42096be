import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeliveryStatus, deliveryStatusRecord, isLogged, logGroup } from './delivery-status.ts'

const topicArn = 'arn:aws:sns:us-east-1:000000000000:orders'
const lambda: DeliveryStatus = {
  messageId: '11111111-2222-4333-8444-555555555555',
  message: 'hello',
  topicArn,
  publishedAt: Date.UTC(2024, 0, 2, 3, 4, 5, 678),
  deliveryId: '99999999-2222-4333-8444-555555555555',
  destination: 'arn:aws:lambda:us-east-1:000000000000:function:f',
  providerResponse: '{"lambdaRequestId":"1"}',
  dwellTime: 12,
  statusCode: 202,
  delivered: true,
}
const notification =
  '{"notification":{"messageMD5Sum":"5d41402abc4b2a76b9719d911017c592","messageId":"11111111-2222-4333-8444-555555555555",' +
  `"topicArn":"${topicArn}","timestamp":"2024-01-02 03:04:05.678"}`
const delivery = '"delivery":{"deliveryId":"99999999-2222-4333-8444-555555555555"'

test('the record of a success', () => {
  assert.equal(
    deliveryStatusRecord(lambda),
    `${notification},${delivery},"destination":"arn:aws:lambda:us-east-1:000000000000:function:f",` +
      '"providerResponse":"{\\"lambdaRequestId\\":\\"1\\"}","dwellTimeMs":12,"statusCode":202},"status":"SUCCESS"}',
  )
})

test('the record of a failure without an answer', () => {
  const failure = { ...lambda, destination: 'http://x/', providerResponse: 'timeout', attempts: 4, delivered: false }
  assert.equal(
    deliveryStatusRecord({ ...failure, statusCode: undefined }),
    `${notification},${delivery},"destination":"http://x/","providerResponse":"timeout","dwellTimeMs":12,"attempts":4},` +
      '"status":"FAILURE"}',
  )
})

test('log groups tell the topic, or text messages, and failures', () => {
  const place = { region: 'us-east-1', accountId: '000000000000' }
  assert.equal(logGroup({ ...place, name: 'orders' }, true), 'sns/us-east-1/000000000000/orders')
  assert.equal(logGroup({ ...place, name: 'orders' }, false), 'sns/us-east-1/000000000000/orders/Failure')
  assert.equal(logGroup(place, true), 'sns/us-east-1/000000000000/DirectPublishToPhoneNumber')
})

const role = 'arn:aws:iam::000000000000:role/logs'
const logged = [
  { feedback: {}, delivered: true, random: 0, expected: false },
  { feedback: {}, delivered: false, random: 0, expected: false },
  { feedback: { successRoleArn: role }, delivered: true, random: 0, expected: false },
  { feedback: { successRoleArn: role, successSampleRate: '0' }, delivered: true, random: 0, expected: false },
  { feedback: { successRoleArn: role, successSampleRate: '100' }, delivered: true, random: 0.999, expected: true },
  { feedback: { successRoleArn: role, successSampleRate: '50' }, delivered: true, random: 0.499, expected: true },
  { feedback: { successRoleArn: role, successSampleRate: '50' }, delivered: true, random: 0.5, expected: false },
  { feedback: { successRoleArn: role, successSampleRate: '100' }, delivered: false, random: 0, expected: false },
  { feedback: { failureRoleArn: role }, delivered: false, random: 0.999, expected: true },
  { feedback: { failureRoleArn: role, successSampleRate: '100' }, delivered: true, random: 0, expected: false },
]
for (const { feedback, delivered, random, expected } of logged) {
  test(`${delivered ? 'a success' : 'a failure'} with ${JSON.stringify(feedback)} at ${random}: ${expected}`, () =>
    assert.equal(isLogged(feedback, delivered, random), expected))
}
