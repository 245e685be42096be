import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { calledBy, DEFAULT_ACCOUNT_ID, identify } from './credentials.ts'

const header = (credential: string) =>
  `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=host;x-amz-date, Signature=0123456789abcdef`

const cases = [
  {
    name: 'a twelve-digit access key id is the account',
    authorization: header('123456789012/20260131/eu-west-1/sqs/aws4_request'),
    expected: ['123456789012', 'eu-west-1', 'sqs'],
  },
  {
    name: 'any other access key id belongs to the default account',
    authorization: header('AKIAEXAMPLE/20260131/us-east-1/sns/aws4_request'),
    expected: [DEFAULT_ACCOUNT_ID, 'us-east-1', 'sns'],
  },
  {
    name: 'SigV4a names no region',
    authorization: header('AKIAEXAMPLE/20260131/sqs/aws4_request').replace('HMAC', 'ECDSA-P256'),
    expected: [DEFAULT_ACCOUNT_ID, undefined, 'sqs'],
  },
  {
    name: 'the parts may stand in another order',
    authorization: 'AWS4-HMAC-SHA256 SignedHeaders=host, Credential=210987654321/20260131/us-west-2/sqs/aws4_request',
    expected: ['210987654321', 'us-west-2', 'sqs'],
  },
  {
    name: 'slashes in an access key id',
    authorization: header('a/b/20260131/us-west-2/sqs/aws4_request'),
    expected: [DEFAULT_ACCOUNT_ID, 'us-west-2', 'sqs'],
  },
  {
    name: 'a region that can’t be one is none',
    authorization: header('123456789012/20260131/<script>/sqs/aws4_request'),
    expected: ['123456789012', undefined, 'sqs'],
  },
  {
    name: 'a pre-signed URL',
    presigned: '123456789012/20260131/eu-west-1/sqs/aws4_request',
    expected: ['123456789012', 'eu-west-1', 'sqs'],
  },
  { name: 'no credential', expected: [DEFAULT_ACCOUNT_ID, undefined, undefined] },
  { name: 'another scheme', authorization: 'Bearer abc', expected: [DEFAULT_ACCOUNT_ID, undefined, undefined] },
  { name: 'an empty credential', authorization: header(''), expected: [DEFAULT_ACCOUNT_ID, undefined, undefined] },
  { name: 'an empty pre-signed one', presigned: '', expected: [DEFAULT_ACCOUNT_ID, undefined, undefined] },
]

for (const { name, authorization, presigned, expected } of cases) {
  test(`identify: ${name}`, () => {
    const { accountId, region, signingName } = identify(authorization, presigned)
    assert.deepEqual([accountId, region, signingName], expected)
  })
}

test('only temporary credentials are told apart by their session', () => {
  const of = (keyId: string) => identify(header(`${keyId}/20260131/us-east-1/sqs/aws4_request`), null)
  assert.equal(of('ASIAY34FZKBOKMUTVV7A').temporaryKeyId, 'ASIAY34FZKBOKMUTVV7A')
  assert.equal(of('AKIAY34FZKBOKMUTVV7A').temporaryKeyId, undefined)
  assert.equal(of('123456789012').temporaryKeyId, undefined)
})

test('a session’s request keeps the scope of its credential', () => {
  const identity = identify(header('ASIAY34FZKBOKMUTVV7A/20260131/eu-west-1/sqs/aws4_request'), null)
  const principal = { accountId: '123456789012', id: 'i', arn: 'a' }
  const expected = { accountId: '123456789012', region: 'eu-west-1', signingName: 'sqs', principal }
  assert.deepEqual(calledBy(principal, identity), expected)
})

test('two clients whose headers begin alike are told apart', () => {
  const of = (account: string) =>
    `AWS4-HMAC-SHA256 SignedHeaders=host, Credential=${account}/20260131/us-east-1/sqs/aws4`
  assert.equal(identify(of('111111111111'), null).accountId, '111111111111')
  assert.equal(identify(of('222222222222'), null).accountId, '222222222222')
})

test('a client is parsed once, however often it signs', () => {
  const first = identify(`${header('333333333333/20260131/us-east-1/sqs/aws4_request')}1`, null)
  const second = identify(`${header('333333333333/20260131/us-east-1/sqs/aws4_request')}2`, null)
  assert.equal(first, second)
})

test('the principal is a user of the account, always the same', () => {
  const { principal } = identify(header('123456789012/20260131/us-east-1/sqs/aws4_request'), null)
  assert.deepEqual(principal, {
    accountId: '123456789012',
    id: principal.id,
    arn: 'arn:aws:iam::123456789012:user/millrace',
  })
  assert.match(principal.id, /^AIDA[A-Z2-7]{17}$/)
  assert.equal(identify(header('123456789012/20260201/eu-west-1/sns/aws4_request'), null).principal.id, principal.id)
  assert.notEqual(identify(header('111111111111/20260201/eu-west-1/sns/aws4_request'), null).principal.id, principal.id)
})

test('whatever is sent, an identity with an account comes out', () => {
  const text = fc.oneof(fc.string(), fc.string().map(header))
  fc.assert(
    fc.property(fc.option(text, { nil: undefined }), fc.string(), (authorization, presigned) => {
      assert.match(identify(authorization, presigned).accountId, /^\d{12}$/)
    }),
  )
})
