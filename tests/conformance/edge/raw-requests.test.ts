import assert from 'node:assert/strict'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { RawClient, rawRequest } from '../../../src/kernel/edge/testing/edge.ts'
import type { SpawnedNode } from '../../../src/testing/node.ts'
import { assertUnharmed, jsonHeaders, startTarget } from './support.ts'

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const RUNS = { numRuns: 100, seed: 20_260_131 }
/** Far below the node's own patience, so that the end of a connection is the node's doing and not a time-out of it. */
const PROMPT = { timeout: 45_000 }

const listQueues = rawRequest(jsonHeaders('ListQueues'), '{}')
const chunked = (body: string) =>
  rawRequest({ ...jsonHeaders('ListQueues'), 'transfer-encoding': 'chunked' }).replace('content-length: 0\r\n', '') +
  body
const latin1 = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')

describe('what arrives at the port', () => {
  let node: SpawnedNode
  before(async () => {
    node = await startTarget('--header-timeout-ms', '60000', '--request-timeout-ms', '60000')
  })
  after(() => node.kill())

  /** Sends the bytes, and that there are no more; resolves with all that comes back until the connection ends. */
  const exchange = async (bytes: string): Promise<string> => {
    using client = new RawClient(node.port)
    client.socket.end(bytes, 'latin1')
    return client.untilEnd()
  }

  const assertNoFailure = (received: string) => assert.doesNotMatch(received, /HTTP\/1\.1 5(?!01)/)

  test('may be any bytes', PROMPT, async () => {
    const answers = fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
      assertNoFailure(await exchange(latin1(bytes)))
    })
    await fc.assert(answers, RUNS)
    await assertUnharmed(node)
  })

  test('may be a request of which a piece is missing, or something else', PROMPT, async () => {
    const at = fc.nat(listQueues.length)
    const answers = fc.asyncProperty(at, at, fc.uint8Array({ maxLength: 4 }), async (a, b, noise) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      assertNoFailure(await exchange(listQueues.slice(0, from) + latin1(noise) + listQueues.slice(to)))
    })
    await fc.assert(answers, RUNS)
    await assertUnharmed(node)
  })

  test('may have any headers and any path', PROMPT, async () => {
    const names = [
      'x-amz-target',
      'content-type',
      'authorization',
      'host',
      'accept',
      'x-amzn-trace-id',
      'content-encoding',
    ]
    const text = fc.uint8Array({ maxLength: 30 }).map((bytes) => latin1(bytes).replace(/[\0\r\n]/g, '-'))
    const known = [
      ...['AWS4-HMAC-SHA256 Credential=/', 'AWS4-HMAC-SHA256 Credential=////////,', 'Credential=a/b/c/d/e/f/g,'],
      ...['AmazonSQS.', '.', 'AmazonSQS.__proto__', 'AmazonSQS.constructor', '[::1', 'sqs..queue.:99999', 'gzip, br'],
      ...['Root=;Parent=', 'application/x-www-form-urlencoded; charset=utf-16', '*/*;q=application/json'],
    ]
    const headers = fc.dictionary(fc.constantFrom(...names), fc.oneof(text, fc.constantFrom(...known)))
    const path = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '/?',
        '/?Action=%',
        '*',
        '/%00',
        'http://[::1/',
        '/000000000000/',
        '/queue//1/q',
        '/?&&=&',
      ),
      fc.webPath(),
    )
    const answers = fc.asyncProperty(
      headers,
      path,
      fc.constantFrom('POST', 'GET', 'PUT'),
      async (headers, path, method) => {
        using client = new RawClient(node.port)
        client.send(rawRequest({ ...headers, connection: 'close' }, '{}', `${method} ${path} HTTP/1.1`))
        assert.match(await client.untilEnd(), /^HTTP\/1\.1 [24]\d\d /)
      },
    )
    await fc.assert(answers, { ...RUNS, numRuns: 200 })
    await assertUnharmed(node)
  })

  const malformed: Readonly<Record<string, string>> = {
    'a chunk size that is no number': chunked('zz\r\n{}\r\n0\r\n\r\n'),
    'a negative chunk size': chunked('-2\r\n{}\r\n0\r\n\r\n'),
    'a chunk size beyond all numbers': chunked(`${'f'.repeat(40)}\r\n{}`),
    'a chunk that is longer than it says': chunked('1\r\n{}\r\n0\r\n\r\n'),
    'a length and chunks': rawRequest({ ...jsonHeaders('ListQueues'), 'transfer-encoding': 'chunked' }, '0\r\n\r\n'),
    'two lengths that differ': rawRequest({ 'Content-Length': '7' }, '{}'),
    'a negative length': rawRequest({ 'content-length': '-1' }),
    'a length that is no number': rawRequest({ 'content-length': '1e1' }),
    'a header without a colon': 'POST / HTTP/1.1\r\nhost\r\n\r\n',
    'a header name with a space': 'POST / HTTP/1.1\r\nho st: x\r\n\r\n',
    'a NUL in a header': 'POST / HTTP/1.1\r\nhost: a\0b\r\n\r\n',
    'a version that does not exist': 'POST / HTTP/9.9\r\n\r\n',
    'a method that does not exist': 'GRAB / HTTP/1.1\r\n\r\n',
    'no method': ' / HTTP/1.1\r\n\r\n',
    'a TLS greeting': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  }
  for (const [name, bytes] of Object.entries(malformed)) {
    test(`that has ${name} is answered 400, and its connection ends`, PROMPT, async () => {
      using client = new RawClient(node.port)
      client.send(bytes)
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 400 /)
      await assertUnharmed(node)
    })
  }

  for (const [name, headers] of Object.entries({
    'one huge header': { 'x-huge': 'x'.repeat(200_000) },
    'very many headers': Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`x-${i}`, 'x'])),
  })) {
    test(`that has ${name} is answered 431, and its connection ends`, PROMPT, async () => {
      using client = new RawClient(node.port)
      client.send(rawRequest(headers))
      assert.match(await client.untilEnd(), /^HTTP\/1\.1 431 /)
      await assertUnharmed(node)
    })
  }

  test('may be many requests at once: good and refused ones are answered in their order', PROMPT, async () => {
    using client = new RawClient(node.port)
    const refused = rawRequest(jsonHeaders('GetQueueUrl'), '{"QueueName":"none"}')
    const broken = rawRequest(jsonHeaders('ListQueues'), '{')
    client.send((listQueues + refused + broken).repeat(100) + rawRequest({ connection: 'close' }))
    const statuses = [...(await client.untilEnd()).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)
    assert.deepEqual(statuses, [...Array(100).fill(['200', '400', '400']).flat(), '404'])
    await assertUnharmed(node)
  })

  test('may be cut off at any point', PROMPT, async () => {
    for (let length = 1; length < listQueues.length; length += 3) {
      using client = new RawClient(node.port)
      client.socket.write(listQueues.slice(0, length), 'latin1', () => client.socket.resetAndDestroy())
      await client.untilEnd()
    }
    await assertUnharmed(node)
  })

  test('may be any bytes after the preface of HTTP/2', PROMPT, async () => {
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc
        .tuple(fc.nat(255), fc.nat(12), fc.nat(255), fc.nat(9), fc.uint8Array({ maxLength: 60 }))
        .map(([length, type, flags, stream, payload]) =>
          Uint8Array.from([0, 0, length, type, flags, 0, 0, 0, stream, ...payload]),
        ),
    )
    const ends = fc.asyncProperty(fc.array(frames, { maxLength: 5 }), async (frames) => {
      await exchange(PREFACE + frames.map(latin1).join(''))
    })
    await fc.assert(ends, RUNS)
    await assertUnharmed(node)
  })

  test('may be HTTP/2 at the same time as garbage of it, and is then served', PROMPT, async () => {
    const session = connectHttp2(node.url)
    for (let i = 0; i < 20; i++) {
      await exchange(`${PREFACE}\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff`)
      assert.equal(await requestOverHttp2(session), 200)
    }
    session.destroy()
    await assertUnharmed(node)
  })
})

function requestOverHttp2(session: ClientHttp2Session): Promise<number> {
  const stream = session.request({ ':method': 'POST', ':path': '/', ...jsonHeaders('ListQueues') })
  stream.end('{}')
  return new Promise((resolve, reject) => {
    stream.on('response', (headers) => resolve(Number(headers[':status'])))
    stream.on('error', reject)
    stream.resume()
  })
}
