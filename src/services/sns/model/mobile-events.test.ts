import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ENDPOINT_DISABLED, eventMessage, eventTopic, INVALID_TOKEN, type MobileEvent } from './mobile-events.ts'

const endpoint = { region: 'us-east-1', accountId: '000000000000', platform: 'GCM', application: 'shop', id: 'e-1' }
const AT = Date.UTC(2024, 0, 2, 3, 4, 5, 678)
const failure = { type: 'DeliveryFailure', messageId: 'm-1', attempts: 2 } as const

const written: readonly { event: MobileEvent; subject: string; message: string }[] = [
  ...(['EndpointCreated', 'EndpointDeleted', 'EndpointUpdated'] as const).map((type) => ({
    event: { type },
    subject: `${type} event for app shop (GCM)`,
    message:
      `{"EndpointArn":"arn:aws:sns:us-east-1:000000000000:endpoint/GCM/shop/e-1","EventType":"${type}",` +
      '"Resource":"arn:aws:sns:us-east-1:000000000000:app/GCM/shop","Service":"SNS","Time":"2024-01-02T03:04:05.678Z"}',
  })),
  ...[ENDPOINT_DISABLED, INVALID_TOKEN].map((why) => ({
    event: { ...failure, ...why },
    subject: 'DeliveryFailure event for app shop (GCM)',
    message:
      '{"DeliveryAttempts":2,"EndpointArn":"arn:aws:sns:us-east-1:000000000000:endpoint/GCM/shop/e-1",' +
      `"EventType":"DeliveryFailure","FailureMessage":"${why.failureMessage}","FailureType":"${why.failureType}",` +
      '"MessageId":"m-1","Resource":"arn:aws:sns:us-east-1:000000000000:app/GCM/shop","Service":"SNS",' +
      '"Time":"2024-01-02T03:04:05.678Z"}',
  })),
]
for (const { event, ...told } of written) {
  test(`${JSON.stringify(event)} is written`, () => assert.deepEqual(eventMessage(event, endpoint, AT), told))
}

test('a subject stays within what a subject may have', () => {
  const { subject } = eventMessage({ type: 'EndpointCreated' }, { ...endpoint, application: 'x'.repeat(256) }, AT)
  assert.equal(subject, `EndpointCreated event for app ${'x'.repeat(70)}`)
})

test('each kind of event has a topic of its own', () => {
  const attributes = {
    EventEndpointCreated: 'created',
    EventEndpointDeleted: 'deleted',
    EventEndpointUpdated: 'updated',
    EventDeliveryFailure: 'failure',
  }
  const topics = written.map(({ event }) => eventTopic(attributes, event))
  assert.deepEqual(topics, ['created', 'deleted', 'updated', 'failure', 'failure'])
  assert.equal(eventTopic({}, { type: 'EndpointCreated' }), undefined)
})
