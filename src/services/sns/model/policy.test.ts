import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseAttribute } from '../errors.ts'
import { expectRefusal } from './expect-refusal.ts'
import {
  addPermission,
  checkPermission,
  checkPolicy,
  defaultPolicy,
  type Permission,
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
const accepted = [
  initial,
  JSON.stringify({ Statement: statement }),
  JSON.stringify({ Statement: [statement, { ...statement, Effect: 'Deny', Action: undefined, NotAction: ['a'] }] }),
]
for (const text of accepted) {
  test(`${text.slice(0, 60)}… is a policy`, () => checkPolicy(text, refuseAttribute))
}

const refused = [
  '',
  'x',
  '[]',
  'null',
  '{}',
  '{"Statement":[]}',
  '{"Statement":[1]}',
  JSON.stringify({ Statement: { ...statement, Effect: 'Maybe' } }),
  JSON.stringify({ Statement: { ...statement, Action: undefined } }),
  JSON.stringify({ Statement: { ...statement, Action: [1] } }),
  JSON.stringify({ Statement: { ...statement, Principal: null } }),
  JSON.stringify({ Statement: { ...statement, Sid: 'x'.repeat(30 * 1024) } }),
  `{"Statement":${JSON.stringify(statement)},"Deep":${'['.repeat(15_000)}${']'.repeat(15_000)}}`,
]
for (const text of refused) {
  test(`${JSON.stringify(text).slice(0, 60)} is no policy`, () =>
    expectRefusal(
      () => checkPolicy(text, refuseAttribute),
      'InvalidParameterException',
      'Invalid parameter: Policy Error: null',
    ))
}

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
