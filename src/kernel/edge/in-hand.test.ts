import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { RawClient, rawRequest, startTestEdge } from './testing/edge.ts'

const MIB = 1024 * 1024
const JSON_HEADERS = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' }
const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' }
const list = (prefix: string) => rawRequest(JSON_HEADERS, JSON.stringify({ QueueNamePrefix: prefix }))
const echo = { ListQueues: ({ QueueNamePrefix }: { QueueNamePrefix?: string }) => ({ NextToken: QueueNamePrefix }) }
/** The beginning of a body that is announced with so many bytes. */
const begun = (bytes: number, headers: Record<string, string> = JSON_HEADERS) =>
  rawRequest({ ...headers, 'content-length': String(2 * bytes) }) + ' '.repeat(bytes)

const LARGE = { maxRequestBytes: 16 * MIB }

test('where there is no room the largest body that arrives is given up, with a 503 of its protocol', async () => {
  await using edge = await startTestEdge(
    { sqs: { handlers: echo, maxInputBytes: 2 * MIB } },
    { ...LARGE, maxInflightBodyBytes: MIB },
  )
  using large = new RawClient(edge.port)
  using form = new RawClient(edge.port)
  using small = new RawClient(edge.port)
  large.send(begun(600_000))
  form.send(begun(400_000, FORM_HEADERS)) // whichever arrives first: the other one grows larger
  const answer = await large.until(/in hand than it has room for/)
  assert.match(answer, /^HTTP\/1.1 503 .*retry-after: 1\r\n/is)
  assert.match(answer, /"__type":"ServiceUnavailable"|#ServiceUnavailable/)
  small.send(list('small'))
  await small.until(/"small"/)
  using another = new RawClient(edge.port)
  another.send(begun(700_000))
  await another.until(/^HTTP\/1.1 503 /)
  another.send(' '.repeat(700_000) + list('after'))
  await another.until(/"after"/)
  form.send(' '.repeat(400_000))
  assert.match(await form.until(/<\/ErrorResponse>|Exception/), /^HTTP\/1.1 4/)
})

test('what was held is given back with the answer', async () => {
  await using edge = await startTestEdge(
    { sqs: { handlers: echo, maxInputBytes: 2 * MIB } },
    { ...LARGE, maxInflightBodyBytes: MIB },
  )
  using client = new RawClient(edge.port)
  for (let round = 0; round < 5; round++) {
    client.send(list(`${round}${'x'.repeat(800_000)}`))
    await client.until(new RegExp(`"NextToken":"${round}x+"`))
  }
})

test('a body that makes no progress is cut off', async () => {
  await using edge = await startTestEdge({ sqs: { handlers: echo } }, { ...LARGE, stallTimeoutMs: 100 })
  using silent = new RawClient(edge.port)
  silent.send(begun(1000))
  assert.equal(await silent.untilEnd(), '')
})

/** More than the buffers of both ends take. */
const LARGE_ANSWER = 20 * MIB
const large = { ListQueues: () => ({ NextToken: 'x'.repeat(LARGE_ANSWER) }) }

/** Asks for the large answer; `received` resolves to how many bytes came until there is all of it, or the end. */
function ask(port: number, { reads }: { reads: boolean }): { socket: Socket; received: Promise<number> } {
  const socket = connect(port, '127.0.0.1')
  let bytes = 0
  const received = new Promise<number>((resolve) => {
    socket.on('data', (chunk) => {
      bytes += chunk.length
      if (bytes > LARGE_ANSWER) resolve(bytes)
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(bytes))
  })
  if (!reads) socket.pause()
  socket.write(list('x'), 'latin1')
  return { socket, received }
}

test('a client that takes nothing of its answer is cut off, one that goes on is not', async () => {
  await using edge = await startTestEdge({ sqs: { handlers: large } }, { stallTimeoutMs: 500 })
  const deaf = ask(edge.port, { reads: false })
  const reader = ask(edge.port, { reads: true })
  assert.ok((await reader.received) > LARGE_ANSWER)
  reader.socket.destroy()
  await edge.drain() // which waits for the other
  deaf.socket.resume()
  assert.ok((await deaf.received) < LARGE_ANSWER)
})

test('beyond the limit of all unread answers the connection that has stood still the longest is cut off', async () => {
  const asked = Promise.withResolvers<void>()
  const handlers = {
    ListQueues: () => {
      asked.resolve()
      return large.ListQueues()
    },
  }
  await using edge = await startTestEdge({ sqs: { handlers } }, { maxUnreadAnswerBytes: 30 * MIB })
  const deaf = ask(edge.port, { reads: false })
  await asked.promise
  const reader = ask(edge.port, { reads: true })
  assert.ok((await reader.received) > LARGE_ANSWER)
  reader.socket.destroy()
  deaf.socket.resume()
  assert.ok((await deaf.received) < LARGE_ANSWER)
})

test('a pipelining client’s requests are begun in turns, and all answered in their order', async () => {
  let inHand = 0
  let most = 0
  const handlers = {
    ListQueues: async ({ QueueNamePrefix }: { QueueNamePrefix: string }) => {
      most = Math.max(most, ++inHand)
      await new Promise((turn) => setImmediate(turn))
      inHand--
      return { NextToken: QueueNamePrefix }
    },
  }
  await using edge = await startTestEdge({ sqs: { handlers } })
  using client = new RawClient(edge.port)
  client.send(Array.from({ length: 200 }, (_, i) => list(`n${i}`)).join(''))
  const answers = await client.until(/"n199"/)
  assert.deepEqual(
    [...answers.matchAll(/"NextToken":"n(\d+)"/g)].map(([, number]) => Number(number)),
    Array.from({ length: 200 }, (_, i) => i),
  )
  assert.equal(most, 4)
})

test('a client that pipelines without end is cut off', async () => {
  await using edge = await startTestEdge({ sqs: { handlers: { ListQueues: () => new Promise(() => undefined) } } })
  using client = new RawClient(edge.port)
  client.send(list('x').repeat(2000))
  await client.untilEnd()
})

test('an HTTP/2 session with a window of nothing is cut off in time', async () => {
  await using edge = await startTestEdge({ sqs: { handlers: large } }, { stallTimeoutMs: 100 })
  const session = http2.connect(edge.url, { settings: { initialWindowSize: 0 } })
  session.on('error', () => undefined)
  for (let i = 0; i < 3; i++) {
    const stream = session.request({ ':method': 'POST', ':path': '/', ...JSON_HEADERS })
    stream.on('error', () => undefined)
    stream.end('{}')
  }
  await once(session, 'close')
})
