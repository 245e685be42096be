/** Message move tasks: where messages go, how fast, and what a task tells of itself. What is refused: move-task-errors.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ListMessageMoveTasksResultEntry, StartMessageMoveTaskCommandInput } from '@aws-sdk/client-sqs'
import { refusal, type SqsFixture, startSqs, withOptions } from './support.ts'

const fixture = await startSqs(withOptions({ recreateWait: false }))
const { sqs } = fixture

/** A dead-letter queue with sources whose messages are dead after one receive. */
class DeadLetters {
  readonly #fixture: SqsFixture
  readonly url: string
  readonly arn: string

  private constructor(owner: SqsFixture, url: string, arn: string) {
    this.#fixture = owner
    this.url = url
    this.arn = arn
  }

  static async create(owner: SqsFixture, fifo = false, attributes: Record<string, string> = {}): Promise<DeadLetters> {
    const url = await (fifo ? owner.createFifoQueue(attributes) : owner.createQueue(attributes))
    return new DeadLetters(owner, url, await owner.arnOf(url))
  }

  createSource(): Promise<string> {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: this.arn, maxReceiveCount: 1 })
    const attributes = { RedrivePolicy, VisibilityTimeout: '0' }
    return this.url.endsWith('.fifo')
      ? this.#fixture.createFifoQueue(attributes)
      : this.#fixture.createQueue(attributes)
  }

  /** Up to ten messages, which end up here. */
  async fill(source: string, ...bodies: readonly string[]): Promise<void> {
    for (const body of bodies) {
      const MessageGroupId = this.url.endsWith('.fifo') ? body : undefined
      await this.#fixture.send(source, body, { MessageGroupId, MessageDeduplicationId: MessageGroupId })
    }
    const { visible } = await this.#fixture.depth(this.url)
    await this.#fixture.receive(source)
    await this.#fixture.receive(source)
    assert.equal((await this.#fixture.depth(this.url)).visible, visible + bodies.length)
  }
}

const start = async (SourceArn: string, changes: Partial<StartMessageMoveTaskCommandInput> = {}): Promise<string> =>
  (await sqs.startMessageMoveTask({ SourceArn, ...changes })).TaskHandle as string

const list = async (SourceArn: string, MaxResults?: number) =>
  (await sqs.listMessageMoveTasks({ SourceArn, MaxResults })).Results ?? []

const latest = async (sourceArn: string) => (await list(sourceArn))[0] as ListMessageMoveTasksResultEntry

/** The newest task, once it has ended; until then the clock moves on in steps of that length. */
async function ended(sourceArn: string, stepSeconds = 0): Promise<ListMessageMoveTasksResultEntry> {
  for (;;) {
    const task = await latest(sourceArn)
    if (task.Status !== 'RUNNING') return task
    fixture.advance(stepSeconds)
  }
}

const idle = { visible: 0, inFlight: 0, delayed: 0 }

test('without a destination each message returns to the queue that it came from', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const [one, two] = [await deadLetters.createSource(), await deadLetters.createSource()]
  await deadLetters.fill(one, 'a', 'b')
  await deadLetters.fill(two, 'c')
  await fixture.send(deadLetters.url, 'sent here')
  await start(deadLetters.arn)
  const { StartedTimestamp, ...task } = await ended(deadLetters.arn)
  assert.deepEqual(task, {
    Status: 'COMPLETED',
    SourceArn: deadLetters.arn,
    ApproximateNumberOfMessagesMoved: 3,
    ApproximateNumberOfMessagesToMove: 4,
  })
  assert.ok((StartedTimestamp as number) <= fixture.node.clock.now())
  assert.deepEqual((await fixture.bodies(one)).sort(), ['a', 'b'])
  assert.deepEqual(await fixture.bodies(two), ['c'])
  assert.deepEqual(await fixture.bodies(deadLetters.url), ['sent here'])
})

test('with a destination all messages go there', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const destination = await fixture.createQueue()
  await deadLetters.fill(await deadLetters.createSource(), 'a', 'b')
  await fixture.send(deadLetters.url, 'sent here')
  const DestinationArn = await fixture.arnOf(destination)
  await start(deadLetters.arn, { DestinationArn, MaxNumberOfMessagesPerSecond: 500 })
  const task = await ended(deadLetters.arn)
  assert.equal(task.DestinationArn, DestinationArn)
  assert.equal(task.MaxNumberOfMessagesPerSecond, 500)
  assert.equal(task.ApproximateNumberOfMessagesMoved, 3)
  assert.deepEqual((await fixture.bodies(destination)).sort(), ['a', 'b', 'sent here'])
  assert.deepEqual(await fixture.depth(deadLetters.url), idle)
})

