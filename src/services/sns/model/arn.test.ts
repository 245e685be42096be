import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  endpointArn,
  parseEndpointArn,
  parsePlatformApplicationArn,
  parseSubscriptionArn,
  parseTargetArn,
  parseTopicArn,
  platformApplicationArn,
} from './arn.ts'
import { expectRefusal } from './expect-refusal.ts'
import { topicArn } from './names.ts'

const REGION = 'us-east-1'
const place = { region: REGION, accountId: '000000000000' }
const ours = (resource: string) => `arn:aws:sns:us-east-1:000000000000:${resource}`

const parsers = [
  { parameter: 'TopicArn', parse: parseTopicArn, resource: 't' },
  { parameter: 'SubscriptionArn', parse: parseSubscriptionArn, resource: 't:id' },
  { parameter: 'PlatformApplicationArn', parse: parsePlatformApplicationArn, resource: 'app/GCM/a' },
  { parameter: 'EndpointArn', parse: parseEndpointArn, resource: 'endpoint/GCM/a/id' },
  { parameter: 'TargetArn', parse: parseTargetArn, resource: 't' },
]
for (const { parameter, parse, resource } of parsers) {
  const refuse = (arn: string, complaint: string, region: string | undefined = REGION) =>
    expectRefusal(() => parse(arn, region), 'InvalidParameterException', `Invalid parameter: ${complaint}`)

  for (let count = 1; count <= 5; count++) {
    test(`${parameter}: ${count} parts are too few`, () =>
      refuse(
        Array(count).fill('arn').join(':'),
        `${parameter} Reason: An ARN must have at least 6 elements, not ${count}`,
      ))
  }

  const foreign = [
    `arn:aws:sns:eu-west-1:000000000000:${resource}`,
    `arn:aws:sqs:us-east-1:000000000000:${resource}`,
    `arn:aws-cn:sns:us-east-1:000000000000:${resource}`,
    `urn:aws:sns:us-east-1:000000000000:${resource}`,
    `${ours(resource)}\0`,
    ours(`é${resource}`),
  ]
  for (const arn of foreign) {
    test(`${parameter}: ${JSON.stringify(arn)} is of another place`, () => refuse(arn, parameter))
  }

  test(`${parameter}: without a region every one will do, in its own partition`, () => {
    parse(`arn:aws:sns:eu-west-1:000000000000:${resource}`, undefined)
    parse(`arn:aws-cn:sns:cn-north-1:000000000000:${resource}`, undefined)
    expectRefusal(
      () => parse(`arn:aws:sns:cn-north-1:000000000000:${resource}`, undefined),
      'InvalidParameterException',
      `Invalid parameter: ${parameter}`,
    )
  })
}

const refused = [
  {
    call: () => parseTopicArn('', REGION),
    complaint: 'TopicArn Reason: An ARN must have at least 6 elements, not 1',
  },
  { call: () => parseTopicArn(ours('t:id'), REGION), complaint: 'TopicArn' },
  { call: () => parseTopicArn(ours('app/GCM/a'), REGION), complaint: 'TopicArn' },
  {
    call: () => parseSubscriptionArn('', REGION),
    complaint: 'SubscriptionArn Reason: no value for required parameter',
  },
  {
    call: () => parseSubscriptionArn('pending confirmation', REGION),
    complaint: 'SubscriptionArn Reason: An ARN must have at least 6 elements, not 1',
  },
  { call: () => parseSubscriptionArn(ours('t'), REGION), complaint: 'SubscriptionId' },
  { call: () => parseSubscriptionArn(ours('t:id:more'), REGION), complaint: 'SubscriptionId' },
  {
    call: () => parseEndpointArn(ours('endpoint/GCM/a'), REGION),
    complaint: 'EndpointArn Reason: Wrong number of slashes in relative portion of the ARN.',
  },
  {
    call: () => parseEndpointArn(ours('endpoint/GCM/a/id/more'), REGION),
    complaint: 'EndpointArn Reason: Wrong number of slashes in relative portion of the ARN.',
  },
  { call: () => parseEndpointArn(ours('app/GCM/a/id'), REGION), complaint: 'EndpointArn' },
  {
    call: () => parsePlatformApplicationArn(ours('app/GCM'), REGION),
    complaint: 'PlatformApplicationArn Reason: Wrong number of slashes in relative portion of the ARN.',
  },
  {
    call: () => parsePlatformApplicationArn(ours('endpoint/GCM/a'), REGION),
    complaint: 'PlatformApplicationArn',
  },
  {
    call: () => parseTargetArn(ours('app/GCM/a'), REGION),
    complaint: 'TargetArn Reason: Wrong number of slashes in relative portion of the ARN.',
  },
]
for (const { call, complaint } of refused) {
  test(`Invalid parameter: ${complaint}`, () =>
    expectRefusal(call, 'InvalidParameterException', `Invalid parameter: ${complaint}`))
}

test('a subscription’s ARN is its topic’s with an id', () => {
  assert.deepEqual(parseSubscriptionArn(ours('t.fifo:abc'), REGION), {
    topicArn: ours('t.fifo'),
    subscriptionId: 'abc',
  })
  assert.deepEqual(parseSubscriptionArn(ours('t:'), REGION), { topicArn: ours('t'), subscriptionId: '' })
})

test('a target is a topic or an endpoint', () => {
  assert.deepEqual(parseTargetArn(ours('t'), REGION), { topic: { ...place, name: 't' } })
  assert.deepEqual(parseTargetArn(ours('endpoint/GCM/a/id'), REGION), {
    endpoint: { ...place, platform: 'GCM', application: 'a', id: 'id' },
  })
})

const name = fc.stringMatching(/^[\w.-]{1,40}$/)
const region = fc.constantFrom('us-east-1', 'cn-north-1', 'us-gov-west-1')
const accountId = fc.stringMatching(/^\d{12}$/)

test('ARNs lead back to what they name', () => {
  fc.assert(
    fc.property(fc.record({ region, accountId, name }), (topic) =>
      assert.deepEqual(parseTopicArn(topicArn(topic), topic.region), { ...topic }),
    ),
  )
  fc.assert(
    fc.property(fc.record({ region, accountId, platform: name, name }), (application) =>
      assert.deepEqual(parsePlatformApplicationArn(platformApplicationArn(application), application.region), {
        ...application,
      }),
    ),
  )
  fc.assert(
    fc.property(fc.record({ region, accountId, platform: name, application: name, id: name }), (endpoint) =>
      assert.deepEqual(parseEndpointArn(endpointArn(endpoint), endpoint.region), { ...endpoint }),
    ),
  )
})
