/** Opt-outs: owners of phone numbers who want no messages, and those who want them again. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { optOut } from '../../../src/services/sns/store.ts'
import { startNode } from '../../../src/testing/node.ts'
import { seed } from './seed.ts'
import { ACCOUNT, invalidParameter, OTHER_ACCOUNT, queueArnOf, SnsFixture } from './support.ts'

const OUT = '+15550100001'
const AGAIN = '+15550100002'
const SOMEBODY = '+15550100003'
const many = Array.from({ length: 101 }, (_, at) => `+1555020${String(at).padStart(4, '0')}`)

let dataDir: string
let fixture: SnsFixture

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-opt-outs-'))
  const region = 'us-east-1'
  await seed(dataDir, async (store) => {
    for (const phoneNumber of [OUT, AGAIN, OUT]) {
      await store.execute(optOut, { accountId: ACCOUNT, region, phoneNumber })
    }
    for (const phoneNumber of many) await store.execute(optOut, { accountId: OTHER_ACCOUNT, region, phoneNumber })
  })
  fixture = new SnsFixture(await startNode({ dataDir }))
})
after(async () => {
  await fixture.close()
  await rm(dataDir, { recursive: true })
})

const isOut = async (phoneNumber: string) =>
  (await fixture.sns.checkIfPhoneNumberIsOptedOut({ phoneNumber })).isOptedOut
const listed = async () => (await fixture.sns.listPhoneNumbersOptedOut({})).phoneNumbers

test('a number is opted out, or not; with or without a plus', async () => {
  assert.deepEqual(await Promise.all([OUT, OUT.slice(1), SOMEBODY].map(isOut)), [true, true, false])
})

test('opt-outs are of an account in a region', async () => {
  const { sns } = fixture.clientsFor({ region: 'eu-west-1' })
  assert.equal((await sns.checkIfPhoneNumberIsOptedOut({ phoneNumber: OUT })).isOptedOut, false)
  assert.deepEqual((await sns.listPhoneNumbersOptedOut({})).phoneNumbers, [])
})

test('numbers are listed in their order, a hundred on a page', async () => {
  const { sns } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
  const { phoneNumbers, nextToken } = await sns.listPhoneNumbersOptedOut({})
  assert.deepEqual(phoneNumbers, many.slice(0, 100))
  const rest = await sns.listPhoneNumbersOptedOut({ nextToken })
  assert.deepEqual([rest.phoneNumbers, rest.nextToken], [many.slice(100), undefined])
  await assert.rejects(fixture.sns.listPhoneNumbersOptedOut({ nextToken }), invalidParameter('NextToken'))
})

for (const phoneNumber of ['', 'x', '0123', '+1-555-010-0001', `+${'1'.repeat(16)}`]) {
  test(`${JSON.stringify(phoneNumber)} is no phone number`, async () => {
    const complaint = invalidParameter('PhoneNumber Reason: input incorrectly formatted')
    await assert.rejects(isOut(phoneNumber), complaint)
    await assert.rejects(fixture.sns.optInPhoneNumber({ phoneNumber }), complaint)
  })
}

test('a publish to a number that is opted out succeeds, and its delivery fails', async () => {
  const { MessageId } = await fixture.sns.publish({ PhoneNumber: OUT, Message: 'unwanted' })
  assert.match(MessageId as string, /^[0-9a-f-]{36}$/)
  const deadLetters = await fixture.createQueue()
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArnOf(deadLetters.url.split('/').at(-1) as string) })
  const topicArn = await fixture.createTopic()
  await fixture.subscribe(topicArn, 'sms', OUT, { RedrivePolicy })
  await fixture.subscribe(topicArn, 'sms', SOMEBODY)
  await fixture.publish(topicArn, 'for some')
  const [lost] = await fixture.receive(deadLetters, { WaitTimeSeconds: 20 })
  assert.equal(JSON.parse(lost?.Body as string).Message, 'for some')
  assert.equal((await fixture.outbox(SOMEBODY)).length, 1)
  await failures(2)
  assert.deepEqual(await fixture.outbox(OUT, 0), [])
})

/** Resolves when so many text messages have failed for good. */
async function failures(count: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${fixture.node.url}/_millrace/metrics`)).text()
    if (text.includes(`sns_notifications_failed_total{protocol="sms"} ${count}`)) return
  }
}

test('a number is opted in again, at most once in thirty days', async () => {
  for (const phoneNumber of [AGAIN, AGAIN, SOMEBODY]) await fixture.sns.optInPhoneNumber({ phoneNumber })
  assert.deepEqual(await listed(), [OUT])
  await fixture.sns.publish({ PhoneNumber: AGAIN, Message: 'wanted' })
  await fixture.outbox(AGAIN)
  await fixture.close()
  await seed(dataDir, (store) => store.execute(optOut, { accountId: ACCOUNT, region: 'us-east-1', phoneNumber: AGAIN }))
  fixture = new SnsFixture(await startNode({ dataDir }))
  assert.deepEqual(await listed(), [OUT, AGAIN])
  await assert.rejects(
    fixture.sns.optInPhoneNumber({ phoneNumber: AGAIN }),
    invalidParameter('PhoneNumber Reason: a phone number can be opted in only once every 30 days'),
  )
  fixture.advance(30 * 24 * 3600)
  await fixture.sns.optInPhoneNumber({ phoneNumber: AGAIN })
  assert.deepEqual(await listed(), [OUT])
})

test('whoever learns that a number is to be opted out says so at the node', async () => {
  const headers = { 'content-type': 'application/json' }
  const tell = (body: string) => fetch(`${fixture.node.url}/_millrace/sns/opt-outs`, { method: 'POST', headers, body })
  const { status } = await tell(JSON.stringify({ phoneNumber: SOMEBODY, region: 'us-east-1' }))
  assert.equal(status, 200)
  assert.equal(await isOut(SOMEBODY), true)
  for (const bad of ['', '{}', '[]', 'null', '{"phoneNumber":5}', '{"phoneNumber":"+1555","account":"me"}']) {
    assert.equal((await tell(bad)).status, 400, bad)
  }
})
