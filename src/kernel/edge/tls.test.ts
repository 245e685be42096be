import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { RawClient, rawRequest, startTestEdge } from './testing/edge.ts'

const fixture = (name: string) => readFileSync(new URL(`../../testing/fixtures/${name}`, import.meta.url), 'utf8')
const tls = { cert: fixture('localhost.cert.pem'), key: fixture('localhost.key.pem') }
const services = { sqs: { handlers: { ListQueues: (_: unknown, c: { origin: string }) => ({ NextToken: c.origin }) } } }
const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.ListQueues' }

test('HTTP/1.1 over TLS, as the client addressed it', async () => {
  await using edge = await startTestEdge(services, { tls })
  const request = https.request(edge.url.replace('127.0.0.1', 'localhost'), {
    method: 'POST',
    headers,
    ca: tls.cert,
    agent: false,
  })
  request.end('{}')
  const [response] = await once(request, 'response')
  const body = (await response.setEncoding('utf8').toArray()).join('')
  assert.deepEqual(JSON.parse(body), { NextToken: `https://localhost:${edge.port}` })
})

test('HTTP/2 is negotiated in the handshake', async () => {
  await using edge = await startTestEdge(services, { tls })
  const session = http2.connect(`https://localhost:${edge.port}`, { ca: tls.cert })
  const stream = session.request({ ':method': 'POST', ':path': '/', ...headers })
  stream.end('{}')
  const body = (await stream.setEncoding('utf8').toArray()).join('')
  assert.equal(session.alpnProtocol, 'h2')
  assert.deepEqual(JSON.parse(body), { NextToken: `https://localhost:${edge.port}` })
  session.close()
  await once(session, 'close')
})

/** What a client is told that negotiates nothing in the handshake, as Java's HTTP clients don't. */
async function withoutAlpn(port: number): Promise<TLSSocket> {
  const socket = connect({ port, ca: tls.cert, servername: 'localhost' })
  await once(socket, 'secureConnect')
  assert.equal(socket.alpnProtocol, false)
  return socket
}

test('HTTP/2 is known by its first bytes where nothing was negotiated', async () => {
  await using edge = await startTestEdge(services, { tls })
  const socket = await withoutAlpn(edge.port)
  const session = http2.connect(`https://localhost:${edge.port}`, { createConnection: () => socket })
  for (const _ of [1, 2]) {
    const stream = session.request({ ':method': 'POST', ':path': '/', ...headers })
    stream.end('{}')
    const body = (await stream.setEncoding('utf8').toArray()).join('')
    assert.deepEqual(JSON.parse(body), { NextToken: `https://localhost:${edge.port}` })
  }
  session.close()
  await once(session, 'close')
})

for (const pieces of [1, 3]) {
  test(`so is HTTP/1.1, its first bytes in ${pieces} TLS records`, async () => {
    await using edge = await startTestEdge(services, { tls })
    const socket = await withoutAlpn(edge.port)
    const request = rawRequest({ ...headers, connection: 'close' }, '{}')
    for (let at = 0; at < pieces - 1; at++) await new Promise((sent) => socket.write(request.charAt(at), sent))
    socket.write(request.slice(pieces - 1))
    const answer = (await socket.setEncoding('utf8').toArray()).join('')
    assert.match(answer, /^HTTP\/1.1 200 .*"https:\/\/localhost"/s)
  })
}

test('HTTP/1.1 is negotiated by a client that knows nothing newer', async () => {
  await using edge = await startTestEdge(services, { tls })
  const socket = connect({ port: edge.port, ca: tls.cert, servername: 'localhost', ALPNProtocols: ['http/1.1'] })
  socket.write(rawRequest({ ...headers, connection: 'close' }, '{}'))
  const answer = (await socket.setEncoding('utf8').toArray()).join('')
  assert.equal(socket.alpnProtocol, 'http/1.1')
  assert.match(answer, /^HTTP\/1.1 200 /)
})

test('a client that says nothing after the handshake is cut off in time, and by a drain', async () => {
  await using late = await startTestEdge(services, { tls, headerTimeoutMs: 60 })
  await (await withoutAlpn(late.port)).resume().toArray()
  const edge = await startTestEdge(services, { tls })
  const socket = await withoutAlpn(edge.port)
  await (await connectedAfter(edge.port)).resume().toArray()
  const ended = once(socket.resume(), 'close')
  await Promise.all([edge.drain(), ended])
})

/** A connection that has been answered: those that were made before it have arrived. */
async function connectedAfter(port: number): Promise<TLSSocket> {
  const socket = await withoutAlpn(port)
  socket.write(rawRequest({ ...headers, connection: 'close' }, '{}'))
  return socket
}

test('nothing is answered in clear', async () => {
  await using edge = await startTestEdge(services, { tls })
  using client = new RawClient(edge.port)
  client.send('GET /_millrace/health HTTP/1.1\r\nhost: h\r\n\r\n')
  assert.doesNotMatch(await client.untilEnd(), /HTTP\/1\.1|ready/)
})

test('a handshake that is never begun, and a request that never comes, are cut off in time', async () => {
  await using edge = await startTestEdge(services, { tls, headerTimeoutMs: 60, requestTimeoutMs: 80 })
  using silent = new RawClient(edge.port)
  await silent.untilEnd()
  const mute = connect({ port: edge.port, ca: tls.cert, servername: 'localhost', ALPNProtocols: ['http/1.1'] })
  mute.resume()
  await once(mute, 'close')
})

test('a handshake that is under way does not hold up the end', async () => {
  const edge = await startTestEdge(services, { tls })
  using silent = new RawClient(edge.port)
  await once(silent.socket, 'connect')
  using served = new RawClient(edge.port)
  served.send('no handshake')
  await served.untilEnd() // connections are accepted in order: the silent one has been, too
  const drained = edge.drain()
  edge.destroy()
  await drained
  assert.equal(await silent.untilEnd(), '')
})
