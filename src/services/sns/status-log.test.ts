import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SnsContext } from './api/context.ts'
import { type Answer, type Attempted, logStatus } from './status-log.ts'
import type { Destination, MobileEndpoint, SmsFacts, Subscription, Topic } from './store.ts'

const ROLE = 'arn:aws:iam::000000000000:role/log'
const place = { accountId: '000000000000', region: 'us-east-1' }
const PUBLISHED_AT = 1_700_000_000_000
const message = { messageId: 'm-1', message: 'hello', topicArn: '', publishedAt: PUBLISHED_AT, sender: '', origin: '' }

const topicWith = (attributes: Readonly<Record<string, string>>) =>
  ({ ...place, name: 'orders', arn: 'arn:aws:sns:us-east-1:000000000000:orders', attributes }) as unknown as Topic

const subscribed = (protocol: string, endpoint: string) => ({ protocol, endpoint }) as Subscription

const deviceWith = (applicationAttributes: MobileEndpoint['applicationAttributes']): MobileEndpoint => ({
  applicationId: 1,
  id: 1,
  address: { ...place, platform: 'GCM', application: 'shop', id: 'e-1' },
  arn: 'arn:aws:sns:us-east-1:000000000000:endpoint/GCM/shop/e-1',
  token: 't',
  enabled: true,
  customUserData: '',
  applicationAttributes,
})

const phoneWith = (attributes: SmsFacts['attributes']): SmsFacts => ({
  ...place,
  phoneNumber: '+15550100001',
  attributes,
  optedOut: false,
})

const nowhere: Destination = { subscription: undefined, topic: undefined, mobile: undefined, sms: undefined }
const always = { SuccessFeedbackRoleArn: ROLE, SuccessFeedbackSampleRate: '100', FailureFeedbackRoleArn: ROLE }
const alwaysSms = { DeliveryStatusIAMRole: ROLE, DeliveryStatusSuccessSamplingRate: '100' }
const alwaysHttp = { HTTPSuccessFeedbackRoleArn: ROLE, HTTPSuccessFeedbackSampleRate: '100' }

interface Line {
  readonly logGroup: string
  readonly deliveryStatus: {
    readonly notification: Readonly<Record<string, unknown>>
    readonly delivery: Readonly<Record<string, unknown>>
    readonly status: string
  }
}

function logged(destination: Partial<Destination>, outcome: Attempted['outcome'], change = {}): Line[] {
  const lines: Line[] = []
  const sns = { clock: { now: () => PUBLISHED_AT + 12 }, log: { info: (line: Line) => lines.push(line) } }
  const attempted = { message: { ...message, ...change }, destination: { ...nowhere, ...destination }, outcome }
  logStatus(sns as unknown as SnsContext, { ...attempted, attempts: 2 })
  return lines
}

const delivered = { type: 'delivered' } as const
const failed = { type: 'failed', reason: 'it is away' } as const

const groups: readonly { name: string; to: Partial<Destination>; group: string; destination: string }[] = [
  {
    name: 'a device',
    to: { mobile: deviceWith(always) },
    group: 'sns/us-east-1/000000000000/app/GCM/shop',
    destination: deviceWith({}).arn,
  },
  {
    name: 'a phone',
    to: { sms: phoneWith(alwaysSms) },
    group: 'sns/us-east-1/000000000000/DirectPublishToPhoneNumber',
    destination: '+15550100001',
  },
  {
    name: 'a phone that is subscribed',
    to: { topic: topicWith({}), subscription: subscribed('sms', '+15550100001'), sms: phoneWith(alwaysSms) },
    group: 'sns/us-east-1/000000000000/orders',
    destination: '+15550100001',
  },
]
for (const { name, to, group, destination } of groups) {
  test(`${name}: successes and failures are logged, by who asked for them`, () => {
    const [success, ...others] = logged(to, delivered)
    assert.equal(others.length, 0)
    assert.equal(success?.logGroup, group)
    assert.deepEqual([success?.deliveryStatus.status, success?.deliveryStatus.delivery.dwellTimeMs], ['SUCCESS', 12])
    assert.equal(success?.deliveryStatus.delivery.destination, destination)
    const [failure] = logged(to, failed)
    assert.equal(failure?.logGroup, `${group}/Failure`)
    const { providerResponse, attempts } = failure?.deliveryStatus.delivery ?? {}
    assert.deepEqual([failure?.deliveryStatus.status, providerResponse, attempts], ['FAILURE', 'it is away', 2])
  })

  test(`${name}: nothing is logged of a delivery that will be tried again`, () =>
    assert.deepEqual(logged(to, { type: 'retry', reason: 'later' }), []))
}

test('nothing is logged that nobody asked for', () => {
  for (const outcome of [delivered, failed]) {
    assert.deepEqual(logged({ mobile: deviceWith({}) }, outcome), [])
    assert.deepEqual(logged({ sms: phoneWith({}) }, outcome), [])
    assert.deepEqual(logged({ topic: topicWith({}), subscription: subscribed('http', 'http://x/') }, outcome), [])
    assert.deepEqual(logged({ topic: topicWith(alwaysHttp), subscription: subscribed('email', 'a@b') }, outcome), [])
  }
  assert.deepEqual(logged({ sms: phoneWith({ DeliveryStatusIAMRole: ROLE }) }, delivered), [])
})

test('a device that is subscribed is logged for its topic and for its application', () => {
  const topic = topicWith({ ApplicationFailureFeedbackRoleArn: ROLE })
  const mobile = deviceWith(always)
  const subscription = subscribed('application', mobile.arn)
  assert.deepEqual(
    logged({ topic, subscription, mobile }, failed).map(({ logGroup }) => logGroup),
    ['sns/us-east-1/000000000000/orders/Failure', 'sns/us-east-1/000000000000/app/GCM/shop/Failure'],
  )
})

test('of an HTTP endpoint its answer is logged, and how often it was tried', () => {
  const to = { topic: topicWith(alwaysHttp), subscription: subscribed('https', 'https://x/') }
  const answer: Answer = { status: 200, answer: 'thanks' }
  const [line] = logged(to, { ...delivered, ...answer })
  const { statusCode, providerResponse, attempts, destination } = line?.deliveryStatus.delivery ?? {}
  assert.deepEqual([statusCode, providerResponse, attempts, destination], [200, 'thanks', 2, 'https://x/'])
  assert.equal(line?.deliveryStatus.notification.topicArn, topicWith({}).arn)
})

test('the text is the one for the platform', () => {
  const texts = { default: 'd', GCM: 'g', sms: 's' }
  const sums = [
    logged({ mobile: deviceWith(always) }, delivered, { texts }),
    logged({ mobile: deviceWith(always) }, delivered, { message: 'g' }),
    logged({ sms: phoneWith(alwaysSms) }, delivered, { texts }),
    logged({ sms: phoneWith(alwaysSms) }, delivered, { message: 's' }),
  ].map(([line]) => line?.deliveryStatus.notification.messageMD5Sum)
  assert.equal(sums[0], sums[1])
  assert.equal(sums[2], sums[3])
  assert.notEqual(sums[0], sums[2])
})
