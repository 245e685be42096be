import assert from 'node:assert/strict'
import dns from 'node:dns'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import { after, afterEach, describe, type TestContext, test } from 'node:test'
import { AddressGuard } from './address-guard.ts'
import { createHttpClient, type HttpFailure, type HttpRequest } from './http.ts'
import { USER_AGENT } from './user-agent.ts'

const fixture = (name: string) => readFileSync(new URL(`../../testing/fixtures/${name}`, import.meta.url), 'utf8')
const tls = { cert: fixture('localhost.cert.pem'), key: fixture('localhost.key.pem') }

const client = createHttpClient()
const trusting = createHttpClient({ ca: tls.cert })
after(() => {
  client.close()
  trusting.close()
})

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** Listens on the loopback address until the test ends; resolves to the port. */
async function listen(server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

const serve = async (handler: http.RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(http.createServer(handler))}`

/** A server that answers every connection's first bytes in its own way. */
const answerRaw = async (answer: (socket: net.Socket) => void): Promise<string> => {
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => answer(socket))
  })
  return `http://127.0.0.1:${await listen(server)}`
}

const post = (url: string, change: Partial<HttpRequest> = {}) =>
  client.send({ url, headers: { 'content-type': 'text/plain' }, body: 'hello', ...change })

async function failureOf(url: string, change: Partial<HttpRequest> = {}, sender = client): Promise<HttpFailure> {
  const outcome = await sender.send({ url, headers: {}, body: 'hello', ...change })
  assert.equal(outcome.type, 'failed', JSON.stringify(outcome))
  assert.notEqual((outcome as { message: string }).message, '')
  return (outcome as { reason: HttpFailure }).reason
}

describe('a request', () => {
  test('arrives with its method, path, headers and body', async () => {
    const seen: unknown[] = []
    const url = await serve(async (request, response) => {
      const body = (await request.setEncoding('utf8').toArray()).join('')
      const { method, url, headers } = request
      seen.push([method, url, headers.host, headers['content-type'], headers['content-length'], headers['x-a'], body])
      response.writeHead(201).end('created')
    })
    const headers = { 'content-type': 'text/plain', 'x-a': 'b' }
    const { host } = new URL(url)
    const created = { type: 'answered', status: 201, body: 'created' }
    assert.deepEqual(await client.send({ url: `${url}/a%20b/c?d=e#f`, headers, body: 'grün' }), created)
    assert.deepEqual(await client.send({ method: 'PUT', url, headers, body: new Uint8Array([104, 105]) }), created)
    assert.deepEqual(seen, [
      ['POST', '/a%20b/c?d=e', host, 'text/plain', '5', 'b', 'grün'],
      ['PUT', '/', host, 'text/plain', '2', 'b', 'hi'],
    ])
  })

  test('that the caller got wrong is the caller’s error', async () => {
    await assert.rejects(post('http://127.0.0.1:1', { headers: { 'x-a': 'b\r\nx-c: d' } }), /Invalid character/)
  })

  test('uses a connection again', async () => {
    const ports = new Set<number | undefined>()
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('ok')
    })
    for (let i = 0; i < 10; i++) await post(url)
    assert.equal(ports.size, 1)
  })

  test('is sent again when the kept connections are closed under it', async () => {
    const server = http.createServer((request, response) => {
      // The second request of a connection finds it closed, however the two were timed.
      if (seen.has(request.socket)) return request.socket.destroy()
      seen.add(request.socket)
      response.end('ok')
    })
    const seen = new Set<net.Socket>()
    const url = `http://127.0.0.1:${await listen(server)}`
    await Promise.all([post(url), post(url), post(url)])
    const outcomes = await Promise.all([post(url), post(url), post(url)])
    assert.deepEqual(
      outcomes.map((outcome) => outcome.type),
      ['answered', 'answered', 'answered'],
    )
  })
})

test('a request says who sends it, unless it is told to be another', async () => {
  const url = await serve((request, response) => response.end(request.headers['user-agent']))
  const bodyOf = async (headers: Record<string, string>) => {
    const outcome = await client.send({ url, headers, body: '' })
    return outcome.type === 'answered' ? outcome.body : outcome.reason
  }
  assert.equal(await bodyOf({}), USER_AGENT)
  assert.equal(await bodyOf({ 'User-Agent': 'Another' }), 'Another')
})

