/** CreateQueue and DeleteQueue: names, what makes a second creation succeed or fail, and how soon a name is free again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs, withOptions } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture

const BAD_NAME = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length'
const BAD_FIFO_NAME =
  'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, ' +
  'must end with .fifo suffix and be 1 to 80 in length'
const NO_NAME = 'Value for parameter QueueName is invalid. Reason: Must specify a queue name.'

const create = (QueueName: string, Attributes?: Record<string, string>, tags?: Record<string, string>) =>
  sqs.createQueue({ QueueName, Attributes, tags })

for (const { what, name, fifo, message } of [
  { what: 'of 81 characters', name: 'x'.repeat(81), message: BAD_NAME },
  { what: 'with a dot', name: 'a.b', message: BAD_NAME },
  { what: 'with a space', name: 'a b', message: BAD_NAME },
  { what: 'with a letter beyond ASCII', name: 'é', message: BAD_NAME },
  { what: 'that ends in a line feed', name: 'a\n', message: BAD_NAME },
  { what: 'that is empty', name: '', message: 'Queue name cannot be empty' },
  { what: 'that ends in .fifo for a standard queue', name: 'a.fifo', message: BAD_NAME },
  { what: 'without .fifo for a FIFO queue', name: 'a', fifo: true, message: BAD_FIFO_NAME },
  { what: 'of 81 characters with .fifo', name: `${'x'.repeat(76)}.fifo`, fifo: true, message: BAD_FIFO_NAME },
  { what: 'of nothing but .fifo', name: '.fifo', fifo: true, message: BAD_FIFO_NAME },
  { what: 'with a dot before .fifo', name: 'a.b.fifo', fifo: true, message: BAD_FIFO_NAME },
]) {
  test(`a name ${what} is refused`, async () => {
    const attributes: Record<string, string> = fifo ? { FifoQueue: 'true' } : {}
    await assert.rejects(create(name, attributes), refusal('InvalidParameterValue', message))
  })
}

test('names of 80 characters are accepted, of both types, and are case-sensitive', async () => {
  const upper = await create('X'.repeat(80))
  const lower = await create('x'.repeat(80))
  assert.notEqual(upper.QueueUrl, lower.QueueUrl)
  const fifo = await create(`${'x'.repeat(75)}.fifo`, { FifoQueue: 'true' })
  assert.ok(fifo.QueueUrl?.endsWith('x.fifo'))
})

test('a creation without a name is told so in both protocols', async () => {
  const { body, queryError } = await fixture.json('CreateQueue', {})
  assert.equal(body.message, NO_NAME)
  assert.equal(queryError, 'InvalidParameterValue;Sender')
  const { status, xml } = await fixture.query({ Action: 'CreateQueue' })
  assert.equal(status, 400)
  assert.ok(xml.includes(`<Code>InvalidParameterValue</Code><Message>${NO_NAME}</Message>`), xml)
})

for (const name of ['plain', 'ordered.fifo']) {
  test(`FifoQueue=false is unknown when ${name} is created: a standard queue lacks the attribute`, async () => {
    await assert.rejects(
      create(name, { FifoQueue: 'false' }),
      refusal('InvalidAttributeName', 'Unknown Attribute FifoQueue.'),
    )
  })
}

const existing = { VisibilityTimeout: '45', DelaySeconds: '5' }
const differs = (attribute: string) =>
  refusal(
    'QueueAlreadyExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  )

test('creating a queue again with none, some or all of its attributes answers its URL', async () => {
  const name = fixture.newName()
  const { QueueUrl } = await create(name, existing)
  const attributes: Record<string, string>[] = [{}, { DelaySeconds: '5' }, existing, { MaximumMessageSize: '1048576' }]
  for (const given of [undefined, ...attributes]) {
    assert.equal((await create(name, given)).QueueUrl, QueueUrl)
  }
})

test('creating a queue again with another value fails, and names the first attribute that differs', async () => {
  const name = fixture.newName()
  await create(name, existing)
  await assert.rejects(create(name, { ...existing, DelaySeconds: '6' }), differs('DelaySeconds'))
  await assert.rejects(create(name, { VisibilityTimeout: '1', DelaySeconds: '6' }), differs('VisibilityTimeout'))
  await assert.rejects(create(name, { ReceiveMessageWaitTimeSeconds: '1' }), differs('ReceiveMessageWaitTimeSeconds'))
  const { body, queryError } = await fixture.json('CreateQueue', { QueueName: name, Attributes: { DelaySeconds: '6' } })
  assert.equal(body.__type, 'com.amazonaws.sqs#QueueNameExists')
  assert.equal(queryError, 'QueueAlreadyExists;Sender')
})

test('a creation is compared with what the attributes are now, not with what they were at first', async () => {
  const name = fixture.newName()
  const { QueueUrl } = await create(name, existing)
  await sqs.setQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: '7' } })
  await assert.rejects(create(name, existing), differs('DelaySeconds'))
  assert.equal((await create(name, { DelaySeconds: '7' })).QueueUrl, QueueUrl)
})

test('a document that is written differently but says the same is no difference', async () => {
  const deadLetterTargetArn = await fixture.arnOf(await fixture.createQueue())
  const name = fixture.newName()
  const { QueueUrl } = await create(name, {
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 3 }),
  })
  const same = JSON.stringify({ maxReceiveCount: 3, deadLetterTargetArn }, null, 2)
  assert.equal((await create(name, { RedrivePolicy: same })).QueueUrl, QueueUrl)
  const other = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 4 })
  await assert.rejects(create(name, { RedrivePolicy: other }), differs('RedrivePolicy'))
})

test('other tags are no difference, and are not taken over', async () => {
  const name = fixture.newName()
  const { QueueUrl } = await create(name, {}, { team: 'one' })
  assert.equal((await create(name, {}, { team: 'two', more: 'x' })).QueueUrl, QueueUrl)
  assert.deepEqual((await sqs.listQueueTags({ QueueUrl })).Tags, { team: 'one' })
})

test('null attributes, which some clients send, are as if absent', async () => {
  const input = { QueueName: fixture.newName(), Attributes: { DelaySeconds: null, VisibilityTimeout: '9' }, tags: null }
  const { status, body } = await fixture.json('CreateQueue', input)
  assert.equal(status, 200)
  assert.equal(await fixture.attribute(body.QueueUrl as string, 'VisibilityTimeout'), '9')
})

test('a queue that could not be created does not exist', async () => {
  const name = fixture.newName()
  await assert.rejects(create(name, { VisibilityTimeout: '43201' }))
  await assert.rejects(create(name, {}, { 'aws:x': 'y' }))
  await assert.rejects(
    sqs.getQueueUrl({ QueueName: name }),
    refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.'),
  )
})

const recently = refusal(
  'AWS.SimpleQueueService.QueueDeletedRecently',
  'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
)

test('a name is free again a minute after its queue was deleted, and the new queue is empty', async () => {
  const name = fixture.newName()
  const first = await fixture.createQueue({ VisibilityTimeout: '1' }, name)
  await fixture.send(first, 'x')
  await sqs.deleteQueue({ QueueUrl: first })
  await assert.rejects(create(name), recently)
  fixture.advance(50)
  await assert.rejects(create(name), recently)
  fixture.advance(10)
  const again = await fixture.createQueue({}, name)
  assert.deepEqual(await fixture.depth(again), { visible: 0, inFlight: 0, delayed: 0 })
  assert.equal(await fixture.attribute(again, 'VisibilityTimeout'), '30')
})

test('the wait is for the account and region that deleted the queue, and for no other name', async () => {
  const name = fixture.newName()
  const queue = await fixture.createQueue({}, name)
  await sqs.deleteQueue({ QueueUrl: queue })
  const elsewhere = fixture.clientFor({ accountId: '111111111111' })
  assert.ok((await elsewhere.createQueue({ QueueName: name })).QueueUrl)
  assert.ok((await create(`${name}-2`)).QueueUrl)
})

test('the wait can be switched off', async () => {
  const impatient = await startSqs(withOptions({ recreateWait: false }))
  for (let round = 0; round < 3; round++) {
    const queue = await impatient.createQueue({}, 'again')
    await impatient.send(queue, 'x')
    assert.equal((await impatient.depth(queue)).visible, 1)
    await impatient.sqs.deleteQueue({ QueueUrl: queue })
  }
})

test('a deleted queue is gone at once', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  await sqs.deleteQueue({ QueueUrl: queue })
  const gone = refusal('AWS.SimpleQueueService.NonExistentQueue', 'The specified queue does not exist.')
  await assert.rejects(sqs.deleteQueue({ QueueUrl: queue }), gone)
  await assert.rejects(fixture.send(queue, 'x'), gone)
  await assert.rejects(fixture.receive(queue), gone)
})
