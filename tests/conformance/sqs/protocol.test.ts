/** The two wire protocols of SQS as they are on the wire: what clients send and get, byte for byte. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startNode, type TestNode } from '../../../src/testing/node.ts'
import { get, post } from '../clients/query-client.ts'

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const XMLNS = 'http://queue.amazonaws.com/doc/2012-11-05/'

describe('on the wire', () => {
  let node: TestNode
  before(async () => {
    node = await startNode()
  })
  after(() => node.stop())

  const json = (operation: string, input: unknown, path = '/') =>
    fetch(node.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` },
      body: typeof input === 'string' ? input : JSON.stringify(input),
    })

  const create = async (name: string): Promise<string> => {
    await json('CreateQueue', { QueueName: name })
    return `${node.url}/000000000000/${name}`
  }

  test('a JSON answer has its content type, a request id, and members that are there', async () => {
    const answer = await json('CreateQueue', { QueueName: 'json' })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/x-amz-json-1.0')
    assert.match(answer.headers.get('x-amzn-requestid') ?? '', UUID)
    assert.equal(answer.headers.get('x-amzn-query-error'), null)
    assert.equal(await answer.text(), `{"QueueUrl":"${node.url}/000000000000/json"}`)
  })

  test('an XML answer has its content type, its namespace, and the request id twice', async () => {
    const { status, headers, text } = await post(node.url, { Action: 'CreateQueue', QueueName: 'xml' })
    assert.deepEqual([status, headers.get('content-type')], [200, 'text/xml'])
    const requestId = headers.get('x-amzn-requestid') ?? ''
    assert.match(requestId, UUID)
    assert.equal(
      text,
      `<?xml version="1.0"?><CreateQueueResponse xmlns="${XMLNS}">` +
        `<CreateQueueResult><QueueUrl>${node.url}/000000000000/xml</QueueUrl></CreateQueueResult>` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></CreateQueueResponse>`,
    )
  })

  test('an operation without output answers an empty object, or metadata alone', async () => {
    const QueueUrl = await create('no-output')
    const input = { QueueUrl, Tags: { a: 'b' } }
    assert.equal(await (await json('TagQueue', input)).text(), '{}')
    const { headers, text } = await post(QueueUrl, { Action: 'TagQueue', 'Tag.1.Key': 'a', 'Tag.1.Value': 'b' })
    assert.equal(
      text,
      `<?xml version="1.0"?><TagQueueResponse xmlns="${XMLNS}"><ResponseMetadata>` +
        `<RequestId>${headers.get('x-amzn-requestid')}</RequestId></ResponseMetadata></TagQueueResponse>`,
    )
  })

  test('an error of the Query protocol has its type, code, sentence and an empty detail', async () => {
    const { status, headers, text } = await post(node.url, { Action: 'GetQueueUrl', QueueName: 'missing' })
    assert.deepEqual([status, headers.get('content-type')], [400, 'text/xml'])
    assert.equal(
      text,
      `<?xml version="1.0"?><ErrorResponse xmlns="${XMLNS}"><Error><Type>Sender</Type>` +
        '<Code>AWS.SimpleQueueService.NonExistentQueue</Code>' +
        '<Message>The specified queue does not exist for this wsdl version.</Message><Detail/></Error>' +
        `<RequestId>${headers.get('x-amzn-requestid')}</RequestId></ErrorResponse>`,
    )
  })

  test('an empty receive is an empty object, or an empty element', async () => {
    const QueueUrl = await create('empty')
    assert.equal(await (await json('ReceiveMessage', { QueueUrl })).text(), '{}')
    const { text } = await post(QueueUrl, { Action: 'ReceiveMessage' })
    assert.match(
      text,
      /^<\?xml version="1.0"\?><ReceiveMessageResponse xmlns="[^"]+"><ReceiveMessageResult\/><ResponseM/,
    )
  })

  test('what a list does not hold is left out: queues, tags, attributes', async () => {
    const QueueUrl = await create('bare')
    assert.equal(await (await json('ListQueues', { QueueNamePrefix: 'none' })).text(), '{}')
    assert.equal(await (await json('ListQueueTags', { QueueUrl })).text(), '{}')
    assert.equal(await (await json('GetQueueAttributes', { QueueUrl })).text(), '{}')
  })

  test('the sources of a dead-letter queue are queueUrls in JSON, even if none, and QueueUrl in XML', async () => {
    const QueueUrl = await create('letters')
    assert.equal(await (await json('ListDeadLetterSourceQueues', { QueueUrl })).text(), '{"queueUrls":[]}')
    const RedrivePolicy = '{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:letters","maxReceiveCount":3}'
    await json('CreateQueue', { QueueName: 'source', Attributes: { RedrivePolicy } })
    const source = `${node.url}/000000000000/source`
    assert.equal(await (await json('ListDeadLetterSourceQueues', { QueueUrl })).text(), `{"queueUrls":["${source}"]}`)
    const { text } = await post(QueueUrl, { Action: 'ListDeadLetterSourceQueues' })
    assert.ok(text.includes(`<ListDeadLetterSourceQueuesResult><QueueUrl>${source}</QueueUrl></ListDeadLetter`), text)
  })

  test('an empty message body is a missing parameter in both protocols', async () => {
    const QueueUrl = await create('empty-body')
    const sentence = 'The request must contain the parameter MessageBody.'
    for (const input of [{ QueueUrl }, { QueueUrl, MessageBody: '' }, { QueueUrl, MessageBody: null }]) {
      const answer = await json('SendMessage', input)
      assert.equal(answer.headers.get('x-amzn-query-error'), 'MissingParameter;Sender')
      assert.deepEqual(await answer.json(), {
        __type: 'com.amazon.coral.service#MissingRequiredParameterException',
        message: sentence,
      })
    }
    for (const parameters of [{}, { MessageBody: '' }] as Record<string, string>[]) {
      const { xml } = await post(QueueUrl, { Action: 'SendMessage', ...parameters })
      assert.deepEqual([xml.ErrorResponse.Error.Code, xml.ErrorResponse.Error.Message], ['MissingParameter', sentence])
    }
  })

  const ILLEGAL = { '#x0': '\u0000', '#xB': '\u000b', '#x1F': '\u001f', '#xFFFE': '\ufffe', '#xFFFF': '\uffff' }
  for (const [name, character] of Object.entries(ILLEGAL)) {
    test(`a body with ${name} is refused in both protocols`, async () => {
      const QueueUrl = await create('characters')
      const MessageBody = `a${character}b`
      const answer = await json('SendMessage', { QueueUrl, MessageBody })
      const told = [answer.status, answer.headers.get('x-amzn-query-error')]
      assert.deepEqual(told, [400, 'InvalidMessageContents;Sender'])
      assert.match(await answer.text(), /"__type":"com\.amazonaws\.sqs#InvalidMessageContents","message":"Invalid char/)
      const { status, xml } = await post(QueueUrl, { Action: 'SendMessage', MessageBody })
      assert.deepEqual([status, xml.ErrorResponse.Error.Code], [400, 'InvalidMessageContents'])
    })
  }

  test('emoji, line ends, tabs and markup come back as they were sent, whichever protocol sent or receives them', async () => {
    const QueueUrl = await create('round-trip')
    const body = ' \t\r\n\r 😀\u2028 <a b="c">&amp;]]>\ue000\ufffd '
    const receiveJson = async () => {
      const { Messages } = (await (await json('ReceiveMessage', { QueueUrl })).json()) as {
        Messages: { Body: string }[]
      }
      return Messages[0]?.Body
    }
    const receiveXml = async () => {
      const { text, xml } = await post(QueueUrl, { Action: 'ReceiveMessage' })
      assert.ok(text.includes('&#xD;'), 'a bare carriage return would be lost to an XML parser')
      return xml.ReceiveMessageResponse.ReceiveMessageResult.Message.Body
    }
    for (const receive of [receiveJson, receiveXml]) {
      await json('SendMessage', { QueueUrl, MessageBody: body })
      assert.equal(await receive(), body)
      await post(QueueUrl, { Action: 'SendMessage', MessageBody: body })
      assert.equal(await receive(), body)
    }
  })

  test('a JSON request may go to a queue’s URL, and is then about that queue unless it names another', async () => {
    const [here, there] = [await create('here'), await create('there')]
    const path = new URL(here).pathname
    assert.equal((await json('SendMessage', { MessageBody: 'here' }, path)).status, 200)
    assert.equal((await json('SendMessage', { QueueUrl: there, MessageBody: 'there' }, path)).status, 200)
    for (const [QueueUrl, body] of [
      [here, 'here'],
      [there, 'there'],
    ]) {
      const { Messages } = (await (await json('ReceiveMessage', { QueueUrl })).json()) as {
        Messages: { Body: string }[]
      }
      assert.deepEqual(
        Messages.map(({ Body }) => Body),
        [body],
      )
    }
  })

  test('a form with an action is a Query request, though an X-Amz-Target of an older name stands beside it', async () => {
    const url = await create('form')
    const send = (target: string, body: string) =>
      fetch(node.url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'x-amz-target': target },
        body,
      })
    const parameters = new URLSearchParams({ Action: 'SendMessage', QueueUrl: url, MessageBody: 'hello' }).toString()
    for (const target of ['AmazonSQSv20121105.SendMessage', 'AmazonSQS.SendMessage', '']) {
      const answer = await send(target, parameters)
      assert.equal(answer.status, 200)
      assert.match(await answer.text(), /<MD5OfMessageBody>5d41402abc4b2a76b9719d911017c592<\/MD5OfMessageBody>/)
    }
    const called = await send('AmazonSQS.SendMessage', JSON.stringify({ QueueUrl: url, MessageBody: '&Action' }))
    assert.equal(called.status, 200)
    assert.equal(called.headers.get('content-type'), 'application/x-amz-json-1.0')
  })

  test('an attribute may be given as one pair without a number', async () => {
    const url = await create('pair')
    const pair = { 'Attribute.Name': 'VisibilityTimeout', 'Attribute.Value': '17' }
    assert.equal((await post(node.url, { Action: 'SetQueueAttributes', QueueUrl: url, ...pair })).status, 200)
    const { text } = await get(url, { Action: 'GetQueueAttributes', AttributeName: 'VisibilityTimeout' })
    assert.match(text, /<Name>VisibilityTimeout<\/Name><Value>17<\/Value>/)
  })

  test('unknown members are ignored, and null is the same as absent', async () => {
    const QueueUrl = await create('lenient')
    const input = { QueueUrl, MessageBody: 'x', DelaySeconds: null, MessageAttributes: null, Unknown: [{}] }
    assert.equal((await json('SendMessage', input)).status, 200)
  })

  test('a GET of a queue’s URL without an action is not found', async () => {
    for (const url of [await create('get'), node.url]) {
      const answer = await fetch(url)
      assert.equal(answer.status, 404)
      assert.match(answer.headers.get('x-amzn-requestid') ?? '', UUID)
      assert.equal(await answer.text(), '<UnknownOperationException/>')
    }
  })

  test('actions that are unknown, or not about the queue whose URL they go to, are invalid', async () => {
    const url = await create('at-a-queue')
    const refused = [
      { url: node.url, action: 'FooBar' },
      { url, action: 'FooBar' },
      { url, action: 'CreateQueue' },
      { url, action: 'ListQueues' },
    ]
    for (const { url, action } of refused) {
      const parameters = { Action: action, QueueName: 'any', Version: '2012-11-05' }
      for (const { status, xml } of [await post(url, parameters), await get(url, parameters)]) {
        assert.equal(status, 400)
        const { Type, Code, Message } = xml.ErrorResponse.Error
        assert.deepEqual([Type, Code], ['Sender', 'InvalidAction'])
        assert.equal(Message, `The action ${action} is not valid for this endpoint.`)
      }
    }
    await create('another')
    const { xml } = await post(url, { Action: 'GetQueueUrl', QueueName: 'another' })
    assert.equal(xml.GetQueueUrlResponse.GetQueueUrlResult.QueueUrl, `${node.url}/000000000000/another`)
  })

  test('a Query request may ask for JSON, by header or as old clients do, which then mirrors the XML', async () => {
    const url = await create('mirrored')
    const ask = async (parameters: Record<string, string>) => {
      const headers = { accept: 'application/json' }
      const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(parameters) })
      assert.equal(answer.headers.get('content-type'), 'application/json')
      return { status: answer.status, requestId: answer.headers.get('x-amzn-requestid'), body: await answer.json() }
    }
    const url404 = await ask({ Action: 'GetQueueUrl', QueueName: 'missing' })
    assert.equal(url404.status, 400)
    assert.deepEqual(url404.body, {
      Error: {
        Type: 'Sender',
        Code: 'AWS.SimpleQueueService.NonExistentQueue',
        Message: 'The specified queue does not exist for this wsdl version.',
        Detail: null,
      },
      RequestId: url404.requestId,
    })
    const found = await ask({ Action: 'GetQueueUrl', QueueName: 'mirrored' })
    assert.deepEqual(found.body, {
      GetQueueUrlResponse: { GetQueueUrlResult: { QueueUrl: url }, ResponseMetadata: { RequestId: found.requestId } },
    })
    await json('SendMessage', { QueueUrl: url, MessageBody: 'hi' })
    const asked = { Action: 'GetQueueUrl', QueueName: 'mirrored', ContentType: 'JSON' }
    const older = await post(url, asked)
    assert.equal(older.headers.get('content-type'), 'application/json')
    assert.equal(JSON.parse(older.text).GetQueueUrlResponse.GetQueueUrlResult.QueueUrl, url)
    const { body } = (await ask({ Action: 'ReceiveMessage' })) as {
      body: { ReceiveMessageResponse: { ReceiveMessageResult: { messages: { Body: string }[] } } }
    }
    assert.equal(body.ReceiveMessageResponse.ReceiveMessageResult.messages[0]?.Body, 'hi')
  })
})
