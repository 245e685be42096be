import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as errors from './errors.ts'

test('a missing queue has one sentence for JSON and another for Query', () => {
  const error = errors.queueDoesNotExist()
  assert.equal(error.code, 'QueueDoesNotExist')
  assert.equal(error.message, 'The specified queue does not exist.')
  assert.equal(error.queryMessage, 'The specified queue does not exist for this wsdl version.')
})

test('a missing parameter carries the type of the framework underneath', () => {
  const error = errors.missingParameter('MessageBody')
  assert.equal(error.code, 'MissingParameter')
  assert.equal(error.type, 'com.amazon.coral.service#MissingRequiredParameterException')
  assert.equal(error.message, 'The request must contain the parameter MessageBody.')
})

const invalid = (parameter: string, value: string, reason: string) =>
  `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`

const sentences = [
  [
    errors.queueNameExists('VisibilityTimeout'),
    'QueueNameExists',
    'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
  ],
  [
    errors.queueDeletedRecently(),
    'QueueDeletedRecently',
    'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
  ],
  [
    errors.purgeInProgress('q'),
    'PurgeQueueInProgress',
    'Only one PurgeQueue operation on q is allowed every 60 seconds.',
  ],
  [
    errors.deadLetterQueueMissing('{}'),
    'InvalidParameterValue',
    invalid('RedrivePolicy', '{}', 'Dead letter target does not exist.'),
  ],
  [
    errors.deadLetterQueueOfOtherType('{}'),
    'InvalidParameterValue',
    invalid('RedrivePolicy', '{}', 'Dead-letter queue must be same type of queue as the source..'),
  ],
  [
    errors.deadLetterQueueRefuses('{}'),
    'InvalidParameterValue',
    invalid('RedrivePolicy', '{}', 'Dead-letter queue does not allow this source.'),
  ],
  [errors.tooManyInFlight(), 'OverLimit', 'Too many messages in flight'],
  [
    errors.receiptHandleIsInvalid('h'),
    'ReceiptHandleIsInvalid',
    'The input receipt handle "h" is not a valid receipt handle.',
  ],
  [
    errors.receiptHandleExpired('h'),
    'InvalidParameterValue',
    invalid('ReceiptHandle', 'h', 'The receipt handle has expired.'),
  ],
  [
    errors.messageNotAvailable('h'),
    'InvalidParameterValue',
    invalid('ReceiptHandle', 'h', 'Message does not exist or is not available for visibility timeout change.'),
  ],
  [
    errors.moveResourceMissing('SourceArn'),
    'ResourceNotFoundException',
    "The resource that you specified for the SourceArn parameter doesn't exist.",
  ],
  [
    errors.sourceIsNotDeadLetterQueue(),
    'InvalidParameterValue',
    'Source queue must be configured as a Dead Letter Queue.',
  ],
  [
    errors.moveBetweenQueueTypes(),
    'InvalidParameterValue',
    'The source queue and destination queue must be of the same queue type.',
  ],
  [
    errors.moveTaskAlreadyRunning(),
    'InvalidParameterValue',
    'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
  ],
  [errors.moveTaskMissing(), 'ResourceNotFoundException', 'Task does not exist.'],
] as const

for (const [error, code, message] of sentences) {
  test(`${code}: ${message}`, () => assert.deepEqual([error.code, error.message], [code, message]))
}
