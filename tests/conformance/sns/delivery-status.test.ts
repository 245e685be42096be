/** Delivery status: a line in the log for what a topic asks for, and the counts of all. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { after, test } from 'node:test'
import { spawnNode } from '../../../src/testing/node.ts'
import { eventually, metric, openEndpoint } from './outside.ts'
import { clientsOf } from './support.ts'

/** The log goes to standard error, so this takes a process. */
const node = await spawnNode()
const { sns, sqs } = clientsOf(node.url)
after(async () => {
  sns.destroy()
  sqs.destroy()
  await node.kill()
})

interface Line {
  readonly logGroup: string
  readonly deliveryStatus: {
    readonly notification: Record<string, string>
    readonly delivery: Record<string, unknown>
    readonly status: string
  }
}

const lines = (): Line[] =>
  node.output.stderr
    .split('\n')
    .filter((line) => line.includes('"deliveryStatus"'))
    .map((line) => JSON.parse(line) as Line)

const role = 'arn:aws:iam::000000000000:role/logs'

const ALL = { HTTPSuccessFeedbackRoleArn: role, HTTPSuccessFeedbackSampleRate: '100' }
const ONE_RETRY = { minDelayTarget: 1, maxDelayTarget: 1, numRetries: 1 }

/** Publishes until a new endpoint has had `count` requests, and all that came of it was written down. */
async function send(name: string, attributes: Record<string, string>, answer: number, count: number): Promise<void> {
  const { TopicArn } = await sns.createTopic({ Name: name, Attributes: attributes })
  const endpoint = await openEndpoint()
  await sns.subscribe({ TopicArn, Protocol: 'http', Endpoint: endpoint.url })
  await sns.confirmSubscription({ TopicArn, Token: (await endpoint.nextDocument()).Token })
  endpoint.answer = () => answer
  const messages = answer === 503 ? count / 2 : count
  for (let i = 0; i < messages; i++) await sns.publish({ TopicArn, Message: `hello ${i}` })
  await endpoint.next(count)
}

let barriers = 0

/** The same; resolves to the lines that this adds to the log. */
async function logged(name: string, attributes: Record<string, string>, answer: number, count = 1): Promise<Line[]> {
  const earlier = lines().length
  const [written, lost] = [await ended(), answer === 503 ? count / 2 : count]
  await send(name, attributes, answer, count)
  await eventually(async () => (await ended()) === written + lost)
  // The log is read through a pipe: what was written before this line has come when it has.
  const barrier = `sns/us-east-1/000000000000/barrier-${++barriers}`
  await send(`barrier-${barriers}`, ALL, 200, 1)
  await eventually(async () => lines().at(-1)?.logGroup === barrier)
  await eventually(async () => (await ended()) === written + lost + 1)
  return lines().slice(earlier, -1)
}

/** How many notifications have been delivered, or have failed for good. */
const ended = async (): Promise<number> =>
  (await metric(node.url, 'sns_notifications_delivered_total', 'http')) +
  (await metric(node.url, 'sns_notifications_failed_total', 'http'))

test('a success is logged, with what the endpoint said', async () => {
  const [line, ...others] = await logged('success', ALL, 200)
  assert.equal(others.length, 0)
  assert.equal(line?.logGroup, 'sns/us-east-1/000000000000/success')
  const { notification, delivery, status } = line.deliveryStatus
  assert.equal(status, 'SUCCESS')
  const { messageId, timestamp, ...rest } = notification
  assert.deepEqual(rest, {
    messageMD5Sum: hash('md5', 'hello 0', 'hex'),
    topicArn: 'arn:aws:sns:us-east-1:000000000000:success',
  })
  assert.match(messageId as string, /^[0-9a-f-]{36}$/)
  assert.match(timestamp as string, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/)
  const { deliveryId, dwellTimeMs, destination, ...facts } = delivery
  assert.match(String(deliveryId), /^[0-9a-f-]{36}$/)
  assert.ok(Number(dwellTimeMs) >= 0)
  assert.match(String(destination), /^http:/)
  assert.deepEqual(facts, { providerResponse: 'answered 200', statusCode: 200, attempts: 1 })
})

