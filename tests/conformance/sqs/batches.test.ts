/** Batches: what fails a request as a whole, and what fails one entry of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const queue = await fixture.createQueue()

interface Failure {
  readonly Id: string
  readonly SenderFault: boolean
  readonly Code: string
  readonly Message: string
}

const BAD_ID =
  'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.'

const operations = [
  { operation: 'SendMessageBatch', content: { MessageBody: 'x' } },
  { operation: 'DeleteMessageBatch', content: { ReceiptHandle: 'x' } },
  { operation: 'ChangeMessageVisibilityBatch', content: { ReceiptHandle: 'x', VisibilityTimeout: 0 } },
] as const

for (const { operation, content } of operations) {
  const kind = `${operation}RequestEntry`
  const batch = (...ids: readonly unknown[]) => ids.map((Id) => ({ Id, ...content }))
  const code = (name: string) => `AWS.SimpleQueueService.${name};Sender`

  const cases: readonly { name: string; entries: unknown; error: string; message: string }[] = [
    {
      name: 'without Entries',
      entries: undefined,
      error: 'MissingParameter;Sender',
      message: 'The request must contain the parameter Entries.',
    },
    {
      name: 'without an entry',
      entries: [],
      error: code('EmptyBatchRequest'),
      message: `There should be at least one ${kind} in the request.`,
    },
    {
      name: 'of eleven',
      entries: batch(...'abcdefghijk'),
      error: code('TooManyEntriesInBatchRequest'),
      message: 'Maximum number of entries per request are 10. You have sent 11.',
    },
    {
      name: 'with an entry that has no id',
      entries: [...batch('a'), content],
      error: 'MissingParameter;Sender',
      message: `The request must contain the parameter ${kind}.2.Id.`,
    },
    { name: 'with an empty id', entries: batch('a', ''), error: code('InvalidBatchEntryId'), message: BAD_ID },
    {
      name: 'with an id of 81 characters',
      entries: batch('x'.repeat(81)),
      error: code('InvalidBatchEntryId'),
      message: BAD_ID,
    },
    { name: 'with a dot in an id', entries: batch('a.b'), error: code('InvalidBatchEntryId'), message: BAD_ID },
    {
      name: 'with an id twice',
      entries: batch('a', 'b', 'c', 'b', 'a'),
      error: code('BatchEntryIdsNotDistinct'),
      message: 'Id b repeated.',
    },
  ]

  for (const [name, parameters] of [
    ['no entry parameter', {}],
    ['an Entries parameter that is empty', { Entries: '' }],
    ['an entry parameter that is empty', { [kind]: '' }],
  ] as const) {
    test(`${operation} over Query with ${name} is an empty batch`, async () => {
      const { status, xml } = await fixture.query({ Action: operation, QueueUrl: queue, ...parameters })
      assert.match(xml, /<Code>AWS\.SimpleQueueService\.EmptyBatchRequest<\/Code>/)
      assert.ok(xml.includes(`<Message>There should be at least one ${kind} in the request.</Message>`), xml)
      assert.equal(status, 400)
    })
  }

  for (const { name, entries, error, message } of cases) {
    test(`${operation} ${name} fails as a whole`, async () => {
      const { status, queryError, body } = await fixture.json(operation, { QueueUrl: queue, Entries: entries })
      assert.equal(queryError, error)
      assert.equal(body.message, message)
      assert.equal(status, 400)
    })
  }

  test(`${operation} takes an id of 80 characters`, async () => {
    const { status } = await fixture.json(operation, { QueueUrl: queue, Entries: batch('x'.repeat(80)) })
    assert.equal(status, 200)
  })

  test(`${operation} on a queue that does not exist is refused for that`, async () => {
    const { queryError } = await fixture.json(operation, { QueueUrl: `${queue}-gone`, Entries: batch('a', 'a') })
    assert.equal(queryError, code('NonExistentQueue'))
  })
}

test('a batch that fails as a whole has sent nothing', async () => {
  const own = await fixture.createQueue()
  const Entries = ['a', 'b', 'a'].map((Id) => ({ Id, MessageBody: Id }))
  await assert.rejects(sqs.sendMessageBatch({ QueueUrl: own, Entries }))
  assert.deepEqual(await fixture.depth(own), { visible: 0, inFlight: 0, delayed: 0 })
})

const HALF = 'x'.repeat(524_288)

test('the messages of a batch may come to a mebibyte together, and not one byte more', async () => {
  const own = await fixture.createQueue()
  const entries = (...bodies: readonly string[]) => bodies.map((MessageBody, i) => ({ Id: `m${i}`, MessageBody }))
  const { Successful } = await sqs.sendMessageBatch({ QueueUrl: own, Entries: entries(HALF, HALF) })
  assert.equal(Successful?.length, 2)
  const whole = refusal(
    'AWS.SimpleQueueService.BatchRequestTooLong',
    'Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.',
  )
  await assert.rejects(sqs.sendMessageBatch({ QueueUrl: own, Entries: entries(HALF, HALF, 'x') }), whole)
  assert.equal((await fixture.depth(own)).visible, 2)
})

test('the limit of a queue applies to each message of a batch, and fails that one alone', async () => {
  const small = await fixture.createQueue({ MaximumMessageSize: '1024' })
  const { Successful, Failed } = await sqs.sendMessageBatch({
    QueueUrl: small,
    Entries: [
      { Id: 'fits', MessageBody: 'x'.repeat(1024) },
      { Id: 'long', MessageBody: 'x'.repeat(1025) },
      { Id: 'fits-too', MessageBody: 'x'.repeat(1024) },
    ],
  })
  assert.deepEqual(
    Successful?.map(({ Id }) => Id),
    ['fits', 'fits-too'],
  )
  assert.deepEqual(Failed, [
    {
      Id: 'long',
      SenderFault: true,
      Code: 'InvalidParameterValue',
      Message: 'One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.',
    },
  ])
})

test('on a standard queue good entries are sent and bad ones reported, each in the order of the request', async () => {
  const own = await fixture.createQueue()
  const trace = { DataType: 'String', StringValue: 'x' }
  const { status, body } = await fixture.json('SendMessageBatch', {
    QueueUrl: own,
    Entries: [
      { Id: 'no-body' },
      { Id: 'one', MessageBody: 'one' },
      { Id: 'illegal', MessageBody: '\u0000' },
      { Id: 'delay', MessageBody: 'x', DelaySeconds: 901 },
      { Id: 'two', MessageBody: 'two', MessageAttributes: { Hello: { DataType: 'String', StringValue: 'World' } } },
      { Id: 'attribute', MessageBody: 'x', MessageAttributes: { 'AWS.a': trace } },
      { Id: 'deduplication', MessageBody: 'x', MessageDeduplicationId: 'd' },
      { Id: 'empty', MessageBody: '' },
    ],
  })
  assert.equal(status, 200)
  const successful = body.Successful as Record<string, string>[]
  assert.deepEqual(
    successful.map(({ Id }) => Id),
    ['one', 'two'],
  )
  assert.equal(successful[1]?.MD5OfMessageAttributes, '7db7fb1ba7f41366a8ea5eb18220b26d')
  const failed = body.Failed as Failure[]
  assert.deepEqual(
    failed.map(({ Id, Code }) => [Id, Code]),
    [
      ['no-body', 'MissingParameter'],
      ['illegal', 'InvalidMessageContents'],
      ['delay', 'InvalidParameterValue'],
      ['attribute', 'InvalidParameterValue'],
      ['deduplication', 'InvalidParameterValue'],
      ['empty', 'MissingParameter'],
    ],
  )
  assert.ok(failed.every(({ SenderFault }) => SenderFault))
  assert.equal(failed[0]?.Message, 'The request must contain the parameter SendMessageBatchRequestEntry.1.MessageBody.')
  assert.deepEqual((await fixture.bodies(own)).sort(), ['one', 'two'])
})

test('a batch of which every entry fails still succeeds, without a list of successes', async () => {
  const { status, body } = await fixture.json('SendMessageBatch', { QueueUrl: queue, Entries: [{ Id: 'a' }] })
  assert.equal(status, 200)
  assert.equal('Successful' in body, false)
})

test('a batch of which no entry fails has no list of failures', async () => {
  const { body } = await fixture.json('SendMessageBatch', { QueueUrl: queue, Entries: [{ Id: 'a', MessageBody: 'x' }] })
  assert.equal('Failed' in body, false)
})

const fifoBatch = (...entries: readonly object[]) =>
  entries.map((entry, i) => ({
    Id: `e${i}`,
    MessageBody: `m${i}`,
    MessageGroupId: 'g',
    MessageDeduplicationId: `d${i}`,
    ...entry,
  }))

const NO_GROUP = 'The request must contain the parameter MessageGroupId.'
const NO_DEDUPLICATION =
  'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly'

for (const { name, entry, code, message } of [
  { name: 'no group id', entry: { MessageGroupId: undefined }, code: 'InvalidParameterValue', message: NO_GROUP },
  {
    name: 'no deduplication id',
    entry: { MessageDeduplicationId: undefined },
    code: 'InvalidParameterValue',
    message: NO_DEDUPLICATION,
  },
  {
    name: 'a delay of its own',
    entry: { DelaySeconds: 1 },
    code: 'InvalidParameterValue',
    message: /not valid for this queue type/,
  },
  {
    name: 'an illegal body',
    entry: { MessageBody: '\u0001' },
    code: 'InvalidMessageContents',
    message: /^Invalid characters/,
  },
]) {
  test(`on a FIFO queue an entry with ${name} fails the whole batch`, async () => {
    const fifo = await fixture.createFifoQueue()
    const Entries = fifoBatch({}, entry)
    await assert.rejects(sqs.sendMessageBatch({ QueueUrl: fifo, Entries }), refusal(code, message))
    assert.equal((await fixture.depth(fifo)).visible, 0)
    const { Successful } = await sqs.sendMessageBatch({ QueueUrl: fifo, Entries: fifoBatch({}) })
    assert.equal(Successful?.length, 1)
  })
}

test('entries of a deletion and of a change of visibility fail alone', async () => {
  const own = await fixture.createQueue()
  await fixture.send(own, 'x')
  const { ReceiptHandle } = await fixture.receiveOne(own)
  const changed = await fixture.json('ChangeMessageVisibilityBatch', {
    QueueUrl: own,
    Entries: [
      { Id: 'garbage', ReceiptHandle: 'x', VisibilityTimeout: 1 },
      { Id: 'no-handle', VisibilityTimeout: 1 },
      { Id: 'no-timeout', ReceiptHandle },
      { Id: 'too-long', ReceiptHandle, VisibilityTimeout: 43_201 },
      { Id: 'good', ReceiptHandle, VisibilityTimeout: 60 },
    ],
  })
  assert.equal(changed.status, 200)
  assert.deepEqual(changed.body.Successful, [{ Id: 'good' }])
  const missing = (parameter: string) =>
    `The request must contain the parameter ChangeMessageVisibilityBatchRequestEntry.${parameter}.`
  assert.deepEqual(
    (changed.body.Failed as Failure[]).map(({ Id, Code, Message }) => [Id, Code, Message]),
    [
      ['garbage', 'ReceiptHandleIsInvalid', 'The input receipt handle "x" is not a valid receipt handle.'],
      ['no-handle', 'MissingParameter', missing('2.ReceiptHandle')],
      ['no-timeout', 'MissingParameter', missing('3.VisibilityTimeout')],
      [
        'too-long',
        'InvalidParameterValue',
        'Value 43201 for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.',
      ],
    ],
  )
  const deleted = await fixture.json('DeleteMessageBatch', {
    QueueUrl: own,
    Entries: [{ Id: 'garbage', ReceiptHandle: 'x' }, { Id: 'no-handle' }, { Id: 'good', ReceiptHandle }],
  })
  assert.deepEqual(deleted.body.Successful, [{ Id: 'good' }])
  assert.deepEqual(
    (deleted.body.Failed as Failure[]).map(({ Id, Code }) => [Id, Code]),
    [
      ['garbage', 'ReceiptHandleIsInvalid'],
      ['no-handle', 'MissingParameter'],
    ],
  )
  assert.deepEqual(await fixture.depth(own), { visible: 0, inFlight: 0, delayed: 0 })
})

test('one message named twice in a deletion is deleted, and counted, once', async () => {
  const own = await fixture.createQueue()
  await fixture.send(own, 'x')
  await fixture.send(own, 'y')
  const { ReceiptHandle } = (await fixture.receive(own, { MaxNumberOfMessages: 1 }))[0] ?? {}
  const Entries = ['a', 'b'].map((Id) => ({ Id, ReceiptHandle }))
  const { Successful } = await sqs.deleteMessageBatch({ QueueUrl: own, Entries })
  assert.deepEqual(Successful, [{ Id: 'a' }, { Id: 'b' }])
  assert.deepEqual(await fixture.depth(own), { visible: 1, inFlight: 0, delayed: 0 })
})
