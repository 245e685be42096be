import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { ROLE, ROLE_ACCOUNT, type StsFixture, startSts } from './support.ts'

const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sqs:*', Resource: '*' }],
})
const SESSION_ARN = `arn:aws:sts::${ROLE_ACCOUNT}:assumed-role/deploy/ci`
const who = 'arn:aws:iam::000000000000:user/millrace'

suite('AssumeRole', () => {
  let fixture: StsFixture
  before(async () => {
    fixture = await startSts()
  })
  after(() => fixture[Symbol.asyncDispose]())

  const assume = (input: Partial<AssumeRoleCommandInput> = {}, by = fixture.sts) =>
    by.assumeRole({ RoleArn: ROLE, RoleSessionName: 'ci', ...input })

  test('answers with credentials and who they are of', async () => {
    const { $metadata, Credentials, AssumedRoleUser, SessionTokenSize, SessionTokenUtilization, ...rest } =
      await assume()
    assert.deepEqual(rest, {}) // no size of policies where there are none
    assert.equal(AssumedRoleUser?.Arn, SESSION_ARN) // without the role's path
    assert.match(AssumedRoleUser?.AssumedRoleId ?? '', /^AROA[A-Z2-7]{17}:ci$/)
    assert.match(Credentials?.AccessKeyId ?? '', /^ASIA[A-Z2-7]{16}$/)
    assert.match(Credentials?.SecretAccessKey ?? '', /^[A-Za-z0-9+/]{40}$/)
    assert.equal(Credentials?.SessionToken?.length, SessionTokenSize)
    assert.equal(SessionTokenUtilization, Math.ceil((100 * (SessionTokenSize ?? 0)) / 4096))
    const { Account } = await fixture.sts.getAccessKeyInfo({ AccessKeyId: Credentials?.AccessKeyId })
    assert.equal(Account, ROLE_ACCOUNT)
  })

  test('the caller is then the session', async () => {
    const { Credentials, AssumedRoleUser } = await assume()
    const { Account, Arn, UserId } = await fixture.as(Credentials).getCallerIdentity({})
    assert.deepEqual([Account, Arn, UserId], [ROLE_ACCOUNT, SESSION_ARN, AssumedRoleUser?.AssumedRoleId])
  })

  test('a role has the same id each time, and another role has another', async () => {
    const idOf = async (RoleArn: string) => (await assume({ RoleArn })).AssumedRoleUser?.AssumedRoleId
    assert.equal(await idOf(ROLE), await idOf(ROLE))
    assert.notEqual(await idOf(ROLE), await idOf(`${ROLE}2`))
  })

  test('the credentials hold for an hour, or for as long as is asked', async () => {
    const seconds = async (DurationSeconds?: number) => {
      const { Credentials } = await assume({ DurationSeconds })
      return ((Credentials?.Expiration?.getTime() ?? 0) - fixture.node.clock.now()) / 1000
    }
    for (const [asked, expected] of [
      [undefined, 3600],
      [900, 900],
      [43_200, 43_200],
    ] as const) {
      const left = await seconds(asked)
      assert.ok(left <= expected && left > expected - 30, `${left}`)
    }
  })

  test('policies and tags have a size', async () => {
    const policy = await assume({ Policy: POLICY })
    assert.ok((policy.PackedPolicySize ?? 0) > 0)
    const arns = await assume({ PolicyArns: [{ arn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' }] })
    assert.ok((arns.PackedPolicySize ?? 0) > 0)
    const tags = await assume({ Tags: [{ Key: 'team', Value: '' }] })
    assert.ok((tags.PackedPolicySize ?? 0) > 0)
    const all = await assume({ Policy: POLICY, Tags: [{ Key: 'team', Value: 'queues' }] })
    assert.ok((all.PackedPolicySize ?? 0) > (policy.PackedPolicySize ?? 0))
  })

  test('a policy has the size that was recorded', async () => {
    const Policy =
      '{"Version": "2012-10-17", "Statement": [{"Sid": "RestrictedAccess", "Effect": "Allow", "Action": ["s3:GetObject"], ' +
      '"Resource": ["arn:aws:s3:::example-bucket/*"]}]}'
    assert.equal((await assume({ Policy })).PackedPolicySize, 16)
  })

  test('what doesn’t fit into a token is refused by its size', async () => {
    const Tags = Array.from({ length: 50 }, (_, at) => ({
      Key: `k${at}`,
      Value: crypto.randomUUID() + crypto.randomUUID(),
    }))
    await assert.rejects(assume({ Tags }), {
      name: 'PackedPolicyTooLargeException',
      message: /^Packed size consumes \d{3}% of allotted space$/,
    })
  })

  test('the longest of everything fits', async () => {
    const name = 'n'.repeat(64)
    const { SessionTokenSize = 0, Credentials } = await assume({
      RoleArn: `arn:aws-us-gov:iam::999999999999:role/${name}`,
      RoleSessionName: name,
      SourceIdentity: name,
      Tags: Array.from({ length: 18 }, (_, at) => ({
        Key: `k${at}`,
        Value: crypto.randomUUID() + crypto.randomUUID(),
      })),
    })
    assert.ok(SessionTokenSize <= 4096, String(SessionTokenSize))
    assert.equal((await fixture.as(Credentials).getCallerIdentity({})).Account, '999999999999')
  })

  for (const size of [0, 1, 2001, 4096]) {
    test(`a token has at least ${size} characters if that is asked for`, async () => {
      const { SessionTokenSize = 0, Credentials } = await assume({ MinimumSessionTokenSize: size })
      assert.ok(SessionTokenSize >= size && SessionTokenSize <= 4096, String(SessionTokenSize))
      assert.equal((await fixture.as(Credentials).getCallerIdentity({})).Arn, SESSION_ARN)
    })
  }

  test('a session can assume another role, for an hour at most', async () => {
    const first = fixture.as((await assume()).Credentials)
    const RoleArn = 'arn:aws:iam::210987654321:role/next'
    const { Credentials } = await assume({ RoleArn, RoleSessionName: 'chained' }, first)
    const { Arn } = await fixture.as(Credentials).getCallerIdentity({})
    assert.equal(Arn, 'arn:aws:sts::210987654321:assumed-role/next/chained')
    await assert.rejects(assume({ RoleArn, DurationSeconds: 3601 }, first), {
      name: 'ValidationError',
      message: 'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    })
  })

  test('a source identity is kept along a chain, and can’t be changed', async () => {
    const first = await assume({ SourceIdentity: 'alice' })
    assert.equal(first.SourceIdentity, 'alice')
    const session = fixture.as(first.Credentials)
    assert.equal((await assume({}, session)).SourceIdentity, 'alice')
    assert.equal((await assume({ SourceIdentity: 'alice' }, session)).SourceIdentity, 'alice')
    await assert.rejects(assume({ SourceIdentity: 'mallory' }, session), {
      name: 'AccessDenied',
      message: `User: ${SESSION_ARN} is not authorized to perform: sts:SetSourceIdentity on resource: ${ROLE}`,
    })
  })

  test('transitive tags are handed down over two steps, and are protected', async () => {
    const Tags = [
      { Key: 'Team', Value: 'queues' },
      { Key: 'cost', Value: '7' },
    ]
    const first = fixture.as((await assume({ Tags, TransitiveTagKeys: ['team'] })).Credentials)
    const second = await assume({}, first)
    assert.ok((second.PackedPolicySize ?? 0) > 0) // the tag that was handed down
    assert.equal((await assume({ Tags: [{ Key: 'COST', Value: '8' }] }, first)).$metadata.httpStatusCode, 200)
    for (const session of [first, fixture.as(second.Credentials)]) {
      await assert.rejects(assume({ Tags: [{ Key: 'tEAM', Value: 'x' }] }, session), {
        name: 'InvalidParameterValue',
        message:
          "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the " +
          'calling session.',
      })
    }
  })

  const text = (value: string, at: string, constraint: string) =>
    `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: Member must ${constraint}`
  const long = 's'.repeat(65)
  const mfa =
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and ' +
    'associated with this user.'
  const refused: readonly (readonly [string, Partial<AssumeRoleCommandInput>, string, string, number?])[] = [
    [
      'a text that is no ARN',
      { RoleArn: 'nothing-valid-in-here' },
      'ValidationError',
      'nothing-valid-in-here is invalid',
    ],
    ...[
      'arn::b:::something/test-role',
      'arn:a::::something/test-role',
      'arn:a:::something/test-role',
      'arn:a:a::aaaaaaaaaa:',
    ].map((RoleArn) => [`the ARN ${RoleArn}`, { RoleArn }, 'ValidationError', `${RoleArn} is invalid`] as const),
    ...[
      'arn:aws:iam::123456789012:user/somebody',
      'arn:aws:iam::12345:role/short-account',
      'arn:aws:sqs:us-east-1:123456789012:role/x',
    ].map((RoleArn) => {
      const message = `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${RoleArn}`
      return [`what is no role, ${RoleArn}`, { RoleArn }, 'AccessDenied', message, 403] as const
    }),
    [
      'a short ARN',
      { RoleArn: 'arn:aws' },
      'ValidationError',
      text('arn:aws', 'roleArn', 'have length greater than or equal to 20'),
    ],
    [
      'a session name with a colon',
      { RoleSessionName: 'Session1:2' },
      'ValidationError',
      text('Session1:2', 'roleSessionName', 'satisfy regular expression pattern: [\\w+=,.@-]*'),
    ],
    [
      'a session name that is too long',
      { RoleSessionName: long },
      'ValidationError',
      text(long, 'roleSessionName', 'have length less than or equal to 64'),
    ],
    [
      'a short duration',
      { DurationSeconds: 899 },
      'ValidationError',
      text('899', 'durationSeconds', 'have value greater than or equal to 900'),
    ],
    [
      'a long duration',
      { DurationSeconds: 86_400 },
      'ValidationError',
      text('86400', 'durationSeconds', 'have value less than or equal to 43200'),
    ],
    [
      'an external id with a blank',
      { ExternalId: 'a b' },
      'ValidationError',
      text('a b', 'externalId', 'satisfy regular expression pattern: [\\w+=,.@:\\/-]*'),
    ],
    [
      'a source identity of one letter',
      { SourceIdentity: 'a' },
      'ValidationError',
      text('a', 'sourceIdentity', 'have length greater than or equal to 2'),
    ],
    [
      'a tag without a key',
      { Tags: [{ Key: '', Value: 'v' }] },
      'ValidationError',
      "2 validation errors detected: Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+; Value '' at 'tags.1.member.key' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      'a size of token over the limit',
      { MinimumSessionTokenSize: 4097 },
      'ValidationError',
      text('4097', 'minimumSessionTokenSize', 'have value less than or equal to 4096'),
    ],
    [
      'tags whose keys differ in case',
      {
        Tags: [
          { Key: 'a', Value: '1' },
          { Key: 'A', Value: '2' },
        ],
      },
      'InvalidParameterValue',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ],
    [
      'a transitive key without its tag',
      { Tags: [{ Key: 'a', Value: '1' }], TransitiveTagKeys: ['b'] },
      'InvalidParameterValue',
      'The specified transitive tag key must be included in the requested tags.',
    ],
    [
      'a policy that is no JSON',
      { Policy: '{' },
      'MalformedPolicyDocumentException',
      'This policy contains invalid Json',
    ],
    [
      'a policy without statements',
      { Policy: '{"Version":"2012-10-17"}' },
      'MalformedPolicyDocumentException',
      'Syntax errors in policy.',
    ],
    [
      'a device of which nobody knows',
      { SerialNumber: 'arn:aws:iam::000000000000:mfa/x', TokenCode: '123456' },
      'AccessDenied',
      mfa,
      403,
    ],
    [
      'a context',
      { ProvidedContexts: [{ ContextAssertion: 'aaaa' }] },
      'AccessDenied',
      `User: ${who} is not authorized to perform: sts:SetContext on resource: ${ROLE}`,
      403,
    ],
  ]
  for (const [name, input, code, message, status = 400] of refused) {
    test(`${name} is refused`, async () => {
      await assert.rejects(assume(input), (error: Error & { $metadata: { httpStatusCode?: number } }) => {
        assert.deepEqual([error.name, error.message, error.$metadata.httpStatusCode], [code, message, status])
        return true
      })
    })
  }

  test('what is refused is not shown back without end', async () => {
    await assert.rejects(assume({ Policy: 'x'.repeat(900_000) }), (error: Error) => error.message.length < 2000)
    await assert.rejects(
      assume({ Tags: new Array(20_000).fill({ Key: 'k', Value: 'v' }) }),
      (error: Error) => error.message.length < 2000,
    )
  })
})
