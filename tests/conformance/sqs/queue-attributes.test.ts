/** Queue attributes: which a fresh queue shows, the ranges of those that can be set, and what is refused in which words. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const standard = await fixture.createQueue()
const fifo = await fixture.createFifoQueue()

const set = (QueueUrl: string, Attributes: Record<string, string>) => sqs.setQueueAttributes({ QueueUrl, Attributes })
const allOf = async (QueueUrl: string): Promise<Record<string, string>> =>
  (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: ['All'] })).Attributes ?? {}
const invalidValueOf = (name: string, reason = '') =>
  refusal('InvalidAttributeValue', `Invalid value for the parameter ${name}.${reason}`)
const unknown = (name: string) => refusal('InvalidAttributeName', `Unknown Attribute ${name}.`)

const DEFAULTS = {
  ApproximateNumberOfMessages: '0',
  ApproximateNumberOfMessagesDelayed: '0',
  ApproximateNumberOfMessagesNotVisible: '0',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
}
const FIFO_DEFAULTS = {
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  FifoQueue: 'true',
  FifoThroughputLimit: 'perQueue',
}

for (const [type, create, expected] of [
  ['standard', () => fixture.createQueue(), DEFAULTS],
  ['FIFO', () => fixture.createFifoQueue(), { ...DEFAULTS, ...FIFO_DEFAULTS }],
] as const) {
  test(`a fresh ${type} queue shows exactly its defaults, its ARN and when it was made`, async () => {
    const earliest = Math.floor(fixture.node.clock.now() / 1000)
    const queue = await create()
    const latest = Math.floor(fixture.node.clock.now() / 1000)
    const { CreatedTimestamp, LastModifiedTimestamp, QueueArn, ...others } = await allOf(queue)
    assert.deepEqual(others, expected)
    assert.equal(QueueArn, `arn:aws:sqs:us-east-1:000000000000:${queue.split('/').at(-1)}`)
    assert.ok(Number(CreatedTimestamp) >= earliest && Number(CreatedTimestamp) <= latest, CreatedTimestamp)
    assert.equal(LastModifiedTimestamp, CreatedTimestamp)
  })
}

test('of the attributes asked for, those that the queue has are shown; none asked for, none shown', async () => {
  const ask = async (...AttributeNames: string[]) =>
    (await sqs.getQueueAttributes({ QueueUrl: standard, AttributeNames: AttributeNames as 'All'[] })).Attributes
  assert.deepEqual(await ask('DelaySeconds', 'Policy', 'VisibilityTimeout', 'FifoQueue', 'DelaySeconds'), {
    DelaySeconds: '0',
    VisibilityTimeout: '30',
  })
  assert.equal(await ask('RedrivePolicy'), undefined)
  assert.equal(await ask(), undefined)
  assert.deepEqual((await fixture.json('GetQueueAttributes', { QueueUrl: standard })).body, {})
  await assert.rejects(ask('DelaySeconds', 'Foobar'), unknown('Foobar'))
  await assert.rejects(ask('All', 'Foobar'), unknown('Foobar'))
  await assert.rejects(ask('delaySeconds'), unknown('delaySeconds'))
  await assert.rejects(ask('constructor'), unknown('constructor'))
})

for (const [name, min, max] of [
  ['DelaySeconds', 0, 900],
  ['MaximumMessageSize', 1024, 1_048_576],
  ['MessageRetentionPeriod', 60, 1_209_600],
  ['ReceiveMessageWaitTimeSeconds', 0, 20],
  ['VisibilityTimeout', 0, 43_200],
  ['KmsDataKeyReusePeriodSeconds', 60, 86_400],
] as const) {
  test(`${name} can be ${min} to ${max}, when a queue is created and later`, async () => {
    const queue = await fixture.createQueue({ KmsMasterKeyId: 'alias/aws/sqs' })
    for (const value of [min, max].map(String)) {
      await set(queue, { [name]: value })
      assert.equal(await fixture.attribute(queue, name), value)
      const created = await fixture.createQueue({ KmsMasterKeyId: 'alias/aws/sqs', [name]: value })
      assert.equal(await fixture.attribute(created, name), value)
    }
    for (const value of [String(min - 1), String(max + 1), 'abc', '', ' ', `${max}.0`, `${max} `, '1e2', '0x50']) {
      await assert.rejects(set(queue, { [name]: value }), invalidValueOf(name))
      await assert.rejects(fixture.createQueue({ [name]: value }), invalidValueOf(name))
    }
    assert.equal(await fixture.attribute(queue, name), String(max))
  })
}

for (const name of [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
  'QueueArn',
  'All',
  'Foobar',
  '__proto__',
]) {
  test(`${name} can not be set`, async () => {
    const Attributes = Object.fromEntries([[name, '1']])
    for (const [operation, input] of [
      ['SetQueueAttributes', { QueueUrl: standard, Attributes }],
      ['CreateQueue', { QueueName: fixture.newName(), Attributes }],
    ] as const) {
      const { body, queryError, status } = await fixture.json(operation, input)
      assert.equal(body.message, `Unknown Attribute ${name}.`)
      assert.equal(queryError, 'InvalidAttributeName;Sender')
      assert.equal(status, 400)
    }
  })
}

for (const [name, value] of [
  ['FifoQueue', 'true'],
  ['ContentBasedDeduplication', 'false'],
] as const) {
  test(`${name} is unknown to a standard queue`, async () => {
    await assert.rejects(set(standard, { [name]: value }), unknown(name))
    if (name !== 'FifoQueue') await assert.rejects(fixture.createQueue({ [name]: value }), unknown(name))
  })
}

for (const [name, value] of [
  ['DeduplicationScope', 'queue'],
  ['FifoThroughputLimit', 'perQueue'],
] as const) {
  test(`${name} is known to a standard queue, and refused`, async () => {
    const message = `You can specify the ${name} only when FifoQueue is set to true.`
    await assert.rejects(set(standard, { [name]: value }), refusal('InvalidAttributeName', message))
    await assert.rejects(fixture.createQueue({ [name]: value }), refusal('InvalidAttributeName', message))
  })
}

test('the type of a queue can be confirmed, and not changed', async () => {
  await set(fifo, { FifoQueue: 'true' })
  await assert.rejects(
    set(fifo, { FifoQueue: 'false' }),
    invalidValueOf('FifoQueue', ' Reason: Modifying queue type is not supported.'),
  )
  assert.equal(await fixture.attribute(fifo, 'FifoQueue'), 'true')
})

test('booleans are read in any case and shown in lower case', async () => {
  const queue = await fixture.createFifoQueue({ FifoQueue: 'TRUE', ContentBasedDeduplication: 'True' })
  assert.equal(await fixture.attribute(queue, 'ContentBasedDeduplication'), 'true')
  await set(queue, { ContentBasedDeduplication: 'FALSE' })
  assert.equal(await fixture.attribute(queue, 'ContentBasedDeduplication'), 'false')
  for (const value of ['', 'yes', '1']) {
    await assert.rejects(set(queue, { ContentBasedDeduplication: value }), invalidValueOf('ContentBasedDeduplication'))
  }
})

test('throughput per message group needs deduplication per message group', async () => {
  const refused = refusal(
    'InvalidAttributeValue',
    'The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup',
  )
  await assert.rejects(set(fifo, { FifoThroughputLimit: 'perMessageGroupId' }), refused)
  const high = { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' }
  const queue = await fixture.createFifoQueue(high)
  await assert.rejects(set(queue, { DeduplicationScope: 'queue' }), refused)
  await set(queue, { DeduplicationScope: 'queue', FifoThroughputLimit: 'perQueue' })
  assert.equal(await fixture.attribute(queue, 'DeduplicationScope'), 'queue')
  await assert.rejects(set(queue, { DeduplicationScope: 'group' }), invalidValueOf('DeduplicationScope'))
})

test('SetQueueAttributes changes what is listed and nothing else, all or nothing', async () => {
  const queue = await fixture.createQueue({ DelaySeconds: '1', VisibilityTimeout: '2' })
  await set(queue, { VisibilityTimeout: '3' })
  await assert.rejects(set(queue, { DelaySeconds: '4', VisibilityTimeout: 'x' }), invalidValueOf('VisibilityTimeout'))
  const { DelaySeconds, VisibilityTimeout } = await allOf(queue)
  assert.deepEqual({ DelaySeconds, VisibilityTimeout }, { DelaySeconds: '1', VisibilityTimeout: '3' })
})

test('SetQueueAttributes without an attribute lacks a parameter, in both protocols', async () => {
  const message = 'The request must contain the parameter Attribute.Name.'
  await assert.rejects(set(standard, {}), refusal('MissingParameter', message))
  for (const Attributes of [undefined, null, { DelaySeconds: null }]) {
    const { body, queryError } = await fixture.json('SetQueueAttributes', { QueueUrl: standard, Attributes })
    assert.equal(body.message, message)
    assert.equal(queryError, 'MissingParameter;Sender')
  }
  const { xml } = await fixture.query({ Action: 'SetQueueAttributes', QueueUrl: standard })
  assert.ok(xml.includes(`<Code>MissingParameter</Code><Message>${message}</Message>`), xml)
})

test('LastModifiedTimestamp follows changes, CreatedTimestamp stays', async () => {
  const queue = await fixture.createQueue()
  const before = await allOf(queue)
  fixture.advance(100)
  await set(queue, { DelaySeconds: '1' })
  const after = await allOf(queue)
  assert.equal(after.CreatedTimestamp, before.CreatedTimestamp)
  assert.ok(Number(after.LastModifiedTimestamp) >= Number(before.LastModifiedTimestamp) + 100)
  fixture.advance(100)
  await assert.rejects(set(queue, { DelaySeconds: 'x' }))
  assert.equal(await fixture.attribute(queue, 'LastModifiedTimestamp'), after.LastModifiedTimestamp)
})

test('the counts tell visible, delayed and received messages apart', async () => {
  const queue = await fixture.createQueue()
  for (const body of 'abc') await fixture.send(queue, body)
  await fixture.send(queue, 'later', { DelaySeconds: 60 })
  await fixture.receive(queue, { MaxNumberOfMessages: 2 })
  assert.deepEqual(await fixture.depth(queue), { visible: 1, inFlight: 2, delayed: 1 })
  fixture.advance(60)
  assert.deepEqual(await fixture.depth(queue), { visible: 4, inFlight: 0, delayed: 0 })
})

test('a shorter retention period applies at once to what is in the queue', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'old')
  fixture.advance(61)
  await fixture.send(queue, 'new')
  await set(queue, { MessageRetentionPeriod: '60' })
  assert.equal((await fixture.depth(queue)).visible, 1)
  assert.deepEqual(await fixture.bodies(queue), ['new'])
})
