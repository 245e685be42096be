/**
 * Every operation against a queue that does not exist, and without what it requires: the sentence, code and status of each, in both protocols.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { startSqs } from './support.ts'

const fixture = await startSqs()
const QueueUrl = `${fixture.node.url}/000000000000/nothing`
const existing = await fixture.createQueue()

/** Of each operation on a queue: what it requires besides, as JSON and as Query parameters. */
const onQueues: readonly { operation: string; json: Record<string, unknown>; query: Record<string, string> }[] = [
  {
    operation: 'AddPermission',
    json: { Label: 'x', AWSAccountIds: ['111111111111'], Actions: ['SendMessage'] },
    query: { Label: 'x', 'AWSAccountId.1': '111111111111', 'ActionName.1': 'SendMessage' },
  },
  {
    operation: 'ChangeMessageVisibility',
    json: { ReceiptHandle: 'x', VisibilityTimeout: 0 },
    query: { ReceiptHandle: 'x', VisibilityTimeout: '0' },
  },
  {
    operation: 'ChangeMessageVisibilityBatch',
    json: { Entries: [{ Id: 'a', ReceiptHandle: 'x', VisibilityTimeout: 0 }] },
    query: {
      'ChangeMessageVisibilityBatchRequestEntry.1.Id': 'a',
      'ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle': 'x',
      'ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout': '0',
    },
  },
  { operation: 'DeleteMessage', json: { ReceiptHandle: 'x' }, query: { ReceiptHandle: 'x' } },
  {
    operation: 'DeleteMessageBatch',
    json: { Entries: [{ Id: 'a', ReceiptHandle: 'x' }] },
    query: { 'DeleteMessageBatchRequestEntry.1.Id': 'a', 'DeleteMessageBatchRequestEntry.1.ReceiptHandle': 'x' },
  },
  { operation: 'DeleteQueue', json: {}, query: {} },
  { operation: 'GetQueueAttributes', json: { AttributeNames: ['All'] }, query: { 'AttributeName.1': 'All' } },
  { operation: 'ListDeadLetterSourceQueues', json: {}, query: {} },
  { operation: 'ListQueueTags', json: {}, query: {} },
  { operation: 'PurgeQueue', json: {}, query: {} },
  { operation: 'ReceiveMessage', json: {}, query: {} },
  { operation: 'RemovePermission', json: { Label: 'x' }, query: { Label: 'x' } },
  { operation: 'SendMessage', json: { MessageBody: 'x' }, query: { MessageBody: 'x' } },
  {
    operation: 'SendMessageBatch',
    json: { Entries: [{ Id: 'a', MessageBody: 'x' }] },
    query: { 'SendMessageBatchRequestEntry.1.Id': 'a', 'SendMessageBatchRequestEntry.1.MessageBody': 'x' },
  },
  {
    operation: 'SetQueueAttributes',
    json: { Attributes: { DelaySeconds: '1' } },
    query: { 'Attribute.1.Name': 'DelaySeconds', 'Attribute.1.Value': '1' },
  },
  { operation: 'TagQueue', json: { Tags: { a: 'b' } }, query: { 'Tag.1.Key': 'a', 'Tag.1.Value': 'b' } },
  { operation: 'UntagQueue', json: { TagKeys: ['a'] }, query: { 'TagKey.1': 'a' } },
]

for (const { operation, json, query } of onQueues) {
  test(`${operation} on a queue that does not exist says so, in JSON and in XML`, async () => {
    const { status, queryError, body } = await fixture.json(operation, { QueueUrl, ...json })
    assert.equal(status, 400)
    assert.equal(queryError, 'AWS.SimpleQueueService.NonExistentQueue;Sender')
    assert.deepEqual(body, {
      __type: 'com.amazonaws.sqs#QueueDoesNotExist',
      message: 'The specified queue does not exist.',
    })
    const answer = await fixture.query({ Action: operation, QueueUrl, ...query })
    assert.equal(answer.status, 400)
    assert.match(
      answer.xml,
      /<Code>AWS\.SimpleQueueService\.NonExistentQueue<\/Code><Message>The specified queue does not exist for this wsdl version\.<\/Message>/,
    )
  })

  test(`${operation} without a queue lacks the parameter QueueUrl`, async () => {
    const { status, queryError, body } = await fixture.json(operation, json)
    assert.equal(status, 400)
    assert.equal(queryError, 'MissingParameter;Sender')
    assert.deepEqual(body, {
      __type: 'com.amazon.coral.service#MissingRequiredParameterException',
      message: 'The request must contain the parameter QueueUrl.',
    })
  })
}

test('GetQueueUrl of a name that does not exist says so, in JSON and in XML', async () => {
  const { queryError } = await fixture.json('GetQueueUrl', { QueueName: 'nothing' })
  assert.equal(queryError, 'AWS.SimpleQueueService.NonExistentQueue;Sender')
  const { xml } = await fixture.query({ Action: 'GetQueueUrl', QueueName: 'nothing' })
  assert.match(xml, /does not exist for this wsdl version\./)
})

for (const [operation, input, missing] of [
  ['AddPermission', { AWSAccountIds: ['111111111111'], Actions: ['SendMessage'] }, 'Label'],
  ['AddPermission', { Label: 'x', AWSAccountIds: ['111111111111'] }, 'Actions'],
  ['CancelMessageMoveTask', {}, 'TaskHandle'],
  ['ChangeMessageVisibility', { VisibilityTimeout: 0 }, 'ReceiptHandle'],
  ['ChangeMessageVisibility', { ReceiptHandle: 'x' }, 'VisibilityTimeout'],
  ['DeleteMessage', {}, 'ReceiptHandle'],
  ['GetQueueUrl', {}, 'QueueName'],
  ['ListMessageMoveTasks', {}, 'SourceArn'],
  ['RemovePermission', {}, 'Label'],
  ['SendMessage', {}, 'MessageBody'],
  ['StartMessageMoveTask', {}, 'SourceArn'],
  ['TagQueue', {}, 'Tags'],
  ['UntagQueue', {}, 'TagKeys'],
] as const) {
  test(`${operation} without ${missing} lacks that parameter`, async () => {
    const { status, queryError, body } = await fixture.json(operation, { QueueUrl: existing, ...input })
    assert.equal(body.message, `The request must contain the parameter ${missing}.`)
    assert.equal(queryError, 'MissingParameter;Sender')
    assert.equal(status, 400)
  })
}

const stsOf = (accountId: string) =>
  new STSClient({
    endpoint: fixture.node.url,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: accountId, secretAccessKey: 'test' },
  })

test('STS tells callers their account', async () => {
  for (const [accessKeyId, account] of [
    ['123456789012', '123456789012'],
    ['AKIAIOSFODNN7EXAMPLE', '000000000000'],
  ] as const) {
    const sts = stsOf(accessKeyId)
    const { Account, Arn, UserId } = await sts.send(new GetCallerIdentityCommand())
    sts.destroy()
    assert.deepEqual({ Account, Arn }, { Account: account, Arn: `arn:aws:iam::${account}:user/millrace` })
    assert.match(String(UserId), /^AIDA[A-Z2-7]{17}$/)
  }
})
