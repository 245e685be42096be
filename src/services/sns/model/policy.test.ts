import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseAttribute } from '../errors.ts'
import { expectRefusal } from './expect-refusal.ts'
import {
  addPermission,
  checkPermission,
  defaultPolicy,
  type Permission,
  readPolicy,
  removePermission,
} from './policy.ts'

const ARN = 'arn:aws:sns:us-east-1:000000000000:t'
const initial = defaultPolicy(ARN, '000000000000')

test('the policy of a new topic', () =>
  assert.equal(
    initial,
    '{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID",' +
      '"Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes",' +
      '"SNS:AddPermission","SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic",' +
      '"SNS:Publish"],"Resource":"arn:aws:sns:us-east-1:000000000000:t",' +
      '"Condition":{"StringEquals":{"AWS:SourceOwner":"000000000000"}}}]}',
  ))

const statement = { Effect: 'Allow', Principal: '*', Action: 'sns:Publish', Resource: ARN }
const policyOf = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })

const accepted: readonly { what: string; text: string }[] = [
  { what: 'the one of a new topic', text: initial },
  { what: 'a statement that is no list', text: JSON.stringify({ Statement: statement }) },
  {
    what: 'what is not allowed',
    text: policyOf(statement, { ...statement, Effect: 'Deny', Action: undefined, NotAction: ['a'] }),
  },
  ...[
    'SNS:Publish',
    'sns:receive',
    'sns:*',
    '*',
    'SNS:Get*Attributes',
    'sns:?ublish',
    'sns:PutDataProtectionPolicy',
  ].map((Action) => ({ what: `the action ${Action}`, text: policyOf({ ...statement, Action }) })),
  ...[ARN, [ARN], '*', 'arn:aws:sns:*:*:t', 'arn:aws:sns:us-east-1:000000000000:?', 'arn:aws:sns:*0:*'].map(
    (Resource) => ({
      what: `the resource ${Resource}`,
      text: policyOf({ ...statement, Resource }),
    }),
  ),
  ...[
    { AWS: '*' },
    {
      AWS: ['arn:aws:iam::111111111111:user/a', 'arn:aws:sts::111111111111:assumed-role/a/b', 'AIDACKCEVSQ6C2EXAMPLE'],
    },
    { Service: 's3.amazonaws.com' },
  ].map((Principal) => ({
    what: `the principal ${JSON.stringify(Principal)}`,
    text: policyOf({ ...statement, Principal }),
  })),
]
for (const { what, text } of accepted) {
  test(`a policy may have ${what}, and is kept as it is`, () =>
    assert.equal(readPolicy(text, ARN, refuseAttribute), text))
}

const NULL = 'Policy Error: null'
const OUT_OF_SCOPE = 'Policy statement action out of service scope!'
const refused: readonly { text: string; complaint?: string }[] = [
  { text: '' },
  { text: 'x' },
  { text: '[]' },
  { text: 'null' },
  { text: '{}' },
  { text: '{"Statement":[]}' },
  { text: '{"Statement":[1]}' },
  { text: policyOf({ ...statement, Effect: 'Maybe' }) },
  { text: policyOf({ ...statement, Action: undefined }) },
  { text: policyOf({ ...statement, Action: [1] }) },
  { text: policyOf({ ...statement, Principal: null }) },
  { text: policyOf({ ...statement, Sid: 'x'.repeat(30 * 1024) }) },
  { text: `{"Statement":${JSON.stringify(statement)},"Deep":${'['.repeat(15_000)}${']'.repeat(15_000)}}` },
  { text: policyOf(...Array.from({ length: 101 }, () => statement)) },
  { text: policyOf({ ...statement, Principal: { Service: Array.from({ length: 201 }, () => 's') } }) },
  { text: policyOf({ ...statement, Resource: undefined }) },
  { text: policyOf({ ...statement, Resource: [] }) },
  { text: policyOf({ ...statement, Resource: [ARN, ARN] }) },
  { text: policyOf({ ...statement, Resource: `${ARN}2` }) },
  { text: policyOf({ ...statement, Resource: 'arn:aws:sns:*:t2' }) },
  { text: policyOf({ ...statement, Resource: 7 }) },
  { text: policyOf(statement, { ...statement, Action: ['sns:Publish', 'sns:CreateTopic'] }), complaint: OUT_OF_SCOPE },
  { text: policyOf({ ...statement, Action: 'Publish' }), complaint: OUT_OF_SCOPE },
  { text: policyOf({ ...statement, Action: 'sqs:*' }), complaint: OUT_OF_SCOPE },
  { text: policyOf({ ...statement, Action: 'sns:Create*' }), complaint: OUT_OF_SCOPE },
  ...['123', '_', 'arn:aws:iam::1:root', 'arn:aws:sns:us-east-1:000000000000:t', 5].map((AWS) => ({
    text: policyOf({ ...statement, Principal: { AWS } }),
    complaint: 'Policy Error: PrincipalNotFound',
  })),
]
for (const { text, complaint = NULL } of refused) {
  test(`${JSON.stringify(text).slice(0, 120)} can't be the topic's: ${complaint}`, () =>
    expectRefusal(
      () => readPolicy(text, ARN, refuseAttribute),
      'InvalidParameterException',
      `Invalid parameter: ${complaint}`,
    ))
}

