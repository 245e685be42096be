/** Replays slice by slice: what a slice leaves behind, and what happens to a replay between two of them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SystemClock } from '../../../src/kernel/clock/clock.ts'
import type { Store } from '../../../src/kernel/store/store.ts'
import { topicArn } from '../../../src/services/sns/model/names.ts'
import {
  createTopic,
  getSubscription,
  publish,
  replaySlice,
  setSubscriptionAttribute,
  setTopicAttribute,
  subscribe,
  unsubscribe,
} from '../../../src/services/sns/store.ts'
import { openTestStore } from '../../../src/services/sns/testing/store.ts'
import { createQueue, receiveMessages } from '../../../src/services/sqs/store.ts'

const clock = new SystemClock()
const address = (name: string) => ({ accountId: '000000000000', region: 'us-east-1', name })
const limits = { perTopic: 200, perAccount: 10_000 }
const ARCHIVE = '{"MessageRetentionPeriod":"1"}'
const EVERYTHING = '{"PointType":"Timestamp","StartingPoint":"1970-01-01T00:00:00Z"}'
const SLICE = 100

let store: Store
let close: () => Promise<void>

before(async () => {
  ;({ store, close } = await openTestStore(clock))
})

after(async () => {
  await close()
  clock.close()
})

let names = 0

/** A queue that is subscribed to a topic with an archive. */
class Scene {
  readonly name = `replay-${names++}.fifo`
  readonly queueName: string
  readonly topicArn = topicArn(address(this.name))
  subscriptionId = crypto.randomUUID()
  part = { topicId: 0, subscription: 0 }
  #seen = 0

  private constructor(standardQueue?: string) {
    this.queueName = standardQueue ?? this.name
  }

  /** With messages that were published before the queue was subscribed: their texts are numbers. */
  static async set(messages: number, standardQueue?: string): Promise<Scene> {
    const scene = new Scene(standardQueue)
    const { name, queueName, subscriptionId, topicArn } = scene
    const attributes = { FifoTopic: 'true', ArchivePolicy: ARCHIVE }
    await store.execute(createTopic, { topic: address(name), attributes, tags: {}, dataProtectionPolicy: undefined })
    const queue = {
      queue: address(queueName),
      attributes: standardQueue === undefined ? { FifoQueue: 'true' } : {},
      tags: {},
      recreateWait: true,
    }
    await store.execute(createQueue, queue)
    await scene.publish(Array.from({ length: messages }, (_, at) => String(at)))
    await store.execute(subscribe, {
      topic: address(name),
      accountId: '000000000000',
      region: 'us-east-1',
      principal: 'arn:aws:iam::000000000000:root',
      protocol: 'sqs',
      endpoint: `arn:aws:sqs:us-east-1:000000000000:${queueName}`,
      attributes: { RawMessageDelivery: 'true' },
      subscriptionId,
      token: undefined,
      origin: '',
      keyId: '',
      limits,
    })
    const { subscription } = await store.execute(getSubscription, { subscriptionId, topicArn })
    scene.part = { topicId: subscription.topicId, subscription: subscription.id }
    return scene
  }

  async publish(texts: readonly string[]): Promise<void> {
    const messages = texts.map((message) => ({
      messageId: crypto.randomUUID(),
      message,
      groupId: 'g',
      deduplicationId: message,
      attributes: { parity: { dataType: 'String', stringValue: Number(message) % 2 === 0 ? 'even' : 'odd' } },
    }))
    await store.execute(publish, {
      topic: address(this.name),
      sender: '',
      principal: '',
      origin: '',
      keyId: '',
      messages,
    })
  }

  async setSubscription(name: string, value: string): Promise<void> {
    const { subscriptionId, topicArn } = this
    await store.execute(setSubscriptionAttribute, { subscriptionId, topicArn, name, value, limits })
  }

  async setArchive(value: string): Promise<void> {
    await store.execute(setTopicAttribute, { topic: address(this.name), name: 'ArchivePolicy', value })
  }

  replay(): Promise<void> {
    return this.setSubscription('ReplayPolicy', EVERYTHING)
  }

  /** Whether there is more. */
  async slice(): Promise<boolean> {
    return (await store.execute(replaySlice, { ...this.part, keyId: '' })).more
  }

  async status(): Promise<string | undefined> {
    const { subscriptionId, topicArn } = this
    return (await store.execute(getSubscription, { subscriptionId, topicArn })).replayStatus
  }

