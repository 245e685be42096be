/** The order of FIFO queues: strict within a message group, fair among groups. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '@aws-sdk/client-sqs'
import { startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

/** A FIFO queue with messages named `<group>-<rest>`, sent in this order. */
async function queueOf(...names: readonly string[]): Promise<string> {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, ...names)
  return queue
}

/** Receives up to `count` messages as a list of their names. */
const take = (queue: string, count: number, visibilityTimeout?: number) =>
  fixture.bodies(queue, { MaxNumberOfMessages: count, VisibilityTimeout: visibilityTimeout })

const receive = (queue: string, count: number, visibilityTimeout?: number) =>
  fixture.receive(queue, { MaxNumberOfMessages: count, VisibilityTimeout: visibilityTimeout })

const named = (messages: readonly Message[], name: string): Message => {
  const message = messages.find(({ Body }) => Body === name)
  assert.ok(message, `${name} was not received`)
  return message
}

// One group: from the oldest message that is not deleted, up to the first that is in flight or delayed.

const THREE = ['g-1', 'g-2', 'g-3'] as const

for (const { extended, deliverable } of [
  { extended: 'g-1', deliverable: [] },
  { extended: 'g-2', deliverable: ['g-1'] },
  { extended: 'g-3', deliverable: ['g-1', 'g-2'] },
]) {
  test(`when ${extended} of three is hidden for longer, the time-out of all makes [${deliverable}] available`, async () => {
    const queue = await queueOf(...THREE)
    const messages = await receive(queue, 3, 10)
    await fixture.changeVisibility(queue, named(messages, extended), 60)
    fixture.advance(10)
    assert.deepEqual(await take(queue, 10), deliverable)
  })
}

test('when the first is given back while the second is in flight, the first alone is available', async () => {
  const queue = await queueOf(...THREE)
  const messages = await receive(queue, 2)
  await fixture.changeVisibility(queue, named(messages, 'g-1'), 0)
  assert.deepEqual(await take(queue, 10), ['g-1'])
})

test('when the first is deleted while the second is in flight, the group stays blocked', async () => {
  const queue = await queueOf(...THREE)
  const messages = await receive(queue, 2)
  await fixture.delete(queue, named(messages, 'g-1'))
  assert.deepEqual(await take(queue, 10), [])
  await fixture.delete(queue, named(messages, 'g-2'))
  assert.deepEqual(await take(queue, 10), ['g-3'])
})

test('new messages never unblock a group', async () => {
  const queue = await queueOf('g-1')
  await receive(queue, 1)
  await fixture.sendInGroups(queue, 'g-2', 'g-3')
  assert.deepEqual(await take(queue, 10), [])
})

test('a second that is given back waits for the first', async () => {
  const queue = await queueOf(...THREE)
  const messages = await receive(queue, 3)
  await fixture.changeVisibility(queue, named(messages, 'g-2'), 0)
  assert.deepEqual(await take(queue, 10), [])
  await fixture.changeVisibility(queue, named(messages, 'g-1'), 0)
  assert.deepEqual(await take(queue, 10), ['g-1', 'g-2'])
})

test('after a time-out the messages of a group come again in their order', async () => {
  const queue = await queueOf(...THREE)
  await receive(queue, 3, 10)
  fixture.advance(10)
  for (const name of THREE) assert.deepEqual(await take(queue, 1), name === 'g-1' ? ['g-1'] : [])
  fixture.advance(30)
  assert.deepEqual(await take(queue, 10), [...THREE])
})

// Several groups.

test('receives that leave messages visible go on with the groups that wait, then begin anew', async () => {
  const queue = await queueOf('g1-m1', 'g2-m1', 'g2-m2', 'g3-m1', 'g1-m2')
  assert.deepEqual(await take(queue, 3, 0), ['g1-m1', 'g1-m2', 'g2-m1'])
  assert.deepEqual(await take(queue, 10, 0), ['g3-m1', 'g1-m1', 'g1-m2', 'g2-m1', 'g2-m2'])
})

test('a group of which a message is given back goes behind those that wait', async () => {
  const queue = await queueOf('g1-m1', 'g1-m2', 'g2-m1')
  const messages = await receive(queue, 2)
  assert.deepEqual(
    messages.map(({ Body }) => Body),
    ['g1-m1', 'g1-m2'],
  )
  await fixture.changeVisibility(queue, named(messages, 'g1-m1'), 0)
  assert.deepEqual(await take(queue, 3), ['g2-m1', 'g1-m1'])
})

test('a message that is given back comes after that of the group that waits, one receive at a time', async () => {
  const queue = await queueOf('g1-m1', 'g2-m1')
  const messages = await receive(queue, 1)
  await fixture.changeVisibility(queue, named(messages, 'g1-m1'), 0)
  assert.deepEqual(await take(queue, 1), ['g2-m1'])
  assert.deepEqual(await take(queue, 1), ['g1-m1'])
})

