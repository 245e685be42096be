/** ReceiveMessage: the ranges of its parameters, what an empty receive answers, and the system attributes it returns. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const queue = await fixture.createQueue()

const ranges = [
  { parameter: 'MaxNumberOfMessages', min: 1, max: 10, reason: 'Must be between 1 and 10, if provided.' },
  { parameter: 'WaitTimeSeconds', min: 0, max: 20, reason: 'Must be >= 0 and <= 20, if provided.' },
  { parameter: 'VisibilityTimeout', min: 0, max: 43_200, reason: 'Must be >= 0 and <= 43200, if provided.' },
] as const

for (const { parameter, min, max, reason } of ranges) {
  test(`${parameter} is from ${min} to ${max}`, async () => {
    for (const value of [min - 1, max + 1]) {
      await assert.rejects(fixture.receive(queue, { [parameter]: value }), invalidValue(parameter, value, reason))
    }
    await fixture.send(queue, 'x') // so that the longest wait ends at once
    for (const value of [max, min]) {
      await fixture.receive(queue, { [parameter]: value })
      await sqs.sendMessage({ QueueUrl: queue, MessageBody: 'x' })
    }
  })
}

test('a receive from a queue that does not exist is refused for that', async () => {
  await assert.rejects(
    fixture.receive(`${queue}-gone`, { MaxNumberOfMessages: 11 }),
    refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.'),
  )
})

test('a receive of nothing has no list of messages, in either protocol', async () => {
  const own = await fixture.createQueue()
  assert.equal((await fixture.json('ReceiveMessage', { QueueUrl: own })).text, '{}')
  const { status, xml } = await fixture.query({ Action: 'ReceiveMessage', QueueUrl: own })
  assert.equal(status, 200)
  assert.match(xml, /<ReceiveMessageResult\/>|<ReceiveMessageResult><\/ReceiveMessageResult>/)
})

test('a receive takes one message unless it asks for more', async () => {
  const own = await fixture.createQueue()
  for (const body of ['a', 'b', 'c']) await fixture.send(own, body)
  const { Messages } = await sqs.receiveMessage({ QueueUrl: own })
  assert.deepEqual(
    Messages?.map(({ Body }) => Body),
    ['a'],
  )
  assert.deepEqual(await fixture.bodies(own), ['b', 'c'])
})

test('receives that arrive together share the messages, and none gets one twice', async () => {
  const own = await fixture.createQueue()
  const Entries = Array.from({ length: 10 }, (_, i) => ({ Id: `m${i}`, MessageBody: `m${i}` }))
  await sqs.sendMessageBatch({ QueueUrl: own, Entries })
  const received = await Promise.all(Array.from({ length: 8 }, () => fixture.bodies(own, { MaxNumberOfMessages: 2 })))
  assert.deepEqual(
    received.flat().sort(),
    Entries.map(({ MessageBody }) => MessageBody),
  )
})

test('what was visible first is received first', async () => {
  const own = await fixture.createQueue()
  await fixture.send(own, 'late', { DelaySeconds: 10 })
  await fixture.send(own, 'early')
  await fixture.send(own, 'between', { DelaySeconds: 5 })
  fixture.advance(10)
  for (const body of ['early', 'between', 'late']) {
    assert.deepEqual(await fixture.bodies(own, { MaxNumberOfMessages: 1 }), [body])
  }
})

const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793'

/** A standard queue with one message that has a trace header. */
async function queueWithMessage(): Promise<string> {
  const own = await fixture.createQueue()
  await fixture.send(own, 'x', {
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: TRACE } },
  })
  return own
}

const OF_EVERY_MESSAGE = ['ApproximateFirstReceiveTimestamp', 'ApproximateReceiveCount', 'SenderId', 'SentTimestamp']