test('an account alone becomes the ARN of its root', () => {
  const one = { ...statement, Principal: { AWS: '111111111111', Service: 's3.amazonaws.com' } }
  const two = { ...statement, Principal: { AWS: ['222222222222', 'arn:aws:iam::333333333333:user/a'] } }
  const kept = JSON.parse(readPolicy(policyOf(statement, one, two), ARN, refuseAttribute))
  assert.deepEqual(kept, {
    Version: '2012-10-17',
    Statement: [
      statement,
      { ...one, Principal: { AWS: 'arn:aws:iam::111111111111:root', Service: 's3.amazonaws.com' } },
      { ...two, Principal: { AWS: ['arn:aws:iam::222222222222:root', 'arn:aws:iam::333333333333:user/a'] } },
    ],
  })
})

test('a pattern of many stars is not slow', () => {
  const Resource = `${'*0'.repeat(10_000)}x`
  expectRefusal(
    () => readPolicy(policyOf({ ...statement, Resource }), ARN, refuseAttribute),
    'InvalidParameterException',
    `Invalid parameter: ${NULL}`,
  )
})

const permission: Permission = { label: 'l', accountIds: ['111111111111'], actions: ['Publish'] }

test('a permission becomes a statement', () => {
  const { Statement } = JSON.parse(addPermission(initial, ARN, permission))
  assert.equal(Statement.length, 2)
  assert.deepEqual(Statement[1], {
    Sid: 'l',
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111111111111:root' },
    Action: 'SNS:Publish',
    Resource: ARN,
  })
})

test('a permission for many is written as lists', () => {
  const many = { label: 'l', accountIds: ['111111111111', '222222222222'], actions: ['Publish', 'Receive'] }
  const { Statement } = JSON.parse(addPermission(JSON.stringify({ Statement: statement }), ARN, many))
  assert.deepEqual(Statement[0], statement)
  assert.deepEqual(Statement[1].Principal.AWS, ['arn:aws:iam::111111111111:root', 'arn:aws:iam::222222222222:root'])
  assert.deepEqual(Statement[1].Action, ['SNS:Publish', 'SNS:Receive'])
})

for (const action of [
  'Publish',
  'RemovePermission',
  'SetTopicAttributes',
  'DeleteTopic',
  'ListSubscriptionsByTopic',
  'GetTopicAttributes',
  'AddPermission',
  'Subscribe',
  'Receive',
]) {
  test(`${action} can be granted`, () => checkPermission({ ...permission, actions: [action] }))
}

const outOfScope = 'Policy statement action out of service scope!'
const refusedPermissions = [
  { given: { actions: ['CreateTopic'] }, complaint: outOfScope },
  { given: { actions: ['SNS:Publish'] }, complaint: outOfScope },
  { given: { actions: ['Publish', 'publish'] }, complaint: outOfScope },
  { given: { actions: [''] }, complaint: outOfScope },
  { given: { actions: [] }, complaint: 'ActionName Reason: no value for required parameter' },
  { given: { accountIds: [] }, complaint: 'AWSAccountId Reason: no value for required parameter' },
  { given: { accountIds: ['1'] }, complaint: 'Policy Error: PrincipalNotFound' },
  { given: { label: '' }, complaint: 'Label Reason: no value for required parameter' },
]
for (const { given, complaint } of refusedPermissions) {
  test(`${JSON.stringify(given)} can't be granted: ${complaint}`, () =>
    expectRefusal(
      () => checkPermission({ ...permission, ...given }),
      'InvalidParameterException',
      `Invalid parameter: ${complaint}`,
    ))
}

test('a label is used once', () => {
  const granted = addPermission(initial, ARN, permission)
  expectRefusal(
    () => addPermission(granted, ARN, { ...permission, actions: ['Subscribe'] }),
    'InvalidParameterException',
    'Invalid parameter: Statement already exists',
  )
})

test('a permission that makes the policy too long is refused', () =>
  expectRefusal(
    () => addPermission(initial, ARN, { ...permission, label: 'x'.repeat(30 * 1024) }),
    'InvalidParameterException',
    'Invalid parameter: Policy Error: null',
  ))

test('a permission is removed by its label; an unknown label changes nothing', () => {
  const granted = addPermission(initial, ARN, permission)
  assert.equal(removePermission(granted, 'l'), initial)
  assert.equal(removePermission(granted, 'other'), granted)
})
