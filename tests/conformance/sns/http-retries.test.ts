/** Retries over HTTP: when they come, what ends them, and that a node that dies in between loses none. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { spawnNode } from '../../../src/testing/node.ts'
import { shiftClock } from '../../../src/testing/shift-clock.ts'
import {
  type Answer,
  type Document,
  eventually,
  metric,
  openEndpoint,
  redriveTo,
  retryPolicy,
  settled,
  subscribeEndpoint,
} from './outside.ts'
import { clientsOf, startSns } from './support.ts'

const sns = await startSns()

/** A topic with an endpoint, and a dead-letter queue for it. */
async function scene(policy: Readonly<Record<string, number | string>>) {
  const topicArn = await sns.createTopic()
  const deadLetters = await sns.createQueue()
  const endpoint = await openEndpoint()
  const attributes = { ...redriveTo(deadLetters.arn), DeliveryPolicy: retryPolicy(policy) }
  const arn = await settled(sns, () => subscribeEndpoint(sns, topicArn, endpoint, attributes))
  return { topicArn, deadLetters, endpoint, arn }
}

/** Delivers something else: what was due before has been sent when that is done. */
async function barrier(): Promise<void> {
  const { topicArn, endpoint } = await scene({})
  await settled(sns, () => sns.publish(topicArn, 'barrier'))
  await endpoint.next(1)
}

/** Asserts that the next retry comes after `seconds`, or up to a tenth earlier. */
async function assertRetryAfter(seconds: number, endpoint: Awaited<ReturnType<typeof openEndpoint>>): Promise<void> {
  const { length } = endpoint.requests
  sns.node.clock.shift(Math.floor(seconds * 900) - 500)
  await barrier()
  assert.equal(endpoint.requests.length, length, `a retry came before ${seconds} s`)
  await settled(sns, async () => sns.node.clock.shift(Math.ceil(seconds * 100) + 500))
  assert.equal(endpoint.requests.length, length + 1, `no retry came after ${seconds} s`)
}

test('the phases of a policy: at once, least delay, back-off, longest delay; then the dead-letter queue', async () => {
  const { topicArn, deadLetters, endpoint } = await scene({
    minDelayTarget: 5,
    maxDelayTarget: 15,
    numRetries: 7,
    numNoDelayRetries: 1,
    numMinDelayRetries: 1,
    numMaxDelayRetries: 2,
    backoffFunction: 'linear',
  })
  endpoint.answer = () => 500
  await settled(sns, () => sns.publish(topicArn, 'in vain'))
  await endpoint.next(2) // the second at once
  for (const seconds of [5, 5, 10, 15, 15]) await assertRetryAfter(seconds, endpoint)
  assert.deepEqual(await sns.receive(deadLetters), [])
  await assertRetryAfter(15, endpoint)
  assert.deepEqual(
    (await sns.envelopes(deadLetters)).map(({ Message }) => Message),
    ['in vain'],
  )
  const bodies = new Set((await endpoint.next(6)).map(({ body }) => body))
  assert.equal(bodies.size, 1) // every attempt is the same, its signature too
  sns.advance(3600)
  await barrier()
  assert.equal(endpoint.requests.length, 9)
})

test('without a policy there are three retries, twenty seconds apart', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  await settled(sns, () => subscribeEndpoint(sns, topicArn, endpoint))
  endpoint.answer = () => 503
  await settled(sns, () => sns.publish(topicArn, 'x'))
  for (let retry = 0; retry < 3; retry++) await assertRetryAfter(20, endpoint)
  sns.advance(3600)
  await barrier()
  assert.equal(endpoint.requests.length, 5)
})

const passing: readonly (readonly [name: string, answer: Answer, requests: number])[] = [
  ['429', 429, 2],
  ['500', 500, 2],
  ['503', 503, 2],
  ['599', 599, 2],
  // On a connection that was kept from the confirmation: another is tried at once.
  ['a connection that is closed without an answer', 'hang up', 3],
]
for (const [name, answer, requests] of passing) {
  test(`${name} is tried again, and what is taken then is not sent once more`, async () => {
    const { topicArn, deadLetters, endpoint } = await scene({})
    endpoint.answer = () => answer
    await settled(sns, () => sns.publish(topicArn, 'x'))
    endpoint.answer = () => 200
    await settled(sns, async () => sns.advance(20))
    await endpoint.next(requests)
    sns.advance(3600)
    await barrier()
    await endpoint.next(0)
    assert.deepEqual(await sns.receive(deadLetters), [])
  })
}

test('an endpoint that isn’t there is tried again, and reached when it is back', async () => {
  const { topicArn, endpoint } = await scene({})
  const { port } = endpoint
  endpoint.close()
  await settled(sns, () => sns.publish(topicArn, 'while it was away'))
  const back = await openEndpoint(undefined, port)
  await settled(sns, async () => sns.advance(20))
  assert.equal((await back.nextDocument()).Message, 'while it was away')
})

