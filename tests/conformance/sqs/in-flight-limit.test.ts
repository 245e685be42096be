/** How many messages of a queue may be in flight at once, with the limit scaled down. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configWith } from '../../../src/kernel/config/config.ts'
import { refusal, startSqs } from './support.ts'

const LIMIT = 5
const fixture = await startSqs({ sqs: { ...configWith().sqs, maxInFlight: LIMIT } })
const { sqs } = fixture

const tooMany = refusal('OverLimit', 'Too many messages in flight', 403)

/** A standard queue with ten messages, of which as many as may be are in flight. */
async function fullQueue() {
  const queue = await fixture.createQueue()
  const Entries = Array.from({ length: 10 }, (_, i) => ({ Id: `m${i}`, MessageBody: `m${i}` }))
  await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  const messages = await fixture.receive(queue)
  assert.equal(messages.length, LIMIT)
  return { queue, messages }
}

test('a receive gets no more than may be in flight, and the next one is refused', async () => {
  const { queue } = await fullQueue()
  await assert.rejects(fixture.receive(queue), tooMany)
  assert.deepEqual(await fixture.depth(queue), { visible: 5, inFlight: 5, delayed: 0 })
})

test('a long poll is not refused, but ends empty', async () => {
  const { queue } = await fullQueue()
  const answer = fixture.receive(queue, { WaitTimeSeconds: 20 })
  await assert.rejects(fixture.receive(queue), tooMany)
  fixture.advance(20)
  assert.deepEqual(await answer, [])
})

test('a deletion, a change of visibility and a time-out each make room', async () => {
  const { queue, messages } = await fullQueue()
  await fixture.delete(queue, messages[0] ?? {})
  assert.equal((await fixture.receive(queue)).length, 1)
  await assert.rejects(fixture.receive(queue), tooMany)
  await fixture.changeVisibility(queue, messages[1] ?? {}, 0)
  assert.equal((await fixture.receive(queue)).length, 1)
  await assert.rejects(fixture.receive(queue), tooMany)
  fixture.advance(30)
  assert.equal((await fixture.receive(queue)).length, LIMIT)
})

test('receives that leave their messages visible are not limited', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  for (let i = 0; i < 2 * LIMIT; i++) await fixture.receiveOne(queue, { VisibilityTimeout: 0 })
})

test('empty receives do not use the limit up', async () => {
  const queue = await fixture.createQueue()
  for (let i = 0; i < 2 * LIMIT; i++) assert.deepEqual(await fixture.receive(queue), [])
  await fixture.send(queue, 'x')
  assert.deepEqual(await fixture.bodies(queue), ['x'])
})

test('each queue has a limit of its own', async () => {
  await fullQueue()
  await fullQueue()
})

test('a FIFO queue answers nothing, without an error', async () => {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, ...Array.from({ length: 7 }, (_, i) => `g${i}-1`))
  const messages = await fixture.receive(queue)
  assert.equal(messages.length, LIMIT)
  assert.deepEqual(await fixture.receive(queue), [])
  await fixture.delete(queue, messages[0] ?? {})
  assert.deepEqual(await fixture.bodies(queue), ['g5-1'])
})

test('of two that wait together, the one for whom there was no room gets what a deletion makes room for', async () => {
  const queue = await fixture.createQueue()
  const idle = await fixture.createQueue()
  const options = { WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }
  const waiting = [fixture.receive(queue, options), fixture.receive(queue, options)]
  for (let i = 0; i < 2; i++) await fixture.receive(idle) // by then both wait
  const Entries = Array.from({ length: 2 * LIMIT }, (_, i) => ({ Id: `m${i}`, MessageBody: `m${i}` }))
  await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  const served = await Promise.race(waiting)
  await sqs.deleteMessageBatch({
    QueueUrl: queue,
    Entries: served.map(({ ReceiptHandle }, i) => ({ Id: `m${i}`, ReceiptHandle })),
  })
  const all = (await Promise.all(waiting)).flat()
  assert.ok(all.length > LIMIT)
})
