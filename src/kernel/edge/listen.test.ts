import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { addressesOf, listen } from './listen.ts'
import { rawRequest, startTestEdge } from './testing/edge.ts'

const BOTH = ['127.0.0.1', '::1'] as const
const hasBoth = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
const needsBoth = { skip: hasBoth ? false : 'this machine has no ::1' }

test('localhost is both loopback addresses, any other host one', () => {
  assert.deepEqual(addressesOf('localhost'), BOTH)
  assert.deepEqual(['127.0.0.1', '::1', '0.0.0.0'].map(addressesOf), [['127.0.0.1'], ['::1'], ['0.0.0.0']])
})

/** What a request to the address is answered; the error's code if nobody listens there. */
async function ask(host: string, port: number, method = 'GET'): Promise<string> {
  const socket = connect(port, host)
  try {
    await once(socket, 'connect')
    socket.write(rawRequest({ connection: 'close' }, '', `${method} /_millrace/health HTTP/1.1`))
    return (await socket.setEncoding('latin1').toArray()).join('')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

test('a client may take either address of localhost', needsBoth, async () => {
  await using edge = await startTestEdge({ sqs: {} }, { host: 'localhost' })
  for (const address of BOTH) assert.match(await ask(address, edge.port), /200 OK.*"ready"/s)
})

for (const host of BOTH) {
  test(`${host} is listened on alone`, needsBoth, async () => {
    await using edge = await startTestEdge({ sqs: {} }, { host })
    for (const address of BOTH) {
      assert.match(await ask(address, edge.port), address === host ? /200 OK/ : /^ECONNREFUSED$/)
    }
  })
}

test('both addresses have the time-outs of a client that falls silent', needsBoth, async () => {
  await using edge = await startTestEdge({ sqs: {} }, { host: 'localhost', headerTimeoutMs: 60, requestTimeoutMs: 80 })
  for (const address of BOTH) {
    const socket = connect(edge.port, address)
    socket.write('POST / HTTP/1.1\r\nhost: h\r\nx-')
    assert.match((await socket.setEncoding('latin1').toArray()).join(''), /^(HTTP\/1.1 408 |$)/)
  }
})

test('a drain and the end after it reach the connections of both addresses', needsBoth, async () => {
  const inHand = Promise.withResolvers<object>()
  const arrivals = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let arrived = 0
  const handlers = {
    ListQueues: () => {
      arrivals[arrived++]?.resolve()
      return inHand.promise
    },
  }
  const edge = await startTestEdge({ sqs: { handlers } }, { host: 'localhost' })
  const ends = BOTH.map((address) => {
    const idle = connect(edge.port, address)
    const busy = connect(edge.port, address)
    busy.write(
      rawRequest({ 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' }, '{}'),
    )
    return { idle: idle.resume().toArray(), busy: busy.setEncoding('latin1').toArray() }
  })
  await Promise.all(arrivals.map(({ promise }) => promise))
  const drained = edge.drain()
  for (const { idle } of ends) assert.deepEqual(await idle, [])
  for (const address of BOTH) assert.equal(await ask(address, edge.port), 'ECONNREFUSED')
  inHand.resolve({ NextToken: 'done' })
  for (const { busy } of ends) assert.match((await busy).join(''), /200 OK.*"done"/s)
  await drained

  const other = await startTestEdge({ sqs: {} }, { host: 'localhost' })
  const open = BOTH.map((address) => connect(other.port, address))
  await Promise.all(open.map((socket) => once(socket, 'connect')))
  for (const address of BOTH) await ask(address, other.port) // accepted in order: the open ones have been, too
  const ended = open.map((socket) => socket.resume().toArray())
  const over = other.drain()
  other.destroy()
  await Promise.all([over, ...ended])
})

test('a limit of connections holds for both addresses together', { ...needsBoth, timeout: 10_000 }, async () => {
  await using edge = await startTestEdge({ sqs: {} }, { host: 'localhost', maxConnections: 2 })
  const open = BOTH.map((address) => connect(edge.port, address).setEncoding('latin1'))
  for (const socket of open) {
    socket.write(rawRequest({}, '', 'GET /_millrace/live HTTP/1.1'))
    await once(socket, 'data')
  }
  for (const address of BOTH) assert.match(await ask(address, edge.port), /^(ECONNRESET|EPIPE|)$/)
  const [first] = open
  first?.destroy()
  let answer = ''
  while (!answer.includes('200 OK')) answer = await ask('::1', edge.port) // as soon as the node has heard of the end
})

async function listening(addresses: readonly [string, string?], port = 0, server: Server = createHttpServer()) {
  const open = await listen(server, addresses, port)
  return { ...open, server, [Symbol.asyncDispose]: () => open.close() }
}

test('a machine without the second address is served at the first', async () => {
  await using open = await listening(['127.0.0.1', '2001:db8::1'])
  assert.equal((open.server.address() as AddressInfo).address, '127.0.0.1')
})

test('a port that is free on the first address alone is given back, and another one taken', needsBoth, async () => {
  const server = createHttpServer()
  const other = createServer()
  server.once('listening', () => other.listen((server.address() as AddressInfo).port, '::1'))
  await using open = await listening(BOTH, 0, server)
  const taken = (other.address() as AddressInfo).port
  assert.notEqual(open.port, taken)
  assert.equal(await ask('127.0.0.1', taken), 'ECONNREFUSED')
  other.close()
})

test(
  'a port that was asked for and is taken on one address is an error, and is not kept on the other',
  needsBoth,
  async () => {
    const other = createServer().listen(0, '::1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await assert.rejects(listening(BOTH, port), { code: 'EADDRINUSE', address: '::1' })
    assert.equal(await ask('127.0.0.1', port), 'ECONNREFUSED')
    other.close()
  },
)
