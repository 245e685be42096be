import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { loadModel } from '../../../src/kernel/protocol/load-model.ts'
import { startNode, type TestNode } from '../../../src/testing/node.ts'
import { get, type Parameters, post } from './query-client.ts'

const arnOf = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`
const md5 = (text: string) => createHash('md5').update(text).digest('hex')

describe('a client of the Query protocol', () => {
  let node: TestNode
  const used = new Set<string>()
  before(async () => {
    node = await startNode()
  })
  after(() => node.stop())

  /** The `<…Result>` of an action; undefined for an action that has none. The request goes to `url`, else to `/`. */
  async function call(action: string, parameters: Parameters = {}, url = `${node.url}/`) {
    used.add(action)
    const { status, text, xml } = await post(url, { Action: action, Version: '2012-11-05', ...parameters })
    assert.equal(status, 200, text)
    const response = xml[`${action}Response`]
    assert.match(response.ResponseMetadata.RequestId, /^[0-9a-f-]{36}$/)
    return response[`${action}Result`]
  }

  const create = async (name: string, parameters: Parameters = {}): Promise<string> =>
    (await call('CreateQueue', { QueueName: name, ...parameters })).QueueUrl

  test('creates, describes, tags, shares, purges and deletes a queue', async () => {
    const url = await create('life', {
      'Attribute.1.Name': 'VisibilityTimeout',
      'Attribute.1.Value': '45',
      'Attribute.3.Name': 'DelaySeconds', // numbers may have gaps
      'Attribute.3.Value': '2',
      'Tag.1.Key': 'stage',
      'Tag.1.Value': 'test',
    })
    assert.deepEqual(await call('GetQueueUrl', { QueueName: 'life' }), { QueueUrl: url })
    const set = { 'Attribute.1.Name': 'DelaySeconds', 'Attribute.1.Value': '3' }
    assert.equal(await call('SetQueueAttributes', { QueueUrl: url, ...set }), undefined)
    const asked = { 'AttributeName.1': 'DelaySeconds', 'AttributeName.2': 'VisibilityTimeout' }
    const { Attribute } = await call('GetQueueAttributes', asked, url)
    assert.deepEqual(Object.fromEntries(Attribute.map(({ Name, Value }: Parameters) => [Name, Value])), {
      VisibilityTimeout: '45',
      DelaySeconds: '3',
    })

    await call('TagQueue', { QueueUrl: url, 'Tag.1.Key': 'team', 'Tag.1.Value': 'a' })
    await call('UntagQueue', { QueueUrl: url, 'TagKey.1': 'stage' })
    assert.deepEqual(await call('ListQueueTags', { QueueUrl: url }), { Tag: { Key: 'team', Value: 'a' } })

    const partner = { 'AWSAccountId.1': '123456789012', 'ActionName.1': 'SendMessage' }
    await call('AddPermission', { QueueUrl: url, Label: 'partner', ...partner })
    const policy = await call('GetQueueAttributes', { QueueUrl: url, 'AttributeName.1': 'Policy' })
    assert.equal(JSON.parse(policy.Attribute.Value).Statement[0].Action, 'SQS:SendMessage')
    await call('RemovePermission', { QueueUrl: url, Label: 'partner' })

    await call('PurgeQueue', { QueueUrl: url })
    await call('DeleteQueue', { QueueUrl: url })
    assert.equal((await post(node.url, { Action: 'GetQueueUrl', QueueName: 'life' })).status, 400)
  })

  test('sends, receives, hides and deletes messages', async () => {
    const url = await create('messages')
    const body = 'a & b < c > "d" \r\n\t😀'
    const sent = await call('SendMessage', {
      QueueUrl: url,
      MessageBody: body,
      'MessageAttribute.1.Name': 'k',
      'MessageAttribute.1.Value.DataType': 'Binary',
      'MessageAttribute.1.Value.BinaryValue': 'AAH/',
      'MessageAttribute.2.Name': 'n',
      'MessageAttribute.2.Value.DataType': 'Number',
      'MessageAttribute.2.Value.StringValue': '7',
      'MessageSystemAttribute.1.Name': 'AWSTraceHeader',
      'MessageSystemAttribute.1.Value.DataType': 'String',
      'MessageSystemAttribute.1.Value.StringValue':
        'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
    })
    assert.equal(sent.MD5OfMessageBody, md5(body))
    assert.equal(sent.MD5OfMessageSystemAttributes, '5ae4d5d7636402d80f4eb6d213245a88')
    const batch = await call('SendMessageBatch', {
      QueueUrl: url,
      'SendMessageBatchRequestEntry.1.Id': 'good',
      'SendMessageBatchRequestEntry.1.MessageBody': 'from a batch',
      'SendMessageBatchRequestEntry.2.Id': 'bad',
      'SendMessageBatchRequestEntry.2.MessageBody': '\u0001',
    })
    assert.deepEqual(
      [batch.SendMessageBatchResultEntry.Id, batch.SendMessageBatchResultEntry.MD5OfMessageBody],
      ['good', md5('from a batch')],
    )
    const { Id, SenderFault, Code } = batch.BatchResultErrorEntry
    assert.deepEqual({ Id, SenderFault, Code }, { Id: 'bad', SenderFault: 'true', Code: 'InvalidMessageContents' })

    const asked = {
      MaxNumberOfMessages: '10',
      'AttributeName.1': 'ApproximateReceiveCount',
      'MessageAttributeName.1': 'All',
    }
    const { Message: messages } = await call('ReceiveMessage', { QueueUrl: url, ...asked })
    const first = messages.find(({ MessageId }: Parameters) => MessageId === sent.MessageId)
    assert.deepEqual(first, {
      MessageId: sent.MessageId,
      ReceiptHandle: first.ReceiptHandle,
      MD5OfBody: md5(body),
      Body: body,
      Attribute: { Name: 'ApproximateReceiveCount', Value: '1' },
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttribute: [
        { Name: 'k', Value: { BinaryValue: 'AAH/', DataType: 'Binary' } },
        { Name: 'n', Value: { StringValue: '7', DataType: 'Number' } },
      ],
    })

    const [one, two] = messages.map(({ ReceiptHandle }: Parameters) => ReceiptHandle)
    await call('ChangeMessageVisibility', { QueueUrl: url, ReceiptHandle: one, VisibilityTimeout: '60' })
    const changed = await call('ChangeMessageVisibilityBatch', {
      QueueUrl: url,
      'ChangeMessageVisibilityBatchRequestEntry.1.Id': 'x',
      'ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle': two,
      'ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout': '60',
    })
    assert.deepEqual(changed, { ChangeMessageVisibilityBatchResultEntry: { Id: 'x' } })
    await call('DeleteMessage', { QueueUrl: url, ReceiptHandle: one })
    const deleted = await call('DeleteMessageBatch', {
      QueueUrl: url,
      'DeleteMessageBatchRequestEntry.1.Id': 'y',
      'DeleteMessageBatchRequestEntry.1.ReceiptHandle': two,
    })
    assert.deepEqual(deleted, { DeleteMessageBatchResultEntry: { Id: 'y' } })
    assert.equal(await call('ReceiveMessage', { QueueUrl: url }), '')
  })

  test('lists queues in pages', async () => {
    const urls: string[] = []
    for (const name of ['page-1', 'page-2', 'page-3']) urls.push(await create(name))
    const request = { QueueNamePrefix: 'page-', MaxResults: '2' }
    const first = await call('ListQueues', request)
    assert.deepEqual(first.QueueUrl, urls.slice(0, 2))
    assert.deepEqual(await call('ListQueues', { ...request, NextToken: first.NextToken }), { QueueUrl: urls[2] })
  })

  test('finds the sources of a dead-letter queue, and starts, watches and cancels a move task', async () => {
    const letters = await create('letters')
    const policy = JSON.stringify({ deadLetterTargetArn: arnOf('letters'), maxReceiveCount: 1 })
    const source = await create('source', { 'Attribute.1.Name': 'RedrivePolicy', 'Attribute.1.Value': policy })
    assert.deepEqual(await call('ListDeadLetterSourceQueues', { QueueUrl: letters }), { QueueUrl: source })

    // One message a second: the task is still running when it is looked at and cancelled.
    for (let i = 0; i < 10; i++) await call('SendMessage', { QueueUrl: letters, MessageBody: String(i) })
    const move = { DestinationArn: arnOf('source'), MaxNumberOfMessagesPerSecond: '1' }
    const { TaskHandle } = await call('StartMessageMoveTask', { SourceArn: arnOf('letters'), ...move })
    const { ListMessageMoveTasksResultEntry: task } = await call('ListMessageMoveTasks', {
      SourceArn: arnOf('letters'),
    })
    assert.deepEqual([task.Status, task.TaskHandle], ['RUNNING', TaskHandle])
    const cancelled = await call('CancelMessageMoveTask', { TaskHandle })
    assert.ok(Number(cancelled.ApproximateNumberOfMessagesMoved) < 10)
  })

  test('may send everything as a GET, to the queue’s own URL too', async () => {
    const url = await create('by-get')
    assert.equal((await get(url, { Action: 'SendMessage', MessageBody: 'a+b c%' })).status, 200)
    const { xml } = await get(node.url, { Action: 'ReceiveMessage', QueueUrl: url })
    const { Body, ReceiptHandle } = xml.ReceiveMessageResponse.ReceiveMessageResult.Message
    assert.equal(Body, 'a+b c%')
    assert.equal((await get(url, { Action: 'DeleteMessage', ReceiptHandle })).status, 200)
  })

  test('addresses a queue by its parameter rather than by the URL it posts to', async () => {
    const [one, two] = [await create('explicit-1'), await create('explicit-2')]
    await call('SendMessage', { QueueUrl: two, MessageBody: 'for two' }, one)
    assert.equal(await call('ReceiveMessage', {}, one), '')
    assert.equal((await call('ReceiveMessage', {}, two)).Message.Body, 'for two')
  })

  test('has used every operation of SQS', () => {
    assert.deepEqual([...used].sort(), [...loadModel('sqs').operations.keys()].sort())
  })
})
