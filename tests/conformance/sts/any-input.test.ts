/** Whatever is sent to STS is answered, and is nobody's fault but the client's. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import fc from 'fast-check'
import { post } from '../clients/query-client.ts'
import { ROLE, type StsFixture, startSts } from './support.ts'

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (claims: unknown) => `${encoded({ alg: 'none' })}.${encoded(claims)}.x`

const TEXTS = [
  '',
  'ci',
  ROLE,
  'arn:aws:iam::123456789012:role/',
  'arn:aws:iam::123456789012:saml-provider/x',
  'arn:::::',
  '900',
  '-1',
  '0.5',
  '1e400',
  '123456',
  'aws:x',
  '{}',
  '{"Statement":[{"Effect":"Allow","Action":[null],"Resource":7}]}',
  '{"Statement":{"__proto__":{},"Effect":"Deny","NotAction":"a:b","NotResource":"*"}}',
  '[[[[',
  '__proto__',
  'constructor',
  'a\u0000b',
  '\ud800',
  '😀'.repeat(40),
  'x'.repeat(3000),
  'PHhtbC8+',
  Buffer.from('<Assertion><Issuer>i</Issuer><NameID/><SubjectConfirmationData Recipient="r"/></Assertion>').toString(
    'base64',
  ),
  'a.b.c',
  tokenOf(null),
  tokenOf({ exp: '1', iss: 1 }),
  tokenOf({ exp: 1e300, iss: 'i', sub: 's', aud: [] }),
  tokenOf({
    exp: 1e300,
    iss: 'i',
    sub: 's',
    aud: 'a',
    'https://aws.amazon.com/tags': { principal_tags: { __proto__: ['a'] } },
  }),
]

const MEMBERS = [
  'RoleArn',
  'RoleSessionName',
  'PrincipalArn',
  'SAMLAssertion',
  'WebIdentityToken',
  'ProviderId',
  'Name',
  'Policy',
  'PolicyArns.member.1.arn',
  'DurationSeconds',
  'Tags.member.1.Key',
  'Tags.member.1.Value',
  'Tags.member.2.Key',
  'Tags.member.2.Value',
  'TransitiveTagKeys.member.1',
  'ExternalId',
  'SourceIdentity',
  'SerialNumber',
  'TokenCode',
  'MinimumSessionTokenSize',
  'AccessKeyId',
  'EncodedMessage',
]

const VALID = { RoleArn: ROLE, RoleSessionName: 'ci', Name: 'bob', PrincipalArn: TEXTS[4] as string }

suite('any input', () => {
  let fixture: StsFixture
  before(async () => {
    fixture = await startSts()
  })
  after(() => fixture[Symbol.asyncDispose]())

  const text = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  )
  const input = fc.dictionary(fc.constantFrom(...MEMBERS), text, { maxKeys: 6, noNullPrototype: true })

  for (const Action of [
    'AssumeRole',
    'AssumeRoleWithSAML',
    'AssumeRoleWithWebIdentity',
    'GetFederationToken',
    'GetSessionToken',
    'GetAccessKeyInfo',
    'DecodeAuthorizationMessage',
  ]) {
    test(`${Action} is answered`, async () => {
      const answers = fc.asyncProperty(input, async (members) => {
        const { status, text } = await post(fixture.node.url, { Action, Version: '2011-06-15', ...VALID, ...members })
        assert.ok(status < 500, `${status} ${text}`)
        assert.ok(text.length < 16_000, `${text.length} characters`)
      })
      await fc.assert(answers, { numRuns: 150, seed: 20_261_201 })
    })
  }
})
