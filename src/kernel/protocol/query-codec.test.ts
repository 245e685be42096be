import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encode, encodeAsJson, REQUEST_ID, sts } from './testing/wire.ts'

describe('Query output', () => {
  const xmlns = 'xmlns="http://queue.amazonaws.com/doc/2012-11-05/"'
  const metadata = `<ResponseMetadata><RequestId>${REQUEST_ID}</RequestId></ResponseMetadata>`
  const cases = [
    { name: 'nothing to answer', operation: 'DeleteMessage', output: {}, result: '' },
    { name: 'nothing found', operation: 'ReceiveMessage', output: {}, result: '<ReceiveMessageResult/>' },
    {
      name: 'a list',
      operation: 'ListQueues',
      output: { QueueUrls: ['a', 'b&c'], NextToken: 't' },
      result:
        '<ListQueuesResult><QueueUrl>a</QueueUrl><QueueUrl>b&amp;c</QueueUrl><NextToken>t</NextToken></ListQueuesResult>',
    },
    {
      name: 'tags',
      operation: 'ListQueueTags',
      output: { Tags: { a: '1' } },
      result: '<ListQueueTagsResult><Tag><Key>a</Key><Value>1</Value></Tag></ListQueueTagsResult>',
    },
    {
      name: 'a message with all its attributes',
      operation: 'ReceiveMessage',
      output: {
        Messages: [
          {
            MessageId: 'm',
            Body: 'x<\r\n\t>😀\u2028',
            Attributes: { SenderId: 's' },
            MessageAttributes: { k: { BinaryValue: Buffer.from([0, 1]), DataType: 'Binary' } },
          },
        ],
      },
      result:
        '<ReceiveMessageResult><Message><MessageId>m</MessageId><Body>x&lt;&#xD;\n\t&gt;😀\u2028</Body>' +
        '<Attribute><Name>SenderId</Name><Value>s</Value></Attribute>' +
        '<MessageAttribute><Name>k</Name><Value><DataType>Binary</DataType><BinaryValue>AAE=</BinaryValue></Value></MessageAttribute>' +
        '</Message></ReceiveMessageResult>',
    },
    {
      name: 'a batch that failed in part',
      operation: 'DeleteMessageBatch',
      output: { Successful: [{ Id: 'a' }], Failed: [{ Id: 'b', SenderFault: true, Code: 'C', Message: '' }] },
      result:
        '<DeleteMessageBatchResult><DeleteMessageBatchResultEntry><Id>a</Id></DeleteMessageBatchResultEntry>' +
        '<BatchResultErrorEntry><Id>b</Id><SenderFault>true</SenderFault><Code>C</Code><Message/></BatchResultErrorEntry>' +
        '</DeleteMessageBatchResult>',
    },
    {
      name: 'a number',
      operation: 'CancelMessageMoveTask',
      output: { ApproximateNumberOfMessagesMoved: 0 },
      result:
        '<CancelMessageMoveTaskResult><ApproximateNumberOfMessagesMoved>0</ApproximateNumberOfMessagesMoved></CancelMessageMoveTaskResult>',
    },
  ]
  for (const { name, operation, output, result } of cases) {
    test(name, () => {
      assert.deepEqual(encode('query', operation, output), {
        status: 200,
        contentType: 'text/xml',
        body: `<?xml version="1.0"?><${operation}Response ${xmlns}>${result}${metadata}</${operation}Response>`,
      })
    })
  }

  test('timestamps are dates in words', () => {
    const { body } = encode('query', 'GetSessionToken', { Credentials: { Expiration: new Date(0) } }, sts)
    assert.match(String(body), /<Credentials><Expiration>1970-01-01T00:00:00Z<\/Expiration><\/Credentials>/)
  })
})

describe('Query output as JSON', () => {
  const ResponseMetadata = { RequestId: REQUEST_ID }

  test('lists go by the names of the real service', () => {
    assert.deepEqual(encodeAsJson('ListQueues', { QueueUrls: ['a'] }), {
      ListQueuesResponse: { ListQueuesResult: { queueUrls: ['a'], NextToken: null }, ResponseMetadata },
    })
    assert.deepEqual(encodeAsJson('ReceiveMessage', {}), {
      ReceiveMessageResponse: { ReceiveMessageResult: { messages: null }, ResponseMetadata },
    })
  })

  test('maps are lists of entries and blobs are base64', () => {
    const attribute = { DataType: 'Binary', BinaryValue: Buffer.from([1]) }
    const answer = encodeAsJson('ReceiveMessage', { Messages: [{ Body: 'b', MessageAttributes: { k: attribute } }] })
    const { messages } = (answer as { ReceiveMessageResponse: { ReceiveMessageResult: { messages: [object] } } })
      .ReceiveMessageResponse.ReceiveMessageResult
    assert.deepEqual(messages[0], {
      MessageId: null,
      ReceiptHandle: null,
      MD5OfBody: null,
      Body: 'b',
      Attributes: null,
      MD5OfMessageAttributes: null,
      MessageAttributes: [
        {
          Name: 'k',
          Value: {
            DataType: 'Binary',
            StringValue: null,
            BinaryValue: 'AQ==',
            StringListValues: null,
            BinaryListValues: null,
          },
        },
      ],
    })
  })

  test('an operation without output has its metadata alone', () => {
    assert.deepEqual(encodeAsJson('DeleteMessage', {}), { DeleteMessageResponse: { ResponseMetadata } })
  })
})
