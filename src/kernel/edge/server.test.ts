import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { test } from 'node:test'
import type { Caller } from '../kernel.ts'
import { RawClient, rawRequest, startTestEdge } from './testing/edge.ts'

const handlers = { ListQueues: ({ QueueNamePrefix }: { QueueNamePrefix?: string }) => ({ NextToken: QueueNamePrefix }) }
const JSON_HEADERS = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' }
const list = (prefix: string, headers: Record<string, string> = {}) =>
  rawRequest({ ...JSON_HEADERS, ...headers }, JSON.stringify({ QueueNamePrefix: prefix }))

test('a connection carries one request after another', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } })
  using client = new RawClient(edge.port)
  client.send(list('one'))
  assert.match(await client.until(/"one"/), /connection: keep-alive/i)
  client.send(list('two'))
  await client.until(/"two"/)
})

test('pipelined requests are answered in order', async () => {
  const first = Promise.withResolvers<object>()
  const sawSecond = Promise.withResolvers<void>()
  await using edge = await startTestEdge({
    sqs: {
      handlers: {
        ListQueues: ({ QueueNamePrefix }: { QueueNamePrefix: string }) => {
          if (QueueNamePrefix === 'one') return first.promise
          sawSecond.resolve()
          return { NextToken: 'two' }
        },
      },
    },
  })
  using client = new RawClient(edge.port)
  client.send(list('one') + list('two'))
  await sawSecond.promise
  first.resolve({ NextToken: 'one' })
  assert.match(await client.until(/"two"/), /"one".*"two"/s)
})

test('a request may arrive byte by byte, from its very first one', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } })
  using client = new RawClient(edge.port)
  client.socket.setNoDelay(true)
  for (const byte of list('slowly')) {
    await new Promise((written) => client.socket.write(byte, written))
  }
  await client.until(/"slowly"/)
})

