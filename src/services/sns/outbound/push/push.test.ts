import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { after, before, beforeEach, describe, test } from 'node:test'
import { createHttpClient } from '../../../../kernel/outbound/http.ts'
import { openTestOutbox, type TestOutbox } from '../../../../kernel/outbound/testing/outbox.ts'
import { createPush, type Push } from './push.ts'
import type { PushRequest } from './request.ts'
import { type ApnsServer, startApnsServer } from './testing/apns-server.ts'
import { type FcmServer, startFcmServer } from './testing/fcm-server.ts'
import { pushRequest, reservedTexts } from './testing/request.ts'

let outbox: TestOutbox
let fcm: FcmServer
let apns: ApnsServer
let push: Push
const http = createHttpClient()

before(async () => {
  outbox = await openTestOutbox()
  fcm = await startFcmServer()
  apns = await startApnsServer()
  const urls = { fcm: fcm.url, googleToken: fcm.tokenUrl, apns: apns.url, apnsSandbox: apns.url }
  push = createPush({ http, store: outbox.store, clock: outbox.clock, urls, apnsCa: apns.ca })
})
beforeEach(async () => {
  await outbox.store.reset()
  for (const seen of [fcm.sent, fcm.assertions, apns.sent]) seen.length = 0
})
after(async () => {
  push.close()
  http.close()
  await fcm[Symbol.asyncDispose]()
  await apns[Symbol.asyncDispose]()
  await outbox[Symbol.asyncDispose]()
})

describe('with credentials', () => {
  test('a notification for FCM goes there', async () => {
    const applicationAttributes = { PlatformCredential: fcm.credential }
    assert.deepEqual(await push.push(pushRequest({ applicationAttributes })), { type: 'delivered' })
    assert.deepEqual([fcm.sent.length, apns.sent.length, await outbox.items()], [1, 0, []])
  })

  for (const platform of ['APNS', 'APNS_SANDBOX', 'APNS_VOIP', 'APNS_VOIP_SANDBOX', 'MACOS', 'MACOS_SANDBOX']) {
    test(`one for ${platform} goes to APNs`, async () => {
      const asked = pushRequest({ platform, applicationAttributes: apns.application })
      assert.deepEqual(await push.push(asked), { type: 'delivered' })
      assert.deepEqual([fcm.sent.length, apns.sent.length, await outbox.items()], [0, 1, []])
    })
  }

  test('one that can not be sent has failed, and its device is not to blame', async () => {
    const attributes = reservedTexts({ 'APNS.TTL': '60' })
    const asked = pushRequest({ platform: 'APNS', applicationAttributes: apns.application, publishedAt: 0, attributes })
    const reason = 'the time to live of the message is over'
    assert.deepEqual(await push.push(asked), { type: 'failed', reason })
    assert.deepEqual([apns.sent.length, await outbox.items()], [0, []])
  })
})

describe('the outbox has', () => {
  const account = (change: object) => JSON.stringify({ ...JSON.parse(fcm.credential), ...change })
  const rsaKey = String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  )
  const kept: [name: string, of: () => Partial<PushRequest>][] = [
    ...['ADM', 'BAIDU', 'MPNS', 'WNS'].map((platform): (typeof kept)[0] => [platform, () => ({ platform })]),
    ['FCM without credentials', () => ({})],
    ['FCM with an API key', () => ({ applicationAttributes: { PlatformCredential: 'AAAA-key' } })],
    [
      'FCM with another kind of key file',
      () => ({ applicationAttributes: { PlatformCredential: account({ type: 'authorized_user' }) } }),
    ],
    ['FCM with a broken key', () => ({ applicationAttributes: { PlatformCredential: account({ private_key: 'x' }) } })],
    ['APNs without credentials', () => ({ platform: 'APNS' })],
    [
      'APNs with a certificate',
      () => ({
        platform: 'APNS',
        applicationAttributes: { PlatformCredential: rsaKey, PlatformPrincipal: 'certificate' },
      }),
    ],
    [
      'APNs with a key of another kind',
      () => ({ platform: 'APNS', applicationAttributes: { ...apns.application, PlatformCredential: rsaKey } }),
    ],
    [
      'APNs without a bundle',
      () => ({ platform: 'MACOS_SANDBOX', applicationAttributes: { ...apns.application, ApplePlatformBundleID: '' } }),
    ],
  ]
  for (const [name, of] of kept) {
    test(name, async () => {
      const attributes = {
        colour: { dataType: 'String', stringValue: 'red' },
        bytes: { dataType: 'Binary', binaryValue: new Uint8Array([1, 2, 3]) },
      }
      const asked = pushRequest({ ...of(), attributes })
      assert.deepEqual(await push.push(asked), { type: 'delivered' })
      assert.deepEqual([fcm.sent, fcm.assertions, apns.sent], [[], [], []])
      const [{ id: _, recordedAt: __, ...item } = {}, ...others] = await outbox.items()
      assert.equal(others.length, 0)
      const { account, region, platform, token, messageId, payload } = asked
      assert.deepEqual(item, {
        channel: 'push',
        account,
        region,
        destination: token,
        content: {
          platform,
          messageId,
          payload,
          attributes: { colour: attributes.colour, bytes: { dataType: 'Binary', binaryValue: 'AQID' } },
        },
      })
    })
  }
})
