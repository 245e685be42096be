/**
 * The attacks on a developer's node, as the bytes that browsers and others send: what each leaves behind is nothing. The
 * same from real pages is in tests/conformance/clients/browser.test.ts; every single rule in src/kernel/edge/guard.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import http2 from 'node:http2'
import { after, test } from 'node:test'
import { RawClient, rawRequest } from '../../../src/kernel/edge/testing/edge.ts'
import { startNode } from '../../../src/testing/node.ts'
import { sentTo } from '../clients/support.ts'
import { call, FORM_HEADERS, jsonHeaders } from './support.ts'

const APP = 'http://app.localhost:3000'
const MAX_REQUEST_BYTES = 200_000
const node = await startNode({
  allowOrigins: [APP],
  allowHosts: ['node.example'],
  maxRequestBytes: MAX_REQUEST_BYTES,
})
after(() => node.stop())

const own = new URL(node.url).host
const { QueueUrl: kept } = await call(node.url, 'CreateQueue', { QueueName: 'kept' })
await call(node.url, 'SendMessage', { QueueUrl: kept, MessageBody: 'secret' })

type Headers = Readonly<Record<string, string>>

interface Attack {
  readonly line: string
  readonly headers: Headers
  readonly body?: string
}

interface Answer {
  readonly status: number
  readonly headers: string
  readonly body: string
}

async function send({ line, headers, body = '' }: Attack): Promise<Answer> {
  using client = new RawClient(node.port)
  client.send(rawRequest({ host: own, ...headers, connection: 'close' }, body, `${line} HTTP/1.1`))
  const received = await client.untilEnd()
  const end = received.indexOf('\r\n\r\n')
  return {
    status: Number(received.slice(9, 12)),
    headers: received.slice(0, end).toLowerCase(),
    body: received.slice(end + 4),
  }
}

/** The queue and its message are there, nothing else is, and the clock shows the right time. */
async function assertUntouched(): Promise<void> {
  assert.deepEqual((await call(node.url, 'ListQueues', {})).QueueUrls, [kept])
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible']
  const { Attributes } = await call(node.url, 'GetQueueAttributes', { QueueUrl: kept, AttributeNames })
  assert.deepEqual(Object.values(Attributes), ['1', '0'])
  assert.equal(node.clock.offset, 0)
}

const MOZILLA = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36' }
const sec = (site: string, mode: string, dest: string): Headers => ({
  ...MOZILLA,
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
})
const EVIL = { origin: 'http://evil.example' }
const CREATE = '/?Action=CreateQueue&QueueName=x'
const PURGE = `/000000000000/kept?Action=PurgeQueue`
const RECEIVE = 'Action=ReceiveMessage&QueueUrl=kept'
const form = { ...FORM_HEADERS, ...sec('cross-site', 'navigate', 'document') }
const text = { 'content-type': 'text/plain', ...sec('cross-site', 'no-cors', 'empty') }

const attacks: Readonly<Record<string, Attack>> = {
  'an image creates a queue': { line: `GET ${CREATE}`, headers: sec('cross-site', 'no-cors', 'image') },
  'an image purges a queue': { line: `GET ${PURGE}`, headers: sec('cross-site', 'no-cors', 'image') },
  'a frame creates a queue': { line: `GET ${CREATE}`, headers: sec('cross-site', 'navigate', 'iframe') },
  'a link creates a queue': { line: `GET ${CREATE}`, headers: sec('cross-site', 'navigate', 'document') },
  'a typed address that another site redirects': {
    line: `GET ${CREATE}`,
    headers: { ...sec('none', 'navigate', 'document'), 'sec-fetch-user': '?1' },
  },
  'a form receives': { line: 'POST /', headers: { ...form, ...EVIL }, body: RECEIVE },
  'a form in a sandbox receives': { line: 'POST /', headers: { ...form, origin: 'null' }, body: RECEIVE },
  'a form of a browser that says nothing else': {
    line: 'POST /',
    headers: { ...FORM_HEADERS, ...EVIL },
    body: RECEIVE,
  },
  'a script receives without CORS': { line: `POST /?${RECEIVE}`, headers: { ...text, ...EVIL } },
  'a script on another port purges': {
    line: `POST ${PURGE}`,
    headers: { ...sec('same-site', 'cors', 'empty'), origin: 'http://127.0.0.1:3000' },
  },
  'a script asks for JSON': {
    line: 'OPTIONS /',
    headers: {
      ...sec('cross-site', 'cors', 'empty'),
      ...EVIL,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-amz-target',
    },
  },
  'an image on plain HTTP beyond loopback': { line: `GET ${CREATE}`, headers: { ...MOZILLA, accept: 'image/*' } },
  'a WebSocket': {
    line: `GET ${CREATE}`,
    headers: {
      ...EVIL,
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    },
  },
  'a page resets': { line: 'POST /_millrace/reset', headers: { ...sec('cross-site', 'no-cors', 'empty'), ...EVIL } },
  'a page of the same site resets': { line: 'POST /_millrace/reset', headers: sec('same-site', 'no-cors', 'empty') },
  'a page of a browser that says nothing else resets': { line: 'POST /_millrace/reset', headers: EVIL },
  'a sandbox resets': { line: 'POST /_millrace/reset', headers: { origin: 'null' } },
  'an allowed page resets': { line: 'POST /_millrace/reset', headers: { origin: APP } },
  'a page moves the clock': {
    line: 'POST /_millrace/clock',
    headers: { origin: 'null', 'content-type': 'text/plain' },
    body: '{"advanceMs":60000}',
  },
  'a page reads the outbox': { line: 'GET /_millrace/outbox', headers: sec('same-site', 'cors', 'empty') },
}