test('a moved message keeps its content and starts anew in all else', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const source = await deadLetters.createSource()
  const MessageAttributes = { Hello: { DataType: 'String', StringValue: 'World' } }
  const { MessageId } = await fixture.send(source, 'x', { MessageAttributes })
  await fixture.receive(source)
  await fixture.receive(source)
  const dead = await fixture.receiveOne(deadLetters.url, { VisibilityTimeout: 0 })
  assert.equal(dead.Attributes.ApproximateReceiveCount, '2')
  assert.equal(dead.MessageId, MessageId)
  fixture.advance(10)
  await start(deadLetters.arn)
  await ended(deadLetters.arn)
  const moved = await fixture.receiveOne(source, { MessageAttributeNames: ['All'] })
  assert.deepEqual([moved.Body, moved.MessageAttributes], ['x', MessageAttributes])
  assert.notEqual(moved.MessageId, MessageId)
  assert.equal(moved.Attributes.ApproximateReceiveCount, '1')
  assert.equal(moved.Attributes.DeadLetterQueueSourceArn, undefined)
  assert.ok(Number(moved.Attributes.SentTimestamp) >= Number(dead.Attributes.SentTimestamp) + 10_000)
})

test('a move wakes those who wait at the destination', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const destination = await fixture.createQueue()
  await deadLetters.fill(await deadLetters.createSource(), 'x')
  const waiting = fixture.bodies(destination, { WaitTimeSeconds: 20 })
  await start(deadLetters.arn, { DestinationArn: await fixture.arnOf(destination) })
  assert.deepEqual(await waiting, ['x'])
})

test('messages of a FIFO queue return to their groups and can be received', async () => {
  const deadLetters = await DeadLetters.create(fixture, true)
  const source = await deadLetters.createSource()
  await deadLetters.fill(source, 'g1', 'g2')
  await start(deadLetters.arn)
  assert.equal((await ended(deadLetters.arn)).ApproximateNumberOfMessagesMoved, 2)
  const received = await fixture.receive(source, { MessageSystemAttributeNames: ['MessageGroupId'] })
  assert.deepEqual(received.map(({ Body, Attributes }) => [Body, Attributes?.MessageGroupId]).sort(), [
    ['g1', 'g1'],
    ['g2', 'g2'],
  ])
})

test('more messages than one step moves are all moved', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const source = await deadLetters.createSource()
  for (let batch = 0; batch < 25; batch++) {
    await deadLetters.fill(source, ...Array.from({ length: 10 }, (_, i) => `${batch}-${i}`))
  }
  await start(deadLetters.arn)
  assert.equal((await ended(deadLetters.arn)).ApproximateNumberOfMessagesMoved, 250)
  assert.equal((await fixture.depth(source)).visible, 250)
  assert.deepEqual(await fixture.depth(deadLetters.url), idle)
})

test('messages in flight and past their retention are not moved', async () => {
  const deadLetters = await DeadLetters.create(fixture, false, { MessageRetentionPeriod: '600' })
  const source = await deadLetters.createSource()
  await deadLetters.fill(source, 'old')
  fixture.advance(500)
  await deadLetters.fill(source, 'held')
  await fixture.receive(deadLetters.url, { MaxNumberOfMessages: 1 }) // the old one, visible again below
  assert.deepEqual(await fixture.bodies(deadLetters.url, { MaxNumberOfMessages: 1, VisibilityTimeout: 300 }), ['held'])
  await deadLetters.fill(source, 'free')
  fixture.advance(100)
  await start(deadLetters.arn)
  const task = await ended(deadLetters.arn)
  assert.equal(task.ApproximateNumberOfMessagesToMove, 2)
  assert.equal(task.ApproximateNumberOfMessagesMoved, 1)
  assert.deepEqual(await fixture.bodies(source), ['free'])
  assert.deepEqual(await fixture.depth(deadLetters.url), { ...idle, inFlight: 1 })
})

test('a rate is a ceiling: one message a second takes two seconds for three', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  await deadLetters.fill(await deadLetters.createSource(), 'a', 'b', 'c')
  await start(deadLetters.arn, { MaxNumberOfMessagesPerSecond: 1 })
  for (;;) {
    const { Status, ApproximateNumberOfMessagesMoved: moved, StartedTimestamp } = await latest(deadLetters.arn)
    const elapsedSeconds = (fixture.node.clock.now() - (StartedTimestamp as number)) / 1000
    assert.ok((moved as number) <= elapsedSeconds + 1, `${moved} after ${elapsedSeconds} s`)
    if (Status === 'COMPLETED') return assert.equal(moved, 3)
    fixture.advance(0.1)
  }
})

