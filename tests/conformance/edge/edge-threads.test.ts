/** A node whose requests are answered by several threads is one node to its clients. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { test } from 'node:test'
import { RawClient, rawRequest } from '../../../src/kernel/edge/testing/edge.ts'
import { spawnNode } from '../../../src/testing/node.ts'
import { jsonHeaders } from './support.ts'

const THREADS = 3
/** Enough that the system gives some to each thread. */
const CONNECTIONS = 32

const startThreads = (...args: string[]) =>
  spawnNode({ args: ['--edge-threads', String(THREADS), '--log-level', 'error', ...args] })

/** Connections that stay open, each of which is some thread's. */
class Connections implements Disposable {
  readonly #url: string
  readonly #agents = Array.from({ length: CONNECTIONS }, () => new Agent({ keepAlive: true, maxSockets: 1 }))

  constructor(url: string) {
    this.#url = url
  }

  /** The answers that each connection gets. */
  each(send: (via: Agent, at: number) => Promise<Answer>): Promise<Answer[]> {
    return Promise.all(this.#agents.map(send))
  }

  call(operation: string, input: object, via = this.#agents[0]): Promise<Answer> {
    return this.send('POST', '/', JSON.stringify(input), via, jsonHeaders(operation))
  }

  send(method: string, path: string, body: string, agent = this.#agents[0], headers = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request(this.#url + path, { method, agent, headers }, async (response) => {
        const text = (await response.setEncoding('utf8').toArray()).join('')
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection, text })
      })
      sent.on('error', reject).end(body)
    })
  }

  [Symbol.dispose](): void {
    for (const agent of this.#agents) agent.destroy()
  }
}

interface Answer {
  readonly status: number
  readonly connection: string | undefined
  readonly text: string
}

const JSON_BODY = { 'content-type': 'application/json' }

async function createQueue(connections: Connections): Promise<string> {
  const { text } = await connections.call('CreateQueue', { QueueName: 'shared' })
  return JSON.parse(text).QueueUrl
}

/** The value of a sample in a scrape. */
function counted(metrics: string, sample: string): number {
  const line = metrics.split('\n').find((line) => line.startsWith(`${sample} `))
  return Number(line?.slice(sample.length))
}

test('each thread listens at the one port', { skip: process.platform !== 'linux' && 'needs /proc' }, async () => {
  await using node = await startThreads('--host', '127.0.0.1')
  const port = node.port.toString(16).toUpperCase().padStart(4, '0')
  const listening = readFileSync(`/proc/${node.pid}/net/tcp`, 'utf8').match(
    new RegExp(`:${port} 00000000:0000 0A`, 'g'),
  )
  assert.equal(listening?.length, THREADS)
})

test('what one connection sends, another one receives, and each is counted once', async () => {
  await using node = await startThreads()
  using connections = new Connections(node.url)
  const QueueUrl = await createQueue(connections)
  const sent = await connections.each((via, at) =>
    connections.call('SendMessage', { QueueUrl, MessageBody: String(at) }, via),
  )
  assert.deepEqual(new Set(sent.map(({ status }) => status)), new Set([200]))
  const received = await connections.each((via) =>
    connections.call('ReceiveMessage', { QueueUrl, MaxNumberOfMessages: 1, WaitTimeSeconds: 20 }, via),
  )
  const bodies = received.map(({ text }) => Number(JSON.parse(text).Messages[0].Body))
  assert.deepEqual(
    bodies.sort((a, b) => a - b),
    [...sent.keys()],
  )
  const { text } = await connections.send('GET', '/_millrace/metrics', '')
  assert.equal(counted(text, 'millrace_sqs_messages_sent_total'), CONNECTIONS)
  const sample = 'millrace_requests_total{service="sqs",operation="SendMessage",code="OK"}'
  assert.equal(counted(text, sample), CONNECTIONS)
})

test('a send at any thread wakes a long poll at any other', async () => {
  await using node = await startThreads()
  using connections = new Connections(node.url)
  using others = new Connections(node.url)
  const QueueUrl = await createQueue(connections)
  const polls = connections.each((via) => connections.call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }, via))
  await others.each((via, at) => others.call('SendMessage', { QueueUrl, MessageBody: String(at) }, via))
  const received = (await polls).flatMap(({ text }) => JSON.parse(text).Messages ?? [])
  assert.equal(received.length, CONNECTIONS)
})

test('the clock moves for every thread before the answer, and each answers for the whole node', async () => {
  await using node = await startThreads()
  using connections = new Connections(node.url)
  const QueueUrl = await createQueue(connections)
  await connections.call('SendMessage', { QueueUrl, MessageBody: 'late', DelaySeconds: 10 })
  const polls = connections.each((via) => connections.call('ReceiveMessage', { QueueUrl, WaitTimeSeconds: 20 }, via))
  const advanceMs = 12_000
  using other = new Connections(node.url)
  const { text } = await other.send('POST', '/_millrace/clock', JSON.stringify({ advanceMs }), undefined, JSON_BODY)
  assert.ok(JSON.parse(text).now > Date.now() + advanceMs - 5_000)
  await other.send('POST', '/_millrace/clock', JSON.stringify({ advanceMs: 20_000 }), undefined, JSON_BODY) // ends the polls
  const received = (await polls).flatMap(({ text }) => JSON.parse(text).Messages ?? [])
  assert.deepEqual(
    received.map(({ Body }) => Body),
    ['late'],
  )
  const ready = await connections.each((via) => connections.send('GET', '/_millrace/health', '', via))
  assert.deepEqual(new Set(ready.map(({ text }) => text)), new Set(['{"status":"ready"}']))
})

test('a node that drains answers what every thread has in hand', async () => {
  await using node = await startThreads()
  using connections = new Connections(node.url)
  const QueueUrl = await createQueue(connections)
  const poll = rawRequest(jsonHeaders('ReceiveMessage'), JSON.stringify({ QueueUrl, WaitTimeSeconds: 20 }))
  const clients = Array.from({ length: CONNECTIONS }, () => new RawClient(node.port))
  // Both requests are one segment: the answer to the first says that the second, the poll, has been read.
  for (const client of clients) client.send(rawRequest(jsonHeaders('ListQueues'), '{}') + poll)
  await Promise.all(clients.map((client) => client.until(/"QueueUrls"/)))
  const exit = node.kill('SIGTERM')
  for (const client of clients) assert.match(await client.untilEnd(), /connection: close\r\n.*\r\n\r\n\{\}$/is)
  assert.deepEqual(await exit, { code: 0, signal: null })
})

test('a second program is refused the port, though this one shares it with itself', async () => {
  await using node = await startThreads()
  await assert.rejects(spawnNode({ port: node.port, args: ['--edge-threads', '2'] }), /EADDRINUSE/)
})