for (const [name, attack] of Object.entries(attacks)) {
  test(`${name}: refused`, async () => {
    const { status, headers, body } = await send(attack)
    assert.deepEqual([status, /ForbiddenOrigin/.test(body)], [403, true], body)
    assert.doesNotMatch(headers, /access-control/)
    assert.match(headers, /x-amzn-requestid: [0-9a-f-]{36}/)
    assert.doesNotMatch(body, /secret/)
    await assertUntouched()
  })
}

test('a page whose name was led here is told nothing', async () => {
  for (const host of ['evil.example', `evil.example:${node.port}`, '127.0.0.1.nip.io']) {
    const requests: Attack[] = [
      { line: 'GET /?Action=ListQueues', headers: { ...MOZILLA, host } },
      {
        line: 'POST /',
        headers: { ...jsonHeaders('ListQueues'), ...MOZILLA, origin: `http://${host}`, host },
        body: '{}',
      },
      { line: 'POST /_millrace/reset', headers: { ...MOZILLA, origin: `http://${host}`, host } },
      { line: 'GET /_millrace/outbox', headers: { ...MOZILLA, host } },
      { line: `GET http://${host}/?Action=ListQueues`, headers: { host } },
    ]
    for (const request of requests) {
      const { status, body } = await send(request)
      assert.equal(status, 421, body)
      assert.match(body, /--allow-hosts/)
    }
  }
  await assertUntouched()
})

test('nor over HTTP/2', async () => {
  const session = http2.connect(node.url)
  const ask = async (headers: http2.OutgoingHttpHeaders) => {
    const stream = session.request({ ':method': 'GET', ':path': '/?Action=ListQueues', ...headers })
    const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
    stream.resume()
    return answer[':status']
  }
  assert.equal(await ask({}), 200)
  assert.equal(await ask({ ':authority': 'evil.example' }), 421)
  assert.equal(await ask({ ':authority': own, host: 'evil.example' }), 400)
  assert.equal(await ask({ ':authority': 'evil.example', host: own }), 400)
  session.destroy()
})

const twoHosts: Readonly<Record<string, string>> = {
  'two Hosts': `GET ${CREATE} HTTP/1.1\r\nHost: ${own}\r\nhost: evil.example\r\nconnection: close\r\n\r\n`,
  'the same Host twice': `GET ${CREATE} HTTP/1.1\r\nHost: ${own}\r\nHost: ${own}\r\nconnection: close\r\n\r\n`,
  'a target for another host': `GET http://evil.example${CREATE} HTTP/1.1\r\nHost: ${own}\r\nconnection: close\r\n\r\n`,
  'a target for this one, and a Host for another': `GET http://${own}${CREATE} HTTP/1.1\r\nHost: evil.example\r\nconnection: close\r\n\r\n`,
  'a Host that is none': `GET ${CREATE} HTTP/1.1\r\nHost: ${own}/<b>\r\nconnection: close\r\n\r\n`,
}
for (const [name, bytes] of Object.entries(twoHosts)) {
  test(`${name}: 400, and nothing is done`, async () => {
    using client = new RawClient(node.port)
    client.send(bytes)
    assert.match(await client.untilEnd(), /^HTTP\/1\.1 400 .*InvalidHost/s)
    await assertUntouched()
  })
}

