/** The platform sends nothing to itself: whoever may subscribe could give it orders otherwise. */
import assert from 'node:assert/strict'
import dns from 'node:dns'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { USER_AGENT } from '../../../src/kernel/outbound/user-agent.ts'
import { openEndpoint, redriveTo, settled, subscribeEndpoint } from './outside.ts'
import { invalidParameter, startSns } from './support.ts'

const sns = await startSns({ publicUrl: 'https://queues.example' })
/** Its links lead to itself. */
const plain = await startSns()
const { port } = sns.node
const topicArn = await sns.createTopic()
const canary = await sns.createQueue()
const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
const [outer] = addresses.filter(({ internal, family }) => !internal && family === 'IPv4')

const orders = ['_millrace/reset', `?Action=DeleteQueue&QueueUrl=${encodeURIComponent(canary.url)}`]

async function assertNothingHappened(): Promise<void> {
  await sns.sqs.getQueueAttributes({ QueueUrl: canary.url })
  await sns.sns.getTopicAttributes({ TopicArn: topicArn })
}

const hosts = [
  `127.0.0.1:${port}`,
  `127.1:${port}`,
  `127.255.0.3:${port}`,
  `2130706433:${port}`,
  `0x7f000001:${port}`,
  `0177.0.0.1:${port}`,
  `[::1]:${port}`,
  `[::ffff:127.0.0.1]:${port}`,
  `[::ffff:7f00:1]:${port}`,
  `[64:ff9b::127.0.0.1]:${port}`,
  `0.0.0.0:${port}`,
  `0:${port}`,
  `[::]:${port}`,
  `localhost:${port}`,
  `localhost.:${port}`,
  `LOCALHOST:${port}`,
  `user:password@127.0.0.1:${port}`,
  ...(outer === undefined ? [] : [`${outer.address}:${port}`]),
  'queues.example:443',
]
for (const host of hosts) {
  for (const path of orders) {
    test(`http://${host.replace(String(port), 'PORT')}/${path.slice(0, 19)} can not be subscribed`, async () => {
      const Endpoint = `http://${host}/${path}`
      await assert.rejects(
        sns.sns.subscribe({ TopicArn: topicArn, Protocol: 'http', Endpoint }),
        invalidParameter('Unreachable Endpoint'),
      )
      await assertNothingHappened()
    })
  }
}

for (const path of orders) {
  test(`a name of the node's address is found out when it is sent to: ${path.slice(0, 19)}`, async (t) => {
    const found = [{ address: '127.0.0.1', family: 4 }]
    t.mock.method(dns, 'lookup', (_: string, __: object, answer: (e: null, f: object[]) => void) => answer(null, found))
    const url = `http://self.example:${port}/${path}`
    const arn = await settled(sns, () => sns.subscribe(topicArn, 'http', url))
    await assertNothingHappened()
    const { Attributes } = await sns.sns.getSubscriptionAttributes({ SubscriptionArn: arn })
    assert.equal(Attributes?.PendingConfirmation, 'true')
  })
}

test('an endpoint on another port of the same address is reached', async () => {
  const topicArn = await plain.createTopic()
  const endpoint = await openEndpoint()
  await settled(plain, () => subscribeEndpoint(plain, topicArn, endpoint))
  await settled(plain, () => plain.publish(topicArn, 'hello'))
  assert.equal((await endpoint.nextDocument()).Message, 'hello')
})

test('a redirect to the node is not followed, and is no delivery', async () => {
  const topicArn = await plain.createTopic()
  const deadLetters = await plain.createQueue()
  const endpoint = await openEndpoint()
  await settled(plain, () => subscribeEndpoint(plain, topicArn, endpoint, redriveTo(deadLetters.arn)))
  endpoint.answer = () => ({ status: 307, headers: { location: `${plain.node.url}/_millrace/reset` } })
  await settled(plain, () => plain.publish(topicArn, 'sent on'))
  await plain.sns.getTopicAttributes({ TopicArn: topicArn })
  assert.deepEqual(
    (await plain.envelopes(deadLetters)).map(({ Message }) => Message),
    ['sent on'],
  )
})

test('a confirmed endpoint whose name leads elsewhere now is looked at again: what it would get is a dead letter', async (t) => {
  const topicArn = await plain.createTopic()
  const deadLetters = await plain.createQueue()
  const endpoint = await openEndpoint(() => ({ status: 200, headers: { connection: 'close' } }))
  let address = '127.0.0.1'
  t.mock.method(dns, 'lookup', (_: string, __: object, answer: (e: null, f: object[]) => void) =>
    answer(null, [{ address, family: 4 }]),
  )
  const url = `http://moved.example:${endpoint.port}/`
  await settled(plain, () => plain.subscribe(topicArn, 'http', url, redriveTo(deadLetters.arn)))
  await plain.sns.confirmSubscription({ TopicArn: topicArn, Token: (await endpoint.nextDocument()).Token })
  address = '169.254.169.254'
  await settled(plain, () => plain.publish(topicArn, 'not for the metadata service'))
  assert.equal(endpoint.requests.length, 1)
  assert.deepEqual(
    (await plain.envelopes(deadLetters)).map(({ Message }) => Message),
    ['not for the metadata service'],
  )
})

test('a request that carries the platform’s own name is refused, should one reach a node after all', async () => {
  for (const path of ['/_millrace/reset', `/?Action=DeleteQueue&QueueUrl=${encodeURIComponent(canary.url)}`]) {
    const answer = await fetch(sns.node.url + path, { method: 'POST', headers: { 'user-agent': USER_AGENT } })
    assert.equal(answer.status, 403)
    await answer.text()
  }
  await assertNothingHappened()
})