test('no answer within fifteen seconds is tried again', { timeout: 60_000 }, async () => {
  const { topicArn, endpoint } = await scene({})
  endpoint.answer = () => 'none'
  await settled(sns, () => sns.publish(topicArn, 'x')) // in real time: sockets know no other
  endpoint.answer = () => 200
  await settled(sns, async () => sns.advance(20))
  await endpoint.next(2)
})

test('what fails does not hold up what comes after it, and a subscription that ends is left alone', async () => {
  const { topicArn, endpoint, arn } = await scene({})
  endpoint.answer = ({ body }) => (body.includes('"Message":"bad"') ? 500 : 200)
  await settled(sns, () => sns.publish(topicArn, 'bad'))
  await settled(sns, () => sns.publish(topicArn, 'good'))
  assert.deepEqual(
    (await endpoint.next(2)).map(({ body }) => (JSON.parse(body) as Document).Message),
    ['bad', 'good'],
  )
  await sns.sns.unsubscribe({ SubscriptionArn: arn })
  await settled(sns, async () => sns.advance(20))
  await endpoint.next(0)
})

test('a changed policy counts from the next attempt on', async () => {
  const { topicArn, endpoint, arn } = await scene({})
  endpoint.answer = () => 500
  await settled(sns, () => sns.publish(topicArn, 'x'))
  const DeliveryPolicy = retryPolicy({ minDelayTarget: 100, maxDelayTarget: 100 })
  await sns.sns.setSubscriptionAttributes({
    SubscriptionArn: arn,
    AttributeName: 'DeliveryPolicy',
    AttributeValue: DeliveryPolicy,
  })
  await assertRetryAfter(20, endpoint)
  await assertRetryAfter(100, endpoint)
})

test('after kill -9 the schedule goes on, and nothing is lost', { timeout: 60_000 }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-'))
  const endpoint = await openEndpoint(() => 500)
  const COUNT = 60
  await using first = await spawnNode({ dataDir, args: ['--log-level', 'silent'] })
  const { sns: client } = clientsOf(first.url)
  const { TopicArn } = await client.createTopic({ Name: 'topic' })
  endpoint.answer = () => 200
  await client.subscribe({ TopicArn, Protocol: 'http', Endpoint: endpoint.url })
  await client.confirmSubscription({ TopicArn, Token: (await endpoint.nextDocument()).Token })
  // Of those that are answered, every second has failed; the others are under way for ever.
  endpoint.answer = ({ body }) => (Number((JSON.parse(body) as Document).Message) % 2 === 0 ? 500 : 'none')
  for (let i = 0; i < COUNT; i++) await client.publish({ TopicArn, Message: String(i) })
  await eventually(async () => endpoint.requests.length >= 40)
  await first.kill('SIGKILL')
  client.destroy()

  const taken = new Map<string, number>()
  endpoint.answer = ({ body }) => {
    const { Message } = JSON.parse(body) as Document
    taken.set(Message, (taken.get(Message) ?? 0) + 1)
    return 200
  }
  await using second = await spawnNode({ dataDir, args: ['--log-level', 'silent'] })
  await eventually(async () => {
    if (taken.size < COUNT) await shiftClock(second.url, 20_000)
    return taken.size === COUNT && (await metric(second.url, 'sns_notifications_delivered_total')) >= COUNT
  })
  assert.ok([...taken.values()].every((times) => times === 1))
  await second.kill()
  await rm(dataDir, { recursive: true })
})

test('a node that is told to stop doesn’t wait for endpoints, and the next start sends what was under way', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-'))
  const endpoint = await openEndpoint()
  await using first = await spawnNode({ dataDir })
  const { sns: client } = clientsOf(first.url)
  const { TopicArn } = await client.createTopic({ Name: 'topic' })
  await client.subscribe({ TopicArn, Protocol: 'http', Endpoint: endpoint.url })
  await client.confirmSubscription({ TopicArn, Token: (await endpoint.nextDocument()).Token })
  endpoint.answer = () => 'none'
  for (let i = 0; i < 40; i++) await client.publish({ TopicArn, Message: String(i) })
  await endpoint.next(32)
  client.destroy()
  const began = performance.now()
  const { code } = await first.kill('SIGTERM')
  assert.equal(code, 0)
  assert.ok(performance.now() - began < 10_000)
  assert.doesNotMatch(first.output.stderr, /"level":(40|50)/) // nothing went wrong

  const taken = new Set<string>()
  endpoint.answer = ({ body }) => {
    taken.add((JSON.parse(body) as Document).Message)
    return 200
  }
  await using second = await spawnNode({ dataDir, args: ['--log-level', 'silent'] })
  await eventually(async () => taken.size === 40)
  await second.kill()
  await rm(dataDir, { recursive: true })
})
