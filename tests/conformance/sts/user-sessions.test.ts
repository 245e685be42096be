import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { ROLE, type StsFixture, startSts } from './support.ts'

const USER = 'arn:aws:iam::000000000000:user/millrace'

suite('credentials of users', () => {
  let fixture: StsFixture
  before(async () => {
    fixture = await startSts()
  })
  after(() => fixture[Symbol.asyncDispose]())

  const secondsLeft = (expiration: Date | undefined) =>
    Math.ceil(((expiration?.getTime() ?? 0) - fixture.node.clock.now()) / 60_000) * 60

  test('GetSessionToken: the session is the user itself', async () => {
    const { Credentials, SessionTokenSize } = await fixture.sts.getSessionToken({})
    assert.equal(Credentials?.SessionToken?.length, SessionTokenSize)
    assert.equal(secondsLeft(Credentials?.Expiration), 43_200)
    const [user, session] = await Promise.all(
      [fixture.sts, fixture.as(Credentials)].map((sts) => sts.getCallerIdentity({})),
    )
    assert.deepEqual([session?.Arn, session?.UserId], [USER, user?.UserId])
  })

  test('GetSessionToken: such a session can assume a role, for more than an hour', async () => {
    const { Credentials } = await fixture.sts.getSessionToken({ DurationSeconds: 900 })
    assert.equal(secondsLeft(Credentials?.Expiration), 900)
    const session = fixture.as(Credentials)
    const assumed = await session.assumeRole({ RoleArn: ROLE, RoleSessionName: 'ci', DurationSeconds: 7200 })
    assert.match(assumed.AssumedRoleUser?.Arn ?? '', /assumed-role\/deploy\/ci$/)
  })

  test('GetFederationToken: the session is who the user says', async () => {
    const { Credentials, FederatedUser, PackedPolicySize } = await fixture.sts.getFederationToken({ Name: 'bob' })
    const Arn = 'arn:aws:sts::000000000000:federated-user/bob'
    assert.deepEqual(FederatedUser, { Arn, FederatedUserId: '000000000000:bob' })
    assert.equal(PackedPolicySize, 0)
    assert.equal(secondsLeft(Credentials?.Expiration), 43_200)
    const session = fixture.as(Credentials)
    const identity = await session.getCallerIdentity({})
    assert.deepEqual([identity.Arn, identity.UserId], [Arn, '000000000000:bob'])
    await assert.rejects(session.assumeRole({ RoleArn: ROLE, RoleSessionName: 'ci' }), {
      name: 'AccessDenied',
      message: `User: ${Arn} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`,
    })
  })

  test('GetFederationToken: policies and tags have a size', async () => {
    const Policy = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'
    const Tags = [{ Key: 'team', Value: 'a' }]
    const { PackedPolicySize = 0 } = await fixture.sts.getFederationToken({ Name: 'bob', Policy, Tags })
    assert.ok(PackedPolicySize > 0)
  })

  test('no session gets them', async () => {
    const { Credentials } = await fixture.sts.getSessionToken({})
    const { Credentials: ofRole } = await fixture.sts.assumeRole({ RoleArn: ROLE, RoleSessionName: 'ci' })
    for (const session of [fixture.as(Credentials), fixture.as(ofRole)]) {
      await assert.rejects(session.getSessionToken({}), {
        name: 'AccessDenied',
        message: 'Cannot call GetSessionToken with session credentials',
      })
      await assert.rejects(session.getFederationToken({ Name: 'bob' }), {
        name: 'AccessDenied',
        message: 'Cannot call GetFederationToken with session credentials',
      })
    }
  })

  test('members are checked', async () => {
    const constraint = (value: string, at: string, rule: string) => ({
      name: 'ValidationError',
      message: `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: Member must ${rule}`,
    })
    await assert.rejects(
      fixture.sts.getSessionToken({ DurationSeconds: 129_601 }),
      constraint('129601', 'durationSeconds', 'have value less than or equal to 129600'),
    )
    await assert.rejects(fixture.sts.getSessionToken({ SerialNumber: 'GAHT12345678', TokenCode: '123456' }), {
      name: 'AccessDenied',
      message: /^MultiFactorAuthentication failed, unable to validate MFA code\. {2}Please verify/,
    })
    await assert.rejects(
      fixture.sts.getFederationToken({ Name: 'a b' }),
      constraint('a b', 'name', 'satisfy regular expression pattern: [\\w+=,.@-]*'),
    )
    await assert.rejects(
      fixture.sts.getFederationToken({ Name: 'n'.repeat(33) }),
      constraint('n'.repeat(33), 'name', 'have length less than or equal to 32'),
    )
  })

  test('GetAccessKeyInfo reads the account in an access key’s id', async () => {
    for (const [AccessKeyId, account] of [
      ['ASIAY34FZKBOKMUTVV7A', '609629065308'],
      ['AKIAIOSFODNN7SAMPLEA', '000000000000'], // holds none, and belongs to whoever calls without one
    ]) {
      assert.equal((await fixture.sts.getAccessKeyInfo({ AccessKeyId })).Account, account)
    }
    await assert.rejects(fixture.sts.getAccessKeyInfo({ AccessKeyId: 'short' }), {
      name: 'ValidationError',
      message:
        "1 validation error detected: Value 'short' at 'accessKeyId' failed to satisfy constraint: Member must have length " +
        'greater than or equal to 16',
    })
  })

  test('DecodeAuthorizationMessage knows no message yet', async () => {
    await assert.rejects(fixture.sts.decodeAuthorizationMessage({ EncodedMessage: 'whatever' }), {
      name: 'InvalidAuthorizationMessageException',
      message: 'Message is not valid',
    })
  })
})
