import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEndpoint, needsConfirmation, type Protocol } from './endpoint.ts'
import { expectRefusal } from './expect-refusal.ts'

const OWN = '000000000000'
const queue = 'arn:aws:sqs:us-east-1:000000000000:q'
const lambda = 'arn:aws:lambda:us-east-1:000000000000:function:f'
const firehose = 'arn:aws:firehose:us-east-1:000000000000:deliverystream/d'
const device = 'arn:aws:sns:us-east-1:000000000000:endpoint/GCM/a/0a'

const accepted: readonly { protocol: Protocol; endpoint: string; confirms: boolean }[] = [
  { protocol: 'http', endpoint: 'http://example.com/hook?a=b', confirms: true },
  { protocol: 'http', endpoint: 'http://user:secret@127.0.0.1:8080', confirms: true },
  { protocol: 'https', endpoint: 'https://[::1]/', confirms: true },
  { protocol: 'email', endpoint: 'a.b+c@example.com', confirms: true },
  { protocol: 'email-json', endpoint: 'ü@localhost', confirms: true },
  ...['+12345678901', '12345678901', '+12/34-567.890', '15'].map((endpoint) => ({
    protocol: 'sms' as const,
    endpoint,
    confirms: false,
  })),
  { protocol: 'sqs', endpoint: queue, confirms: false },
  { protocol: 'sqs', endpoint: 'arn:aws:sqs:eu-west-1:000000000000:elsewhere', confirms: false },
  { protocol: 'sqs', endpoint: 'arn:aws:sqs:us-east-1:111111111111:q', confirms: true },
  { protocol: 'lambda', endpoint: lambda, confirms: false },
  { protocol: 'lambda', endpoint: `${lambda}:$LATEST`, confirms: false },
  { protocol: 'firehose', endpoint: firehose, confirms: false },
  { protocol: 'application', endpoint: device, confirms: false },
]
for (const { protocol, endpoint, confirms } of accepted) {
  test(`${protocol} ${endpoint} may be subscribed${confirms ? ', and has to confirm' : ''}`, () => {
    assert.equal(checkEndpoint(protocol, endpoint, false), protocol)
    assert.equal(needsConfirmation(protocol, endpoint, OWN), confirms)
  })
}

const each = (protocol: string, sentence: string, endpoints: readonly string[]) =>
  endpoints.map((endpoint) => ({ protocol, endpoint, sentence }))

const refused = [
  ...each('ftp', 'Invalid parameter: Amazon SNS does not support this protocol string: ftp', ['ftp://h']),
  ...each('', 'Invalid parameter: Amazon SNS does not support this protocol string: ', ['x']),
  ...each('constructor', 'Invalid parameter: Amazon SNS does not support this protocol string: constructor', ['x']),
  ...each('http', 'Invalid parameter: Endpoint must match the specified protocol', [
    '',
    'x',
    'https://h',
    'HTTP:h',
    'http:h',
    'http://',
    'http://h/a b',
    'http://h/\0',
    'http://h:99999/',
  ]),
  ...each('https', 'Invalid parameter: Endpoint must match the specified protocol', ['http://h']),
  ...['email', 'email-json'].flatMap((protocol) =>
    each(protocol, 'Invalid parameter: Email address', [
      '',
      'x',
      '@h',
      'a@',
      'a b@h',
      'a@h;b@h',
      'a@h,b@h',
      'A <a@h>',
      'a@b@c',
      'a@h\r\nBcc:b@h',
    ]),
  ),
  ...[
    '',
    'NAA+15551234567',
    '+1234567--89',
    '+12345678901.',
    '/12345678901',
    '+1-',
    '+',
    '1',
    '+0123456',
    '+1234567890123456',
    '+1 234 567',
  ].map((endpoint) => ({ protocol: 'sms', endpoint, sentence: `Invalid SMS endpoint: ${endpoint}` })),
  ...each('sqs', 'Invalid parameter: SQS endpoint ARN', [
    '',
    'http://localhost:4566/000000000000/q',
    'q',
    'arn:aws:sns:us-east-1:000000000000:q',
    `${queue}:x`,
  ]),
  ...each('lambda', 'Invalid parameter: Lambda endpoint ARN', ['', 'f', queue, `${lambda}:`, firehose]),
  ...each('firehose', 'Invalid parameter: Firehose endpoint ARN', ['', queue, `${firehose}/x`]),
  ...['', 'arn:aws:sns:us-east-1:000000000000:t', 'arn:aws:sns:us-east-1:000000000000:app/GCM/a'].map((endpoint) => ({
    protocol: 'application',
    endpoint,
    sentence: `Invalid parameter: Application endpoint arn invalid:${endpoint}`,
  })),
  {
    protocol: 'http',
    endpoint: `http://h/${'x'.repeat(2040)}`,
    sentence: 'Invalid parameter: Endpoint Reason: must be at most 2048 characters long',
  },
  {
    protocol: 'sqs',
    endpoint: `${queue}.fifo`,
    sentence:
      'Invalid parameter: Invalid parameter: Endpoint Reason: ' +
      'FIFO SQS Queues can not be subscribed to standard SNS topics',
  },
]
for (const { protocol, endpoint, sentence } of refused) {
  test(`${protocol} ${JSON.stringify(endpoint).slice(0, 60)} may not be subscribed`, () =>
    expectRefusal(() => checkEndpoint(protocol, endpoint, false), 'InvalidParameterException', sentence))
}

test('a FIFO topic takes queues of both types, and nothing else', () => {
  checkEndpoint('sqs', queue, true)
  checkEndpoint('sqs', `${queue}.fifo`, true)
  for (const { protocol, endpoint } of accepted.filter(({ protocol }) => protocol !== 'sqs')) {
    expectRefusal(
      () => checkEndpoint(protocol, endpoint, true),
      'InvalidParameterException',
      `Invalid parameter: Invalid protocol type: ${protocol}`,
    )
  }
  // Told before the endpoint is looked at.
  expectRefusal(
    () => checkEndpoint('sms', 'x', true),
    'InvalidParameterException',
    'Invalid parameter: Invalid protocol type: sms',
  )
})
