/** Message move tasks: what is refused when they are started, listed and cancelled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const list = async (SourceArn: string) => (await sqs.listMessageMoveTasks({ SourceArn })).Results ?? []

const deadLettersArn = await fixture.arnOf(await fixture.createQueue())
await fixture.createQueue({
  RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLettersArn, maxReceiveCount: 1 }),
})
const plainArn = await fixture.arnOf(await fixture.createQueue())
const fifoArn = await fixture.arnOf(await fixture.createFifoQueue())
const gone = (parameter: string) =>
  refusal(
    'ResourceNotFoundException',
    `The resource that you specified for the ${parameter} parameter doesn't exist.`,
    404,
  )
const malformed = (parameter: string) =>
  refusal(
    'InvalidParameterValue',
    `You must use this format to specify the ${parameter}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>`,
  )

for (const { name, input, refused } of [
  { name: 'a source that is no ARN', input: { SourceArn: 'queue' }, refused: malformed('SourceArn') },
  { name: 'an empty source', input: { SourceArn: '' }, refused: malformed('SourceArn') },
  { name: 'a source that does not exist', input: { SourceArn: `${plainArn}-gone` }, refused: gone('SourceArn') },
  {
    name: 'a source of another service',
    input: { SourceArn: 'arn:aws:sns:us-east-1:000000000000:topic' },
    refused: gone('SourceArn'),
  },
  {
    name: 'a source that is nobody’s dead-letter queue',
    input: { SourceArn: plainArn },
    refused: refusal('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.'),
  },
  { name: 'a destination that is no ARN', input: { DestinationArn: 'queue' }, refused: malformed('DestinationArn') },
  {
    name: 'a destination that does not exist',
    input: { DestinationArn: `${plainArn}-gone` },
    refused: gone('DestinationArn'),
  },
  {
    name: 'the source as destination',
    input: { DestinationArn: deadLettersArn },
    refused: refusal('InvalidParameterValue', 'Source queue arn and destination queue arn cannot be the same.'),
  },
  {
    name: 'a destination of the other type',
    input: { DestinationArn: fifoArn },
    refused: refusal('InvalidParameterValue', 'The source queue and destination queue must be of the same queue type.'),
  },
  ...[0, 501, -1].map((rate) => ({
    name: `the rate ${rate}`,
    input: { MaxNumberOfMessagesPerSecond: rate },
    refused: refusal(
      'InvalidParameterValue',
      'Value for parameter MaxNumberOfMessagesPerSecond is invalid. ' +
        "Reason: You must enter a number that's between 1 and 500.",
    ),
  })),
]) {
  test(`a task with ${name} is refused`, async () => {
    await assert.rejects(sqs.startMessageMoveTask({ SourceArn: deadLettersArn, ...input }), refused)
    assert.deepEqual(await list(deadLettersArn), [])
  })
}

test('a source is named in the same way when tasks are listed', async () => {
  await assert.rejects(list('queue'), malformed('SourceArn'))
  await assert.rejects(list(`${plainArn}-gone`), gone('SourceArn'))
  assert.deepEqual(await list(plainArn), [])
})

const handleOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const TASK = { taskId: '00000000-0000-4000-8000-000000000000', sourceArn: plainArn }
const noHandle = refusal('InvalidParameterValue', 'Value for parameter TaskHandle is invalid.')

for (const { name, handle, refused } of [
  { name: 'no base64', handle: '!', refused: noHandle },
  { name: 'empty', handle: '', refused: noHandle },
  { name: 'no JSON', handle: Buffer.from('x').toString('base64'), refused: noHandle },
  { name: 'without a task', handle: handleOf({ sourceArn: plainArn }), refused: noHandle },
  {
    name: 'of a missing queue',
    handle: handleOf({ ...TASK, sourceArn: `${plainArn}-gone` }),
    refused: gone('SourceArn'),
  },
  { name: 'of no queue', handle: handleOf({ ...TASK, sourceArn: 'x' }), refused: gone('SourceArn') },
  {
    name: 'of a missing task',
    handle: handleOf(TASK),
    refused: refusal('ResourceNotFoundException', 'Task does not exist.', 404),
  },
]) {
  test(`a handle that is ${name} cancels nothing`, async () => {
    await assert.rejects(sqs.cancelMessageMoveTask({ TaskHandle: handle }), refused)
  })
}
