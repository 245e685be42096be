import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { SystemClock } from '../../../../kernel/clock/clock.ts'
import { AddressGuard } from '../../../../kernel/outbound/address-guard.ts'
import { Undeliverable } from '../../../../kernel/targets/delivery.ts'
import { Apns, type ApnsOptions } from './apns.ts'
import { ApnsConnection } from './apns-connection.ts'
import type { PushOutcome, PushRequest } from './request.ts'
import { type ApnsServer, startApnsServer } from './testing/apns-server.ts'
import { pushRequest, reservedTexts } from './testing/request.ts'

const NOWHERE = 'http://127.0.0.1:1'
const MINUTE = 60_000

const clock = new SystemClock()
const guard = new AddressGuard()
let server: ApnsServer
let apns: Apns

beforeEach(async () => {
  server = await startApnsServer()
  apns = create()
})
afterEach(async () => {
  apns.close()
  await server[Symbol.asyncDispose]()
})

const create = (change: Partial<ApnsOptions> = {}) =>
  new Apns({ clock, guard, url: server.url, sandboxUrl: server.url, ca: server.ca, ...change })

const appleRequest = (change: Partial<PushRequest> = {}) =>
  pushRequest({ platform: 'APNS', applicationAttributes: server.application, publishedAt: clock.now(), ...change })

const send = async (change: Partial<PushRequest> = {}): Promise<PushOutcome | undefined> =>
  apns.send(appleRequest(change))

