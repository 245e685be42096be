import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSessionPolicy, packedPercent } from './session-policy.ts'

const statement = { Effect: 'Allow', Action: 'sqs:*', Resource: '*' }
const policyOf = (...statements: unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })

const SYNTAX = 'Syntax errors in policy.'
const cases = [
  { name: 'one statement', text: policyOf(statement) },
  { name: 'a statement that is not in a list', text: JSON.stringify({ Statement: statement }) },
  {
    name: 'everything a statement can have',
    text: policyOf({ ...statement, Sid: 'a', Condition: { Bool: { k: true } } }),
  },
  { name: 'what is negated', text: policyOf({ Effect: 'Deny', NotAction: ['a:b'], NotResource: ['*'] }) },
  { name: 'no JSON', text: '{', message: 'This policy contains invalid Json' },
  { name: 'a list', text: '[]', message: SYNTAX },
  { name: 'no statement', text: '{"Version":"2012-10-17"}', message: SYNTAX },
  { name: 'an unknown member', text: JSON.stringify({ Statement: statement, Other: 1 }), message: SYNTAX },
  { name: 'another version', text: JSON.stringify({ Version: '2024-01-01', Statement: statement }), message: SYNTAX },
  { name: 'a statement that is a text', text: policyOf('x'), message: SYNTAX },
  { name: 'an unknown member of a statement', text: policyOf({ ...statement, Who: 'x' }), message: SYNTAX },
  { name: 'an effect in another case', text: policyOf({ ...statement, Effect: 'allow' }), message: SYNTAX },
  { name: 'an action and its negation', text: policyOf({ ...statement, NotAction: 'a:b' }), message: SYNTAX },
  { name: 'actions that are numbers', text: policyOf({ ...statement, Action: [1] }), message: SYNTAX },
  { name: 'an id that is a number', text: policyOf({ ...statement, Sid: 1 }), message: SYNTAX },
  { name: 'a condition that is a list', text: policyOf({ ...statement, Condition: [] }), message: SYNTAX },
  {
    name: 'a principal',
    text: policyOf({ ...statement, Principal: '*' }),
    message: 'Policy document should not specify a principal.',
  },
  {
    name: 'no action',
    text: policyOf({ Effect: 'Allow', Resource: '*' }),
    message: 'Policy statement must contain actions.',
  },
  {
    name: 'no resource',
    text: policyOf({ ...statement, Resource: [] }),
    message: 'Policy statement must contain resources.',
  },
  {
    name: 'an id twice',
    text: policyOf({ ...statement, Sid: 'a' }, { ...statement, Sid: 'a' }),
    message: 'Statement IDs (SID) in a single policy must be unique.',
  },
]

for (const { name, text, message } of cases) {
  test(`a session policy with ${name} is ${message === undefined ? 'one' : 'refused'}`, () => {
    if (message === undefined) checkSessionPolicy(text)
    else assert.throws(() => checkSessionPolicy(text), { code: 'MalformedPolicyDocumentException', message })
  })
}

test('the size is that of everything together, and none without anything', () => {
  assert.equal(packedPercent({ tags: {} }), 0)
  const policy = packedPercent({ policy: policyOf(statement), tags: {} })
  const both = packedPercent({
    policy: policyOf(statement),
    policyArns: ['arn:aws:iam::aws:policy/A'],
    tags: { a: 'b' },
  })
  assert.ok(policy > 0 && both > policy && both < 20)
})
