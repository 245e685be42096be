import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, suite, test } from 'node:test'
import { type AssumeRoleWithSAMLCommandInput, STS } from '@aws-sdk/client-sts'
import { ROLE, type StsFixture, startSts } from './support.ts'

const PROVIDER = 'arn:aws:iam::123456789012:saml-provider/Corp'
const ISSUER = 'https://idp.example/saml?a=1&b=2'

interface Parts {
  readonly recipient?: string
  readonly notOnOrAfter?: number
  readonly statement?: string
  readonly subject?: string
  readonly attributes?: Readonly<Record<string, readonly string[]>>
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function attributesXml(attributes: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(attributes)
    .map(([name, values]) => {
      const texts = values.map(
        (value) => `<saml:AttributeValue xsi:type="xs:string">${escaped(value)}</saml:AttributeValue>`,
      )
      return `<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/${name}">${texts.join('')}</saml:Attribute>`
    })
    .join('\n')
}

suite('AssumeRoleWithSAML', () => {
  let fixture: StsFixture
  let anonymous: STS
  before(async () => {
    fixture = await startSts()
    anonymous = new STS({ endpoint: fixture.node.url, region: 'us-east-1', maxAttempts: 1 })
  })
  after(() => fixture[Symbol.asyncDispose]())

  const time = (inMs: number) => new Date(fixture.node.clock.now() + inMs).toISOString()

  const standard = { RoleSessionName: ['alice@example.com'], Role: [`${PROVIDER},${ROLE}`] }

  function response({ recipient = 'https://signin.aws.amazon.com/saml', ...parts }: Parts = {}): string {
    const { notOnOrAfter = 300_000, attributes = standard, statement = '', subject = 'alice' } = parts
    const until = `NotOnOrAfter="${time(notOnOrAfter)}"`
    const confirmed = recipient === '' ? '' : `<saml:SubjectConfirmationData ${until} Recipient='${recipient}'/>`
    return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>
<!-- <saml:Assertion/> -->
<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0">
  <saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">somebody else</saml:Issuer>
  <saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_2" Version="2.0">
    <saml:Issuer>${escaped(ISSUER)}</saml:Issuer>
    <saml:Subject>
      <saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"> <![CDATA[${subject}]]> </saml:NameID>
      <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">${confirmed}</saml:SubjectConfirmation>
    </saml:Subject>
    <saml:AttributeStatement>${attributesXml(attributes)}</saml:AttributeStatement>
    <saml:AuthnStatement AuthnInstant="${time(0)}" ${statement}></saml:AuthnStatement>
  </saml:Assertion>
</samlp:Response>`).toString('base64')
  }

  const assume = (SAMLAssertion: string, more: Partial<AssumeRoleWithSAMLCommandInput> = {}) =>
    anonymous.assumeRoleWithSAML({ RoleArn: ROLE, PrincipalArn: PROVIDER, SAMLAssertion, ...more })

  const secondsOf = async (answer: ReturnType<typeof assume>) =>
    Math.round((((await answer).Credentials?.Expiration?.getTime() ?? 0) - fixture.node.clock.now()) / 60_000) * 60

  test('answers with credentials and what the assertion says', async () => {
    const { Credentials, AssumedRoleUser, ...answer } = await assume(response())
    assert.equal(AssumedRoleUser?.Arn, 'arn:aws:sts::123456789012:assumed-role/deploy/alice@example.com')
    assert.deepEqual([answer.Issuer, answer.Subject, answer.SubjectType], [ISSUER, 'alice', 'persistent'])
    assert.equal(answer.Audience, 'https://signin.aws.amazon.com/saml')
    const qualifier = createHash('sha1').update(`${ISSUER}123456789012/Corp`).digest('base64')
    assert.deepEqual([answer.NameQualifier, answer.PackedPolicySize], [qualifier, undefined])
    assert.equal((await fixture.as(Credentials).getCallerIdentity({})).Arn, AssumedRoleUser?.Arn)
  })

  test('the order of a pair does not matter, and one of several roles can be taken', async () => {
    const Role = [`arn:aws:iam::1:role/x,${PROVIDER}`, ` ${ROLE} , ${PROVIDER} `]
    assert.equal((await assume(response({ attributes: { ...standard, Role } }))).$metadata.httpStatusCode, 200)
  })

  test('tags and a source identity come from the assertion', async () => {
    const attributes = {
      ...standard,
      'PrincipalTag:team': ['a'],
      'PrincipalTag:cost': [''],
      TransitiveTagKeys: ['team'],
      SourceIdentity: ['alice'],
    }
    const answer = await assume(response({ attributes }))
    assert.equal(answer.SourceIdentity, 'alice')
    assert.ok((answer.PackedPolicySize ?? 0) > 0)
    const tagged = { RoleArn: ROLE, RoleSessionName: 'next', Tags: [{ Key: 'team', Value: 'b' }] }
    await assert.rejects(fixture.as(answer.Credentials).assumeRole(tagged), { name: 'InvalidParameterValue' })
  })

  test('the shortest of three durations counts', async () => {
    const SessionDuration = ['1800']
    assert.equal(await secondsOf(assume(response())), 3600)
    assert.equal(await secondsOf(assume(response(), { DurationSeconds: 7200 })), 7200)
    const attributes = { ...standard, SessionDuration }
    assert.equal(await secondsOf(assume(response({ attributes }))), 1800)
    assert.equal(await secondsOf(assume(response({ attributes }), { DurationSeconds: 900 })), 900)
    assert.equal(await secondsOf(assume(response({ attributes }), { DurationSeconds: 3600 })), 1800)
    const statement = `SessionNotOnOrAfter="${time(600_500)}"`
    assert.equal(await secondsOf(assume(response({ attributes, statement }))), 600)
  })

  const invalid = 'Your request included an invalid SAML response.'
  const encoded = (xml: string) => () => Buffer.from(xml).toString('base64')
  const { RoleSessionName, Role } = standard
  const refused: readonly [string, () => string, string, string][] = [
    ['what is no base64', () => '<xml/>', 'InvalidIdentityTokenException', 'Invalid base64 SAMLResponse'],
    ['what is no XML', encoded('hello'), 'InvalidIdentityTokenException', invalid],
    ['XML of something else', encoded('<a/>'), 'InvalidIdentityTokenException', invalid],
    [
      'a document type',
      encoded('<!DOCTYPE a [<!ENTITY b "c">]><Assertion/>'),
      'InvalidIdentityTokenException',
      invalid,
    ],
    [
      'an assertion that says not to whom it goes',
      () => response({ recipient: '' }),
      'InvalidIdentityTokenException',
      'Response does not contain the required audience.',
    ],
    [
      'an assertion that has expired',
      () => response({ notOnOrAfter: -61_000 }),
      'ExpiredTokenException',
      'Token must be redeemed within 5 minutes of issuance',
    ],
    [
      'a session that is over',
      () => response({ statement: `SessionNotOnOrAfter="${time(-1000)}"` }),
      'ExpiredTokenException',
      'Token must be redeemed within 5 minutes of issuance',
    ],
    [
      'an assertion without a session’s name',
      () => response({ attributes: { Role } }),
      'InvalidIdentityTokenException',
      'RoleSessionName is required in AuthnResponse',
    ],
    [
      'a session’s name with a blank',
      () => response({ attributes: { Role, RoleSessionName: ['a b'] } }),
      'InvalidIdentityTokenException',
      'RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}',
    ],
    [
      'an assertion that names no role',
      () => response({ attributes: { RoleSessionName } }),
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithSAML',
    ],
    [
      'an assertion that names another role',
      () => response({ attributes: { RoleSessionName, Role: [`${PROVIDER},${ROLE}2`] } }),
      'AccessDenied',
      'Not authorized to perform sts:AssumeRoleWithSAML',
    ],
    [
      'a duration that no session has',
      () => response({ attributes: { ...standard, SessionDuration: ['60'] } }),
      'InvalidIdentityTokenException',
      'SessionDuration in AuthnResponse must be between 900 and 43200',
    ],
  ]
  for (const [name, assertion, code, message] of refused) {
    test(`${name} is refused`, async () => {
      await assert.rejects(assume(assertion()), { name: code, message })
    })
  }

  test('an assertion in lines is one, and a long one of blanks is refused at once', { timeout: 5000 }, async () => {
    const lines = (response().match(/.{1,76}/g) ?? []).join('\r\n')
    assert.equal((await assume(lines)).Subject, 'alice')
    await assert.rejects(assume(`${' '.repeat(99_990)}!`), { message: 'Invalid base64 SAMLResponse' })
  })

  test('a provider’s ARN that is none is refused', async () => {
    const PrincipalArn = 'arn:aws:iam:000000000000:saml-provider/x'
    await assert.rejects(assume(response(), { PrincipalArn }), {
      name: 'ValidationError',
      message: `${PrincipalArn} is invalid`,
    })
  })
})