const selections: readonly { older?: string[]; newer?: string[]; selected: string[] | undefined }[] = [
  { selected: undefined },
  { newer: [], selected: undefined },
  { newer: ['SenderId'], selected: ['SenderId'] },
  { older: ['SenderId'], selected: ['SenderId'] },
  { older: ['SentTimestamp'], newer: ['SenderId', 'SenderId'], selected: ['SenderId', 'SentTimestamp'] },
  { older: ['All'], selected: ['AWSTraceHeader', ...OF_EVERY_MESSAGE] },
  { newer: ['All'], selected: ['AWSTraceHeader', ...OF_EVERY_MESSAGE] },
  { older: ['SenderId'], newer: ['All'], selected: ['AWSTraceHeader', ...OF_EVERY_MESSAGE] },
  { newer: ['AWSTraceHeader', 'MessageGroupId'], selected: ['AWSTraceHeader'] },
  { newer: ['SequenceNumber', 'DeadLetterQueueSourceArn'], selected: undefined },
  { newer: ['SqsManagedSseEnabled'], selected: undefined },
]

for (const { older, newer, selected } of selections) {
  test(`AttributeNames [${older ?? ''}] with MessageSystemAttributeNames [${newer ?? ''}] returns [${selected ?? ''}]`, async () => {
    const request = { QueueUrl: await queueWithMessage(), AttributeNames: older, MessageSystemAttributeNames: newer }
    const { body } = await fixture.json('ReceiveMessage', request)
    const [message] = body.Messages as { Attributes?: Record<string, string> }[]
    assert.deepEqual(message?.Attributes && Object.keys(message.Attributes).sort(), selected)
  })
}

test('an unknown system attribute is refused', async () => {
  await assert.rejects(
    fixture.receive(queue, { MessageSystemAttributeNames: ['Nonsense' as 'All'] }),
    refusal('InvalidAttributeName', 'Unknown Attribute Nonsense.'),
  )
})

test('the Query protocol selects system attributes by AttributeName, and message attributes by MessageAttributeName', async () => {
  const own = await fixture.createQueue()
  await fixture.send(own, 'x', { MessageAttributes: { Hello: { DataType: 'String', StringValue: 'World' } } })
  const receive = { Action: 'ReceiveMessage', QueueUrl: own, VisibilityTimeout: '0' }
  const bare = await fixture.query(receive)
  assert.doesNotMatch(bare.xml, /Attribute/)
  const one = await fixture.query({ ...receive, 'AttributeName.1': 'SenderId' })
  assert.deepEqual(one.xml.match(/<Name>\w+<\/Name>/g), ['<Name>SenderId</Name>'])
  const all = await fixture.query({ ...receive, 'AttributeName.1': 'All', 'MessageAttributeName.1': 'Hello' })
  for (const name of [...OF_EVERY_MESSAGE, 'Hello']) assert.ok(all.xml.includes(`<Name>${name}</Name>`), name)
  assert.ok(all.xml.includes('<MD5OfMessageAttributes>7db7fb1ba7f41366a8ea5eb18220b26d<'))
})

test('all attributes of a FIFO message are those of any message, its ids and its sequence number', async () => {
  const fifo = await fixture.createFifoQueue()
  const { SequenceNumber } = await fixture.send(fifo, 'x', { MessageGroupId: 'g', MessageDeduplicationId: 'd' })
  const { Attributes } = await fixture.receiveOne(fifo)
  assert.deepEqual(
    Object.keys(Attributes).sort(),
    [...OF_EVERY_MESSAGE, 'MessageDeduplicationId', 'MessageGroupId', 'SequenceNumber'].sort(),
  )
  assert.equal(Attributes.SequenceNumber, SequenceNumber)
  assert.equal(Attributes.MessageGroupId, 'g')
  assert.equal(Attributes.MessageDeduplicationId, 'd')
})

test('times are in milliseconds, and the sender is who sent it', async () => {
  const own = await fixture.createQueue()
  const before = fixture.node.clock.now()
  await fixture.send(own, 'x')
  fixture.advance(5)
  const { Attributes } = await fixture.receiveOne(own)
  const sent = Number(Attributes.SentTimestamp)
  const received = Number(Attributes.ApproximateFirstReceiveTimestamp)
  assert.ok(sent >= before && sent <= fixture.node.clock.now() - 5000)
  assert.ok(received >= sent + 5000 && received <= fixture.node.clock.now())
  assert.match(String(Attributes.SenderId), /^AIDA[A-Z2-7]{17}$/)
})