test('a running task shows its handle, excludes another, and can be cancelled; what was moved stays moved', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const source = await deadLetters.createSource()
  for (let batch = 0; batch < 6; batch++) await deadLetters.fill(source, ...'abcdefghij') // a minute's work
  const handle = await start(deadLetters.arn, { MaxNumberOfMessagesPerSecond: 1 })
  assert.deepEqual(Object.keys(JSON.parse(Buffer.from(handle, 'base64').toString())), ['taskId', 'sourceArn'])
  const running = await latest(deadLetters.arn)
  assert.equal(running.Status, 'RUNNING')
  assert.equal(running.TaskHandle, handle)
  await assert.rejects(
    start(deadLetters.arn),
    refusal(
      'InvalidParameterValue',
      'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
    ),
  )
  const { ApproximateNumberOfMessagesMoved: moved } = await sqs.cancelMessageMoveTask({ TaskHandle: handle })
  const cancelled = await latest(deadLetters.arn)
  assert.equal(cancelled.Status, 'CANCELLED')
  assert.equal(cancelled.TaskHandle, undefined)
  assert.equal(cancelled.ApproximateNumberOfMessagesMoved, moved)
  fixture.advance(30)
  assert.equal((await fixture.depth(deadLetters.url)).visible, 60 - (moved as number))
  assert.equal((await fixture.depth(source)).visible, moved)
  await assert.rejects(
    sqs.cancelMessageMoveTask({ TaskHandle: handle }),
    refusal('ResourceNotFoundException', 'Task does not exist.', 404),
  )
  await start(deadLetters.arn)
  assert.equal((await ended(deadLetters.arn)).Status, 'COMPLETED')
})

const GONE = 'AWS.SimpleQueueService.NonExistentQueue'

test('a task fails when its destination is deleted', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  await deadLetters.fill(await deadLetters.createSource(), ...'abcdefghij')
  const destination = await fixture.createQueue()
  await start(deadLetters.arn, { DestinationArn: await fixture.arnOf(destination), MaxNumberOfMessagesPerSecond: 1 })
  await sqs.deleteQueue({ QueueUrl: destination })
  const task = await ended(deadLetters.arn, 1)
  assert.equal(task.Status, 'FAILED')
  assert.equal(task.FailureReason, GONE)
  assert.equal(task.TaskHandle, undefined)
})

test('a task fails at the first message whose queue is gone, and what it moved before is moved', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const [kept, deleted] = [await deadLetters.createSource(), await deadLetters.createSource()]
  await deadLetters.fill(kept, 'a', 'b')
  await deadLetters.fill(deleted, 'c')
  await deadLetters.fill(kept, 'd')
  await sqs.deleteQueue({ QueueUrl: deleted })
  await start(deadLetters.arn)
  const task = await ended(deadLetters.arn)
  assert.equal(task.Status, 'FAILED')
  assert.equal(task.FailureReason, GONE)
  assert.equal(task.ApproximateNumberOfMessagesMoved, 2)
  assert.deepEqual(await fixture.depth(deadLetters.url), { ...idle, visible: 2 })
  assert.deepEqual(await fixture.depth(kept), { ...idle, visible: 2 })
})

test('tasks are listed newest first, one unless more are asked for, and ten at most', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  await deadLetters.createSource()
  assert.deepEqual(await list(deadLetters.arn), [])
  for (let rate = 1; rate <= 12; rate++) {
    await start(deadLetters.arn, { MaxNumberOfMessagesPerSecond: rate })
    assert.equal((await ended(deadLetters.arn)).Status, 'COMPLETED')
  }
  const rates = async (max?: number) =>
    (await list(deadLetters.arn, max)).map(({ MaxNumberOfMessagesPerSecond }) => MaxNumberOfMessagesPerSecond)
  assert.deepEqual(await rates(), [12])
  assert.deepEqual(await rates(3), [12, 11, 10])
  assert.deepEqual(await rates(10), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3])
  for (const max of [0, 11])
    await assert.rejects(list(deadLetters.arn, max), refusal('InvalidParameterValue', /MaxResults/))
})

test('a queue that takes the name of a deleted one has none of its tasks', async () => {
  const deadLetters = await DeadLetters.create(fixture)
  const source = await deadLetters.createSource()
  await deadLetters.fill(source, ...'abcdefghij')
  await start(deadLetters.arn, { MaxNumberOfMessagesPerSecond: 1 })
  await sqs.deleteQueue({ QueueUrl: deadLetters.url })
  await fixture.createQueue({}, deadLetters.url.split('/').at(-1))
  assert.deepEqual(await list(deadLetters.arn), [])
  await start(deadLetters.arn)
  assert.equal((await ended(deadLetters.arn)).ApproximateNumberOfMessagesMoved, 0)
})
