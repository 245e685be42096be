import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { addPermission, checkPermission, checkPolicy, removePermission, storedPolicy } from './policy.ts'

const arn = 'arn:aws:sqs:us-east-1:000000000000:q'
const statement = { Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: arn }
const policyOf = (...statements: unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value)

const accepted = [
  { name: 'a list of statements', text: policyOf(statement) },
  { name: 'a bare statement', text: JSON.stringify({ Statement: statement }) },
  { name: '20 statements', text: policyOf(...times(20, statement)) },
  { name: '7 actions', text: policyOf({ ...statement, Action: times(7, 'sqs:*') }) },
  { name: '50 principals', text: policyOf({ ...statement, Principal: { AWS: times(50, '000000000000') } }) },
  {
    name: 'a deny with the negative members',
    text: policyOf({ Effect: 'Deny', NotPrincipal: { AWS: '000000000000' }, NotAction: 'sqs:*', Resource: '*' }),
  },
  {
    name: 'a service with a condition',
    text: policyOf({
      ...statement,
      Principal: { Service: 'sns.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': 'arn:aws:sns:us-east-1:000000000000:t' } },
    }),
  },
]
for (const { name, text } of accepted) test(`a policy may have ${name}`, () => checkPolicy(text))

test('a policy is kept as it was written', () => {
  const text = `{ "Statement": ${JSON.stringify({ ...statement, Principal: { AWS: ['*', 'arn:aws:iam::1:root'] } })} }`
  assert.equal(storedPolicy(text), text)
})

test('principals that are bare account ids are kept as ARNs of their roots', () => {
  const role = 'arn:aws:sts::111122223333:assumed-role/worker/session'
  const principals = (id: string) => [
    { ...statement, Principal: { AWS: id, Service: 'sns.amazonaws.com' } },
    { ...statement, NotPrincipal: { AWS: [role, id] }, Principal: undefined },
  ]
  const kept = storedPolicy(policyOf(...principals('111122223333')))
  assert.equal(kept, policyOf(...principals('arn:aws:iam::111122223333:root')))
  assert.equal(storedPolicy(kept), kept)
  const bare = (id: string) => JSON.stringify({ Statement: { ...statement, Principal: { AWS: id } } })
  assert.equal(storedPolicy(bare('111122223333')), bare('arn:aws:iam::111122223333:root'))
})

const malformed = [
  'nonsense',
  '[]',
  '{}',
  '{"Statement":[]}',
  '{"Statement":null}',
  policyOf('text'),
  policyOf({ ...statement, Effect: 'Maybe' }),
  policyOf({ ...statement, Action: undefined }),
  policyOf({ ...statement, Action: [1] }),
  policyOf({ ...statement, Principal: undefined }),
  policyOf({ ...statement, Principal: null }),
  policyOf({ ...statement, Principal: '000000000000' }),
  policyOf({ ...statement, Principal: {} }),
  policyOf({ ...statement, Principal: { AWS: [] } }),
  policyOf({ ...statement, Principal: { AWS: 'somebody' } }),
  policyOf({ ...statement, Principal: { AWS: '12345' } }),
  policyOf({ ...statement, Principal: { Service: 1 } }),
  policyOf({ ...statement, Principal: { Somebody: '*' } }),
  policyOf({ ...statement, Principal: { AWS: times(51, '000000000000') } }),
  policyOf({ ...statement, Condition: { StringEquals: Object.fromEntries(times(11, 0).map((_, i) => [i, 'v'])) } }),
  policyOf({ ...statement, Sid: 'x'.repeat(8192) }),
]
for (const text of malformed) {
  test(`a policy is not ${text.slice(0, 100)}`, () =>
    expectRefusal(() => checkPolicy(text), 'InvalidAttributeValue', 'Invalid value for the parameter Policy.'))
}

test('more than 20 statements, more than 7 actions', () => {
  expectRefusal(
    () => checkPolicy(policyOf(...times(21, statement))),
    'OverLimit',
    '21 statements were found in the submitted policy, max allowed is 20',
  )
  expectRefusal(
    () => checkPolicy(policyOf({ ...statement, Action: times(8, 'sqs:*') })),
    'OverLimit',
    '8 Actions were found, maximum allowed is 7.',
  )
})

const one = { label: 'one', accountIds: ['111122223333'], actions: ['ReceiveMessage'] }

test('the policy of a first permission', () => {
  const text = addPermission(undefined, arn, one)
  assert.equal(
    text,
    `{"Version":"2008-10-17","Id":"${arn}/SQSDefaultPolicy","Statement":[{"Sid":"one","Effect":"Allow",` +
      `"Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"SQS:ReceiveMessage","Resource":"${arn}"}]}`,
  )
  checkPolicy(text)
})