describe('an answer', () => {
  const statuses = [200, 204, 301, 302, 307, 400, 401, 404, 429, 500, 503]
  for (const status of statuses) {
    test(`of ${status} is an answer, and nothing is followed`, async () => {
      let requests = 0
      const url = await serve((_, response) => {
        requests++
        response.writeHead(status, { location: '/elsewhere' }).end()
      })
      assert.deepEqual(await post(url), { type: 'answered', status, body: '' })
      assert.equal(requests, 1)
    })
  }

  test('is cut at 8 KiB and the connection still kept', async () => {
    const ports = new Set<number | undefined>()
    const url = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('x'.repeat(20_000))
    })
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await post(url), { type: 'answered', status: 200, body: 'x'.repeat(8192) })
    }
    assert.equal(ports.size, 1)
  })

  test('without an end is cut off', async () => {
    const url = await serve((_, response) => {
      const more = () => {
        while (response.write('x'.repeat(16_384)));
      }
      response.on('drain', more)
      more()
    })
    assert.deepEqual(await post(url), { type: 'answered', status: 200, body: 'x'.repeat(8192) })
  })
})

const misbehaviours: [name: string, answer: (socket: net.Socket) => void, reason: HttpFailure][] = [
  ['closes without an answer', (socket) => socket.end(), 'closed'],
  ['resets the connection', (socket) => socket.resetAndDestroy(), 'closed'],
  ['closes within the headers', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-'), 'closed'],
  ['closes within the body', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'), 'closed'],
  [
    'closes within a chunk',
    (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'),
    'closed',
  ],
  ['speaks something else', (socket) => socket.end('220 mail.example ESMTP\r\n'), 'protocol'],
  [
    'sends headers without an end',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200_000)}`),
    'protocol',
  ],
  [
    'changes the protocol',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    'protocol',
  ],
  ['says nothing', () => {}, 'timeout'],
  ['stops within the body', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'), 'timeout'],
]
describe('a server that', () => {
  for (const [name, answer, reason] of misbehaviours) {
    test(`${name} is a failure: ${reason}`, async () => {
      const timeoutMs = reason === 'timeout' ? 50 : 5_000
      assert.equal(await failureOf(await answerRaw(answer), { timeoutMs }), reason)
    })
  }

  test('drips its answer is cut off in time', async () => {
    const url = await serve((_, response) => {
      const drip = () => response.destroyed || response.write('x', () => setImmediate(drip))
      response.writeHead(200, { 'content-length': 2 ** 40 })
      drip()
    })
    assert.equal(await failureOf(url, { timeoutMs: 30 }), 'timeout')
  })

  test('is not there refuses', async () => {
    const server = net.createServer()
    const port = await listen(server)
    server.close()
    await once(server, 'close')
    assert.equal(await failureOf(`http://127.0.0.1:${port}`), 'refused')
  })

  test('has no address is unknown to the DNS', async (t) => {
    const missing = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })
    t.mock.method(dns, 'lookup', (_: string, __: object, answer: (error: Error) => void) => answer(missing))
    assert.equal(await failureOf('http://nowhere.example/'), 'dns')
  })
})

for (const url of ['', 'localhost:80', '/path', 'ftp://127.0.0.1/', 'http://', 'http://[::1', 'http://a b/']) {
  test(`${JSON.stringify(url)} is no URL to send to`, async () => assert.equal(await failureOf(url), 'url'))
}

