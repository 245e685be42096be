import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, describe, test } from 'node:test'
import { createHttpClient } from '../../../kernel/outbound/http.ts'
import { openTestOutbox, type TestOutbox } from '../../../kernel/outbound/testing/outbox.ts'
import { outboxSms, type Sms, webhookSms } from './sms.ts'

const sms: Sms = {
  account: '000000000000',
  region: 'us-east-1',
  phoneNumber: '+4917012345',
  message: 'Grüße 👋',
  messageId: '1b8a4f2c-0000-4000-8000-000000000000',
  senderId: 'Millrace',
  smsType: 'Transactional',
  maxPrice: '0.50',
  originationNumber: '+12065550100',
  entityId: 'entity',
  templateId: 'template',
}
const { account, region, phoneNumber, ...content } = sms

let outbox: TestOutbox
let url: string
let status = 200
const received: { headers: http.IncomingHttpHeaders; body: string }[] = []
const client = createHttpClient()
const server = http.createServer(async (request, response) => {
  received.push({ headers: request.headers, body: (await request.setEncoding('utf8').toArray()).join('') })
  response.writeHead(status).end('what the gateway says')
})

before(async () => {
  outbox = await openTestOutbox()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`
})
beforeEach(() => {
  received.length = 0
})
after(async () => {
  client.close()
  server.close()
  await outbox[Symbol.asyncDispose]()
})

test('without a gateway an SMS goes to the outbox', async () => {
  assert.deepEqual(await outboxSms(outbox.store).send(sms), { type: 'delivered' })
  const [{ id: _, recordedAt: __, ...item } = {}] = await outbox.items()
  assert.deepEqual(item, { channel: 'sms', account, region, destination: phoneNumber, content })
})

describe('a webhook', () => {
  const provider = () => webhookSms({ url, secret: 'a secret', http: client, clock: outbox.clock })

  test('gets the SMS as JSON, signed with the time of the clock', async () => {
    status = 202
    outbox.clock.shift(3_600_000)
    const from = outbox.clock.now()
    assert.deepEqual(await provider().send(sms), { type: 'delivered' })
    const [{ headers, body } = { headers: {}, body: '' }] = received
    assert.equal(headers['content-type'], 'application/json')
    assert.deepEqual(JSON.parse(body), { phoneNumber, ...content })
    const [, time = '', signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-millrace-signature'])) ?? []
    assert.ok(Number(time) >= from && Number(time) <= outbox.clock.now())
    assert.equal(signature, createHmac('sha256', 'a secret').update(`${time}.${body}`).digest('hex'))
  })

  test('gets nothing for what the SMS does not have', async () => {
    const { account, region, phoneNumber, message, messageId } = sms
    await provider().send({ account, region, phoneNumber, message, messageId })
    assert.deepEqual(JSON.parse(received[0]?.body ?? ''), { phoneNumber, message, messageId })
  })

  const answers: [status: number, type: string][] = [
    [200, 'delivered'],
    [204, 'delivered'],
    [302, 'failed'],
    [400, 'failed'],
    [401, 'failed'],
    [408, 'retry'],
    [422, 'failed'],
    [429, 'retry'],
    [500, 'retry'],
    [503, 'retry'],
  ]
  for (const [answered, type] of answers) {
    test(`that answers ${answered}: ${type}`, async () => {
      status = answered
      const outcome = await provider().send(sms)
      assert.equal(outcome.type, type)
      if (type !== 'delivered') assert.match((outcome as { reason: string }).reason, new RegExp(`answered ${answered}`))
    })
  }

  test('that is not there is for another try', async () => {
    const away = webhookSms({ url: 'http://127.0.0.1:1/', secret: 's', http: client, clock: outbox.clock })
    const outcome = await away.send(sms)
    assert.equal(outcome.type, 'retry')
    assert.match((outcome as { reason: string }).reason, /ECONNREFUSED/)
  })
  for (const nowhere of ['http://169.254.169.254/', 'smsgateway']) {
    test(`at ${nowhere} is never tried`, async () => {
      const provider = webhookSms({ url: nowhere, secret: 's', http: client, clock: outbox.clock })
      assert.equal((await provider.send(sms)).type, 'failed')
    })
  }
})
