/** SendMessage: the body, its size and its digest, and the trace header that travels with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { invalidValue, refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const queue = await fixture.createQueue()

const ILLEGAL =
  'Invalid characters found. Valid unicode characters are ' +
  '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF'

test('an empty body is a missing parameter in both protocols', async () => {
  await assert.rejects(
    fixture.send(queue, ''),
    refusal('MissingParameter', 'The request must contain the parameter MessageBody.'),
  )
  for (const body of [{ MessageBody: '' }, {}]) {
    const { status, xml } = await fixture.query({ Action: 'SendMessage', QueueUrl: queue, ...body })
    assert.equal(status, 400)
    assert.match(xml, /<Code>MissingParameter<\/Code>/)
    assert.match(xml, /<Message>The request must contain the parameter MessageBody\.<\/Message>/)
  }
})

test('a message to a queue that does not exist is refused for that, whatever else is wrong with it', async () => {
  await assert.rejects(
    fixture.send(`${queue}-gone`, 'x', { DelaySeconds: 901 }),
    refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.'),
  )
})

for (const [name, body] of [
  ['the null character', 'a\u0000b'],
  ['a vertical tab', 'a\u000bb'],
  ['the noncharacter FFFE', 'a\ufffeb'],
  ['half a surrogate pair', 'a\ud800b'],
] as const) {
  test(`a body with ${name} is refused`, async () => {
    const {
      status,
      queryError,
      body: answer,
    } = await fixture.json('SendMessage', { QueueUrl: queue, MessageBody: body })
    assert.equal(status, 400)
    assert.equal(queryError, 'InvalidMessageContents;Sender')
    assert.equal(answer.message, ILLEGAL)
  })
}

const AWKWARD = ' \t\r\n<a & "b">\u{1f600}\ud7ff\ue000\ufffd\u{10ffff}]]> '

test('emoji, line ends, tabs and markup come back as they were sent', async () => {
  const own = await fixture.createQueue()
  await fixture.send(own, AWKWARD)
  assert.deepEqual(await fixture.bodies(own), [AWKWARD])
})

test('emoji, line ends, tabs and markup survive the Query protocol and its XML', async () => {
  const own = await fixture.createQueue()
  const sent = await fixture.query({ Action: 'SendMessage', QueueUrl: own, MessageBody: AWKWARD })
  assert.equal(sent.status, 200)
  const { xml } = await fixture.query({ Action: 'ReceiveMessage', QueueUrl: own, VisibilityTimeout: '0' })
  assert.match(xml, /<Body> \t&#xD;\n&lt;a &amp; /)
  assert.ok(xml.includes('\u{1f600}'))
  assert.deepEqual(await fixture.bodies(own), [AWKWARD])
})

test('the digest of the body is that of its UTF-8 bytes', async () => {
  const vectors = [
    ['message', '78e731027d8fd50ed642340b7c9a63b3'],
    ['test', '098f6bcd4621d373cade4e832627b4f6'],
    ['msg', '6e2baaf3b97dbeef01c0043275f9a0e7'],
    ['hello', '5d41402abc4b2a76b9719d911017c592'],
  ] as const
  for (const [body, digest] of vectors) {
    const own = await fixture.createQueue()
    assert.equal((await fixture.send(own, body)).MD5OfMessageBody, digest)
    assert.equal((await fixture.receiveOne(own)).MD5OfBody, digest)
  }
})

const tooLong = (bytes: number) =>
  refusal(
    'InvalidParameterValue',
    `One or more parameters are invalid. Reason: Message must be shorter than ${bytes} bytes.`,
  )

test('a message may be as long as the queue allows, in bytes, and not one byte longer', async () => {
  const small = await fixture.createQueue({ MaximumMessageSize: '1024' })
  await fixture.send(small, 'é'.repeat(512))
  await assert.rejects(fixture.send(small, `${'é'.repeat(512)}x`), tooLong(1024))
})

test('without a limit of its own a queue takes a mebibyte', async () => {
  await fixture.send(queue, 'x'.repeat(1_048_576))
  await assert.rejects(fixture.send(queue, 'x'.repeat(1_048_577)), tooLong(1_048_576))
})

test('names, types and values of attributes count as length, system attributes do not', async () => {
  const small = await fixture.createQueue({ MaximumMessageSize: '1024' })
  const attributes = {
    text: { DataType: 'String.label', StringValue: 'é' }, // 4 + 12 + 2
    data: { DataType: 'Binary', BinaryValue: new Uint8Array(5) }, // 4 + 6 + 5
  }
  const trace = { DataType: 'String' as const, StringValue: 'Root=1-5759e988-bd862e3fe1be46a994272793' }
  const options = { MessageAttributes: attributes, MessageSystemAttributes: { AWSTraceHeader: trace } }
  await fixture.send(small, 'x'.repeat(1024 - 33), options)
  await assert.rejects(fixture.send(small, 'x'.repeat(1024 - 32), options), tooLong(1024))
})

const TRACE = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'

test('a trace header sent as a system attribute has a digest and is returned on receive', async () => {
  const own = await fixture.createQueue()
  const sent = await fixture.send(own, 'x', {
    MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: TRACE } },
  })
  assert.equal(sent.MD5OfMessageSystemAttributes, '5ae4d5d7636402d80f4eb6d213245a88')
  assert.equal((await fixture.receiveOne(own)).Attributes.AWSTraceHeader, TRACE)
})

test("the request's X-Amzn-Trace-Id is kept with the message, unless the parameter says otherwise", async () => {
  const own = await fixture.createQueue()
  const header = { 'x-amzn-trace-id': TRACE }
  const { body } = await fixture.json('SendMessage', { QueueUrl: own, MessageBody: 'x' }, header)
  assert.equal(body.MD5OfMessageSystemAttributes, undefined)
  const first = await fixture.receiveOne(own)
  assert.equal(first.Attributes.AWSTraceHeader, TRACE)

  const other = 'Root=1-00000000-000000000000000000000000'
  const MessageSystemAttributes = { AWSTraceHeader: { DataType: 'String', StringValue: other } }
  await fixture.json('SendMessage', { QueueUrl: own, MessageBody: 'y', MessageSystemAttributes }, header)
  assert.equal((await fixture.receiveOne(own)).Attributes.AWSTraceHeader, other)
})

test('the trace header of a request stays with every message of its batch', async () => {
  const own = await fixture.createQueue()
  const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: Id }))
  await fixture.json('SendMessageBatch', { QueueUrl: own, Entries }, { 'x-amzn-trace-id': TRACE })
  const messages = await fixture.receive(own, { MessageSystemAttributeNames: ['AWSTraceHeader'] })
  assert.deepEqual(
    messages.map(({ Attributes }) => Attributes),
    [{ AWSTraceHeader: TRACE }, { AWSTraceHeader: TRACE }],
  )
})

test('no other system attribute can be sent', async () => {
  await assert.rejects(
    fixture.send(queue, 'x', {
      MessageSystemAttributes: { Other: { DataType: 'String', StringValue: 'x' } } as never,
    }),
    refusal('InvalidParameterValue', "Message system attribute name 'Other' is invalid."),
  )
})

const BAD_IDS = [
  ['empty', ''],
  ['with a space', 'a b'],
  ['of 129 characters', 'x'.repeat(129)],
  ['beyond ASCII', 'é'],
] as const

const badId = (parameter: string, value: string) =>
  invalidValue(
    parameter,
    value,
    `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
  )

for (const [name, id] of BAD_IDS) {
  test(`a group id ${name} is refused by both types of queue`, async () => {
    const fifo = await fixture.createFifoQueue({ ContentBasedDeduplication: 'true' })
    for (const url of [queue, fifo]) {
      await assert.rejects(fixture.send(url, 'x', { MessageGroupId: id }), badId('MessageGroupId', id))
    }
  })

  test(`a deduplication id ${name} is refused`, async () => {
    const fifo = await fixture.createFifoQueue()
    await assert.rejects(
      fixture.send(fifo, 'x', { MessageGroupId: 'g', MessageDeduplicationId: id }),
      badId('MessageDeduplicationId', id),
    )
  })
}

test('ids of 128 characters and all punctuation are taken', async () => {
  const fifo = await fixture.createFifoQueue()
  const id = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'.padEnd(128, 'aZ0')
  await fixture.send(fifo, 'x', { MessageGroupId: id, MessageDeduplicationId: id })
  const { Attributes } = await fixture.receiveOne(fifo)
  assert.equal(Attributes.MessageGroupId, id)
  assert.equal(Attributes.MessageDeduplicationId, id)
})

test('a single message to a FIFO queue without a group id lacks a parameter, and the group is looked at first', async () => {
  const fifo = await fixture.createFifoQueue()
  await assert.rejects(
    fixture.send(fifo, 'x'),
    refusal('MissingParameter', 'The request must contain the parameter MessageGroupId.'),
  )
  await assert.rejects(
    fixture.send(fifo, 'x', { MessageGroupId: 'g' }),
    refusal(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    ),
  )
})

test('a standard queue takes a group id and returns it, and refuses a deduplication id', async () => {
  const own = await fixture.createQueue()
  await fixture.send(own, 'x', { MessageGroupId: 'tenant' })
  const { Attributes } = await fixture.receiveOne(own)
  assert.equal(Attributes.MessageGroupId, 'tenant')
  assert.equal(Attributes.SequenceNumber, undefined)
  await assert.rejects(
    fixture.send(own, 'x', { MessageDeduplicationId: 'd' }),
    invalidValue(
      'MessageDeduplicationId',
      'd',
      'The request includes a parameter that is not valid for this queue type.',
    ),
  )
})

test('every message has an id of its own', async () => {
  const ids = [await fixture.send(queue, 'x'), await fixture.send(queue, 'x')].map(({ MessageId }) => MessageId)
  assert.notEqual(ids[0], ids[1])
  for (const id of ids)
    assert.match(id as string, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  await sqs.purgeQueue({ QueueUrl: queue })
})
