/** MessageStructure=json: the text for each protocol. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidParameter, startSns } from './support.ts'

const fixture = await startSns()
const topic = await fixture.createTopic()
const raw = await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' })
const enveloped = await fixture.subscribeQueue(topic)

const publish = (message: string) => fixture.publish(topic, message, { MessageStructure: 'json' })

for (const [what, message, text] of [
  ['the key of the protocol', '{"default":"d","sqs":"s","http":"h"}', 's'],
  ['default without one', '{"default":"d","http":"h"}', 'd'],
  ['default if the value is no text', '{"default":"d","sqs":{"a":1}}', 'd'],
  ['default if the value is null', '{"default":"d","sqs":null}', 'd'],
  ['the last of equal keys', '{"default":"d","sqs":"first","sqs":"last"}', 'last'],
  ['a text that looks like JSON', '{"default":"d","sqs":"{}"}', '{}'],
  ['a key in its own case only', '{"default":"d","SQS":"S"}', 'd'],
] as const) {
  test(`queues get ${what}`, async () => {
    await publish(message)
    assert.deepEqual(await fixture.bodies(raw), [text])
    assert.deepEqual(
      (await fixture.envelopes(enveloped)).map(({ Message }) => Message),
      [text],
    )
  })
}

const UNPARSED = 'Message Structure - JSON message body failed to parse'
const NO_DEFAULT = 'Message Structure - No default entry in JSON message body'

for (const [message, what] of [
  ['no JSON', UNPARSED],
  ['{"default":"d"', UNPARSED],
  ['["default"]', UNPARSED],
  ['"default"', UNPARSED],
  ['{}', NO_DEFAULT],
  ['{"sqs":"s"}', NO_DEFAULT],
  ['{"Default":"d"}', NO_DEFAULT],
  ['{"default":1}', NO_DEFAULT],
  ['{"default":null}', NO_DEFAULT],
  ['{"default":{"a":"b"}}', NO_DEFAULT],
] as const) {
  test(`${message} is refused`, async () => {
    await assert.rejects(publish(message), invalidParameter(what))
    assert.deepEqual(await fixture.bodies(raw), [])
  })
}

test('without the structure JSON is a text like others', async () => {
  await fixture.publish(topic, '{"default":"d"}')
  assert.deepEqual(await fixture.bodies(raw), ['{"default":"d"}'])
  await fixture.bodies(enveloped)
})

test('a phone gets the text for sms', { timeout: 20_000 }, async () => {
  const TopicArn = await fixture.createTopic()
  const number = '+15551230001'
  await fixture.subscribe(TopicArn, 'sms', number)
  const forAll = '{"default":"d","sqs":"s","sms":"m"}'
  await fixture.publish(TopicArn, forAll, { MessageStructure: 'json' })
  await fixture.sns.publish({ PhoneNumber: '+15551230002', Message: forAll, MessageStructure: 'json' })
  assert.equal(await textTo(number), 'm')
  assert.equal(await textTo('+15551230002'), 'm')
})

/** What the outbox has for a phone, once a job has put it there. */
async function textTo(number: string): Promise<string> {
  const query = new URLSearchParams({ channel: 'sms', to: number })
  for (;;) {
    const answer = await fetch(`${fixture.node.url}/_millrace/outbox?${query}`)
    const { items } = (await answer.json()) as { items: readonly { content: { message: string } }[] }
    if (items[0] !== undefined) return items[0].content.message
  }
}

test('a filter policy on the body looks at the text that the subscriber would get', async () => {
  const TopicArn = await fixture.createTopic()
  const filter = { FilterPolicyScope: 'MessageBody', FilterPolicy: '{"kind":["wanted"]}', RawMessageDelivery: 'true' }
  const queue = await fixture.subscribeQueue(TopicArn, filter)
  const [wanted, other] = ['{"kind":"wanted"}', '{"kind":"other"}']
  for (const texts of [
    { default: other, sqs: wanted },
    { default: wanted, sqs: other },
    { default: wanted, http: other },
  ]) {
    await fixture.publish(TopicArn, JSON.stringify(texts), { MessageStructure: 'json' })
  }
  assert.deepEqual(await fixture.bodies(queue), [wanted, wanted])
})
