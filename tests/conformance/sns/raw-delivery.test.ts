/** What reaches queues raw and enveloped, and what becomes of it when a queue doesn't take it. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MessageAttributeValue } from '@aws-sdk/client-sns'
import { type Queue, queueArnOf, startSns } from './support.ts'

const fixture = await startSns()
const { sqs } = fixture

const RAW = { RawMessageDelivery: 'true' }

const numbered = (count: number): Record<string, MessageAttributeValue> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, { DataType: 'String', StringValue: 'x' }]))

const redriveTo = ({ arn }: Pick<Queue, 'arn'>) => ({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn }) })

/** A topic with a subscription to a queue that isn't there any more, and a dead-letter queue. */
async function withDeadQueue(attributes: Readonly<Record<string, string>>) {
  const topic = await fixture.createTopic()
  const dead = await fixture.createQueue()
  const queue = await fixture.subscribeQueue(topic, { ...attributes, ...redriveTo(dead) })
  await sqs.deleteQueue({ QueueUrl: queue.url })
  return { topic, dead, queue }
}

describe('attributes', () => {
  test('raw, a queue takes ten, and what has more goes to the dead-letter queue as a document', async () => {
    const topic = await fixture.createTopic()
    const dead = await fixture.createQueue()
    const queue = await fixture.subscribeQueue(topic, { ...RAW, ...redriveTo(dead) })
    await fixture.publish(topic, 'ten', { MessageAttributes: numbered(10) })
    const { MessageId } = await fixture.publish(topic, 'eleven', { MessageAttributes: numbered(11) })
    const { Body, MessageAttributes = {} } = await fixture.receiveOne(queue)
    assert.equal(Body, 'ten')
    assert.equal(Object.keys(MessageAttributes).length, 10)
    const [document, ...others] = await fixture.envelopes(dead)
    assert.deepEqual(others, [])
    assert.deepEqual([document?.MessageId, document?.Message], [MessageId, 'eleven'])
    assert.equal(Object.keys(document?.MessageAttributes ?? {}).length, 11)
  })

  test('in a document eleven are as good as one', async () => {
    const topic = await fixture.createTopic()
    const queue = await fixture.subscribeQueue(topic)
    await fixture.publish(topic, 'eleven', { MessageAttributes: numbered(11) })
    const [document] = await fixture.envelopes(queue)
    assert.equal(Object.keys(document?.MessageAttributes ?? {}).length, 11)
  })

  test('those that are meant for phones and devices stay in the document: a queue would refuse them', async () => {
    const topic = await fixture.createTopic()
    const [raw, enveloped] = [await fixture.subscribeQueue(topic, RAW), await fixture.subscribeQueue(topic)]
    const reserved = { 'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Promotional' } }
    await fixture.publish(topic, 'one', { MessageAttributes: reserved })
    await fixture.publish(topic, 'ten', { MessageAttributes: { ...reserved, ...numbered(10) } })
    const received = await fixture.receive(raw)
    assert.deepEqual(
      received.map(({ Body, MessageAttributes = {} }) => [Body, Object.keys(MessageAttributes).length]),
      [
        ['one', 0],
        ['ten', 10],
      ],
    )
    const [document] = await fixture.envelopes(enveloped)
    assert.deepEqual(Object.keys(document?.MessageAttributes ?? {}), Object.keys(reserved))
  })
})