test('a target in absolute form is like one without, where it says the same as the Host', async () => {
  const { status, body } = await send({
    line: `GET http://${own}/000000000000/kept?Action=GetQueueUrl&QueueName=kept`,
    headers: {},
  })
  assert.equal(status, 200, body)
  assert.ok(body.includes(kept))
  assert.match((await send({ line: `GET http://${own}/_millrace/live`, headers: {} })).body, /alive/)
})

test('no address that is handed out leads to a host that a stranger chose', async () => {
  const subscribe = (host: string) =>
    send({
      line: 'POST /',
      headers: { ...FORM_HEADERS, host },
      body: 'Action=Subscribe&Version=2010-03-31&TopicArn=arn:aws:sns:us-east-1:000000000000:t&Protocol=email&Endpoint=a@example.com',
    })
  const topic = 'Action=CreateTopic&Version=2010-03-31&Name=t'
  assert.equal((await send({ line: 'POST /', headers: FORM_HEADERS, body: topic })).status, 200)
  assert.equal((await subscribe('evil.example')).status, 421)
  assert.equal((await subscribe('node.example')).status, 200)
  const { text = '' } = await sentTo(node.url, 'a@example.com')
  assert.deepEqual(text.match(/http:\/\/[^/]+/g), ['http://node.example'])
  assert.deepEqual((await call(node.url, 'ListQueues', {})).QueueUrls, [kept])
})

test('what the platform sends is not obeyed, whoever sent it', async () => {
  const marks: Headers[] = [
    { 'user-agent': 'Amazon Simple Notification Service Agent' },
    { 'x-amz-sns-message-type': 'Notification' },
    { 'x-amz-sns-message-type': 'SubscriptionConfirmation' },
  ]
  for (const headers of marks) {
    for (const line of ['POST /_millrace/reset', `POST ${CREATE}`, 'POST /?Action=DeleteQueue&QueueUrl=kept']) {
      const { status, body } = await send({ line, headers, body: '{"Type":"Notification"}' })
      assert.equal(status, 403, body)
    }
  }
  await assertUntouched()
})

test('an allowed page may ask before it calls, and reads answers and errors', async () => {
  const page = { ...sec('cross-site', 'cors', 'empty'), origin: APP }
  const asked =
    'amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,x-amz-date,x-amz-target,x-amzn-query-mode'
  const preflight = await send({
    line: 'OPTIONS /',
    headers: { ...page, 'access-control-request-method': 'POST', 'access-control-request-headers': asked },
  })
  assert.equal(preflight.status, 200)
  assert.match(preflight.headers, new RegExp(`access-control-allow-origin: ${APP}\r\n`))
  assert.ok(preflight.headers.includes(`access-control-allow-headers: ${asked}\r\n`))

  const calls: (readonly [expected: number, operation: string, body: string])[] = [
    [200, 'ListQueues', '{}'],
    [400, 'GetQueueUrl', '{"QueueName":"none"}'],
    [400, 'GetQueueUrl', '{'],
    [400, 'NoSuchOperation', '{}'],
    [413, 'ListQueues', ' '.repeat(MAX_REQUEST_BYTES + 1)],
  ]
  for (const [expected, operation, body] of calls) {
    const { status, headers } = await send({ line: 'POST /', headers: { ...jsonHeaders(operation), ...page }, body })
    assert.equal(status, expected)
    assert.match(headers, new RegExp(`\naccess-control-allow-origin: ${APP}\r`))
    assert.match(headers, /\naccess-control-expose-headers: x-amzn-requestid, x-amzn-query-error,/)
    assert.match(headers, /\nvary: origin\r/)
  }
  await assertUntouched()
})

test('clients that are no browsers get no header more than before', async () => {
  const { headers } = await send({ line: 'POST /', headers: jsonHeaders('ListQueues'), body: '{}' })
  const names = headers
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(':')[0])
  assert.deepEqual(names.sort(), ['connection', 'content-length', 'content-type', 'date', 'x-amzn-requestid'])
})

test('a refused client may have a body to send: it is not read, and the connection goes on', async () => {
  using client = new RawClient(node.port)
  client.send(rawRequest({ ...FORM_HEADERS, ...EVIL, host: own }, 'x'.repeat(100_000)))
  await client.until(/ForbiddenOrigin/)
  client.send(rawRequest({ ...jsonHeaders('ListQueues'), host: own }, '{}'))
  await client.until(/QueueUrls/)
})
