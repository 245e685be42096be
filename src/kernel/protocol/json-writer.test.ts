import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encode, sts } from './testing/wire.ts'

const json = (value: unknown) => JSON.stringify(value)

describe('JSON output', () => {
  const cases = [
    { name: 'nothing to answer', operation: 'DeleteMessage', output: {}, body: '{}' },
    { name: 'nothing found', operation: 'ReceiveMessage', output: { Messages: undefined }, body: '{}' },
    {
      name: 'an empty list that the handler wants',
      operation: 'ListDeadLetterSourceQueues',
      output: { queueUrls: [] },
      body: '{"queueUrls":[]}',
    },
    {
      name: 'members the schema does not know stay inside',
      operation: 'SendMessage',
      output: { MessageId: 'm', secret: 1, SequenceNumber: null },
      body: '{"MessageId":"m"}',
    },
    {
      name: 'blobs, maps and structures',
      operation: 'ReceiveMessage',
      output: {
        Messages: [
          {
            Body: '"\\\u2028',
            Attributes: { SenderId: 'x' },
            MessageAttributes: { __proto__: null, k: { DataType: 'Binary', BinaryValue: Buffer.from([0, 1]) } },
          },
        ],
      },
      body: `{"Messages":[{"Body":${json('"\\\u2028')},"Attributes":{"SenderId":"x"},"MessageAttributes":{"k":{"DataType":"Binary","BinaryValue":"AAE="}}}]}`,
    },
  ]
  for (const { name, operation, output, body } of cases) {
    test(name, () => {
      const contentType = 'application/x-amz-json-1.0'
      assert.deepEqual(encode('json1.0', operation, output), { status: 200, contentType, body })
    })
  }

  test('JSON 1.1 says so', () =>
    assert.equal(encode('json1.1', 'ListQueues', {}).contentType, 'application/x-amz-json-1.1'))

  test('timestamps are seconds since the epoch', () => {
    const { body } = encode('json1.1', 'GetSessionToken', { Credentials: { Expiration: new Date(1_500) } }, sts)
    assert.equal(body, '{"Credentials":{"Expiration":1.5}}')
  })

  test('a number that is none is the handler’s mistake', () => {
    assert.throws(
      () => encode('json1.0', 'CancelMessageMoveTask', { ApproximateNumberOfMessagesMoved: Number.NaN }),
      TypeError,
    )
  })

  test('any string comes back as it was, as value and as key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0, max: 0xffff })), (text, units) => {
        const odd = String.fromCharCode(...units)
        const Tags = { __proto__: null, [text]: odd }
        const answer = JSON.parse(String(encode('json1.0', 'ListQueueTags', { Tags }).body))
        assert.deepEqual(Object.entries(answer.Tags), [[text, odd]])
      }),
    )
  })
})
