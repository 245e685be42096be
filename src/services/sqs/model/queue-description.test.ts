import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { createAttributes, type GivenAttributes } from './queue-attributes.ts'
import { describeQueue, needsCounts, type QueueFacts, selectQueueAttributes } from './queue-description.ts'

const factsOf = (given: GivenAttributes): QueueFacts => ({
  attributes: createAttributes(given),
  arn: 'arn:aws:sqs:us-east-1:000000000000:q',
  createdAt: 1_700_000_000_999,
  lastModifiedAt: 1_700_000_005_000,
  visible: 4,
  inFlight: 2,
  delayed: 1,
})
const all = selectQueueAttributes(['All'])

const ofStandardQueue = {
  ApproximateNumberOfMessages: '4',
  ApproximateNumberOfMessagesDelayed: '1',
  ApproximateNumberOfMessagesNotVisible: '2',
  CreatedTimestamp: '1700000000',
  DelaySeconds: '0',
  LastModifiedTimestamp: '1700000005',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
}

test('All of a fresh standard queue', () => assert.deepEqual(describeQueue(all, factsOf({})), ofStandardQueue))

test('All of a fresh FIFO queue', () =>
  assert.deepEqual(describeQueue(all, factsOf({ FifoQueue: 'true' })), {
    ...ofStandardQueue,
    ContentBasedDeduplication: 'false',
    DeduplicationScope: 'queue',
    FifoQueue: 'true',
    FifoThroughputLimit: 'perQueue',
  }))

test('All of a queue with a key shows the key and its period', () =>
  assert.deepEqual(describeQueue(all, factsOf({ KmsMasterKeyId: 'alias/k' })), {
    ...ofStandardQueue,
    KmsMasterKeyId: 'alias/k',
    KmsDataKeyReusePeriodSeconds: '300',
    SqsManagedSseEnabled: 'false',
  }))

test('attributes by name; those that are not set are left out', () => {
  const names = selectQueueAttributes(['VisibilityTimeout', 'Policy', 'FifoQueue', 'KmsDataKeyReusePeriodSeconds'])
  assert.deepEqual(describeQueue(names, factsOf({})), { VisibilityTimeout: '30' })
})

test('a redrive policy is shown compact, however it was written', () => {
  const arn = 'arn:aws:sqs:us-east-1:000000000000:dlq'
  for (const written of [
    `{"deadLetterTargetArn":"${arn}","maxReceiveCount":3}`,
    `{ "maxReceiveCount" : "3",\n "deadLetterTargetArn" : "${arn}" }`,
  ]) {
    assert.deepEqual(describeQueue(['RedrivePolicy'], factsOf({ RedrivePolicy: written })), {
      RedrivePolicy: `{"deadLetterTargetArn":"${arn}","maxReceiveCount":3}`,
    })
  }
})

test('nothing to return is undefined', () => {
  assert.equal(describeQueue(selectQueueAttributes(), factsOf({})), undefined)
  assert.equal(describeQueue(selectQueueAttributes(['Policy']), factsOf({})), undefined)
})

test('unknown names are refused, also beside All', () => {
  for (const names of [['Foobar'], ['All', 'Foobar'], ['QueueArn', 'Foobar']]) {
    expectRefusal(() => selectQueueAttributes(names), 'InvalidAttributeName', 'Unknown Attribute Foobar.')
  }
})

test('messages are counted only when someone asks', () => {
  assert.equal(needsCounts(all), true)
  assert.equal(needsCounts(['QueueArn', 'ApproximateNumberOfMessagesDelayed']), true)
  assert.equal(needsCounts(['QueueArn', 'VisibilityTimeout']), false)
})
