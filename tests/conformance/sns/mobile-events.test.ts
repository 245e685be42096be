/** Events of platform applications, published to the topics that they name. */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { type Envelope, type Queue, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
/** A key file as FCM has them: what can't be a message fails before anything is sent with it. */
const SERVICE_ACCOUNT = JSON.stringify({
  type: 'service_account',
  project_id: 'a-project',
  private_key_id: 'key-1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  client_email: 'sender@a-project.iam.example',
})

/** An application that tells one topic of everything, and a queue that hears it. */
async function createTold(): Promise<{ application: string; name: string; topicArn: string; queue: Queue }> {
  const topicArn = await fixture.createTopic()
  const queue = await fixture.subscribeQueue(topicArn)
  const name = fixture.newName('app')
  const { PlatformApplicationArn = '' } = await sns.createPlatformApplication({
    Name: name,
    Platform: 'GCM',
    Attributes: {
      PlatformCredential: SERVICE_ACCOUNT,
      EventEndpointCreated: topicArn,
      EventEndpointUpdated: topicArn,
      EventEndpointDeleted: topicArn,
      EventDeliveryFailure: topicArn,
    },
  })
  return { application: PlatformApplicationArn, name, topicArn, queue }
}

const register = async (PlatformApplicationArn: string, Token = fixture.newName('token')) =>
  (await sns.createPlatformEndpoint({ PlatformApplicationArn, Token })).EndpointArn as string

const told = (queue: Queue) => fixture.envelopes(queue)

function check(envelope: Envelope | undefined, name: string, expected: Readonly<Record<string, unknown>>): void {
  assert.equal(envelope?.Subject, `${expected.EventType} event for app ${name} (GCM)`)
  const { Time, ...event } = JSON.parse(envelope?.Message as string)
  assert.match(Time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(event, { Service: 'SNS', ...expected })
}

test('of a device that is created, updated and deleted', async () => {
  const { application, name, queue } = await createTold()
  const EndpointArn = await register(application, 'told')
  const common = { EndpointArn, Resource: application }
  // What an operation causes is there when it is answered.
  const [created, ...others] = await told(queue)
  check(created, name, { EventType: 'EndpointCreated', ...common })
  assert.equal(others.length, 0)
  await sns.setEndpointAttributes({ EndpointArn, Attributes: { CustomUserData: 'data' } })
  check((await told(queue))[0], name, { EventType: 'EndpointUpdated', ...common })
  await sns.deleteEndpoint({ EndpointArn })
  check((await told(queue))[0], name, { EventType: 'EndpointDeleted', ...common })
})

test('what changes nothing is no event', async () => {
  const { application, queue } = await createTold()
  const EndpointArn = await register(application, 'same')
  assert.equal((await told(queue)).length, 1)
  await register(application, 'same')
  await sns.setEndpointAttributes({ EndpointArn, Attributes: { Enabled: 'true', Token: 'same' } })
  await sns.deleteEndpoint({ EndpointArn: EndpointArn.replace(/[^/]*$/, crypto.randomUUID()) })
  await assert.rejects(sns.setEndpointAttributes({ EndpointArn, Attributes: { Enabled: 'x' } }))
  assert.deepEqual(await told(queue), [])
})

test('a message to a device that fails for good', async () => {
  const { application, name, queue } = await createTold()
  const EndpointArn = await register(application)
  await told(queue)
  const { MessageId } = await sns.publish({
    TargetArn: EndpointArn,
    Message: 'hello',
    MessageAttributes: { 'AWS.SNS.MOBILE.GCM.TTL': { DataType: 'String', StringValue: 'soon' } },
  })
  const [message] = await fixture.receive(queue, { WaitTimeSeconds: 20 })
  check(JSON.parse(message?.Body as string), name, {
    EventType: 'DeliveryFailure',
    EndpointArn,
    Resource: application,
    DeliveryAttempts: 1,
    FailureType: 'DeliveryFailedPerm',
    FailureMessage: 'AWS.SNS.MOBILE.GCM.TTL is not a number of seconds: soon',
    MessageId,
  })
})

test('a failure of a subscriber is not told: the subscriber may be one of the topic that would be', async () => {
  const { application, topicArn, queue } = await createTold()
  const EndpointArn = await register(application)
  await sns.setEndpointAttributes({ EndpointArn, Attributes: { Enabled: 'false' } })
  assert.equal((await told(queue)).length, 2)
  const deadLetters = await fixture.createQueue()
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn })
  await fixture.subscribe(topicArn, 'application', EndpointArn, { RedrivePolicy })
  await fixture.publish(topicArn, 'for all')
  assert.equal((await fixture.receive(deadLetters, { WaitTimeSeconds: 20 })).length, 1)
  // The event would have been published with what went to the dead-letter queue.
  assert.deepEqual(
    (await told(queue)).map(({ Message }) => Message),
    ['for all'],
  )
})

test('a topic that is gone stands in nobody’s way', async () => {
  const { application, topicArn, queue } = await createTold()
  await sns.deleteTopic({ TopicArn: topicArn })
  const EndpointArn = await register(application)
  await sns.setEndpointAttributes({ EndpointArn, Attributes: { Enabled: 'false' } })
  await sns.deleteEndpoint({ EndpointArn })
  assert.deepEqual(await told(queue), [])
})
