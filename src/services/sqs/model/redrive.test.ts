import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { allowsSource, parseRedriveAllowPolicy, parseRedrivePolicy, storedRedriveAllowPolicy } from './redrive.ts'

const arn = 'arn:aws:sqs:us-east-1:000000000000:dlq'
const policy = (members: object) => JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 3, ...members })

for (const maxReceiveCount of [1, 1000, '1', '1000']) {
  test(`maxReceiveCount ${JSON.stringify(maxReceiveCount)}`, () =>
    assert.deepEqual(parseRedrivePolicy(policy({ maxReceiveCount })), {
      deadLetterTargetArn: arn,
      target: { region: 'us-east-1', accountId: '000000000000', name: 'dlq' },
      maxReceiveCount: Number(maxReceiveCount),
    }))
}

for (const text of ['', 'nonsense', '[]', '"text"', 'null', '{']) {
  test(`a redrive policy is not ${JSON.stringify(text)}`, () =>
    expectRefusal(
      () => parseRedrivePolicy(text),
      'InvalidAttributeValue',
      'Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map.',
    ))
}

const countRule = (count: string) =>
  `Invalid value for maxReceiveCount: ${count}, valid values are from 1 to 1000 both inclusive.`
const notAnArn = 'Dead-letter target ARN should be fully qualified ARN.'
const refused = [
  { text: '{}', reason: 'Redrive policy does not contain mandatory attribute: maxReceiveCount.' },
  {
    text: `{"deadLetterTargetArn":"${arn}","maxReceiveCount":null}`,
    reason: 'Redrive policy does not contain mandatory attribute: maxReceiveCount.',
  },
  {
    text: '{"maxReceiveCount":0}',
    reason: 'Redrive policy does not contain mandatory attribute: deadLetterTargetArn.',
  },
  {
    text: policy({ maxReceiveCount: 0, more: 1 }),
    reason: 'Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].',
  },
  { text: policy({ maxReceiveCount: 0, deadLetterTargetArn: 'x' }), reason: countRule('0') },
  { text: policy({ maxReceiveCount: 1001 }), reason: countRule('1001') },
  { text: policy({ maxReceiveCount: '1001' }), reason: countRule('1001') },
  { text: policy({ maxReceiveCount: 1.5 }), reason: countRule('1.5') },
  { text: policy({ maxReceiveCount: 'abc' }), reason: countRule('abc') },
  { text: policy({ maxReceiveCount: '' }), reason: countRule('') },
  { text: policy({ maxReceiveCount: true }), reason: countRule('true') },
  { text: policy({ maxReceiveCount: [3] }), reason: countRule('[3]') },
  { text: policy({ deadLetterTargetArn: '' }), reason: notAnArn },
  { text: policy({ deadLetterTargetArn: 'dlq' }), reason: notAnArn },
  { text: policy({ deadLetterTargetArn: 7 }), reason: notAnArn },
  { text: policy({ deadLetterTargetArn: 'arn:aws:sqs:::dlq' }), reason: notAnArn },
  {
    text: policy({ deadLetterTargetArn: 'arn:aws:sns:us-east-1:000000000000:t' }),
    reason: 'Only SQS queues are valid resources for deadLetterTargetArn.',
  },
  {
    text: policy({ deadLetterTargetArn: 'arn:aws:s3:::bucket' }),
    reason: 'Only SQS queues are valid resources for deadLetterTargetArn.',
  },
]
for (const { text, reason } of refused) {
  test(`${text}: ${reason}`, () =>
    expectRefusal(
      () => parseRedrivePolicy(text),
      'InvalidParameterValue',
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    ))
}

const unsupported = [
  'nonsense',
  '[]',
  '{}',
  '{"redrivePermission":"some"}',
  '{"redrivePermission":"byQueue","sourceQueueArns":"a"}',
  '{"redrivePermission":"byQueue","sourceQueueArns":[1]}',
  '{"redrivePermission":"allowAll","more":1}',
]
for (const text of unsupported) {
  test(`a redrive allow policy is not ${text}`, () =>
    expectRefusal(
      () => parseRedriveAllowPolicy(text),
      'InvalidAttributeValue',
      'Invalid value for the parameter RedriveAllowPolicy. ' +
        "Reason: Amazon SQS can't create the redrive allow policy, as it\u2019s in an unsupported format.",
    ))
}

const allow = (redrivePermission: string, sources?: number) =>
  JSON.stringify({
    redrivePermission,
    sourceQueueArns: sources === undefined ? undefined : Array.from({ length: sources }, (_, i) => `arn${i}`),
  })
const refusedAllow = [
  {
    text: allow('byQueue'),
    reason: 'When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.',
  },
  {
    text: allow('byQueue', 0),
    reason: 'When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.',
  },
  { text: allow('byQueue', 11), reason: 'The maximum number of source queue ARNs you can specify is 10.' },
  {
    text: allow('denyAll', 1),
    reason: 'To specify one or more source queue ARNs, you must set redrivePermission to byQueue.',
  },
  {
    text: allow('allowAll', 1),
    reason: 'To specify one or more source queue ARNs, you must set redrivePermission to byQueue.',
  },
]
for (const { text, reason } of refusedAllow) {
  test(`${text}: ${reason}`, () =>
    expectRefusal(
      () => parseRedriveAllowPolicy(text),
      'InvalidParameterValue',
      `Value ${text} for parameter RedriveAllowPolicy is invalid. ` +
        `Reason: Amazon SQS can't create the redrive allow policy. ${reason}`,
    ))
}

const permissions = [
  { policy: undefined, allowed: true },
  { policy: allow('allowAll'), allowed: true },
  { policy: allow('denyAll'), allowed: false },
  { policy: allow('byQueue', 10), allowed: true },
  { policy: '{"redrivePermission":"byQueue","sourceQueueArns":["other"]}', allowed: false },
]
for (const { policy, allowed } of permissions) {
  test(`with ${policy} the source arn9 is ${allowed ? 'allowed' : 'refused'}`, () =>
    assert.equal(allowsSource(policy, 'arn9'), allowed))
}

test('a redrive allow policy is kept as it was written, but for sources that are null', () => {
  for (const text of [
    '{ "redrivePermission" : "allowAll" }',
    `{"sourceQueueArns":["${arn}"],"redrivePermission":"byQueue"}`,
  ]) {
    assert.equal(storedRedriveAllowPolicy(text), text)
  }
  assert.equal(
    storedRedriveAllowPolicy('{ "sourceQueueArns": null, "redrivePermission": "denyAll" }'),
    '{"redrivePermission":"denyAll"}',
  )
  assert.throws(() => storedRedriveAllowPolicy('{"redrivePermission":"byQueue","sourceQueueArns":null}'), {
    name: 'InvalidParameterValue',
  })
  assert.throws(() => storedRedriveAllowPolicy('{"redrivePermission":null}'), { name: 'InvalidAttributeValue' })
})
