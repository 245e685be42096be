import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { ServiceError } from '../service-error.ts'
import { MAX_PARAMETERS, parseForm } from './query-form.ts'
import { decodeQuery, sts } from './testing/wire.ts'

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
const form = (params: Readonly<Record<string, string>>) => new URLSearchParams(params).toString()

describe('Query input', () => {
  const accepted = [
    {
      name: 'scalars',
      operation: 'SendMessage',
      form: 'Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Fh%2F1%2Fq&MessageBody=a+b%26%F0%9F%98%80%0D%0A&DelaySeconds=5',
      expected: { QueueUrl: 'http://h/1/q', MessageBody: 'a b&😀\r\n', DelaySeconds: 5 },
    },
    {
      name: 'a flattened map, out of order and with gaps',
      operation: 'CreateQueue',
      form: 'QueueName=q&Attribute.10.Name=B&Attribute.10.Value=2&Attribute.2.Name=A&Attribute.2.Value=1&Tag.1.Key=k&Tag.1.Value=',
      expected: { QueueName: 'q', Attributes: { A: '1', B: '2' }, tags: { k: '' } },
    },
    {
      name: 'two members of one wire name are both filled',
      operation: 'ReceiveMessage',
      form: 'QueueUrl=u&AttributeName.1=SenderId&AttributeName.3=All&MessageAttributeName.1=x.*&MaxNumberOfMessages=%2B3',
      expected: {
        QueueUrl: 'u',
        AttributeNames: ['SenderId', 'All'],
        MessageSystemAttributeNames: ['SenderId', 'All'],
        MessageAttributeNames: ['x.*'],
        MaxNumberOfMessages: 3,
      },
    },
    {
      name: 'a flattened list with the level that others have',
      operation: 'UntagQueue',
      form: 'QueueUrl=u&TagKey.member.2=b&TagKey.member.1=a',
      expected: { QueueUrl: 'u', TagKeys: ['a', 'b'] },
    },
    {
      name: 'a list of one without a number',
      operation: 'GetQueueAttributes',
      form: 'QueueUrl=u&AttributeName=All',
      expected: { QueueUrl: 'u', AttributeNames: ['All'] },
    },
    {
      name: 'a map of one entry without a number',
      operation: 'SetQueueAttributes',
      form: 'QueueUrl=u&Attribute.Name=DelaySeconds&Attribute.Value=5',
      expected: { QueueUrl: 'u', Attributes: { DelaySeconds: '5' } },
    },
    {
      name: 'an entry without a number beside some that have one: it is left out',
      operation: 'SetQueueAttributes',
      form: 'QueueUrl=u&Attribute.Name=A&Attribute.Value=1&Attribute.1.Name=B&Attribute.1.Value=2',
      expected: { QueueUrl: 'u', Attributes: { B: '2' } },
    },
    {
      name: 'an empty list',
      operation: 'GetQueueAttributes',
      form: 'QueueUrl=u&AttributeName=',
      expected: { QueueUrl: 'u', AttributeNames: [] },
    },
    {
      name: 'a batch with attributes',
      operation: 'SendMessageBatch',
      form: form({
        QueueUrl: 'u',
        'SendMessageBatchRequestEntry.1.Id': 'a',
        'SendMessageBatchRequestEntry.1.MessageBody': 'x',
        'SendMessageBatchRequestEntry.1.MessageAttribute.1.Name': 'k',
        'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType': 'String',
        'SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue': 'v',
      }),
      expected: {
        QueueUrl: 'u',
        Entries: [{ Id: 'a', MessageBody: 'x', MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } } }],
      },
    },
    {
      name: 'the first of a name given twice',
      operation: 'DeleteQueue',
      form: 'QueueUrl=a&QueueUrl=b',
      expected: { QueueUrl: 'a' },
    },
    {
      name: 'unknown parameters are ignored',
      operation: 'DeleteQueue',
      form: 'QueueUrl=a&Foo.1.Bar=b&=c&.=d&',
      expected: { QueueUrl: 'a' },
    },
  ]
  for (const { name, operation, form, expected } of accepted) {
    test(name, () => {
      const { input, missing } = decodeQuery(operation, form)
      assert.deepEqual(plain(input), expected)
      assert.deepEqual(missing, [])
    })
  }

  test('wrapped lists of structures, as STS has them', () => {
    const { input } = decodeQuery(
      'AssumeRole',
      'RoleArn=r&RoleSessionName=s&Tags.member.1.Key=k&Tags.member.1.Value=v',
      sts,
    )
    assert.deepEqual(input.Tags, [{ Key: 'k', Value: 'v' }])
  })

  test('blobs are base64', () => {
    const { input } = decodeQuery(
      'SendMessage',
      'MessageAttribute.1.Name=k&MessageAttribute.1.Value.BinaryValue=AAH%2F',
    )
    assert.deepEqual(plain(input.MessageAttributes), { k: { BinaryValue: { 0: 0, 1: 1, 2: 255 } } })
  })

  const incomplete = [
    { name: 'members', operation: 'SendMessage', form: '', missing: ['QueueUrl', 'MessageBody'] },
    {
      name: 'in an entry, by its own number',
      operation: 'DeleteMessageBatch',
      form: 'QueueUrl=u&DeleteMessageBatchRequestEntry.7.Id=a',
      missing: ['Entries.7.ReceiptHandle'],
    },
    { name: 'a whole list', operation: 'DeleteMessageBatch', form: 'QueueUrl=u', missing: ['Entries'] },
    {
      name: 'the value of a map entry',
      operation: 'SetQueueAttributes',
      form: 'QueueUrl=u&Attribute.1.Name=Policy',
      missing: ['Attributes.1.Value'],
    },
    {
      name: 'the key of a map entry',
      operation: 'TagQueue',
      form: 'QueueUrl=u&Tag.2.Value=x',
      missing: ['Tags.2.Key'],
    },
    {
      name: 'in an attribute',
      operation: 'SendMessage',
      form: 'QueueUrl=u&MessageBody=b&MessageAttribute.1.Name=k&MessageAttribute.1.Value.StringValue=v',
      missing: ['MessageAttributes.k.DataType'],
    },
  ]
  for (const { name, operation, form, missing } of incomplete) {
    test(`missing: ${name}`, () => assert.deepEqual(decodeQuery(operation, form).missing, missing))
  }

  const refused = [
    { name: 'text for an integer', form: 'DelaySeconds=soon', code: 'MalformedInput', status: 400 },
    { name: 'a fraction for an integer', form: 'DelaySeconds=1.0', code: 'MalformedInput', status: 400 },
    { name: 'nothing for an integer', form: 'DelaySeconds=', code: 'MalformedInput', status: 400 },
    {
      name: 'an integer beyond all bounds',
      form: `DelaySeconds=${'9'.repeat(400)}`,
      code: 'MalformedInput',
      status: 400,
    },
    { name: 'a structure for a string', form: 'MessageBody.x=1', code: 'MalformedInput', status: 400 },
    {
      name: 'bad base64',
      form: 'MessageAttribute.1.Name=k&MessageAttribute.1.Value.BinaryValue=%21',
      code: 'MalformedInput',
      status: 400,
    },
    { name: 'a broken escape', form: 'MessageBody=100%', code: 'MalformedQueryString', status: 404 },
    { name: 'escapes that are not UTF-8', form: 'MessageBody=%C3%28', code: 'MalformedQueryString', status: 404 },
    {
      name: 'bytes that are not UTF-8',
      form: Buffer.from([0x61, 0x3d, 0xff]),
      code: 'MalformedQueryString',
      status: 404,
    },
  ]
  for (const { name, form, code, status } of refused) {
    test(`refused: ${name}`, () => assert.throws(() => decodeQuery('SendMessage', form), { code, status }))
  }

  test('a form that is well-formed is parsed as a browser would', () => {
    assert.deepEqual(
      [...parseForm('a=%e2%82%ac+%EF%BF%BD&b')],
      [
        ['a', '€ \ufffd'],
        ['b', ''],
      ],
    )
  })

  const hostile = [
    {
      name: '__proto__ as a number and a key',
      form: '__proto__.1=x&Tag.__proto__.Key=a&Tag.1.Key=__proto__&Tag.1.Value=y&constructor.prototype.z=1',
    },
    {
      name: 'a name of a hundred thousand parts',
      form: `${'Tag.'.repeat(100_000)}Key=a&${'.'.repeat(100_000)}=b&Tag.1.Key=__proto__&Tag.1.Value=y`,
    },
    {
      name: 'as many parameters as there may be',
      form: `${'Foo.1.Bar=1&'.repeat(MAX_PARAMETERS - 2)}Tag.1.Key=__proto__&Tag.1.Value=y`,
    },
  ]
  for (const { name, form } of hostile) {
    test(`hostile: ${name}`, () => {
      const { input } = decodeQuery('TagQueue', form)
      assert.deepEqual(Object.entries(input.Tags as object), [['__proto__', 'y']])
      assert.equal(Object.getPrototypeOf(input), Object.prototype)
    })
  }

  test('as many entries as there may be are read in their order, and one more is refused', () => {
    const entries = (count: number) =>
      Array.from({ length: count }, (_, i) => `TagKey.${count - i}=${count - i}`).join('&')
    const { TagKeys } = decodeQuery('UntagQueue', entries(MAX_PARAMETERS)).input as { TagKeys: string[] }
    assert.equal(TagKeys.length, MAX_PARAMETERS)
    assert.deepEqual([TagKeys[0], TagKeys.at(-1)], ['1', String(MAX_PARAMETERS)])
    assert.throws(() => decodeQuery('UntagQueue', entries(MAX_PARAMETERS + 1)), {
      code: 'MalformedInput',
      status: 400,
      message: 'The request has more than 5000 parameters',
    })
  })

  test('what is malformed is refused where it doesn’t count, too', () => {
    assert.throws(() => decodeQuery('DeleteQueue', 'QueueUrl=a&QueueUrl=%ff'), { code: 'MalformedQueryString' })
    assert.throws(() => decodeQuery('DeleteQueue', 'QueueUrl=a&%f=b'), { code: 'MalformedQueryString' })
  })

  test('long texts are decoded as short ones are', () => {
    const text = 'grüße + 😀 & 100 % = ok'
    for (const times of [1, 1000]) {
      const body = String(new URLSearchParams({ QueueUrl: text.repeat(times) }))
      assert.deepEqual(decodeQuery('DeleteQueue', body).input, { QueueUrl: text.repeat(times) })
    }
  })

  const onlyServiceErrors = (body: string | Buffer) => {
    for (const operation of ['SendMessageBatch', 'ReceiveMessage', 'CreateQueue']) {
      try {
        assert.equal(typeof decodeQuery(operation, body).input, 'object')
      } catch (error) {
        assert.ok(error instanceof ServiceError, String(error))
      }
    }
  }
  test('arbitrary bytes raise nothing but a ServiceError', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => onlyServiceErrors(Buffer.from(bytes))))
  })
  test('arbitrary parameters in known places raise nothing but a ServiceError', () => {
    const parts = [
      'SendMessageBatchRequestEntry',
      'MessageAttribute',
      'Attribute',
      'Tag',
      'Name',
      'Key',
      'Value',
      'member',
      'entry',
      '1',
      '2',
      '',
      '__proto__',
      'Id',
      'BinaryValue',
      'DelaySeconds',
      'QueueUrl',
    ]
    const name = fc.array(fc.constantFrom(...parts), { minLength: 1, maxLength: 7 }).map((path) => path.join('.'))
    const pairs = fc.array(fc.tuple(name, fc.string({ unit: 'binary' })))
    fc.assert(fc.property(pairs, (all) => onlyServiceErrors(new URLSearchParams(all).toString())))
  })
})
