import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { RawClient, rawRequest } from '../../../src/kernel/edge/testing/edge.ts'
import { assertUnharmed, call, jsonHeaders, startTarget } from './support.ts'

const endlessBody = rawRequest({ ...jsonHeaders('SendMessage'), 'content-length': '1000000' })
const endlessChunks = rawRequest({ ...jsonHeaders('SendMessage'), 'transfer-encoding': 'chunked' }).replace(
  'content-length: 0\r\n',
  '',
)

/** How a client begins, and what it goes on with, a little at a time and without ever coming to an end. */
const slow: Readonly<Record<string, readonly [start: string, more: string]>> = {
  'says nothing at all': ['', ''],
  'stops after its first byte': ['P', ''],
  'stops within its headers': ['POST / HTTP/1.1\r\nhost: x\r\n', ''],
  'sends a header without end': ['POST / HTTP/1.1\r\nx: ', 'x'],
  'stops before its body': [endlessBody, ''],
  'sends a body without end': [endlessBody, ' '],
  'sends chunks without end': [endlessChunks, '1\r\n \r\n'],
  'stops within the preface of HTTP/2': ['PRI * HT', ''],
  'stops after the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ''],
}

test('slow clients are cut off in time, and a well-behaved one does not notice', { timeout: 60_000 }, async () => {
  const limits = ['--header-timeout-ms', '500', '--request-timeout-ms', '1000', '--keep-alive-timeout-ms', '1000']
  await using node = await startTarget(...limits)
  const { QueueUrl } = await call(node.url, 'CreateQueue', { QueueName: 'q' })
  const clients = Object.entries(slow).flatMap(([name, [start, more]]) =>
    Array.from({ length: 20 }, () => ({ name, start, more, client: new RawClient(node.port) })),
  )
  const cutOff = new Set<string>()
  const ends = clients.map(async ({ name, client, start }) => {
    client.send(start)
    await client.untilEnd()
    cutOff.add(name)
  })
  let pending = true
  const ended = Promise.all(ends).then(() => {
    pending = false
  })
  // Each turn is one request of the well-behaved client, and a little more from each of the slow ones.
  let served = 0
  while (pending) {
    await call(node.url, 'SendMessage', { QueueUrl, MessageBody: 'x' })
    served++
    for (const { client, more } of clients) if (more !== '' && !client.socket.destroyed) client.send(more)
  }
  await ended
  assert.deepEqual([...cutOff].sort(), Object.keys(slow).sort())
  assert.ok(served > 10, `the well-behaved client was served ${served} times`)
  await assertUnharmed(node)
})

/** What this process may open, less what it needs beside the connections of a test. */
const openFiles = Number(
  (process.report.getReport() as { userLimits: { open_files: { soft: string } } }).userLimits.open_files.soft,
)
const IDLE_CONNECTIONS = Math.min(10_000, (Number.isNaN(openFiles) ? 10_000 : openFiles) - 500)

test(`${IDLE_CONNECTIONS} idle connections are kept while others are served`, { timeout: 120_000 }, async () => {
  await using node = await startTarget('--keep-alive-timeout-ms', '600000')
  const idle: Socket[] = []
  try {
    const health = 'GET /_millrace/health HTTP/1.1\r\nhost: x\r\n\r\n'
    const open = async () => {
      const socket = connect(node.port, '127.0.0.1').setNoDelay()
      idle.push(socket)
      await ask(socket, health)
    }
    while (idle.length < IDLE_CONNECTIONS) {
      await Promise.all(Array.from({ length: Math.min(500, IDLE_CONNECTIONS - idle.length) }, open))
    }
    const { QueueUrl } = await call(node.url, 'CreateQueue', { QueueName: 'q' })
    for (let i = 0; i < 200; i++) {
      await call(node.url, 'SendMessage', { QueueUrl, MessageBody: String(i) })
      const { Messages } = await call(node.url, 'ReceiveMessage', { QueueUrl })
      await call(node.url, 'DeleteMessage', { QueueUrl, ReceiptHandle: Messages[0].ReceiptHandle })
    }
    assert.equal(idle.filter((socket) => socket.destroyed).length, 0)
    for (const socket of idle.slice(0, 100)) await ask(socket, health)
    await assertUnharmed(node)
  } finally {
    for (const socket of idle) socket.destroy()
  }
})

/** Sends a request over an open connection; rejects unless it is answered 200. */
async function ask(socket: Socket, bytes: string): Promise<void> {
  const answered = once(socket, 'data') as Promise<[Buffer]>
  socket.write(bytes)
  const [data] = await answered
  assert.match(data.toString('latin1'), /^HTTP\/1\.1 200 /)
}

test('a client that hangs up in the middle of an answer, or before it, hurts nobody', { timeout: 60_000 }, async () => {
  await using node = await startTarget()
  const { QueueUrl } = await call(node.url, 'CreateQueue', { QueueName: 'q' })
  const MessageBody = 'x'.repeat(1_000_000)
  await call(node.url, 'SendMessage', { QueueUrl, MessageBody })
  const agent = new Agent({ keepAlive: true })
  for (const WaitTimeSeconds of [0, 20]) {
    for (let i = 0; i < 10; i++) {
      const input = JSON.stringify({ QueueUrl, WaitTimeSeconds, VisibilityTimeout: WaitTimeSeconds === 0 ? 0 : 30 })
      const sent = request(node.url, { method: 'POST', agent, headers: jsonHeaders('ReceiveMessage') })
      sent.on('error', () => undefined) // it is this client that breaks off
      sent.end(input)
      if (WaitTimeSeconds === 0) await once(sent, 'response')
      else await once(sent, 'finish')
      sent.destroy()
    }
    if (WaitTimeSeconds === 0) await call(node.url, 'PurgeQueue', { QueueUrl })
  }
  agent.destroy()
  await assertUnharmed(node)
})
