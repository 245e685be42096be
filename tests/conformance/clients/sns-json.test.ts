/** SNS over AWS JSON, which its own SDKs do not speak yet: the same operations, answers and errors as over Query. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadModel } from '../../../src/kernel/protocol/load-model.ts'
import { startSns, topicArnOf } from '../sns/support.ts'
import { type Parameters, post } from './query-client.ts'

const fixture = await startSns()

interface JsonAnswer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests assert
  readonly body: any
}

async function send(operation: string, input: unknown, version = '1.0'): Promise<JsonAnswer> {
  const answer = await fetch(fixture.node.url, {
    method: 'POST',
    headers: {
      'content-type': `application/x-amz-json-${version}`,
      'x-amz-target': `AmazonSimpleNotificationService.${operation}`,
    },
    body: typeof input === 'string' ? input : JSON.stringify(input),
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

const query = (operation: string, parameters: Parameters = {}) =>
  post(fixture.node.url, { Action: operation, Version: '2010-03-31', ...parameters })

for (const version of ['1.0', '1.1']) {
  describe(`a client of AWS JSON ${version}`, () => {
    const call = async (operation: string, input: unknown) => {
      const { status, headers, body } = await send(operation, input, version)
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(headers.get('content-type'), `application/x-amz-json-${version}`)
      assert.match(headers.get('x-amzn-requestid') as string, /^[0-9a-f-]{36}$/)
      return body
    }

    test('uses topics, with their lists, maps and tags', async () => {
      const Name = fixture.newName()
      const Attributes = { DisplayName: 'D' }
      const { TopicArn } = await call('CreateTopic', { Name, Attributes, Tags: [{ Key: 'k', Value: 'v' }] })
      assert.equal(TopicArn, topicArnOf(Name))
      assert.equal((await call('GetTopicAttributes', { TopicArn })).Attributes.DisplayName, 'D')
      assert.deepEqual(await call('ListTagsForResource', { ResourceArn: TopicArn }), {
        Tags: [{ Key: 'k', Value: 'v' }],
      })
      assert.deepEqual(await call('UntagResource', { ResourceArn: TopicArn, TagKeys: ['k'] }), {})
      assert.deepEqual(await call('ListTagsForResource', { ResourceArn: TopicArn }), { Tags: [] })
      assert.deepEqual(await call('ListSubscriptionsByTopic', { TopicArn }), { Subscriptions: [] })
      assert.deepEqual(await call('DeleteTopic', { TopicArn }), {})
    })

    test('publishes, with attributes of every type, one by one and in batches', async () => {
      const TopicArn = await fixture.createTopic()
      const queue = await fixture.createQueue()
      const subscription = { Protocol: 'sqs', Endpoint: queue.arn, Attributes: { RawMessageDelivery: 'true' } }
      const { SubscriptionArn } = await call('Subscribe', { TopicArn, ...subscription })
      assert.ok(SubscriptionArn.startsWith(`${TopicArn}:`))
      const MessageAttributes = {
        n: { DataType: 'Number', StringValue: '7' },
        b: { DataType: 'Binary', BinaryValue: 'AAH/' },
      }
      const { MessageId } = await call('Publish', { TopicArn, Message: 'grüße 😀', MessageAttributes })
      assert.match(MessageId, /^[0-9a-f-]{36}$/)
      const received = await fixture.receiveOne(queue)
      assert.equal(received.Body, 'grüße 😀')
      assert.deepEqual(received.MessageAttributes, {
        n: { DataType: 'Number', StringValue: '7' },
        b: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 1, 255) },
      })

      const batch = await call('PublishBatch', { TopicArn, PublishBatchRequestEntries: [{ Id: 'a', Message: 'one' }] })
      assert.deepEqual(batch, { Successful: [{ Id: 'a', MessageId: batch.Successful[0].MessageId }], Failed: [] })
      assert.deepEqual(await fixture.bodies(queue), ['one'])
    })

    test('uses the operations whose members are written small', async () => {
      assert.deepEqual(await call('SetSMSAttributes', { attributes: { DefaultSMSType: 'Promotional' } }), {})
      assert.deepEqual(await call('GetSMSAttributes', { attributes: ['DefaultSMSType'] }), {
        attributes: { DefaultSMSType: 'Promotional' },
      })
      assert.deepEqual(await call('CheckIfPhoneNumberIsOptedOut', { phoneNumber: '+491701234567' }), {
        isOptedOut: false,
      })
    })
  })
}

describe('an error is in JSON and in Query', () => {
  const TopicArn = topicArnOf('missing')
  interface Refusal {
    readonly what: string
    readonly operation: string
    readonly input: Parameters
    readonly is: { readonly type: string; readonly code: string; readonly status: number }
  }
  const refusals: readonly Refusal[] = [
    {
      what: 'a missing topic',
      operation: 'Publish',
      input: { TopicArn, Message: 'm' },
      is: { type: 'NotFoundException', code: 'NotFound', status: 404 },
    },
    {
      what: 'a bad name',
      operation: 'CreateTopic',
      input: { Name: 'a b' },
      is: { type: 'InvalidParameterException', code: 'InvalidParameter', status: 400 },
    },
    {
      what: 'tags of a missing topic',
      operation: 'ListTagsForResource',
      input: { ResourceArn: TopicArn },
      is: { type: 'ResourceNotFoundException', code: 'ResourceNotFound', status: 404 },
    },
  ]
  for (const { what, operation, input, is } of refusals) {
    test(`${what}: under its shape's name in one, under its code in the other`, async () => {
      const inJson = await send(operation, input)
      const { Type, Code, Message } = (await query(operation, input)).xml.ErrorResponse.Error
      assert.deepEqual(inJson.body, { __type: `com.amazonaws.sns#${is.type}`, message: Message })
      assert.deepEqual([Type, Code, inJson.status], ['Sender', is.code, is.status])
      assert.equal(inJson.headers.get('x-amzn-query-error'), null) // for services whose SDKs used to speak Query
    })
  }

  test('a bad message attribute: under its shape’s name in one, under its code in the other', async () => {
    const attribute = { DataType: 'Text', StringValue: 'v' }
    const inJson = await send('Publish', { TopicArn, Message: 'm', MessageAttributes: { a: attribute } })
    const entry = 'MessageAttributes.entry.1'
    const inQuery = await query('Publish', {
      ...{ TopicArn, Message: 'm', [`${entry}.Name`]: 'a' },
      ...{ [`${entry}.Value.DataType`]: 'Text', [`${entry}.Value.StringValue`]: 'v' },
    })
    const { Code, Message } = inQuery.xml.ErrorResponse.Error
    assert.deepEqual(inJson.body, { __type: 'com.amazonaws.sns#InvalidParameterValueException', message: Message })
    assert.deepEqual([Code, inQuery.status, inJson.status], ['ParameterValueInvalid', 400, 400])
  })

  test('input that is not JSON, or not of its type, is refused by the protocol', async () => {
    for (const input of ['{', '[]', { Name: 7 }, { Name: 'a', Tags: 'b' }]) {
      const { status, body } = await send('CreateTopic', input)
      assert.deepEqual([status, body.__type], [400, 'com.amazon.coral.service#SerializationException'])
    }
  })

  test('an operation that does not exist', async () => {
    const { status, body } = await send('Nonsense', {})
    assert.deepEqual([status, body.__type], [400, 'com.amazon.coral.service#UnknownOperationException'])
    assert.equal((await query('Nonsense')).xml.ErrorResponse.Error.Code, 'InvalidAction')
  })
})

describe('without any members, JSON and Query answer the same', () => {
  for (const operation of loadModel('sns').operations.keys()) {
    test(operation, async () => {
      const [inJson, inQuery] = await Promise.all([send(operation, {}), query(operation)])
      assert.equal(inJson.status, inQuery.status)
      if (inQuery.status === 200) return
      const { Code, Message } = inQuery.xml.ErrorResponse.Error
      const error =
        operation === 'Unsubscribe' // which looks at what it gets by itself
          ? ['InvalidParameter', 'com.amazonaws.sns#InvalidParameterException']
          : ['ValidationError', 'ValidationError']
      assert.deepEqual([Code, inJson.body.__type], error)
      assert.equal(inJson.body.message, Message)
    })
  }
})
