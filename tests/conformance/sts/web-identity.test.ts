import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type AssumeRoleWithWebIdentityCommandInput, STS } from '@aws-sdk/client-sts'
import { ROLE, type StsFixture, startSts } from './support.ts'

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
/** As an issuer makes it; nobody looks at the signature. */
const tokenOf = (claims: object) => `${encoded({ alg: 'RS256', kid: '1' })}.${encoded(claims)}.c2lnbmF0dXJl`

suite('AssumeRoleWithWebIdentity', () => {
  let fixture: StsFixture
  let anonymous: STS
  before(async () => {
    fixture = await startSts()
    // Nobody signs such a call.
    anonymous = new STS({ endpoint: fixture.node.url, region: 'us-east-1', maxAttempts: 1 })
  })
  after(() => fixture[Symbol.asyncDispose]())

  const inAnHour = () => Math.floor(fixture.node.clock.now() / 1000) + 3600
  const claims = () => ({ iss: 'https://issuer.example', sub: 'repo:a/b', aud: 'sts.amazonaws.com', exp: inAnHour() })
  const assume = (WebIdentityToken: string, more: Partial<AssumeRoleWithWebIdentityCommandInput> = {}) =>
    anonymous.assumeRoleWithWebIdentity({ RoleArn: ROLE, RoleSessionName: 'ci', WebIdentityToken, ...more })

  test('answers with credentials and what the token claims', async () => {
    const answer = await assume(tokenOf(claims()))
    assert.deepEqual(
      [answer.SubjectFromWebIdentityToken, answer.Provider, answer.Audience, answer.PackedPolicySize],
      ['repo:a/b', 'https://issuer.example', 'sts.amazonaws.com', undefined],
    )
    const Arn = 'arn:aws:sts::123456789012:assumed-role/deploy/ci'
    assert.equal(answer.AssumedRoleUser?.Arn, Arn)
    assert.equal((await fixture.as(answer.Credentials).getCallerIdentity({})).Arn, Arn)
  })

  test('tags and a source identity come from the token, and are handed down', async () => {
    const answer = await assume(
      tokenOf({
        ...claims(),
        aud: ['one', 'two'],
        azp: 'two',
        'https://aws.amazon.com/tags': { principal_tags: { team: ['a'], cost: ['7'] }, transitive_tag_keys: ['team'] },
        'https://aws.amazon.com/source_identity': 'alice',
      }),
    )
    assert.deepEqual([answer.SourceIdentity, answer.Audience], ['alice', 'two'])
    assert.ok((answer.PackedPolicySize ?? 0) > 0)
    const session = fixture.as(answer.Credentials)
    const role = { RoleArn: ROLE, RoleSessionName: 'next' }
    assert.equal((await session.assumeRole(role)).SourceIdentity, 'alice')
    await assert.rejects(session.assumeRole({ ...role, Tags: [{ Key: 'team', Value: 'b' }] }), {
      name: 'InvalidParameterValue',
    })
  })

  test('an access token of OAuth 2.0 is its provider’s to read', async () => {
    const answer = await assume('Atza|opaque', { ProviderId: 'www.amazon.com' })
    assert.deepEqual([answer.Provider, answer.SubjectFromWebIdentityToken], ['www.amazon.com', undefined])
  })

  const notJwt = 'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)'
  const refused: readonly [string, () => string, string, string | RegExp][] = [
    ['a text that is no token', () => 'token', 'InvalidIdentityTokenException', notJwt],
    ['two parts', () => tokenOf(claims()).split('.', 2).join('.'), 'InvalidIdentityTokenException', notJwt],
    [
      'a header without an algorithm',
      () => `${encoded({})}.${encoded(claims())}.x`,
      'InvalidIdentityTokenException',
      notJwt,
    ],
    ['claims that are a list', () => tokenOf([]), 'InvalidIdentityTokenException', notJwt],
    ...(['iss', 'sub', 'aud', 'exp'] as const).map((name): [string, () => string, string, string] => [
      `a token without ${name}`,
      () => tokenOf({ ...claims(), [name]: undefined }),
      'InvalidIdentityTokenException',
      `Missing a required claim: ${name}`,
    ]),
    [
      'a token that has expired',
      () => tokenOf({ ...claims(), exp: 1_600_000_000 }),
      'ExpiredTokenException',
      /^Token expired: current date\/time \d{10} must be before the expiration date\/time 1600000000$/,
    ],
    [
      'tags that are none',
      () => tokenOf({ ...claims(), 'https://aws.amazon.com/tags': { principal_tags: { a: [1] } } }),
      'InvalidIdentityTokenException',
      'The claim https://aws.amazon.com/tags is not valid',
    ],
    [
      'a source identity with a blank',
      () => tokenOf({ ...claims(), 'https://aws.amazon.com/source_identity': 'a b' }),
      'InvalidIdentityTokenException',
      'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64}',
    ],
  ]
  for (const [name, token, code, message] of refused) {
    test(`${name} is refused`, async () => {
      await assert.rejects(assume(token()), { name: code, message })
    })
  }

  test('a token may have expired a minute ago by the node’s clock, and not more', async () => {
    const exp = Math.floor(fixture.node.clock.now() / 1000) - 30
    assert.equal((await assume(tokenOf({ ...claims(), exp }))).$metadata.httpStatusCode, 200)
    await assert.rejects(assume(tokenOf({ ...claims(), exp: exp - 40 })), { name: 'ExpiredTokenException' })
  })

  test('what is no role is refused without naming anybody', async () => {
    await assert.rejects(assume(tokenOf(claims()), { RoleArn: 'arn:aws:iam::123456789012:user/u' }), {
      name: 'AccessDenied',
      message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    })
  })

  test('what is too long is refused by its length', async () => {
    await assert.rejects(assume('x'.repeat(20_001)), {
      name: 'ValidationError',
      message: /'webIdentityToken'.*to 20000$/s,
    })
  })
})
