/** Notifications over HTTP: their form, whom they reach, and that no endpoint holds up another. */
import assert from 'node:assert/strict'
import dns from 'node:dns'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { after, test } from 'node:test'
import {
  type Document,
  Endpoint,
  metric,
  openEndpoint,
  redriveTo,
  retryPolicy,
  settled,
  subscribeEndpoint,
} from './outside.ts'
import { invalidParameter, startSns } from './support.ts'

const sns = await startSns()
/** Where nothing else is sent. */
const quiet = await startSns()

const attributes = { a: { DataType: 'String', StringValue: 'v' }, b: { DataType: 'Binary', BinaryValue: Buffer.of(1) } }

test('a Notification, with its headers', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const arn = await subscribeEndpoint(sns, topicArn, endpoint)
  const { MessageId } = await sns.publish(topicArn, 'hello ü', { Subject: 'a subject', MessageAttributes: attributes })
  const { method, path, headers, body } = await endpoint.nextOne()
  assert.deepEqual([method, path], ['POST', '/hook'])
  const { Timestamp, Signature, SigningCertURL, ...rest } = JSON.parse(body) as Document
  assert.deepEqual(rest, {
    Type: 'Notification',
    MessageId,
    TopicArn: topicArn,
    Subject: 'a subject',
    Message: 'hello ü',
    SignatureVersion: '1',
    UnsubscribeURL: `${sns.node.url}/?Action=Unsubscribe&SubscriptionArn=${arn}`,
    MessageAttributes: { a: { Type: 'String', Value: 'v' }, b: { Type: 'Binary', Value: 'AQ==' } },
  })
  assert.match(String(Timestamp), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.match(String(Signature), /^[A-Za-z0-9+/]{342}==$/)
  assert.match(String(SigningCertURL), /\/SimpleNotificationService-[0-9a-f]{32}\.pem$/)
  assert.equal(headers['x-amz-sns-message-type'], 'Notification')
  assert.equal(headers['x-amz-sns-message-id'], MessageId)
  assert.equal(headers['x-amz-sns-topic-arn'], topicArn)
  assert.equal(headers['x-amz-sns-subscription-arn'], arn)
  assert.equal(headers['x-amz-sns-rawdelivery'], undefined)
  assert.equal(headers['content-type'], 'text/plain; charset=UTF-8')
  assert.equal(headers['user-agent'], 'Amazon Simple Notification Service Agent')
})

test('raw delivery is the message alone, and says so', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  await subscribeEndpoint(sns, topicArn, endpoint, { RawMessageDelivery: 'true' })
  await sns.publish(topicArn, '{"a": 1}', { Subject: 's', MessageAttributes: attributes })
  const { headers, body } = await endpoint.nextOne()
  assert.equal(body, '{"a": 1}')
  assert.equal(headers['x-amz-sns-rawdelivery'], 'true')
  assert.equal(headers['content-type'], 'text/plain; charset=UTF-8')
})

const contentTypes = [
  { name: 'a subscription’s', raw: 'false', own: 'application/json', topic: undefined, shown: 'application/json' },
  { name: 'a topic’s', raw: 'false', own: undefined, topic: 'application/json', shown: 'application/json' },
  { name: 'a subscription’s before a topic’s', raw: 'true', own: 'text/csv', topic: 'text/xml', shown: 'text/csv' },
  {
    name: 'a topic’s that only raw bodies may have',
    raw: 'false',
    own: undefined,
    topic: 'text/xml',
    shown: 'text/plain; charset=UTF-8',
  },
]
for (const { name, raw, own, topic, shown } of contentTypes) {
  test(`content type: ${name}`, async () => {
    const topicPolicy = topic && JSON.stringify({ http: { defaultRequestPolicy: { headerContentType: topic } } })
    const topicArn = await sns.createTopic(topicPolicy === undefined ? {} : { DeliveryPolicy: topicPolicy })
    const endpoint = await openEndpoint()
    const ownPolicy = own && JSON.stringify({ requestPolicy: { headerContentType: own } })
    const given: Record<string, string> = ownPolicy === undefined ? {} : { DeliveryPolicy: ownPolicy }
    await sns.subscribe(topicArn, 'http', endpoint.url, { RawMessageDelivery: raw, ...given })
    const { headers, body } = await endpoint.nextOne()
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8') // of confirmations always
    await fetch((JSON.parse(body) as Document).SubscribeURL)
    await sns.publish(topicArn, 'x')
    assert.equal((await endpoint.nextOne()).headers['content-type'], shown)
  })
}

test('the message structure json has a text of its own for HTTP', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  await subscribeEndpoint(sns, topicArn, endpoint)
  const Message = JSON.stringify({ default: 'for all', http: 'for http' })
  await sns.publish(topicArn, Message, { MessageStructure: 'json' })
  assert.equal((await endpoint.nextDocument()).Message, 'for http')
})

test('user and password of the URL answer a challenge, Basic', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const url = endpoint.url.replace('//', '//user:p%20w@')
  const challenge = { status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } }
  endpoint.answer = ({ headers }) => (headers.authorization === undefined ? challenge : 200)
  await sns.subscribe(topicArn, 'http', url)
  const [unsigned, signed] = await endpoint.next(2)
  assert.equal(unsigned?.headers.authorization, undefined)
  assert.equal(signed?.headers.authorization, `Basic ${Buffer.from('user:p w').toString('base64')}`)
  assert.equal((JSON.parse(signed.body) as Document).Type, 'SubscriptionConfirmation')
})

