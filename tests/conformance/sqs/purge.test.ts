/** PurgeQueue: what goes, what stays, and the minute between two purges. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const EMPTY = { visible: 0, inFlight: 0, delayed: 0 }

const purge = (QueueUrl: string) => sqs.purgeQueue({ QueueUrl })

test('a purge removes visible, delayed and received messages', async () => {
  const queue = await fixture.createQueue({ VisibilityTimeout: '5' })
  await fixture.send(queue, 'received')
  await fixture.receiveOne(queue)
  await fixture.send(queue, 'visible')
  await fixture.send(queue, 'delayed', { DelaySeconds: 5 })
  await purge(queue)
  assert.deepEqual(await fixture.depth(queue), EMPTY)
  fixture.advance(5)
  assert.deepEqual(await fixture.bodies(queue), [])
  await fixture.send(queue, 'after')
  assert.deepEqual(await fixture.bodies(queue), ['after'])
})

test('a purged message is to its receipt handle as a deleted one', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  const message = await fixture.receiveOne(queue)
  await purge(queue)
  await fixture.delete(queue, message)
  await assert.rejects(
    fixture.changeVisibility(queue, message, 1),
    refusal('InvalidParameterValue', /Message does not exist/),
  )
})

test('a queue is purged at most once a minute', async () => {
  const name = fixture.newName()
  const queue = await fixture.createQueue({}, name)
  const inProgress = refusal(
    'AWS.SimpleQueueService.PurgeQueueInProgress',
    `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`,
    403,
  )
  await purge(queue)
  await fixture.send(queue, 'x')
  await assert.rejects(purge(queue), inProgress)
  await purge(await fixture.createQueue()) // another queue is another matter
  fixture.advance(50)
  await assert.rejects(purge(queue), inProgress)
  assert.equal((await fixture.depth(queue)).visible, 1)
  fixture.advance(10)
  await purge(queue)
  assert.deepEqual(await fixture.depth(queue), EMPTY)
})

test('a purge unblocks message groups and forgets deduplication ids', async () => {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, 'g-1', 'g-2')
  await fixture.receive(queue, { MaxNumberOfMessages: 1 })
  await purge(queue)
  assert.deepEqual(await fixture.depth(queue), EMPTY)
  await fixture.sendInGroups(queue, 'g-1')
  assert.deepEqual(await fixture.bodies(queue), ['g-1'])
})

test('attributes, tags and the messages of other queues stay', async () => {
  const queue = await fixture.createQueue({ VisibilityTimeout: '7' })
  const other = await fixture.createQueue()
  await sqs.tagQueue({ QueueUrl: queue, Tags: { team: 'one' } })
  await fixture.send(other, 'x')
  await purge(queue)
  assert.equal(await fixture.attribute(queue, 'VisibilityTimeout'), '7')
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl: queue })).Tags, { team: 'one' })
  assert.deepEqual(await fixture.bodies(other), ['x'])
})
