import assert from 'node:assert/strict'
import { after, afterEach, beforeEach, describe, test } from 'node:test'
import { SystemClock } from '../../../../kernel/clock/clock.ts'
import { createHttpClient } from '../../../../kernel/outbound/http.ts'
import { Undeliverable } from '../../../../kernel/targets/delivery.ts'
import { Fcm, type FcmOptions } from './fcm.ts'
import type { PushOutcome, PushRequest } from './request.ts'
import { type FcmServer, fcmCode, fcmError, startFcmServer } from './testing/fcm-server.ts'
import { pushRequest, reservedTexts } from './testing/request.ts'

const NOWHERE = 'http://127.0.0.1:1'
const MINUTE = 60_000

const clock = new SystemClock()
const http = createHttpClient()
let server: FcmServer
let fcm: Fcm

beforeEach(async () => {
  server = await startFcmServer()
  fcm = create()
})
afterEach(() => server[Symbol.asyncDispose]())
after(() => http.close())

const create = (change: Partial<FcmOptions> = {}) =>
  new Fcm({ http, clock, url: server.url, tokenUrl: server.tokenUrl, ...change })

/** To a device of an application that has the server's credential. */
async function send(change: Partial<PushRequest> = {}): Promise<PushOutcome | undefined> {
  const applicationAttributes = { PlatformCredential: server.credential }
  return fcm.send(pushRequest({ applicationAttributes, publishedAt: clock.now(), ...change }))
}

describe('FCM', () => {
  test('takes a message for the application’s project', async () => {
    assert.deepEqual(await send(), { type: 'delivered' })
    assert.deepEqual(server.sent, [
      {
        path: '/v1/projects/a-project/messages:send',
        authorization: 'Bearer token-1',
        body: { message: { data: { default: 'hello' }, token: 'a token/of?a device' } },
      },
    ])
  })

  test('is shown a signed assertion with the time of the clock', async () => {
    clock.shift(MINUTE)
    const seconds = Math.floor(clock.now() / 1000)
    await send()
    const [{ header, claims, isSigned } = { claims: {} }] = server.assertions as Partial<
      (typeof server.assertions)[0]
    >[]
    assert.deepEqual([header, isSigned], [{ alg: 'RS256', typ: 'JWT', kid: 'key-1' }, true])
    const { iat, exp, ...others } = claims as { iat: number; exp: number }
    assert.ok(iat - seconds >= 0 && iat - seconds <= 10)
    assert.equal(exp, iat + 3600)
    assert.deepEqual(others, {
      iss: 'sender@a-project.iam.example',
      scope: 'https://www.googleapis.com/auth/firebase.messaging',
      aud: server.tokenUrl,
    })
  })

  test('is asked for one token by all that wait for it, and for another when that expires', async () => {
    await Promise.all([send(), send(), send()])
    clock.shift(58 * MINUTE)
    await send()
    assert.equal(server.assertions.length, 1)
    clock.shift(2 * MINUTE)
    await send()
    assert.deepEqual(
      server.sent.map(({ authorization }) => authorization),
      [...Array(4).fill('Bearer token-1'), 'Bearer token-2'],
    )
  })

  test('that refuses a token is asked for another', async () => {
    server.sendAnswer = fcmError(401, 'Request had invalid authentication credentials.')
    assert.equal((await send())?.type, 'retry')
    server.sendAnswer = undefined
    assert.equal((await send())?.type, 'delivered')
    assert.deepEqual(
      server.sent.map(({ authorization }) => authorization),
      ['Bearer token-1', 'Bearer token-2'],
    )
  })

  const tokenAnswers: [status: number, type: string][] = [
    [400, 'failed'],
    [401, 'failed'],
    [429, 'retry'],
    [503, 'retry'],
  ]
  for (const [status, type] of tokenAnswers) {
    test(`that gives no token (${status}): ${type}, and the next try asks again`, async () => {
      server.tokenAnswer = { status, body: { error: 'invalid_grant' } }
      const outcome = await send()
      assert.equal(outcome?.type, type)
      assert.equal(outcome !== undefined && 'disableEndpoint' in outcome, false)
      server.tokenAnswer = undefined
      assert.equal((await send())?.type, 'delivered')
      assert.equal(server.sent.length, 1)
    })
  }

  const failed = { type: 'failed' }
  const disabled = { type: 'failed', disableEndpoint: true }
  const retry = { type: 'retry' }
  const violation = (field: string) => ({
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field }],
  })
  const badToken = 'The registration token is not a valid FCM registration token'
  const answers: [name: string, answer: FcmServer['sendAnswer'], outcome: object][] = [
    ['a device that is gone', fcmError(404, 'Not found.', fcmCode('UNREGISTERED')), disabled],
    ['a project that is not there', fcmError(404, 'Not found.'), failed],
    ['what is no token', fcmError(400, badToken, fcmCode('INVALID_ARGUMENT')), disabled],
    ['a bad field with the token', fcmError(400, 'Invalid.', violation('message.token')), disabled],
    ['a bad payload', fcmError(400, 'Invalid.', fcmCode('INVALID_ARGUMENT'), violation('message.data')), failed],
    ['a token of another sender', fcmError(403, 'Mismatch.', fcmCode('SENDER_ID_MISMATCH')), failed],
    ['bad credentials for Apple', fcmError(401, 'Auth.', fcmCode('THIRD_PARTY_AUTH_ERROR')), failed],
    ['too much', fcmError(429, 'Slow down.', fcmCode('QUOTA_EXCEEDED')), retry],
    ['an internal error', fcmError(500, 'Oh.', fcmCode('INTERNAL')), retry],
    ['being away', fcmError(503, 'Away.', fcmCode('UNAVAILABLE')), retry],
    ['an answer that is no error of FCM', { status: 502, body: '<html>' }, retry],
    ['an answer that makes no sense', { status: 400, body: { error: { details: 'x', message: 7 } } }, failed],
  ]
  for (const [name, answer, expected] of answers) {
    test(`that answers with ${name}: ${JSON.stringify(expected)}`, async () => {
      server.sendAnswer = answer
      const { reason, ...outcome } = (await send()) as { reason: string }
      assert.deepEqual(outcome, expected)
      assert.match(reason, new RegExp(`FCM answered ${answer?.status}|refused`))
    })
  }

  test('that is not there is for another try', async () => {
    fcm = create({ url: NOWHERE })
    assert.equal((await send())?.type, 'retry')
    fcm = create({ tokenUrl: NOWHERE })
    assert.equal((await send())?.type, 'retry')
  })

  test('is told the time to live', async () => {
    const attributes = reservedTexts({ 'FCM.TTL': '0' })
    assert.deepEqual(await send({ attributes }), { type: 'delivered' })
    const message = { data: { default: 'hello' }, android: { ttl: '0s' }, token: 'a token/of?a device' }
    assert.deepEqual(server.sent[0]?.body, { message })
  })

  test('gets nothing that can not be a message', async () => {
    await assert.rejects(async () => send({ payload: '{"fcmV1Message":1}' }), Undeliverable)
    await assert.rejects(async () => send({ attributes: reservedTexts({ 'GCM.TTL': 'soon' }) }), Undeliverable)
    assert.deepEqual([server.sent, server.assertions], [[], []])
  })
})