test('user and password of the URL answer a challenge, Digest', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const header = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256'
  const challenge = { status: 401, headers: { 'www-authenticate': header } }
  endpoint.answer = ({ headers }) => (headers.authorization === undefined ? challenge : 200)
  await sns.subscribe(topicArn, 'http', endpoint.url.replace('//', '//user:pw@'))
  const [, signed] = await endpoint.next(2)
  assert.match(signed?.headers.authorization ?? '', /^Digest .*username="user".*uri="\/hook"/)
})

/** What is wrong with the request itself. */
const outcomes: readonly { name: string; answer: number }[] = [
  { name: 'a redirect is not followed', answer: 301 },
  { name: 'nor one that keeps the method', answer: 307 },
  { name: '400', answer: 400 },
  { name: '403', answer: 403 },
  { name: '404', answer: 404 },
  { name: '410', answer: 410 },
]
for (const { name, answer } of outcomes) {
  test(`${name}: no retry, and the dead-letter queue gets it at once`, async () => {
    const topicArn = await quiet.createTopic()
    const deadLetters = await quiet.createQueue()
    const endpoint = await openEndpoint()
    await settled(quiet, () => subscribeEndpoint(quiet, topicArn, endpoint, redriveTo(deadLetters.arn)))
    const elsewhere = await openEndpoint()
    endpoint.answer = () => ({ status: answer, headers: { location: elsewhere.url } })
    await settled(quiet, () => quiet.publish(topicArn, 'refused'))
    await endpoint.next(1)
    assert.deepEqual(
      (await quiet.envelopes(deadLetters)).map(({ Message }) => Message),
      ['refused'],
    )
    assert.equal(elsewhere.requests.length, 0)

    endpoint.answer = () => 204
    await settled(quiet, () => quiet.publish(topicArn, 'taken'))
    assert.equal((await endpoint.nextDocument()).Message, 'taken') // a failure doesn't end a subscription
    assert.deepEqual(await quiet.receive(deadLetters), [])
  })
}

/** How the runs of the job that sends have ended, since the last call. */
async function* endings() {
  let before = { done: 0, again: 0 }
  for (;;) {
    const count = (ending: string) => metric(quiet.node.url, 'job_runs_total', `kind="sns.deliver",ending="${ending}"`)
    const now = { done: await count('done'), again: await count('again') }
    yield { done: now.done - before.done, again: now.again - before.again }
    before = now
  }
}

test('a certificate that nobody vouches for is no secure connection: it is tried again', async () => {
  const fixture = (name: string) =>
    readFileSync(new URL(`../../../src/testing/fixtures/localhost.${name}.pem`, import.meta.url))
  const tls = { cert: fixture('cert'), key: fixture('key') }
  const endpoint = await new Endpoint((listener) => createServer(tls, listener)).listen('https')
  after(() => endpoint.close())
  const topicArn = await quiet.createTopic()
  const ended = endings()
  await ended.next()
  await settled(quiet, () => quiet.subscribe(topicArn, 'https', endpoint.url))
  for (let retry = 0; retry < 3; retry++) await settled(quiet, async () => quiet.advance(20))
  assert.equal(endpoint.requests.length, 0)
  assert.deepEqual((await ended.next()).value, { done: 1, again: 3 })
})

test('a slow endpoint doesn’t hold up another, nor itself', async () => {
  const topicArn = await sns.createTopic()
  const slow = await openEndpoint()
  const fast = await openEndpoint()
  await subscribeEndpoint(sns, topicArn, slow)
  await subscribeEndpoint(sns, topicArn, fast)
  slow.answer = () => 'none'
  for (let i = 0; i < 40; i++) await sns.publish(topicArn, `m${i}`)
  await fast.next(40)
  await slow.next(32) // as many as may be under way
})

for (const url of ['http://169.254.169.254/latest', 'http://[fe80::1]/', 'http://[::ffff:169.254.1.1]/']) {
  test(`${url} can not be subscribed`, async () => {
    await assert.rejects(
      quiet.subscribe(await quiet.createTopic(), 'http', url),
      invalidParameter('Unreachable Endpoint'),
    )
  })
}

test('a name that leads to a link-local address is out of reach, and not tried again', async (t) => {
  const { lookup } = dns
  const found = [{ address: '169.254.169.254', family: 4 }]
  t.mock.method(dns, 'lookup', (name: string, ...rest: [object, (e: null, f: object[]) => void]) =>
    name === 'metadata.example' ? rest[1](null, found) : Reflect.apply(lookup, dns, [name, ...rest]),
  )
  const topicArn = await quiet.createTopic()
  const ended = endings()
  await ended.next()
  await settled(quiet, () => quiet.subscribe(topicArn, 'http', 'http://metadata.example/latest'))
  assert.deepEqual((await ended.next()).value, { done: 1, again: 0 })
})

test('the policy of a topic holds where a subscription may not have its own', async () => {
  const http = {
    defaultHealthyRetryPolicy: { minDelayTarget: 20, maxDelayTarget: 20, numRetries: 0 },
    disableSubscriptionOverrides: true,
  }
  const topicArn = await quiet.createTopic({ DeliveryPolicy: JSON.stringify({ http }) })
  const deadLetters = await quiet.createQueue()
  const endpoint = await openEndpoint()
  const own = { ...redriveTo(deadLetters.arn), DeliveryPolicy: retryPolicy({ numRetries: 9 }) }
  await settled(quiet, () => subscribeEndpoint(quiet, topicArn, endpoint, own))
  endpoint.answer = () => 503
  await settled(quiet, () => quiet.publish(topicArn, 'once'))
  await endpoint.next(1)
  assert.equal((await quiet.envelopes(deadLetters)).length, 1)
})