describe('APNs', () => {
  test('takes a notification with a signed token', async () => {
    clock.shift(MINUTE)
    const seconds = Math.floor(clock.now() / 1000)
    const payload = '{"aps":{"alert":"Hi","badge":1},"own":[1, 2]}'
    assert.deepEqual(await send({ payload }), { type: 'delivered' })
    const [{ headers, jwt, body } = assert.fail('nothing was sent')] = server.sent
    assert.equal(body, payload)
    assert.equal(headers[':method'], 'POST')
    assert.equal(headers[':path'], '/3/device/a%20token%2Fof%3Fa%20device')
    assert.equal(headers['apns-topic'], 'com.example.app')
    assert.equal(headers['apns-push-type'], 'alert')
    assert.equal(headers['apns-priority'], '10')
    assert.equal(headers['apns-id'], '1b8a4f2c-0000-4000-8000-000000000000')
    assert.equal('apns-expiration' in headers || 'apns-collapse-id' in headers, false)
    const { iat, ...claims } = jwt.claims as { iat: number }
    assert.deepEqual([jwt.header, jwt.isSigned], [{ alg: 'ES256', typ: 'JWT', kid: 'KEY1234567' }, true])
    assert.deepEqual(claims, { iss: 'TEAM123456' })
    assert.ok(iat - seconds >= 0 && iat - seconds <= 10)
  })

  test('gets plain text as an alert', async () => {
    await send()
    assert.deepEqual(JSON.parse(server.sent[0]?.body ?? ''), { aps: { alert: 'hello' } })
  })

  test('takes a key without its armour', async () => {
    const bare = server.application.PlatformCredential?.replace(/-----.*-----/g, '') ?? ''
    const applicationAttributes = { ...server.application, PlatformCredential: bare }
    assert.deepEqual(await send({ applicationAttributes }), { type: 'delivered' })
    assert.equal(server.sent[0]?.jwt.isSigned, true)
  })

  test('is reached over one connection, made again when it is lost', async () => {
    await Promise.all(Array.from({ length: 20 }, () => send()))
    await send()
    assert.equal(server.connections(), 1)
    const [session] = server.sessions
    const closed = new Promise((resolve) => session?.once('close', resolve))
    session?.close()
    await closed
    assert.deepEqual(await send(), { type: 'delivered' })
    assert.equal(server.connections(), 2)
    assert.equal(server.sent.length, 22)
  })

  test('that breaks off is for another try, which succeeds', async () => {
    server.answer = { status: 0, reason: undefined }
    const outcome = send()
    while (server.sent.length === 0) await new Promise(setImmediate)
    for (const session of server.sessions) session.destroy()
    assert.equal((await outcome)?.type, 'retry')
    server.answer = undefined
    assert.deepEqual(await send(), { type: 'delivered' })
  })

  test('that breaks off a kept connection is sent to again', async () => {
    await send()
    server.answer = { status: 0, reason: undefined }
    const outcomes = [send(), send()]
    while (server.sent.length < 3) await new Promise(setImmediate)
    server.answer = undefined
    for (const session of server.sessions) session.destroy()
    assert.deepEqual(await Promise.all(outcomes), [{ type: 'delivered' }, { type: 'delivered' }])
    assert.equal(server.connections(), 2)
  })

  test('that never answers is given up in time, and its connection with it', async () => {
    server.answer = { status: 0, reason: undefined }
    const connection = new ApnsConnection(server.url, server.ca, guard)
    const headers = { authorization: 'bearer e30.e30.x' }
    const answer = await connection.post('/3/device/a', headers, '{}', 100)
    assert.deepEqual(answer, { type: 'failed', message: 'APNs took too long to answer' })
    server.answer = undefined
    assert.deepEqual(await connection.post('/3/device/a', headers, '{}'), { type: 'answered', status: 200, body: '' })
    assert.equal(server.connections(), 2)
    connection.close()
  })

  test('that is not there, or not who it should be, is for another try', async () => {
    for (const change of [{ url: NOWHERE }, { ca: undefined }]) {
      const other = create(change)
      const outcome = await other.send(appleRequest())
      assert.equal(outcome?.type, 'retry')
      assert.match((outcome as { reason: string }).reason, /ECONNREFUSED|certificate/)
      other.close()
    }
  })

  test('has a server of its own for the sandbox', async () => {
    for (const [change, platform] of [
      [{ url: NOWHERE }, 'APNS_VOIP_SANDBOX'],
      [{ sandboxUrl: NOWHERE }, 'MACOS'],
    ] as const) {
      const other = create(change)
      assert.deepEqual(await other.send(appleRequest({ platform })), { type: 'delivered' })
      other.close()
    }
  })

  test('sees a token for 50 minutes, and another one after that or when it is refused', async () => {
    const tokens = () => new Set(server.sent.map(({ headers }) => headers.authorization)).size
    await send()
    clock.shift(49 * MINUTE)
    await send()
    assert.equal(tokens(), 1)
    clock.shift(MINUTE)
    await send()
    assert.equal(tokens(), 2)
    server.answer = { status: 403, reason: 'ExpiredProviderToken' }
    assert.equal((await send())?.type, 'retry')
    server.answer = undefined
    await send()
    assert.equal(tokens(), 3)
  })

  const answers: [status: number, reason: string, outcome: object][] = [
    [410, 'Unregistered', { type: 'failed', disableEndpoint: true }],
    [410, '', { type: 'failed', disableEndpoint: true }],
    [400, 'BadDeviceToken', { type: 'failed', disableEndpoint: true }],
    [400, 'DeviceTokenNotForTopic', { type: 'failed' }],
    [400, 'BadTopic', { type: 'failed' }],
    [403, 'InvalidProviderToken', { type: 'failed' }],
    [413, 'PayloadTooLarge', { type: 'failed' }],
    [429, 'TooManyRequests', { type: 'retry' }],
    [500, 'InternalServerError', { type: 'retry' }],
    [503, 'Shutdown', { type: 'retry' }],
  ]
  for (const [status, reason, expected] of answers) {
    test(`that answers ${status} ${reason}: ${JSON.stringify(expected)}`, async () => {
      server.answer = { status, reason }
      const outcome = (await send()) as { reason: string }
      assert.deepEqual(outcome, { ...expected, reason: `APNs answered ${status} ${reason}` })
    })
  }

  const silent = JSON.stringify({ aps: { 'content-available': 1 } })
  const headers: [name: string, change: Partial<PushRequest>, expected: Record<string, string | undefined>][] = [
    ['a silent payload', { payload: silent }, { 'apns-push-type': 'background', 'apns-priority': '5' }],
    [
      'a payload that is silent but for a badge',
      { payload: JSON.stringify({ aps: { 'content-available': 1, badge: 0 } }) },
      { 'apns-push-type': 'alert', 'apns-priority': '10' },
    ],
    ['the sandbox', { platform: 'APNS_SANDBOX' }, { 'apns-topic': 'com.example.app', 'apns-push-type': 'alert' }],
    ['VoIP', { platform: 'APNS_VOIP' }, { 'apns-topic': 'com.example.app.voip', 'apns-push-type': 'voip' }],
    ['VoIP in the sandbox', { platform: 'APNS_VOIP_SANDBOX' }, { 'apns-topic': 'com.example.app.voip' }],
    ['macOS', { platform: 'MACOS' }, { 'apns-topic': 'com.example.app', 'apns-push-type': 'alert' }],
    [
      'all attributes',
      {
        attributes: reservedTexts({
          'APNS.PUSH_TYPE': 'liveactivity',
          'APNS.PRIORITY': '1',
          'APNS.COLLAPSE_ID': 'game 1',
          'APNS.TOPIC': 'com.example.other',
          'APNS.TTL': '0',
        }),
      },
      {
        'apns-push-type': 'liveactivity',
        'apns-priority': '1',
        'apns-collapse-id': 'game 1',
        'apns-topic': 'com.example.other',
        'apns-expiration': '0',
      },
    ],
    [
      'a type with a topic of its own',
      { attributes: reservedTexts({ 'APNS.PUSH_TYPE': 'liveactivity' }) },
      { 'apns-topic': 'com.example.app.push-type.liveactivity' },
    ],
    [
      'the time to live of another platform',
      { attributes: reservedTexts({ 'APNS_SANDBOX.TTL': '9' }) },
      { 'apns-expiration': undefined },
    ],
  ]
  for (const [name, change, expected] of headers) {
    test(`gets the headers for ${name}`, async () => {
      assert.deepEqual(await send(change), { type: 'delivered' })
      const sent = server.sent[0]?.headers ?? {}
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((header) => [header, sent[header]])), expected)
    })
  }

  test('is told when the notification expires, counted from when it was published', async () => {
    const publishedAt = clock.now() - 10 * MINUTE
    const attributes = reservedTexts({ 'APNS_SANDBOX.TTL': '3600' })
    await send({ platform: 'APNS_SANDBOX', publishedAt, attributes })
    const expiration = Number(server.sent[0]?.headers['apns-expiration'])
    const expected = Math.floor(publishedAt / 1000) + 3600
    assert.ok(expiration >= expected && expiration <= expected + 1, `${expiration - expected}`)
  })

  const undeliverable: [name: string, attributes: Record<string, string>][] = [
    ['a time to live that is no number', { 'APNS.TTL': 'soon' }],
    ['a topic that has a line break', { 'APNS.TOPIC': 'a\r\nb: c' }],
    ['a collapse id outside of ASCII', { 'APNS.COLLAPSE_ID': 'grün' }],
    ['a priority that is blank', { 'APNS.PRIORITY': ' ' }],
  ]
  for (const [name, attributes] of undeliverable) {
    test(`gets nothing with ${name}`, async () => {
      await assert.rejects(async () => send({ attributes: reservedTexts(attributes) }), Undeliverable)
      assert.equal(server.sent.length, 0)
    })
  }
})