test('no success is logged by a sample of 0, and all failures are if that is asked for', async () => {
  const attributes = {
    HTTPSuccessFeedbackRoleArn: role,
    HTTPSuccessFeedbackSampleRate: '0',
    HTTPFailureFeedbackRoleArn: role,
  }
  assert.deepEqual(await logged('nothing', attributes, 200, 5), [])
  const [line, ...others] = await logged('failure', attributes, 404)
  assert.equal(others.length, 0)
  assert.equal(line?.logGroup, 'sns/us-east-1/000000000000/failure/Failure')
  assert.equal(line.deliveryStatus.status, 'FAILURE')
  assert.deepEqual([line.deliveryStatus.delivery.statusCode, line.deliveryStatus.delivery.attempts], [404, 1])
})

test('what fails after its retries is logged once, with the number of attempts', async () => {
  const http = { defaultHealthyRetryPolicy: { ...ONE_RETRY, numNoDelayRetries: 1 } }
  const attributes = { HTTPFailureFeedbackRoleArn: role, DeliveryPolicy: JSON.stringify({ http }) }
  const [line, ...others] = await logged('in-the-end', attributes, 503, 2)
  assert.equal(others.length, 0)
  assert.deepEqual([line?.deliveryStatus.delivery.statusCode, line?.deliveryStatus.delivery.attempts], [503, 2])
})

test('text messages are logged as the account says', async () => {
  await sns.setSMSAttributes({
    attributes: { DeliveryStatusIAMRole: role, DeliveryStatusSuccessSamplingRate: '100' },
  })
  await sns.publish({ PhoneNumber: '+4917012345678', Message: 'by phone' })
  await eventually(async () => lines().some(({ logGroup }) => logGroup.endsWith('/DirectPublishToPhoneNumber')))
  const { delivery, notification, status } = (lines().at(-1) as Line).deliveryStatus
  assert.deepEqual([delivery.destination, notification.topicArn, status], ['+4917012345678', undefined, 'SUCCESS'])
})

test('nothing is logged that nobody asked for', async () => {
  assert.deepEqual(await logged('silent', {}, 404), [])
  assert.deepEqual(await logged('lambda-only', { LambdaFailureFeedbackRoleArn: role }, 404), [])
})

test('deliveries are counted, by protocol', async () => {
  const count = (name: string, protocol = '') =>
    metric(node.url, `sns_${name}_total`, protocol && `protocol="${protocol}"`)
  const before = {
    published: await count('messages_published'),
    http: await count('notifications_delivered', 'http'),
    failed: await count('notifications_failed', 'http'),
  }
  await send('counted', {}, 200, 3)
  await send('counted-too', {}, 410, 2)
  await eventually(async () => (await count('notifications_failed', 'http')) === before.failed + 2)
  await eventually(async () => (await count('notifications_delivered', 'http')) >= before.http + 3)
  assert.equal(await count('notifications_delivered', 'http'), before.http + 3) // confirmations are none
  assert.equal(await count('messages_published'), before.published + 5)
})

test('copies for queues are logged when the topic asks for it, delivered or not', async () => {
  const Attributes = {
    SQSSuccessFeedbackRoleArn: role,
    SQSSuccessFeedbackSampleRate: '100',
    SQSFailureFeedbackRoleArn: role,
  }
  const { TopicArn } = await sns.createTopic({ Name: 'queues', Attributes })
  await sqs.createQueue({ QueueName: 'there' })
  for (const name of ['there', 'missing']) {
    await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: `arn:aws:sqs:us-east-1:000000000000:${name}` })
  }
  const { MessageId } = await sns.publish({ TopicArn, Message: 'hello' })
  const ofMessage = () => lines().filter(({ deliveryStatus }) => deliveryStatus.notification.messageId === MessageId)
  await eventually(async () => ofMessage().length === 2)
  const shown = ofMessage().map(({ logGroup, deliveryStatus: { status, delivery } }) => [
    logGroup,
    status,
    delivery.destination,
    delivery.statusCode,
  ])
  assert.deepEqual(shown, [
    ['sns/us-east-1/000000000000/queues', 'SUCCESS', 'arn:aws:sqs:us-east-1:000000000000:there', 200],
    ['sns/us-east-1/000000000000/queues/Failure', 'FAILURE', 'arn:aws:sqs:us-east-1:000000000000:missing', 400],
  ])
})
