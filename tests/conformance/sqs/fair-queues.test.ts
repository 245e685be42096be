/** Fair queues: on a standard queue, a group that takes up too much does not make the others wait. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

/** Sends `count` messages of a group; without one, each is a tenant of its own. */
async function sendMany(queue: string, count: number, MessageGroupId?: string): Promise<void> {
  const name = MessageGroupId ?? 'none'
  const entry = (n: number) => ({ Id: `m${n}`, MessageBody: `${name}-${n}`, MessageGroupId })
  for (let from = 0; from < count; from += 10) {
    const Entries = Array.from({ length: Math.min(10, count - from) }, (_, i) => entry(from + i))
    await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  }
}

/** A queue with a thousand messages of one group, of which so many are in flight. */
async function noisyQueue(inFlight: number): Promise<string> {
  const queue = await fixture.createQueue()
  await sendMany(queue, 1000, 'noisy')
  for (let received = 0; received < inFlight; received += 10) await fixture.receive(queue)
  fixture.advance(1) // how noisy groups are is remembered for a moment
  return queue
}

test('behind a thousand messages of a noisy group, a quiet message is the next to be received', async () => {
  const queue = await noisyQueue(50)
  await sendMany(queue, 1, 'quiet')
  const bodies = await fixture.bodies(queue)
  assert.ok(bodies.includes('quiet-0'))
  assert.equal(bodies.length, 10) // what is left of the room goes to the noisy group
  assert.equal(bodies.filter((body) => body?.startsWith('noisy-')).length, 9)
})

test('a message without a group is quiet too', async () => {
  const queue = await noisyQueue(50)
  await sendMany(queue, 1)
  assert.deepEqual(await fixture.bodies(queue, { MaxNumberOfMessages: 1 }), ['none-0'])
})

test('a group with few messages in flight is not noisy: what came first is received first', async () => {
  const queue = await noisyQueue(20)
  await sendMany(queue, 1, 'quiet')
  assert.deepEqual(await fixture.bodies(queue, { MaxNumberOfMessages: 1 }), ['noisy-20'])
})

test('a noisy group that is alone is served, and nothing of it is lost or received twice', async () => {
  const queue = await noisyQueue(50)
  const rest = new Set<string | undefined>()
  for (let received = 50; received < 1000; received += 10) {
    for (const body of await fixture.bodies(queue)) rest.add(body)
  }
  assert.equal(rest.size, 950)
  assert.deepEqual(await fixture.receive(queue), [])
})

test('several quiet groups are served oldest first, before the noisy one', async () => {
  const queue = await noisyQueue(50)
  await sendMany(queue, 2, 'b')
  await sendMany(queue, 2, 'a')
  assert.deepEqual(await fixture.bodies(queue, { MaxNumberOfMessages: 4 }), ['b-0', 'b-1', 'a-0', 'a-1'])
})

test('a quiet message that was received too often is dead-lettered as any other', async () => {
  const deadLetters = await fixture.createQueue()
  const queue = await noisyQueue(50)
  await sendMany(queue, 1, 'quiet')
  const policy = { deadLetterTargetArn: await fixture.arnOf(deadLetters), maxReceiveCount: 1 }
  await sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { RedrivePolicy: JSON.stringify(policy) } })
  assert.deepEqual(await fixture.bodies(queue, { MaxNumberOfMessages: 1, VisibilityTimeout: 0 }), ['quiet-0'])
  assert.deepEqual(await fixture.bodies(queue, { MaxNumberOfMessages: 1 }), ['noisy-50'])
  assert.deepEqual(await fixture.bodies(deadLetters), ['quiet-0'])
})

test('groups neither order nor block the messages of a standard queue', async () => {
  const queue = await fixture.createQueue()
  await sendMany(queue, 3, 'g')
  for (const expected of ['g-0', 'g-1', 'g-2']) {
    assert.deepEqual(await fixture.bodies(queue, { MaxNumberOfMessages: 1 }), [expected])
  }
})
