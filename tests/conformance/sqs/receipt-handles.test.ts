/** Receipt handles: which of them delete a message, and which are refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, refusal, type SqsFixture, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const EMPTY = { visible: 0, inFlight: 0, delayed: 0 }

async function standardQueueWithMessage(): Promise<string> {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  return queue
}

async function fifoQueueWithMessage(): Promise<string> {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, 'g-1')
  return queue
}

const kinds = [
  { kind: 'standard', create: standardQueueWithMessage },
  { kind: 'FIFO', create: fifoQueueWithMessage },
]

const invalidHandle = (handle: string) =>
  refusal('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`, 404)

/** Deletes and changes by a handle. */
const uses: readonly ((on: SqsFixture, queue: string, handle: string) => Promise<unknown>)[] = [
  (on, queue, ReceiptHandle) => on.delete(queue, { ReceiptHandle }),
  (on, queue, ReceiptHandle) => on.changeVisibility(queue, { ReceiptHandle }, 1),
]

for (const { kind, create } of kinds) {
  test(`${kind}: a message is deleted by its handle, and deleting it again succeeds`, async () => {
    const queue = await create()
    const message = await fixture.receiveOne(queue)
    await fixture.delete(queue, message)
    assert.deepEqual(await fixture.depth(queue), EMPTY)
    await fixture.delete(queue, message)
    fixture.advance(30)
    assert.deepEqual(await fixture.receive(queue), [])
  })

  test(`${kind}: what is no handle is refused`, async () => {
    const queue = await create()
    const { ReceiptHandle } = await fixture.receiveOne(queue)
    const tampered = ReceiptHandle.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    for (const handle of ['garbage', 'a b', `${ReceiptHandle}A`, ReceiptHandle.slice(1), tampered]) {
      for (const use of uses) await assert.rejects(use(fixture, queue, handle), invalidHandle(handle))
    }
    assert.equal((await fixture.depth(queue)).inFlight, 1)
  })

  test(`${kind}: the handle of another queue is refused, and leaves that queue's message alone`, async () => {
    const queue = await create()
    const other = await create()
    await fixture.receive(queue)
    const { ReceiptHandle } = await fixture.receiveOne(other)
    for (const use of uses) await assert.rejects(use(fixture, queue, ReceiptHandle), invalidHandle(ReceiptHandle))
    assert.equal((await fixture.depth(other)).inFlight, 1)
    assert.equal((await fixture.depth(queue)).inFlight, 1)
  })

  test(`${kind}: a message that was purged counts as deleted`, async () => {
    const queue = await create()
    const message = await fixture.receiveOne(queue)
    await sqs.purgeQueue({ QueueUrl: queue })
    await fixture.delete(queue, message)
    await assert.rejects(
      fixture.changeVisibility(queue, message, 1),
      refusal('InvalidParameterValue', /Reason: Message does not exist or is not available/),
    )
  })

  test(`${kind}: a message that outlived its retention counts as deleted`, async () => {
    const queue = await create()
    const message = await fixture.receiveOne(queue)
    fixture.advance(345_600)
    await fixture.delete(queue, message)
  })
}

test('a queue made anew under an old name refuses the handles of the old one', async () => {
  const queue = await standardQueueWithMessage()
  const { ReceiptHandle } = await fixture.receiveOne(queue)
  await sqs.deleteQueue({ QueueUrl: queue })
  fixture.advance(60)
  await fixture.createQueue({}, new URL(queue).pathname.split('/').at(-1))
  await fixture.send(queue, 'y')
  for (const use of uses) await assert.rejects(use(fixture, queue, ReceiptHandle), invalidHandle(ReceiptHandle))
  assert.deepEqual(await fixture.bodies(queue), ['y'])
})

test('every receive gives a handle of its own', async () => {
  const queue = await standardQueueWithMessage()
  const handles = new Set<string>()
  for (let i = 0; i < 5; i++) handles.add((await fixture.receiveOne(queue, { VisibilityTimeout: 0 })).ReceiptHandle)
  assert.equal(handles.size, 5)
})

test('standard: a handle deletes its message after the timeout has passed', async () => {
  const queue = await standardQueueWithMessage()
  const message = await fixture.receiveOne(queue)
  fixture.advance(30)
  await fixture.delete(queue, message)
  assert.deepEqual(await fixture.depth(queue), EMPTY)
})

test('standard: an older handle deletes the message that another consumer has received since', async () => {
  const queue = await standardQueueWithMessage()
  const message = await fixture.receiveOne(queue)
  fixture.advance(30)
  const again = await fixture.receiveOne(queue)
  await fixture.delete(queue, message)
  assert.deepEqual(await fixture.depth(queue), EMPTY)
  await fixture.delete(queue, again)
})

const expired = (handle: string) => invalidValue('ReceiptHandle', handle, 'The receipt handle has expired.')

test('FIFO: a handle expires with the visibility timeout, and the message stays', async () => {
  const queue = await fifoQueueWithMessage()
  const message = await fixture.receiveOne(queue)
  fixture.advance(30)
  await assert.rejects(fixture.delete(queue, message), expired(message.ReceiptHandle))
  assert.deepEqual(await fixture.bodies(queue), ['g-1'])
})

test('FIFO: a handle is good for as long as the timeout was extended', async () => {
  const queue = await fifoQueueWithMessage()
  const message = await fixture.receiveOne(queue)
  fixture.advance(20)
  await fixture.changeVisibility(queue, message, 30)
  fixture.advance(29)
  await fixture.delete(queue, message)
  assert.deepEqual(await fixture.depth(queue), EMPTY)
})

test('FIFO: a handle expires when its message is given back', async () => {
  const queue = await fifoQueueWithMessage()
  const message = await fixture.receiveOne(queue)
  await fixture.changeVisibility(queue, message, 0)
  await assert.rejects(fixture.delete(queue, message), expired(message.ReceiptHandle))
})

test('FIFO: an older handle neither deletes nor hides the message that another consumer has received since', async () => {
  const queue = await fifoQueueWithMessage()
  const message = await fixture.receiveOne(queue)
  fixture.advance(30)
  await fixture.receiveOne(queue)
  await assert.rejects(fixture.delete(queue, message), expired(message.ReceiptHandle))
  await fixture.changeVisibility(queue, message, 0)
  assert.deepEqual(await fixture.receive(queue), [])
})

test('FIFO: in a batch of deletions an expired handle fails alone', async () => {
  const queue = await fixture.createFifoQueue()
  await fixture.sendInGroups(queue, 'g-1', 'h-1')
  const messages = await fixture.receive(queue)
  const [first, second] = messages
  await fixture.changeVisibility(queue, first ?? {}, 0)
  const { Successful, Failed } = await sqs.deleteMessageBatch({
    QueueUrl: queue,
    Entries: [
      { Id: 'released', ReceiptHandle: first?.ReceiptHandle },
      { Id: 'held', ReceiptHandle: second?.ReceiptHandle },
    ],
  })
  assert.deepEqual(Successful, [{ Id: 'held' }])
  assert.deepEqual(
    Failed?.map(({ Id, Code, SenderFault }) => ({ Id, Code, SenderFault })),
    [{ Id: 'released', Code: 'InvalidParameterValue', SenderFault: true }],
  )
  assert.deepEqual(await fixture.bodies(queue), ['g-1'])
})