  /** What has come into the queue since the last look. */
  async received(): Promise<string[]> {
    const call = { queue: address(this.queueName), limit: 2_000, waitTime: undefined, attemptId: undefined }
    const receive = () => store.execute(receiveMessages, { ...call, visibilityTimeout: 0, maxInFlight: 100_000 })
    await receive() // the first claim of a queue is a small one, since nobody knows yet how large its messages are
    const { messages } = await receive()
    const fresh = messages.slice(this.#seen).map(({ body }) => body)
    this.#seen = messages.length
    return fresh
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => String(from + at))

test('a replay is pending before its first slice, in progress until its last, and then completed', async () => {
  const scene = await Scene.set(2 * SLICE + 1)
  assert.equal(await scene.status(), undefined)
  await scene.replay()
  assert.equal(await scene.status(), 'Pending')
  assert.equal(await scene.slice(), true)
  assert.equal(await scene.status(), 'In progress')
  assert.equal(await scene.slice(), true)
  assert.equal(await scene.slice(), false)
  assert.equal(await scene.status(), 'Completed')
  assert.deepEqual(await scene.received(), numbers(0, 2 * SLICE + 1))
  assert.equal(await scene.slice(), false)
  assert.deepEqual(await scene.received(), [])
})

test('each message is replayed once, also where the queue would not notice a second time', async () => {
  const scene = await Scene.set(0, 'replay-standard')
  const texts = numbers(0, 2 * SLICE)
  for (const text of texts) await scene.publish([text])
  await scene.replay()
  while (await scene.slice());
  const times = Map.groupBy(await scene.received(), (text) => text)
  assert.equal(times.size, texts.length)
  for (const [text, received] of times) assert.equal(received.length, 2, text) // when it was published, and now
})

test('what is published between two slices is delivered at once, and not replayed', async () => {
  const scene = await Scene.set(SLICE + 1)
  await scene.replay()
  await scene.publish(['1000'])
  await scene.slice()
  await scene.publish(['1001'])
  await scene.slice()
  assert.equal(await scene.status(), 'Completed')
  const expected = ['1000', ...numbers(0, SLICE), '1001', String(SLICE)]
  assert.deepEqual(await scene.received(), expected)
})

test('a replay that is stopped delivers no more', async () => {
  const scene = await Scene.set(SLICE + 1)
  await scene.replay()
  await scene.slice()
  await scene.setSubscription('ReplayPolicy', '{}')
  assert.equal(await scene.slice(), false)
  assert.equal(await scene.status(), undefined)
  assert.deepEqual(await scene.received(), numbers(0, SLICE))
})

test('a replay that is asked for again begins anew', async () => {
  const scene = await Scene.set(SLICE + 1)
  await scene.replay()
  await scene.slice()
  await scene.replay()
  assert.equal(await scene.status(), 'Pending')
  await scene.slice()
  await scene.slice()
  assert.equal(await scene.status(), 'Completed')
  assert.deepEqual(await scene.received(), [...numbers(0, SLICE), ...numbers(0, SLICE + 1)])
})

test('a new filter policy holds from the next slice on', async () => {
  const scene = await Scene.set(SLICE + 4)
  await scene.replay()
  await scene.slice()
  await scene.setSubscription('FilterPolicy', '{"parity":["odd"]}')
  await scene.slice()
  assert.deepEqual(await scene.received(), [...numbers(0, SLICE), String(SLICE + 1), String(SLICE + 3)])
})

test('a replay fails when the archive is switched off, also if it is switched on again', async () => {
  const scene = await Scene.set(SLICE + 1)
  await scene.replay()
  await scene.slice()
  await scene.setArchive('{}')
  assert.equal(await scene.status(), 'Failed')
  await scene.setArchive(ARCHIVE)
  assert.equal(await scene.slice(), false)
  assert.equal(await scene.status(), 'Failed')
  assert.deepEqual(await scene.received(), numbers(0, SLICE))
})

test('a completed replay stays so when the archive is switched off', async () => {
  const scene = await Scene.set(1)
  await scene.replay()
  await scene.slice()
  await scene.setArchive('{}')
  assert.equal(await scene.status(), 'Completed')
})

test('messages that pass their retention during a replay are left out', async () => {
  const scene = await Scene.set(SLICE + 1)
  await scene.replay()
  await scene.slice()
  clock.shift(86_400_000 + 1_000)
  assert.equal(await scene.slice(), false)
  assert.equal(await scene.status(), 'Completed')
  assert.deepEqual(await scene.received(), numbers(0, SLICE))
})

test('the replay of a subscription that is removed ends', async () => {
  const scene = await Scene.set(SLICE + 1)
  await scene.replay()
  await scene.slice()
  const { subscriptionId, topicArn } = scene
  const call = { subscriptionId, topicArn, authenticated: true, token: '', origin: '', keyId: '' }
  await store.execute(unsubscribe, call)
  assert.equal(await scene.slice(), false)
  assert.deepEqual(await scene.received(), numbers(0, SLICE))
})
