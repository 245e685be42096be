import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ServiceError } from '../service-error.ts'
import { decodeJson } from './testing/wire.ts'

const json = (value: unknown) => JSON.stringify(value)
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('JSON input', () => {
  const accepted: readonly { name: string; operation: string; body: object; expected?: object }[] = [
    {
      name: 'a whole message',
      operation: 'SendMessage',
      body: {
        QueueUrl: 'http://h/1/q',
        MessageBody: 'hé😀\r\n\t',
        DelaySeconds: 5,
        MessageAttributes: { k: { DataType: 'String', StringValue: 'v', StringListValues: ['a', 'b'] } },
      },
    },
    {
      name: 'a batch',
      operation: 'SendMessageBatch',
      body: {
        QueueUrl: 'u',
        Entries: [
          { Id: 'a', MessageBody: 'x' },
          { Id: 'b', MessageBody: '', DelaySeconds: 0 },
        ],
      },
    },
    {
      name: 'unknown members are ignored',
      operation: 'DeleteQueue',
      body: { QueueUrl: 'u', Foo: { bar: [1] }, constructor: 'x' },
      expected: { QueueUrl: 'u' },
    },
    {
      name: 'null is absent: member, list item, map value',
      operation: 'ReceiveMessage',
      body: { QueueUrl: 'u', AttributeNames: [null, 'All'], MaxNumberOfMessages: null },
      expected: { QueueUrl: 'u', AttributeNames: ['All'] },
    },
    {
      name: 'numbers and booleans are text in a map of strings',
      operation: 'CreateQueue',
      body: { QueueName: 'q', Attributes: { DelaySeconds: 5, FifoQueue: true, KmsMasterKeyId: '', Policy: null } },
      expected: { QueueName: 'q', Attributes: { DelaySeconds: '5', FifoQueue: 'true', KmsMasterKeyId: '' } },
    },
    {
      name: 'numbers may come as text',
      operation: 'ReceiveMessage',
      body: { QueueUrl: 'u', MaxNumberOfMessages: '10', WaitTimeSeconds: '-1', VisibilityTimeout: 5.0 },
      expected: { QueueUrl: 'u', MaxNumberOfMessages: 10, WaitTimeSeconds: -1, VisibilityTimeout: 5 },
    },
    {
      name: 'a lone surrogate passes as it is',
      operation: 'SendMessage',
      body: { QueueUrl: 'u', MessageBody: '\ud800' },
    },
    {
      name: 'U+FFFD itself is text like any other',
      operation: 'SendMessage',
      body: { QueueUrl: 'u', MessageBody: 'a\ufffdb' },
    },
  ]
  for (const { name, operation, body, expected = body } of accepted) {
    test(name, () => {
      const { input, missing } = decodeJson(operation, json(body))
      assert.deepEqual(plain(input), expected)
      assert.deepEqual(missing, [])
    })
  }

  const refused = [
    {
      name: 'an object for a string',
      body: '{"QueueUrl":{}}',
      message: 'Start of structure or map found where not expected.',
    },
    { name: 'a list for a string', body: '{"QueueUrl":["u"]}', message: 'Start of list found where not expected' },
    { name: 'a number for a string', body: '{"QueueUrl":1}', message: 'NUMBER_VALUE can not be converted to a String' },
    {
      name: 'text for an integer',
      body: '{"DelaySeconds":"soon"}',
      message: 'STRING_VALUE can not be converted to an Integer',
    },
    {
      name: 'empty text for an integer',
      body: '{"DelaySeconds":""}',
      message: 'STRING_VALUE can not be converted to an Integer',
    },
    {
      name: 'a fraction for an integer',
      body: '{"DelaySeconds":1.5}',
      message: 'DECIMAL_VALUE can not be converted to an Integer',
    },
    {
      name: 'a number beyond all bounds',
      body: '{"DelaySeconds":1e999}',
      message: 'DECIMAL_VALUE can not be converted to an Integer',
    },
    {
      name: 'a boolean for an integer',
      body: '{"DelaySeconds":true}',
      message: 'TRUE_VALUE can not be converted to an Integer',
    },
    {
      name: 'an object for an integer',
      body: '{"DelaySeconds":{}}',
      message: 'Start of structure or map found where not expected.',
    },
    { name: 'a list for a map', body: '{"MessageAttributes":[]}', message: 'Start of list found where not expected' },
    { name: 'text for a map', body: '{"MessageAttributes":"x"}', message: 'Expected structure or map or null' },
    {
      name: 'text for a structure',
      body: '{"MessageAttributes":{"k":"x"}}',
      message: 'Expected structure or map or null',
    },
    {
      name: 'an object for a list',
      body: '{"MessageAttributes":{"k":{"StringListValues":{}}}}',
      message: 'Start of structure or map found where not expected.',
    },
    {
      name: 'text for a list',
      body: '{"MessageAttributes":{"k":{"StringListValues":"x"}}}',
      message: 'Expected list or null',
    },
    {
      name: 'bad base64',
      body: '{"MessageAttributes":{"k":{"BinaryValue":"A*=="}}}',
      message: 'STRING_VALUE can not be converted to a Blob',
    },
    {
      name: 'base64 without its padding',
      body: '{"MessageAttributes":{"k":{"BinaryValue":"AAE"}}}',
      message: 'STRING_VALUE can not be converted to a Blob',
    },
    { name: 'a list for the whole', body: '[]', message: 'Start of list found where not expected' },
    { name: 'null for the whole', body: 'null', message: 'The request body is not a JSON object' },
    { name: 'text for the whole', body: '"x"', message: 'The request body is not a JSON object' },
    { name: 'half an object', body: '{"QueueUrl":', message: 'The request body is not valid JSON' },
    {
      name: 'bytes that are not UTF-8',
      body: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      message: 'The request body is not valid UTF-8',
    },
    {
      name: 'a surrogate in the bytes',
      body: Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d]),
      message: 'The request body is not valid UTF-8',
    },
    {
      name: 'a hundred thousand open brackets',
      body: '['.repeat(100_000),
      message: 'The request body is not valid JSON',
    },
    {
      name: 'an object within a string map',
      operation: 'CreateQueue',
      body: '{"Attributes":{"Policy":{}}}',
      message: 'Start of structure or map found where not expected.',
    },
  ]
  for (const { name, operation = 'SendMessage', body, message } of refused) {
    test(`refused: ${name}`, () => {
      assert.throws(() => decodeJson(operation, body), {
        code: 'SerializationException',
        type: 'com.amazon.coral.service#SerializationException',
        status: 400,
        message,
      })
    })
  }

  const incomplete = [
    { name: 'an empty body', operation: 'SendMessage', body: '', missing: ['QueueUrl', 'MessageBody'] },
    { name: 'null', operation: 'SendMessage', body: '{"QueueUrl":null,"MessageBody":"x"}', missing: ['QueueUrl'] },
    {
      name: 'in the second entry',
      operation: 'SendMessageBatch',
      body: '{"QueueUrl":"u","Entries":[{"Id":"a","MessageBody":"b"},{}]}',
      missing: ['Entries.2.Id', 'Entries.2.MessageBody'],
    },
    {
      name: 'in an attribute of an entry',
      operation: 'SendMessageBatch',
      body: '{"QueueUrl":"u","Entries":[{"Id":"a","MessageBody":"b","MessageAttributes":{"k":{}}}]}',
      missing: ['Entries.1.MessageAttributes.k.DataType'],
    },
  ]
  for (const { name, operation, body, missing } of incomplete) {
    test(`missing: ${name}`, () => assert.deepEqual(decodeJson(operation, body).missing, missing))
  }

  test('blobs become bytes with a memory of their own', () => {
    const { input } = decodeJson(
      'SendMessage',
      '{"MessageAttributes":{"k":{"DataType":"Binary","BinaryValue":"AAH/"}}}',
    )
    const { k } = input.MessageAttributes as Record<string, { BinaryValue: Uint8Array }>
    assert.deepEqual(k?.BinaryValue, new Uint8Array([0, 1, 255]))
    assert.equal(k?.BinaryValue.buffer.byteLength, 3)
  })

  test('a key called __proto__ is a key', () => {
    const { input } = decodeJson(
      'TagQueue',
      '{"__proto__":{"QueueUrl":"evil"},"Tags":{"__proto__":"x","constructor":"y"}}',
    )
    assert.deepEqual(Object.entries(input.Tags as object), [
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    assert.equal(input.QueueUrl, undefined)
    assert.equal(({} as Record<string, unknown>).QueueUrl, undefined)
  })

  test('deep nesting where the schema looks away does no harm', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    assert.deepEqual(plain(decodeJson('DeleteQueue', `{"QueueUrl":"u","Foo":${deep}}`).input), { QueueUrl: 'u' })
    assert.throws(() => decodeJson('DeleteQueue', `{"QueueUrl":${deep}}`), { code: 'SerializationException' })
  })

  const onlyServiceErrors = (body: string | Buffer) => {
    for (const operation of ['SendMessageBatch', 'ReceiveMessage', 'CreateQueue']) {
      try {
        assert.equal(typeof decodeJson(operation, body).input, 'object')
      } catch (error) {
        assert.ok(error instanceof ServiceError, String(error))
      }
    }
  }
  test('arbitrary bytes raise nothing but a ServiceError', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => onlyServiceErrors(Buffer.from(bytes))))
  })
  test('arbitrary JSON in known places raises nothing but a ServiceError', () => {
    const names = [
      'QueueUrl',
      'Entries',
      'Attributes',
      'MessageAttributes',
      'Id',
      'BinaryValue',
      'AttributeNames',
      '__proto__',
    ]
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue(),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...names), tie('value'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(fc.property(value, (body) => onlyServiceErrors(json(body))))
  })

  test('a batch of any text arrives as it was sent', () => {
    const entry = fc.record(
      { Id: fc.string(), MessageBody: fc.string({ unit: 'binary' }), DelaySeconds: fc.integer() },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(fc.array(entry), (Entries) => {
        assert.deepEqual(decodeJson('SendMessageBatch', json({ QueueUrl: 'u', Entries })).input.Entries, Entries)
      }),
    )
  })
})