test('several principals and actions are lists; * is every action', () => {
  const several = { label: 's', accountIds: ['111122223333', '444455556666'], actions: ['SendMessage', '*'] }
  assert.deepEqual(JSON.parse(addPermission(undefined, arn, several)).Statement, [
    {
      Sid: 's',
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::111122223333:root', 'arn:aws:iam::444455556666:root'] },
      Action: ['SQS:SendMessage', 'SQS:*'],
      Resource: arn,
    },
  ])
})

test('a permission joins the policy that is there', () => {
  const text = addPermission(JSON.stringify({ Version: '2012-10-17', Statement: statement }), arn, one)
  const { Version, Statement } = JSON.parse(text)
  assert.equal(Version, '2012-10-17')
  assert.deepEqual(Statement[0], statement)
  assert.equal(Statement[1].Sid, 'one')
})

test('removing permissions; the last takes the policy along', () => {
  const first = addPermission(undefined, arn, one)
  const both = addPermission(first, arn, { ...one, label: 'two' })
  assert.equal(removePermission(both, 'two'), first)
  assert.equal(removePermission(first, 'one'), undefined)
})

const labelNotFound = "Value two for parameter Label is invalid. Reason: can't find label."
test('labels are unique, and known when removed', () => {
  const policy = addPermission(undefined, arn, one)
  expectRefusal(
    () => addPermission(policy, arn, one),
    'InvalidParameterValue',
    'Value one for parameter Label is invalid. Reason: Already exists.',
  )
  expectRefusal(() => removePermission(policy, 'two'), 'InvalidParameterValue', labelNotFound)
  expectRefusal(() => removePermission(undefined, 'two'), 'InvalidParameterValue', labelNotFound)
})

test('a policy has no room for a 21st statement, a 51st principal, or 8193 bytes, however it comes to them', () => {
  expectRefusal(
    () => addPermission(policyOf(...times(20, statement)), arn, one),
    'OverLimit',
    '21 Statements were found, maximum allowed is 20.',
  )
  checkPolicy(addPermission(undefined, arn, { ...one, accountIds: times(50, '111122223333') }))
  expectRefusal(
    () => addPermission(undefined, arn, { ...one, accountIds: times(51, '111122223333') }),
    'OverLimit',
    'The policy would have more than 50 principals.',
  )
  expectRefusal(
    () => addPermission(policyOf({ ...statement, Sid: 'x'.repeat(7900) }), arn, one),
    'OverLimit',
    'The policy would be longer than 8192 bytes.',
  )
})

const badLabel = 'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length'
const badArguments = [
  {
    change: { label: 'x'.repeat(81) },
    code: 'InvalidParameterValue',
    message: `Value ${'x'.repeat(81)} for parameter Label is invalid. Reason: ${badLabel}`,
  },
  {
    change: { label: 'a b' },
    code: 'InvalidParameterValue',
    message: `Value a b for parameter Label is invalid. Reason: ${badLabel}`,
  },
  { change: { actions: [] }, code: 'MissingParameter', message: 'The request must contain the parameter Actions.' },
  {
    change: { actions: times(8, 'SendMessage') },
    code: 'OverLimit',
    message: '8 Actions were found, maximum allowed is 7.',
  },
  {
    change: { actions: ['SendMessage', 'RemovePermission'] },
    code: 'InvalidParameterValue',
    message:
      'Value SQS:RemovePermission for parameter ActionName is invalid. ' +
      'Reason: Only the queue owner is allowed to invoke this action.',
  },
  {
    change: { actions: ['Fly'] },
    code: 'InvalidParameterValue',
    message:
      'Value SQS:Fly for parameter ActionName is invalid. ' +
      'Reason: Please refer to the appropriate WSDL for a list of valid actions.',
  },
  {
    change: { accountIds: [] },
    code: 'InvalidParameterValue',
    message: 'Value [] for parameter PrincipalId is invalid. Reason: Unable to verify.',
  },
  {
    change: { accountIds: ['111122223333', '7'] },
    code: 'InvalidParameterValue',
    message: 'Value [111122223333, 7] for parameter PrincipalId is invalid. Reason: Unable to verify.',
  },
]
for (const { change, code, message } of badArguments) {
  test(`a permission is refused: ${message}`, () =>
    expectRefusal(() => checkPermission({ ...one, ...change }), code, message))
}

test('a permission in order passes', () => checkPermission({ ...one, label: 'x'.repeat(80), actions: times(7, '*') }))
