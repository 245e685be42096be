import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { SpawnedNode } from '../../../src/testing/node.ts'
import { assertAnswer, assertUnharmed, call, FORM_HEADERS, jsonHeaders, send, startTarget } from './support.ts'

const RUNS = { numRuns: 200, seed: 20_260_131 }
const bytes = (...parts: (string | readonly number[])[]) =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part)))))

/** Something happens to a text on its way: a piece is lost, replaced by any bytes, or comes twice. */
const damaged = (text: string) =>
  fc
    .tuple(fc.nat(text.length), fc.nat(text.length), fc.uint8Array({ maxLength: 6 }), fc.boolean())
    .map(([a, b, noise, twice]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const piece = twice ? text.slice(from, to) : ''
      return bytes(text.slice(0, from), piece, [...noise], piece, text.slice(to))
    })

describe('a body that is not what it should be', () => {
  let node: SpawnedNode
  before(async () => {
    node = await startTarget()
    await call(node.url, 'CreateQueue', { QueueName: 'q' })
  })
  after(() => node.kill())

  const batch = {
    QueueUrl: 'q',
    Entries: [
      { Id: 'a', MessageBody: 'grüße 😀', DelaySeconds: 3 },
      { Id: 'b', MessageBody: 'x', MessageAttributes: { k: { DataType: 'Binary', BinaryValue: 'AAE=' } } },
    ],
  }
  const form =
    'Action=SendMessage&QueueUrl=q&MessageBody=gr%C3%BC%C3%9Fe+%F0%9F%98%80&MessageAttribute.1.Name=k' +
    '&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=v&DelaySeconds=3'

  test('because JSON was damaged, is answered', async () => {
    const answers = fc.asyncProperty(damaged(JSON.stringify(batch)), async (body) => {
      assertAnswer(await send(node.url, jsonHeaders('SendMessageBatch'), body))
    })
    await fc.assert(answers, RUNS)
    await assertUnharmed(node)
  })

  test('because a form was damaged, is answered', async () => {
    const answers = fc.asyncProperty(damaged(form), async (body) => {
      assertAnswer(await send(node.url, FORM_HEADERS, body))
    })
    await fc.assert(answers, RUNS)
    await assertUnharmed(node)
  })

  test('because it is any bytes, is answered, whatever it is said to be', async () => {
    const types = ['application/x-amz-json-1.0', 'application/json', 'text/xml', 'multipart/form-data; boundary=', '']
    const headers = fc.oneof(
      fc.constant(FORM_HEADERS),
      fc.constant(jsonHeaders('ReceiveMessage')),
      fc.constantFrom(...types).map((type) => ({ 'content-type': type })),
    )
    const body = fc.uint8Array({ maxLength: 300 }).map((array) => bytes([...array]))
    const answers = fc.asyncProperty(headers, body, async (headers, body) => {
      assertAnswer(await send(node.url, headers, body))
    })
    await fc.assert(answers, RUNS)
    await assertUnharmed(node)
  })

  test('because a form names things that no schema has, is answered', async () => {
    const part = fc.oneof(
      fc.constantFrom('MessageAttribute', 'Attribute', 'member', 'entry', 'Value', 'Name', '1', '0', '-1', '999999999'),
      fc.constantFrom('__proto__', 'constructor', '', '1e9', '9'.repeat(30)),
    )
    const name = fc.array(part, { minLength: 1, maxLength: 20 }).map((parts) => parts.join('.'))
    const answers = fc.asyncProperty(fc.array(fc.tuple(name, fc.string()), { maxLength: 40 }), async (parameters) => {
      const known = { Action: 'SendMessage', QueueUrl: 'q', MessageBody: 'x' }
      const form = new URLSearchParams([...Object.entries(known), ...parameters])
      assertAnswer(await send(node.url, FORM_HEADERS, String(form)))
    })
    await fc.assert(answers, RUNS)
    await assertUnharmed(node)
  })

  const deep = 200_000
  const refused: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
    'no end': '{"QueueName":"q"',
    'nothing but an opening, many times': '{"QueueName":'.repeat(deep),
    'a list in a list, many times': '['.repeat(deep) + ']'.repeat(deep),
    'a member that is a list in a list, many times': `{"QueueName":${'['.repeat(deep)}${']'.repeat(deep)}}`,
    'a byte order mark': '\ufeff{"QueueName":"q"}',
    'UTF-16': bytes([...Buffer.from('{"QueueName":"q"}', 'utf16le')]),
    'an overlong encoding': bytes('{"QueueName":"', [0xc0, 0xaf], '"}'),
    'half of a surrogate pair in UTF-8': bytes('{"QueueName":"', [0xed, 0xa0, 0x80], '"}'),
    'half of a surrogate pair as an escape': '{"QueueName":"\\ud800"}',
    'a NUL': '{"QueueName":"\u0000"}',
    'a number beyond all numbers': '{"QueueName":1e999}',
    'two documents': '{"QueueName":"q"}{"QueueName":"q"}',
    'JSON with comments': '{"QueueName":"q"/* */}',
    XML: '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
  }
  for (const [name, body] of Object.entries(refused)) {
    test(`because it has ${name}, is refused`, async () => {
      const answer = await send(node.url, jsonHeaders('GetQueueUrl'), body)
      assertAnswer(answer)
      assert.equal(answer.status, 400)
      await assertUnharmed(node)
    })
  }

  test('but only says something twice, counts as what it says last', async () => {
    const body = '{"QueueName":"none","QueueName":"q","__proto__":{"QueueName":"x"},"constructor":{"prototype":1}}'
    assert.equal((await send(node.url, jsonHeaders('GetQueueUrl'), body)).status, 200)
  })

  const altered: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
    'an escape that is none': 'Action=SendMessage&QueueUrl=q&MessageBody=100%',
    'escaped bytes that are no UTF-8': 'Action=SendMessage&QueueUrl=q&MessageBody=%ff',
    'bytes that are no UTF-8': bytes('Action=SendMessage&QueueUrl=q&MessageBody=', [0xff]),
  }
  for (const [name, body] of Object.entries(altered)) {
    test(`because a form has ${name}, is refused rather than stored as something else`, async () => {
      const { status, text } = await send(node.url, FORM_HEADERS, body)
      assert.equal(status, 404, text)
      assert.match(text, /<Code>MalformedQueryString<\/Code>/)
    })
  }

  test('because a query string is no UTF-8, is refused as well', async () => {
    const answer = await fetch(`${node.url}/?Action=SendMessage&QueueUrl=q&MessageBody=%ff`)
    assert.equal(answer.status, 404)
    assert.match(await answer.text(), /<Code>MalformedQueryString<\/Code>/)
  })

  test('because it is larger than a message may be, is refused by the service, and beyond that by the edge', async () => {
    const MessageBody = 'x'.repeat(1_048_577)
    const tooLong = await send(node.url, jsonHeaders('SendMessage'), JSON.stringify({ QueueUrl: 'q', MessageBody }))
    assert.equal(tooLong.status, 400)
    assert.match(tooLong.text, /Message must be shorter than 1048576 bytes/)
    const tooLarge = await send(node.url, jsonHeaders('SendMessage'), 'x'.repeat(16 * 1024 * 1024 + 1))
    assert.equal(tooLarge.status, 413)
    await assertUnharmed(node)
  })

  test('because a form has a hundred thousand parameters, is answered', async () => {
    const many = Array.from({ length: 100_000 }, (_, i) => `AttributeName.${i}=All`).join('&')
    assertAnswer(await send(node.url, FORM_HEADERS, `Action=ReceiveMessage&QueueUrl=q&${many}`))
    await assertUnharmed(node)
  })
})
