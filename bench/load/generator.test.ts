import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { generate, startBareServer } from '../servers.ts'
import type { Run } from './generator.ts'
import { Digits } from './sqs-requests.ts'

const FILL = { flow: 'sendBatch', messages: 1000, connections: 4, warmUpSeconds: 0, seconds: 60 } as const
const fill = (endpoint: string, changes: Partial<Run> = {}) =>
  generate({ ...FILL, endpoint, queueUrl: `${endpoint}/000000000000/q`, ...changes })

async function withServer(listener: RequestListener, use: (endpoint: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('a run with a number of messages sends just those', async () => {
  const bare = await startBareServer()
  try {
    const { messages, requests, latency, latencyOf } = await fill(bare.endpoint, { serverPid: bare.pid })
    assert.deepEqual({ messages, requests }, { messages: 1000, requests: 100 })
    assert.equal(latency.count, 100)
    assert.ok(latency.p50Millis > 0 && latency.p50Millis <= latency.p99Millis && latency.p99Millis <= latency.maxMillis)
    assert.deepEqual(Object.keys(latencyOf), ['SendMessageBatch'])
  } finally {
    await bare.stop()
  }
})

const failing: { name: string; listener: RequestListener; expected: RegExp }[] = [
  {
    name: 'an error',
    listener: (_, response) => response.writeHead(400, { 'content-length': 4 }).end('nope'),
    expected: /SendMessageBatch answered 400: nope/,
  },
  {
    name: 'a failed entry',
    listener: (_, response) => response.setHeader('content-length', 23).end('{"Failed":[{"Id":"0"}]}'),
    expected: /a batch entry failed/,
  },
  { name: 'a hang-up', listener: (request) => request.socket.end(), expected: /closed a connection/ },
  {
    name: 'a body of unknown length',
    listener: (_, response) => response.flushHeaders(),
    expected: /content-length/,
  },
]
for (const { name, listener, expected } of failing) {
  test(`one answer fails the run: ${name}`, () =>
    withServer(listener, (endpoint) => assert.rejects(fill(endpoint), expected)))
}

test('a drained queue ends the run', () => {
  const empty: RequestListener = (_, response) => response.setHeader('content-length', 2).end('{}')
  return withServer(empty, async (endpoint) => {
    const { emptyReceives, messages } = await fill(endpoint, { flow: 'receiveAndDelete' })
    assert.deepEqual({ emptyReceives, messages }, { emptyReceives: 3 * FILL.connections, messages: 0 })
  })
})

test('digits are rewritten in place', () => {
  const request = Buffer.from('{"Id":"x-####"}')
  const digits = new Digits(request, '####')
  digits.write(1234)
  digits.write(70)
  assert.equal(request.toString(), '{"Id":"x-0070"}')
  assert.throws(() => new Digits(request, '####'))
})