test('a body may come in chunks of unknown number', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } })
  using client = new RawClient(edge.port)
  const head = Object.entries(JSON_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`)
  client.send(`POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n${head.join('')}\r\n`)
  client.send('10\r\n{"QueueNamePrefi\r\n')
  client.send('8\r\nx":"ab"}\r\n0\r\n\r\n')
  await client.until(/"ab"/)
})

test('HTTP/1.0 without a Host is served, and its connection ends', async () => {
  await using edge = await startTestEdge({ sqs: {} })
  using client = new RawClient(edge.port)
  client.send('GET /_millrace/health HTTP/1.0\r\n\r\n')
  assert.match(await client.untilEnd(), /200 OK.*\{"status":"ready"\}/s)
})

const malformed = [
  { name: 'no HTTP at all', bytes: '\x16\x03\x01\x02\x00nonsense\r\n\r\n', status: 400 },
  { name: 'an unknown method', bytes: 'FETCH / HTTP/1.1\r\nhost: h\r\n\r\n', status: 400 },
  { name: 'a header without a name', bytes: 'GET / HTTP/1.1\r\n: x\r\n\r\n', status: 400 },
  { name: 'two lengths', bytes: rawRequest({ 'Content-Length': '5' }, 'abcde'), status: 400 },
  { name: 'a length and chunks', bytes: rawRequest({ 'transfer-encoding': 'chunked' }, 'abc'), status: 400 },
  { name: 'a chunk without a size', bytes: 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', status: 400 },
  { name: 'headers without an end', bytes: `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`, status: 431 },
  { name: 'the beginning of another protocol', bytes: 'PRESTO', status: 400 },
]

for (const { name, bytes, status } of malformed) {
  test(`${name} is answered ${status} and closed, and hurts no other connection`, async () => {
    await using edge = await startTestEdge({ sqs: { handlers } })
    using other = new RawClient(edge.port)
    using client = new RawClient(edge.port)
    client.send(bytes)
    const answer = await client.untilEnd()
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
    assert.match(answer, /x-amzn-requestid: [0-9a-f-]{36}/i)
    other.send(list('still here'))
    await other.until(/"still here"/)
  })
}

test('a body over the limit is answered 413 in the protocol, and the connection goes on', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } }, { maxRequestBytes: 1000 })
  using client = new RawClient(edge.port)
  client.send(list('x'.repeat(1500)))
  const answer = await client.until(/larger than 1000 bytes/)
  assert.match(answer, /^HTTP\/1.1 413 /)
  assert.match(answer, /content-type: application\/x-amz-json-1\.0/)
  client.send(list('after'))
  await client.until(/"after"/)
})

test('so is one whose length was not announced', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } }, { maxRequestBytes: 1000 })
  using client = new RawClient(edge.port)
  const chunk = `258\r\n${'x'.repeat(600)}\r\n`
  client.send(
    `POST / HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n`,
  )
  client.send(chunk + chunk)
  const answer = await client.until(/<\/ErrorResponse>/)
  assert.match(answer, /^HTTP\/1.1 413 .*<Code>RequestEntityTooLarge<\/Code>/s)
  client.send(`0\r\n\r\n${list('after')}`)
  await client.until(/"after"/)
})

test('a client that goes on sending is cut off', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } }, { maxRequestBytes: 1000 })
  using client = new RawClient(edge.port)
  client.send(list('x'.repeat(10_000)))
  await client.untilEnd()
})

const loris = [
  { name: 'no byte', bytes: '' },
  { name: 'the first byte of HTTP/2', bytes: 'P' },
  { name: 'half a header', bytes: 'POST / HTTP/1.1\r\nhost: h\r\nx-' },
  { name: 'half a body', bytes: `${rawRequest({ ...JSON_HEADERS, 'content-length': '100' })}{` },
]

for (const { name, bytes } of loris) {
  test(`a client that falls silent after ${name} is cut off in time`, async () => {
    await using edge = await startTestEdge({ sqs: { handlers } }, { headerTimeoutMs: 60, requestTimeoutMs: 80 })
    using client = new RawClient(edge.port)
    client.send(bytes)
    await client.untilEnd()
  })
}

test('time-outs of a request do not apply to the time that its answer takes', async () => {
  await using edge = await startTestEdge(
    { sqs: { handlers: { ListQueues: () => slow.promise } } },
    {
      headerTimeoutMs: 30,
      requestTimeoutMs: 30,
    },
  )
  const slow = Promise.withResolvers<object>()
  using client = new RawClient(edge.port)
  client.send(list('x'))
  // A silent connection that comes later is cut off: the time of the first one was then up, too.
  using silent = new RawClient(edge.port)
  await silent.untilEnd()
  slow.resolve({ NextToken: 'slow' })
  await client.until(/"slow"/)
})

test('an idle connection is closed after a while', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } }, { keepAliveTimeoutMs: 30 })
  using client = new RawClient(edge.port)
  client.send(list('one'))
  assert.match(await client.untilEnd(), /"one"/)
})

/** One request over HTTP/2. */
async function request(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders, body: string) {
  const stream = session.request({ ':method': 'POST', ':path': '/', ...headers })
  stream.end(body)
  const [answer] = await once(stream, 'response')
  const chunks = await stream.setEncoding('utf8').toArray()
  return { status: answer[':status'], requestId: answer['x-amzn-requestid'], text: chunks.join('') }
}

test('HTTP/2 with prior knowledge is spoken on the same port', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } }, { maxRequestBytes: 1000 })
  const session = http2.connect(edge.url)
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((prefix) => request(session, JSON_HEADERS, JSON.stringify({ QueueNamePrefix: prefix }))),
  )
  assert.deepEqual(
    answers.map(({ text }) => text),
    ['a', 'b', 'c'].map((prefix) => JSON.stringify({ NextToken: prefix })),
  )
  assert.match(String(answers[0]?.requestId), /^[0-9a-f-]{36}$/)
  assert.equal((await request(session, JSON_HEADERS, 'x'.repeat(1500))).status, 413)
  assert.equal((await request(session, JSON_HEADERS, '{}')).status, 200)
  session.close()
  await once(session, 'close')
})

test('an HTTP/2 request that falls silent is cut off, and the session goes on', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } }, { requestTimeoutMs: 50 })
  const session = http2.connect(edge.url)
  const silent = session.request({ ':method': 'POST', ':path': '/', ...JSON_HEADERS })
  silent.write('{')
  await once(silent, 'close')
  assert.equal((await request(session, JSON_HEADERS, '{}')).status, 200)
  session.close()
})

test('bytes that only begin like HTTP/2 end their connection alone', async () => {
  await using edge = await startTestEdge({ sqs: { handlers } })
  using client = new RawClient(edge.port)
  client.send('PRI * HTTP/9.9\r\n\r\nnonsense nonsense')
  await client.untilEnd()
  using other = new RawClient(edge.port)
  other.send(list('still here'))
  await other.until(/"still here"/)
})

test('a drain answers what is in hand, refuses what is new, and ends every connection', async () => {
  const inHand = Promise.withResolvers<object>()
  const arrived = Promise.withResolvers<void>()
  await using edge = await startTestEdge({
    sqs: {
      handlers: {
        ListQueues: () => {
          arrived.resolve()
          return inHand.promise
        },
      },
    },
  })
  using idle = new RawClient(edge.port)
  using fresh = new RawClient(edge.port)
  using busy = new RawClient(edge.port)
  idle.send(rawRequest({}, '', 'GET /_millrace/health HTTP/1.1'))
  await idle.until(/ready/)
  busy.send(list('one') + list('two'))
  await arrived.promise
  const drained = edge.drain()
  await idle.untilEnd()
  await fresh.untilEnd()
  inHand.resolve({ NextToken: 'done' })
  await drained
  const answers = await busy.untilEnd()
  assert.match(answers, /^HTTP\/1.1 200 .*"done"/s)
  using late = new RawClient(edge.port)
  assert.equal(await late.untilEnd(), '')
})

test('a client that sends nothing more is still answered, and counts as gone to whoever would wait', async () => {
  const first = Promise.withResolvers<void>()
  const handler = async (_: object, caller: Caller) => {
    await new Promise<void>((gone) => caller.onHangUp(gone))
    first.resolve()
    await new Promise<void>((gone) => caller.onHangUp(gone)) // it was gone before this was asked
    return { NextToken: 'told twice' }
  }
  await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: handler } } })
  using client = new RawClient(edge.port)
  client.send(list('one'))
  client.socket.end()
  await first.promise
  assert.match(await client.untilEnd(), /"told twice"/)
})

test('a connection that ends before it has said anything is let go at once', { timeout: 5000 }, async () => {
  await using edge = await startTestEdge({ sqs: { handlers } }, { headerTimeoutMs: 60_000 })
  using client = new RawClient(edge.port)
  client.socket.end()
  assert.equal(await client.untilEnd(), '')
})
