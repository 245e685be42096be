import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { generate, startBareServer } from '../servers.ts'
import { FakeQueue } from './fake-queue.ts'
import type { Run } from './generator.ts'
import { pauseMillis } from './wake-ups.ts'

const FILL = { flow: 'sendBatch', messages: 1000, connections: 4, warmUpSeconds: 0, seconds: 60 } as const
const fill = (endpoint: string, changes: Partial<Run> = {}) =>
  generate({ ...FILL, endpoints: [endpoint], serverPids: [], resource: `${endpoint}/000000000000/q`, ...changes })

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
    const { messages, requests, latency, latencyOf } = await fill(bare.endpoint, { serverPids: [bare.pid] })
    assert.deepEqual({ messages, requests }, { messages: 1000, requests: 100 })
    assert.equal(latency.count, 100)
    assert.ok(latency.p50Millis > 0 && latency.p50Millis <= latency.p99Millis && latency.p99Millis <= latency.maxMillis)
    assert.deepEqual(Object.keys(latencyOf), ['SendMessageBatch'])
  } finally {
    await bare.stop()
  }
})

for (const { flow, resource, perRequest } of [
  { flow: 'send', resource: 'http://localhost/000000000000/q', perRequest: 1 },
  { flow: 'publish', resource: 'arn:aws:sns:us-east-1:000000000000:t', perRequest: 1 },
  { flow: 'publishWithAttribute', resource: 'arn:aws:sns:us-east-1:000000000000:t', perRequest: 1 },
  { flow: 'publishBatch', resource: 'arn:aws:sns:us-east-1:000000000000:t', perRequest: 10 },
] as const) {
  test(`the bare server answers what ${flow} asks`, async () => {
    const bare = await startBareServer()
    try {
      const run = { ...FILL, messages: undefined, endpoints: [bare.endpoint], serverPids: [], seconds: 0.2 }
      const { messages, requests } = await generate({ ...run, flow, resource })
      assert.ok(requests > 0)
      assert.ok(Math.abs(messages - requests * perRequest) <= FILL.connections * perRequest, `${messages}, ${requests}`)
    } finally {
      await bare.stop()
    }
  })
}

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

test('a churned queue stays as deep as it was', async () => {
  await using queue = await FakeQueue.open(1, 200)
  const { endpoints } = queue
  const { messages } = await generate({ ...FILL, flow: 'churn', endpoints, serverPids: [], resource: '/q' })
  const onTheWay = FILL.connections * 10
  assert.ok(messages >= 1000 - onTheWay && messages <= 1000 + onTheWay, `${messages} were deleted`)
  assert.ok(Math.abs(queue.depth - 200) <= onTheWay, `it was left ${queue.depth} deep`)
  assert.ok(queue.deepest <= 200 + onTheWay, `it was up to ${queue.deepest} deep`)
})

test('a steady run keeps to its rate, and what counts is the time of a receive', async () => {
  await using queue = await FakeQueue.open(1, 200)
  const { endpoints } = queue
  const run = { flow: 'steady', endpoints, serverPids: [], resource: '/q', connections: 4 } as const
  const { latency, latencyOf, seconds } = await generate({ ...run, warmUpSeconds: 0, seconds: 1 })
  assert.deepEqual(latency, latencyOf.ReceiveMessage)
  assert.ok(latency.count <= seconds * 100 + 1, `${latency.count} receives in ${seconds} s`)
  assert.ok(latency.count >= 50, `${latency.count} receives in ${seconds} s`)
  assert.ok(Math.abs(queue.depth - 200) <= 40)
})

test('connections are dealt out to the nodes: those that send first, then those that receive', async () => {
  await using queue = await FakeQueue.open(2, 0)
  const { endpoints, requests } = queue
  const run = { flow: 'wakeUps', endpoints, serverPids: [], resource: '/q', connections: 2 } as const
  const { messages, latency, latencyOf } = await generate({ ...run, warmUpSeconds: 0, seconds: 2 })
  assert.ok(messages > 0 && latency.count === latencyOf.SendMessage?.count)
  const [toSender, toReceiver] = requests as [number, number]
  assert.ok(toSender >= messages && toReceiver > toSender, `${requests}`)
})

test('wake-ups come at every moment of a second', () => {
  const phases = Array.from({ length: 20 }, (_, n) => pauseMillis(n) % 1000).sort((a, b) => a - b)
  const gaps = phases.map((phase, n) => phase - (phases[n - 1] ?? 0))
  assert.ok(Math.max(...gaps) < 120, `${gaps}`)
})