describe('a queue that is not there', () => {
  test('raw: the dead-letter queue gets the text with its attributes', async () => {
    const { topic, dead } = await withDeadQueue(RAW)
    const MessageAttributes = { n: { DataType: 'Number', StringValue: '1' } }
    await fixture.publish(topic, 'hello', { Subject: 'subject', MessageAttributes })
    const received = await fixture.receiveOne(dead)
    assert.equal(received.Body, 'hello')
    assert.deepEqual(received.MessageAttributes, MessageAttributes)
  })

  test('enveloped: the dead-letter queue gets the document that the queue would have got', async () => {
    const { topic, dead, queue } = await withDeadQueue({})
    const { MessageId } = await fixture.publish(topic, 'hello', { Subject: 'subject' })
    const received = await fixture.receiveOne(dead)
    const { Type, Subject, Message, UnsubscribeURL, ...document } = JSON.parse(received.Body)
    assert.deepEqual([Type, Subject, Message, document.MessageId], ['Notification', 'subject', 'hello', MessageId])
    assert.ok(UnsubscribeURL.endsWith(`&SubscriptionArn=${queue.subscriptionArn}`))
    assert.equal(Buffer.from(document.Signature, 'base64').length, 256)
  })

  test('the other subscribers get the message', async () => {
    const { topic, dead } = await withDeadQueue({})
    const other = await fixture.subscribeQueue(topic, RAW)
    await fixture.publish(topic, 'hello')
    assert.deepEqual(await fixture.bodies(other), ['hello'])
    assert.equal((await fixture.bodies(dead)).length, 1)
  })

  test('without a dead-letter queue, or if that isn’t there either, the message is lost and the publish is not', async () => {
    const topic = await fixture.createTopic()
    await fixture.subscribe(topic, 'sqs', queueArnOf('nowhere'))
    await fixture.subscribe(topic, 'sqs', queueArnOf('nowhere-else'), redriveTo({ arn: queueArnOf('gone') }))
    const other = await fixture.subscribeQueue(topic, RAW)
    assert.ok((await fixture.publish(topic, 'hello')).MessageId)
    assert.deepEqual(await fixture.bodies(other), ['hello'])
  })

  test('what a filter policy keeps back is not redriven', async () => {
    const { topic, dead } = await withDeadQueue({ ...RAW, FilterPolicy: '{"a":["x"]}' })
    await fixture.publish(topic, 'filtered out')
    await fixture.publish(topic, 'redriven', { MessageAttributes: { a: { DataType: 'String', StringValue: 'x' } } })
    assert.deepEqual(await fixture.bodies(dead), ['redriven'])
  })

  test('a queue that is created again gets what is published from then on', async () => {
    const topic = await fixture.createTopic()
    const queue = await fixture.subscribeQueue(topic, RAW)
    await sqs.deleteQueue({ QueueUrl: queue.url })
    await fixture.publish(topic, 'lost')
    fixture.advance(60)
    await fixture.createQueue({}, queue.arn.split(':')[5])
    await fixture.publish(topic, 'found')
    assert.deepEqual(await fixture.bodies(queue), ['found'])
  })
})

describe('a queue of a FIFO topic that is not there', () => {
  test('a FIFO dead-letter queue keeps group, id and order', async () => {
    const topic = await fixture.createFifoTopic({ ContentBasedDeduplication: 'true' })
    const dead = await fixture.createFifoQueue()
    await fixture.subscribe(topic, 'sqs', queueArnOf('nowhere.fifo'), { ...RAW, ...redriveTo(dead) })
    await fixture.publish(topic, 'Test', { MessageGroupId: 'g' })
    await fixture.publish(topic, 'second', { MessageGroupId: 'g', MessageDeduplicationId: 'explicit' })
    const received = await fixture.receive(dead)
    assert.deepEqual(
      received.map(({ Body, Attributes }) => [Body, Attributes.MessageGroupId, Attributes.MessageDeduplicationId]),
      [
        ['Test', 'g', '532eaabd9574880dbf76b9b8cc00832c20a6ec113d682299550d7a6e0f345e25'],
        ['second', 'g', 'explicit'],
      ],
    )
  })

  test('enveloped, the document has its sequence number and no signature', async () => {
    const topic = await fixture.createFifoTopic()
    const dead = await fixture.createFifoQueue()
    await fixture.subscribe(topic, 'sqs', queueArnOf('nowhere.fifo'), redriveTo(dead))
    const options = { MessageGroupId: 'g', MessageDeduplicationId: 'd' }
    const { SequenceNumber } = await fixture.publish(topic, 'hello', options)
    const [document] = await fixture.envelopes(dead)
    assert.equal(document?.SequenceNumber, SequenceNumber)
    assert.ok(document !== undefined && !('Signature' in document))
  })

  test('a standard queue of a FIFO topic redrives to a standard one, without group and id', async () => {
    const topic = await fixture.createFifoTopic()
    const dead = await fixture.createQueue()
    await fixture.subscribe(topic, 'sqs', queueArnOf('nowhere'), { ...RAW, ...redriveTo(dead) })
    await fixture.publish(topic, 'hello', { MessageGroupId: 'g', MessageDeduplicationId: 'd' })
    const { Body, Attributes } = await fixture.receiveOne(dead)
    assert.equal(Body, 'hello')
    assert.deepEqual([Attributes.MessageGroupId, Attributes.MessageDeduplicationId], [undefined, undefined])
  })
})
