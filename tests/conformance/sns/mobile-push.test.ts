/** Messages to devices, directly and by subscription. Without credentials that a provider takes they go to the outbox. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, invalidParameter, refusal, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

interface Device {
  readonly application: string
  readonly arn: string
  readonly token: string
}

async function register(platform = 'GCM'): Promise<Device> {
  const { PlatformApplicationArn: application = '' } = await sns.createPlatformApplication({
    Name: fixture.newName('app'),
    Platform: platform,
    Attributes: { PlatformPrincipal: 'p', PlatformCredential: 'c' },
  })
  const token = fixture.newName('token')
  const { EndpointArn = '' } = await sns.createPlatformEndpoint({ PlatformApplicationArn: application, Token: token })
  return { application, arn: EndpointArn, token }
}

const enable = ({ arn }: Device, isEnabled: boolean) =>
  sns.setEndpointAttributes({ EndpointArn: arn, Attributes: { Enabled: String(isEnabled) } })

const payload = async (device: Device) => (await fixture.outbox(device.token))[0]?.content.payload

test('a message to a device is pushed to it, with its attributes', async () => {
  const device = await register('ADM')
  const { MessageId } = await sns.publish({
    TargetArn: device.arn,
    Message: 'hello',
    MessageAttributes: { colour: { DataType: 'String', StringValue: 'red' } },
  })
  const [{ channel, account, region, destination, content } = { content: {} }, ...others] = (await fixture.outbox(
    device.token,
  )) as Partial<Awaited<ReturnType<typeof fixture.outbox>>[0]>[]
  assert.equal(others.length, 0)
  assert.deepEqual([channel, account, region, destination], ['push', ACCOUNT, 'us-east-1', device.token])
  assert.deepEqual(content, {
    platform: 'ADM',
    messageId: MessageId,
    payload: 'hello',
    attributes: { colour: { dataType: 'String', stringValue: 'red' } },
  })
})

const structures = [
  { given: { default: 'd', GCM: '{"data":{}}', APNS: 'a' }, expected: '{"data":{}}' },
  { given: { default: 'd', APNS: 'a' }, expected: 'd' },
  { given: { GCM: '{"data":{}}' }, expected: '{"data":{}}' },
  { given: { default: 'd', GCM: 1 }, expected: 'd' },
]
for (const { given, expected } of structures) {
  test(`of ${JSON.stringify(given)} a device gets ${expected}`, async () => {
    const device = await register()
    await sns.publish({ TargetArn: device.arn, Message: JSON.stringify(given), MessageStructure: 'json' })
    assert.equal(await payload(device), expected)
  })
}

test('a structure with neither the platform nor a default is refused', async () => {
  const { arn } = await register()
  await assert.rejects(
    sns.publish({ TargetArn: arn, Message: '{"APNS":"a"}', MessageStructure: 'json' }),
    invalidParameter('Message Structure - No default entry in JSON message body'),
  )
})

test('a device that is disabled, and one whose application is, can not be published to', async () => {
  const device = await register()
  const publish = () => sns.publish({ TargetArn: device.arn, Message: 'x' })
  await enable(device, false)
  await assert.rejects(publish(), refusal('EndpointDisabled', 'Endpoint is disabled'))
  // Looked at before the text is.
  const structured = { TargetArn: device.arn, Message: 'x', MessageStructure: 'json' }
  await assert.rejects(sns.publish(structured), refusal('EndpointDisabled', 'Endpoint is disabled'))
  await enable(device, true)
  await assert.rejects(
    sns.publish(structured),
    invalidParameter('Message Structure - JSON message body failed to parse'),
  )
  await publish()
  await fixture.outbox(device.token)
  const setApplication = (Enabled: string) =>
    sns.setPlatformApplicationAttributes({ PlatformApplicationArn: device.application, Attributes: { Enabled } })
  await setApplication('false')
  await assert.rejects(publish(), refusal('PlatformApplicationDisabled', 'PlatformApplication is disabled'))
  await setApplication('true')
  await publish()
  assert.equal((await fixture.outbox(device.token, 2)).length, 2)
})

test('a device that is gone, or never was, can not be published to', async () => {
  const device = await register()
  const publish = (TargetArn: string) => sns.publish({ TargetArn, Message: 'x' })
  const notFound = invalidParameter('TargetArn Reason: No endpoint found for the target arn specified')
  await assert.rejects(publish(device.arn.replace(/[^/]*$/, crypto.randomUUID())), notFound)
  await assert.rejects(publish(device.arn.replace(/app-\d+/, 'other')), notFound)
  await sns.deleteEndpoint({ EndpointArn: device.arn })
  await assert.rejects(publish(device.arn), notFound)
  await assert.rejects(
    publish(`${device.arn}/x`),
    invalidParameter('TargetArn Reason: Wrong number of slashes in relative portion of the ARN.'),
  )
})

test('a device gets messages at its present token', async () => {
  const device = await register()
  const token = fixture.newName('token')
  await sns.setEndpointAttributes({ EndpointArn: device.arn, Attributes: { Token: token } })
  await sns.publish({ TargetArn: device.arn, Message: 'x' })
  assert.equal(await payload({ ...device, token }), 'x')
  assert.deepEqual(await fixture.outbox(device.token, 0), [])
})

test('a device can subscribe; it gets the text for its platform', async () => {
  const topicArn = await fixture.createTopic()
  const devices = [await register('GCM'), await register('APNS_SANDBOX'), await register('WNS')]
  for (const { arn } of devices) {
    const { SubscriptionArn } = await sns.subscribe({ TopicArn: topicArn, Protocol: 'application', Endpoint: arn })
    assert.ok(SubscriptionArn?.startsWith(`${topicArn}:`))
  }
  const texts = { default: 'd', GCM: 'g', APNS: 'a', APNS_SANDBOX: 's' }
  await fixture.publish(topicArn, JSON.stringify(texts), { MessageStructure: 'json' })
  assert.deepEqual(await Promise.all(devices.map(payload)), ['g', 's', 'd'])
})

test('a device that does not exist can not subscribe', async () => {
  const topicArn = await fixture.createTopic()
  const { arn } = await register()
  const missing = arn.replace(/[^/]*$/, crypto.randomUUID())
  await assert.rejects(
    fixture.subscribe(topicArn, 'application', missing),
    invalidParameter(`Endpoint Reason: Endpoint does not exist for endpoint ${missing}`),
  )
  await assert.rejects(
    fixture.subscribe(topicArn, 'application', 'x'),
    invalidParameter('Application endpoint arn invalid:x'),
  )
})

test('what a disabled or deleted device should get goes to the dead-letter queue, and the subscription stays', async () => {
  const topicArn = await fixture.createTopic()
  const device = await register()
  const deadLetters = await fixture.createQueue()
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn })
  const subscriptionArn = await fixture.subscribe(topicArn, 'application', device.arn, { RedrivePolicy })
  const lost = async () => {
    const [message] = await fixture.receive(deadLetters, { WaitTimeSeconds: 20 })
    return JSON.parse(message?.Body as string).Message
  }
  await enable(device, false)
  await fixture.publish(topicArn, 'while disabled')
  assert.equal(await lost(), 'while disabled')
  await enable(device, true)
  await fixture.publish(topicArn, 'while enabled')
  assert.equal(await payload(device), 'while enabled')
  await sns.deleteEndpoint({ EndpointArn: device.arn })
  await fixture.publish(topicArn, 'when it is gone')
  assert.equal(await lost(), 'when it is gone')
  const { Subscriptions = [] } = await sns.listSubscriptionsByTopic({ TopicArn: topicArn })
  assert.deepEqual(
    Subscriptions.map(({ SubscriptionArn }) => SubscriptionArn),
    [subscriptionArn],
  )
})
