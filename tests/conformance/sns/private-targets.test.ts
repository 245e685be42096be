/** --deny-private-targets: what strangers subscribe leads to the internet, or nowhere. */
import assert from 'node:assert/strict'
import dns from 'node:dns'
import { test } from 'node:test'
import { openEndpoint, settled } from './outside.ts'
import { invalidParameter, startSns, withOptions } from './support.ts'

const gateway = await openEndpoint()
const sns = await startSns({
  denyPrivateTargets: true,
  ...withOptions({ smsWebhookUrl: gateway.url, smsWebhookSecret: 'secret' }),
})
const topicArn = await sns.createTopic()

const hosts = [
  '127.0.0.1:8080',
  '[::1]:8080',
  'localhost:8080',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '198.18.0.1',
  '[fd12:3456::1]',
  '[::ffff:10.0.0.1]',
  '[64:ff9b::10.0.0.1]',
  '[2002:a00:1::1]',
  '169.254.169.254',
]
for (const host of hosts) {
  test(`http://${host}/ can not be subscribed`, async () => {
    await assert.rejects(
      sns.sns.subscribe({ TopicArn: topicArn, Protocol: 'http', Endpoint: `http://${host}/` }),
      invalidParameter('Unreachable Endpoint'),
    )
  })
}

test('an address of the internet can, and a name', async (t) => {
  const { lookup } = dns
  t.mock.method(dns, 'lookup', (name: string, ...rest: [object, (e: Error) => void]) =>
    name === 'some.example' ? rest[1](new Error('no network')) : Reflect.apply(lookup, dns, [name, ...rest]),
  )
  await settled(sns, () => sns.subscribe(topicArn, 'https', 'https://some.example/'))
})

test('a name of a private address gets nothing', async (t) => {
  const endpoint = await openEndpoint()
  const found = [{ address: '127.0.0.1', family: 4 }]
  t.mock.method(dns, 'lookup', (_: string, __: object, answer: (e: null, f: object[]) => void) => answer(null, found))
  const arn = await settled(sns, () =>
    sns.subscribe(topicArn, 'http', endpoint.url.replace('127.0.0.1', 'inside.example')),
  )
  assert.deepEqual(endpoint.requests, [])
  const { Attributes } = await sns.sns.getSubscriptionAttributes({ SubscriptionArn: arn })
  assert.equal(Attributes?.PendingConfirmation, 'true')
})

test('the gateway for text messages is the operator’s, and may be private', async () => {
  await sns.sns.publish({ PhoneNumber: '+15005550100', Message: 'hello' })
  assert.equal((JSON.parse((await gateway.nextOne()).body) as { message: string }).message, 'hello')
})
