import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { checkMoveArguments, decodeTaskHandle, encodeTaskHandle, parseMoveArn, tasksToList } from './move-task.ts'

const arn = 'arn:aws:sqs:us-east-1:000000000000:dlq'

test('an argument names a queue', () =>
  assert.deepEqual(parseMoveArn('SourceArn', arn), { region: 'us-east-1', accountId: '000000000000', name: 'dlq' }))

for (const parameter of ['SourceArn', 'DestinationArn'] as const) {
  for (const text of ['', 'dlq', 'arn:aws:sqs:us-east-1:dlq', 'arn:aws:sqs:::dlq', 'http://h/000000000000/dlq']) {
    test(`${parameter} ${JSON.stringify(text)} is no ARN`, () =>
      expectRefusal(
        () => parseMoveArn(parameter, text),
        'InvalidParameterValue',
        `You must use this format to specify the ${parameter}: ` +
          'arn:<partition>:<service>:<region>:<account-id>:<resource-id>',
      ))
  }
  test(`${parameter} is not the ARN of another service`, () =>
    expectRefusal(
      () => parseMoveArn(parameter, 'arn:aws:sns:us-east-1:000000000000:t'),
      'ResourceNotFoundException',
      `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    ))
}

test('arguments in order pass', () => {
  checkMoveArguments(arn)
  checkMoveArguments(arn, `${arn}2`, 1)
  checkMoveArguments(arn, undefined, 500)
})

test('the destination is another queue than the source', () =>
  expectRefusal(
    () => checkMoveArguments(arn, arn),
    'InvalidParameterValue',
    'Source queue arn and destination queue arn cannot be the same.',
  ))

for (const rate of [0, -1, 501]) {
  test(`a rate of ${rate} a second is refused`, () =>
    expectRefusal(
      () => checkMoveArguments(arn, undefined, rate),
      'InvalidParameterValue',
      'Value for parameter MaxNumberOfMessagesPerSecond is invalid. ' +
        "Reason: You must enter a number that's between 1 and 500.",
    ))
}

test('one task is listed, or up to ten', () => {
  assert.equal(tasksToList(), 1)
  assert.equal(tasksToList(10), 10)
  for (const maxResults of [0, 11]) {
    expectRefusal(
      () => tasksToList(maxResults),
      'InvalidParameterValue',
      `Value ${maxResults} for parameter MaxResults is invalid. ` +
        'Reason: MaxResults must be an integer between 1 and 10.',
    )
  }
})

test('a handle leads back to its task', () => {
  const task = { taskId: '00000000-0000-4000-8000-000000000000', sourceArn: arn }
  assert.deepEqual(decodeTaskHandle(encodeTaskHandle(task)), task)
  assert.equal(Buffer.from(encodeTaskHandle(task), 'base64').toString(), JSON.stringify(task))
})

for (const handle of ['', 'nonsense', btoa('{}'), btoa('[]'), btoa('null'), btoa('{"taskId":1,"sourceArn":"a"}')]) {
  test(`${JSON.stringify(handle)} is no task's handle`, () =>
    expectRefusal(
      () => decodeTaskHandle(handle),
      'InvalidParameterValue',
      'Value for parameter TaskHandle is invalid.',
    ))
}