describe('the address guard', () => {
  const resolve = (t: TestContext, ...addresses: string[]) => {
    const found = addresses.map((address) => ({ address, family: net.isIP(address) }))
    t.mock.method(dns, 'lookup', (_: string, __: object, answer: (e: null, f: object[]) => void) => answer(null, found))
  }

  const literal = [
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
  ]
  for (const url of literal) test(`blocks ${url}`, async () => assert.equal(await failureOf(url), 'blocked'))

  for (const protocol of ['http', 'https']) {
    test(`blocks a name with such an address (${protocol})`, async (t) => {
      resolve(t, '169.254.169.254')
      assert.equal(await failureOf(`${protocol}://metadata.example/`), 'blocked')
    })
  }

  test('blocks the platform’s own listener, in every spelling, whatever was said to another port', async (t) => {
    const url = await serve((_, response) => response.end('reached'))
    const own = Number(new URL(url).port)
    const isOwn = (_: unknown, port: number) => port === own
    const guarded = createHttpClient({ guard: new AddressGuard({ isOwn }) })
    resolve(t, '127.0.0.1')
    const hosts = ['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '127.1', 'localhost.', 'some.example']
    for (const host of hosts) assert.equal(await failureOf(`http://${host}:${own}/`, {}, guarded), 'blocked', host)
    const other = await serve((_, response) => response.end('another port'))
    assert.equal((await guarded.send({ url: other, headers: {}, body: '' })).type, 'answered')
    guarded.close()
  })

  test('connects to the address that it has checked', async (t) => {
    const url = await serve((request, response) => response.end(request.headers.host))
    resolve(t, '169.254.169.254', '127.0.0.1')
    const host = `two.example:${new URL(url).port}`
    assert.deepEqual(await post(`http://${host}/`), { type: 'answered', status: 200, body: host })
  })

  test('is lifted by configuration: the connection is tried', async (t) => {
    const open = createHttpClient({ guard: new AddressGuard({ allowLinkLocal: true }) })
    const tried: unknown[] = []
    t.mock.method(net.Socket.prototype, 'connect', function (this: net.Socket, args: [{ host: string }]) {
      tried.push(args[0].host)
      this.destroy(Object.assign(new Error('connect EHOSTUNREACH'), { code: 'EHOSTUNREACH' }))
      return this
    })
    assert.equal(await failureOf('http://169.254.169.254/', {}, open), 'unreachable')
    assert.deepEqual(tried, ['169.254.169.254'])
  })
})

describe('TLS', () => {
  const serveTls = () => listen(https.createServer(tls, (_, response) => response.end('secret')))

  test('is verified against the given authorities', async () => {
    const url = `https://localhost:${await serveTls()}/`
    const answer = { type: 'answered', status: 200, body: 'secret' }
    assert.deepEqual(await trusting.send({ url, headers: {}, body: '' }), answer)
    assert.equal(await failureOf(url), 'tls')
  })

  test('is verified for the name', async (t) => {
    const found = [{ address: '127.0.0.1', family: 4 }]
    t.mock.method(dns, 'lookup', (_: string, __: object, answer: (e: null, f: object[]) => void) => answer(null, found))
    assert.equal(await failureOf(`https://other.example:${await serveTls()}/`, {}, trusting), 'tls')
  })

  test('of a server that has none is a failure of TLS', async () => {
    const url = await serve((_, response) => response.end())
    assert.equal(await failureOf(url.replace('http:', 'https:')), 'tls')
    const mute = await answerRaw((socket) => socket.end())
    assert.equal(await failureOf(mute.replace('http:', 'https:')), 'tls')
  })
})

describe('credentials', () => {
  const withUser = (url: string) => `${url.replace('//', '//user:pass%20word@')}/in?a=b`
  const guarded = async (challenge: string, seen: (string | undefined)[]) =>
    serve((request, response) => {
      seen.push(request.headers.authorization)
      assert.equal(request.url, '/in?a=b')
      const status = request.headers.authorization === undefined ? 401 : 200
      response.writeHead(status, { 'www-authenticate': challenge }).end(String(status))
    })

  const cases: [challenge: string, answer: RegExp][] = [
    ['Basic realm="r"', /^Basic dXNlcjpwYXNzIHdvcmQ=$/],
    ['Digest realm="r", nonce="n", qop="auth"', /^Digest username="user", .*uri="\/in\?a=b", response="[0-9a-f]{32}"/],
  ]
  for (const [challenge, answer] of cases) {
    test(`answer ${challenge}`, async () => {
      const seen: (string | undefined)[] = []
      const url = await guarded(challenge, seen)
      assert.deepEqual(await post(withUser(url)), { type: 'answered', status: 200, body: '200' })
      assert.equal(seen.length, 2)
      assert.equal(seen[0], undefined)
      assert.match(seen[1] ?? '', answer)
    })
  }

  test('that are refused are not tried again', async () => {
    let requests = 0
    const url = await serve((_, response) => {
      requests++
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end()
    })
    assert.deepEqual(await post(withUser(url)), { type: 'answered', status: 401, body: '' })
    assert.equal(requests, 2)
  })

  for (const challenge of ['Bearer', 'Digest algorithm=SHA-999']) {
    test(`can't answer ${challenge}`, async () => {
      const seen: (string | undefined)[] = []
      const url = await guarded(challenge, seen)
      assert.deepEqual(await post(withUser(url)), { type: 'answered', status: 401, body: '401' })
      assert.deepEqual(seen, [undefined])
    })
  }
})
