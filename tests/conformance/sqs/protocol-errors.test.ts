/** Every error that a client can bring about, as both protocols tell it: code, shape, status and whose fault it is. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { loadModel } from '../../../src/kernel/protocol/load-model.ts'
import type { Operation } from '../../../src/kernel/protocol/schema.ts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'
import { formOf, post } from '../clients/query-client.ts'

const PREFIX = 'AWS.SimpleQueueService.'
const ENTRY = { Id: 'a', MessageBody: 'x' }
const entries = (count: number) => Array.from({ length: count }, (_, i) => ({ Id: `e${i}`, MessageBody: 'x' }))
const ARN = 'arn:aws:sqs:us-east-1:000000000000:'

describe('an error on the wire', () => {
  let node: TestNode
  before(async () => {
    node = await startNode()
    for (const QueueName of ['q', 'purged', 'deleted']) await call('CreateQueue', { QueueName })
    await call('PurgeQueue', { QueueUrl: 'purged' })
    await call('DeleteQueue', { QueueUrl: 'deleted' })
  })
  after(() => node.stop())

  const call = (operation: string, input: unknown) =>
    fetch(node.url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
      body: typeof input === 'string' || input instanceof Uint8Array ? input : JSON.stringify(input),
    })

  const QueueUrl = 'q'
  /** `code` is what follows the prefix of SQS where there is one; `shape` is another than the code in some cases. */
  const cases: {
    operation: string
    input: Record<string, unknown>
    code: string
    shape?: string
    status?: number
    prefixed?: boolean
  }[] = [
    {
      operation: 'GetQueueUrl',
      input: { QueueName: 'none' },
      code: 'NonExistentQueue',
      shape: 'QueueDoesNotExist',
      prefixed: true,
    },
    {
      operation: 'CreateQueue',
      input: { QueueName: 'q', Attributes: { DelaySeconds: '9' } },
      code: 'QueueAlreadyExists',
      shape: 'QueueNameExists',
    },
    { operation: 'CreateQueue', input: { QueueName: 'deleted' }, code: 'QueueDeletedRecently', prefixed: true },
    {
      operation: 'PurgeQueue',
      input: { QueueUrl: 'purged' },
      code: 'PurgeQueueInProgress',
      prefixed: true,
      status: 403,
    },
    {
      operation: 'DeleteMessage',
      input: { QueueUrl, ReceiptHandle: 'x' },
      code: 'ReceiptHandleIsInvalid',
      status: 404,
    },
    {
      operation: 'AddPermission',
      input: { QueueUrl, Label: 'l', AWSAccountIds: ['123456789012'], Actions: Array(8).fill('SendMessage') },
      code: 'OverLimit',
      status: 403,
    },
    {
      operation: 'SendMessageBatch',
      input: { QueueUrl, Entries: entries(11) },
      code: 'TooManyEntriesInBatchRequest',
      prefixed: true,
    },
    {
      operation: 'SendMessageBatch',
      input: { QueueUrl, Entries: [ENTRY, ENTRY] },
      code: 'BatchEntryIdsNotDistinct',
      prefixed: true,
    },
    {
      operation: 'SendMessageBatch',
      input: { QueueUrl, Entries: [{ ...ENTRY, Id: 'a b' }] },
      code: 'InvalidBatchEntryId',
      prefixed: true,
    },
    {
      operation: 'SendMessageBatch',
      input: { QueueUrl, Entries: [{ ...ENTRY, MessageBody: 'x'.repeat(1_048_577) }] },
      code: 'BatchRequestTooLong',
      prefixed: true,
    },
    { operation: 'SendMessage', input: { QueueUrl, MessageBody: '\u0001' }, code: 'InvalidMessageContents' },
    { operation: 'GetQueueAttributes', input: { QueueUrl, AttributeNames: ['Foobar'] }, code: 'InvalidAttributeName' },
    {
      operation: 'SetQueueAttributes',
      input: { QueueUrl, Attributes: { DelaySeconds: '901' } },
      code: 'InvalidAttributeValue',
    },
    { operation: 'GetQueueAttributes', input: { QueueUrl: 'http://host/abc/q' }, code: 'InvalidAddress', status: 404 },
    {
      operation: 'ListMessageMoveTasks',
      input: { SourceArn: `${ARN}none` },
      code: 'ResourceNotFoundException',
      status: 404,
    },
    {
      operation: 'ReceiveMessage',
      input: { QueueUrl, MaxNumberOfMessages: 0 },
      code: 'InvalidParameterValue',
      shape: 'InvalidParameterValueException',
    },
  ]
  for (const { operation, input, code, shape = code, status = 400, prefixed = false } of cases) {
    test(`${code} of ${operation}`, async () => {
      const queryCode = prefixed ? PREFIX + code : code
      const answer = await call(operation, input)
      assert.equal(answer.headers.get('x-amzn-query-error'), `${queryCode};Sender`)
      assert.equal(answer.status, status)
      assert.equal(answer.headers.get('content-type'), 'application/x-amz-json-1.0')
      const body = (await answer.json()) as Record<string, string>
      assert.deepEqual(Object.keys(body), ['__type', 'message'])
      assert.equal(body.__type, `com.amazonaws.sqs#${shape}`)

      const form = formOf(loadModel('sqs').operations.get(operation) as Operation, input)
      const query = await post(node.url, { Action: operation, ...form })
      const { Type, Code, Message, Detail } = query.xml.ErrorResponse.Error
      assert.deepEqual([query.status, Type, Code, Detail], [status, 'Sender', queryCode, ''])
      const others =
        code === 'NonExistentQueue' ? 'The specified queue does not exist for this wsdl version.' : undefined
      assert.equal(Message, others ?? body.message)
    })
  }

  test('an empty batch is one in JSON, where a list can be empty', async () => {
    const answer = await call('SendMessageBatch', { QueueUrl, Entries: [] })
    assert.equal(answer.headers.get('x-amzn-query-error'), `${PREFIX}EmptyBatchRequest;Sender`)
    assert.equal(((await answer.json()) as { __type: string }).__type, 'com.amazonaws.sqs#EmptyBatchRequest')
  })

  test('a missing queue is worded differently by the two protocols, and is 400 in both', async () => {
    const answer = await call('ReceiveMessage', { QueueUrl: `${node.url}/000000000000/none` })
    assert.equal(answer.status, 400)
    assert.deepEqual(await answer.json(), {
      __type: 'com.amazonaws.sqs#QueueDoesNotExist',
      message: 'The specified queue does not exist.',
    })
    const { status, xml } = await post(`${node.url}/000000000000/none`, { Action: 'ReceiveMessage' })
    assert.equal(status, 400)
    assert.equal(xml.ErrorResponse.Error.Message, 'The specified queue does not exist for this wsdl version.')
  })

  test('a missing required parameter has a type of its own in JSON', async () => {
    const answer = await call('ReceiveMessage', {})
    assert.equal(answer.headers.get('x-amzn-query-error'), 'MissingParameter;Sender')
    assert.deepEqual(await answer.json(), {
      __type: 'com.amazon.coral.service#MissingRequiredParameterException',
      message: 'The request must contain the parameter QueueUrl.',
    })
    const { xml } = await post(node.url, { Action: 'ReceiveMessage' })
    const { Code, Message } = xml.ErrorResponse.Error
    assert.deepEqual([Code, Message], ['MissingParameter', 'The request must contain the parameter QueueUrl.'])
  })

  const STRUCTURE = 'Start of structure or map found where not expected.'
  const LIST = 'Start of list found where not expected'
  const mistyped: { name: string; operation: string; input: unknown; message?: string }[] = [
    {
      name: 'an object for a string',
      operation: 'SendMessage',
      input: { QueueUrl, MessageBody: {} },
      message: STRUCTURE,
    },
    { name: 'a list for a string', operation: 'SendMessage', input: { QueueUrl, MessageBody: ['x'] }, message: LIST },
    {
      name: 'an object for a list',
      operation: 'ReceiveMessage',
      input: { QueueUrl, AttributeNames: {} },
      message: STRUCTURE,
    },
    { name: 'a list for a map', operation: 'SetQueueAttributes', input: { QueueUrl, Attributes: [] }, message: LIST },
    {
      name: 'a list for an integer',
      operation: 'ReceiveMessage',
      input: { QueueUrl, WaitTimeSeconds: [1] },
      message: LIST,
    },
    {
      name: 'a word for an integer',
      operation: 'ReceiveMessage',
      input: { QueueUrl, MaxNumberOfMessages: 'many' },
      message: 'STRING_VALUE can not be converted to an Integer',
    },
    { name: 'no JSON', operation: 'ReceiveMessage', input: '{"QueueUrl":' },
    { name: 'JSON that is no object', operation: 'ReceiveMessage', input: '7' },
    { name: 'bytes that are no UTF-8', operation: 'ReceiveMessage', input: Buffer.from('7b2251ff223a317d', 'hex') },
  ]
  for (const { name, operation, input, message } of mistyped) {
    test(`${name} is a SerializationException`, async () => {
      const answer = await call(operation, input)
      assert.equal(answer.status, 400)
      const body = (await answer.json()) as { __type: string; message: string }
      assert.equal(body.__type, 'com.amazon.coral.service#SerializationException')
      if (message !== undefined) assert.equal(body.message, message)
    })
  }

  test('numbers and booleans are accepted as values of attributes, and mean their text', async () => {
    const set = await call('SetQueueAttributes', {
      QueueUrl,
      Attributes: { DelaySeconds: 5, SqsManagedSseEnabled: true },
    })
    assert.equal(set.status, 200)
    const AttributeNames = ['DelaySeconds', 'SqsManagedSseEnabled']
    const { Attributes } = (await (await call('GetQueueAttributes', { QueueUrl, AttributeNames })).json()) as {
      Attributes: Record<string, string>
    }
    assert.deepEqual(Attributes, { DelaySeconds: '5', SqsManagedSseEnabled: 'true' })
  })

  for (const target of ['AmazonSQS.Nonsense', 'Nonsense.SendMessage', 'Nonsense', '']) {
    test(`the target ${JSON.stringify(target)} is an unknown operation`, async () => {
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target }
      const answer = await fetch(node.url, { method: 'POST', headers, body: '{}' })
      assert.equal(answer.status, 400)
      const { __type } = (await answer.json()) as { __type: string }
      assert.equal(__type, 'com.amazon.coral.service#UnknownOperationException')
    })
  }
})