test('groups whose messages timed out come after the group that still waited, each as a block', async () => {
  const queue = await queueOf('g1-m1', 'g1-m2', 'g1-m3', 'g1-m4', 'g2-m1', 'g3-m1')
  assert.deepEqual(await take(queue, 2, 1), ['g1-m1', 'g1-m2'])
  assert.deepEqual(await take(queue, 1, 1), ['g2-m1'])
  fixture.advance(2)
  const g1 = ['g1-m1', 'g1-m2', 'g1-m3', 'g1-m4']
  assert.deepEqual(await take(queue, 10), ['g3-m1', ...g1, 'g2-m1'])
})

const SEVEN = ['g1-m1', 'g2-m1', 'g1-m2', 'g2-m2', 'g1-m3', 'g1-m4', 'g3-m1'] as const

test('a group with one of two deleted stays blocked by the other, and the other groups go on', async () => {
  const queue = await queueOf(...SEVEN)
  const messages = await receive(queue, 2)
  assert.deepEqual(
    messages.map(({ Body }) => Body),
    ['g1-m1', 'g1-m2'],
  )
  await fixture.delete(queue, named(messages, 'g1-m1'))
  assert.deepEqual(await take(queue, 10), ['g2-m1', 'g2-m2', 'g3-m1'])
})

test('a group of which all that was in flight is deleted goes on, behind those that waited', async () => {
  const queue = await queueOf(...SEVEN)
  const messages = await receive(queue, 2)
  for (const message of messages) await fixture.delete(queue, message)
  assert.deepEqual(await take(queue, 10), ['g2-m1', 'g2-m2', 'g3-m1', 'g1-m3', 'g1-m4'])
})

test('only what was received counts as in flight: those behind it are visible', async () => {
  const queue = await queueOf('g1-1', 'g1-2', 'g2-1', 'g2-2', 'g3-1', 'g3-2')
  await receive(queue, 1)
  await receive(queue, 1)
  assert.deepEqual(await fixture.depth(queue), { visible: 4, inFlight: 2, delayed: 0 })
})

test('one receive takes from as many groups as it needs', async () => {
  const queue = await queueOf('a-1', 'b-1', 'b-2', 'c-1', 'd-1')
  assert.deepEqual(await take(queue, 4), ['a-1', 'b-1', 'b-2', 'c-1'])
  assert.deepEqual(await take(queue, 4), ['d-1'])
})

test('a group that was emptied can be received from again', async () => {
  const queue = await queueOf('g-1')
  const messages = await receive(queue, 1)
  await fixture.delete(queue, named(messages, 'g-1'))
  assert.deepEqual(await take(queue, 10), [])
  await fixture.sendInGroups(queue, 'g-2')
  assert.deepEqual(await take(queue, 10), ['g-2'])
})

test('the entries of a batch are in the order of the request', async () => {
  const queue = await fixture.createFifoQueue({ ContentBasedDeduplication: 'true' })
  const names = ['z', 'a', 'm', 'b', 'y', 'c', 'x', 'd', 'w', 'e']
  const Entries = names.map((name, i) => ({ Id: `id-${9 - i}`, MessageBody: name, MessageGroupId: 'g' }))
  await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  assert.deepEqual(await take(queue, 10), names)
})

test('a thousand messages in five groups keep their order through batches and several consumers', async () => {
  const queue = await fixture.createFifoQueue({ ContentBasedDeduplication: 'true' })
  const groups = ['a', 'b', 'c', 'd', 'e']
  const perGroup = 200
  await Promise.all(
    groups.map(async (group) => {
      for (let from = 0; from < perGroup; from += 10) {
        const Entries = Array.from({ length: 10 }, (_, i) => ({
          Id: `m${i}`,
          MessageBody: `${group}-${from + i}`,
          MessageGroupId: group,
        }))
        await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
      }
    }),
  )
  const seen = new Map(groups.map((group) => [group, [] as number[]]))
  let left = groups.length * perGroup
  const consume = async () => {
    while (left > 0) {
      const messages = await receive(queue, 10)
      for (const { Body = '' } of messages) {
        const [group, number] = Body.split('-') as [string, string]
        seen.get(group)?.push(Number(number))
      }
      left -= messages.length
      if (messages.length === 0) continue
      const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: `m${i}`, ReceiptHandle }))
      await sqs.deleteMessageBatch({ QueueUrl: queue, Entries })
    }
  }
  await Promise.all([consume(), consume(), consume(), consume()])
  const inOrder = Array.from({ length: perGroup }, (_, i) => i)
  for (const group of groups) assert.deepEqual(seen.get(group), inOrder)
  assert.deepEqual(await fixture.depth(queue), { visible: 0, inFlight: 0, delayed: 0 })
})

test('sequence numbers have twenty digits, rise with each message of a queue, and standard queues have none', async () => {
  const queue = await fixture.createFifoQueue()
  const numbers: string[] = []
  for (const id of ['1', '2', '3', '4']) {
    const { SequenceNumber } = await fixture.send(queue, 'x', { MessageGroupId: `g${id}`, MessageDeduplicationId: id })
    numbers.push(SequenceNumber as string)
  }
  for (const number of numbers) assert.match(number, /^\d{20}$/)
  assert.deepEqual([...new Set(numbers)].sort(), numbers)
  assert.equal((await fixture.send(await fixture.createQueue(), 'x')).SequenceNumber, undefined)
})
