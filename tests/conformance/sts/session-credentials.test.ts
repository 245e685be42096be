/** What temporary credentials are good for: whoever calls with them is the session, in every service. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { SNS } from '@aws-sdk/client-sns'
import { SQS } from '@aws-sdk/client-sqs'
import type { Credentials } from '@aws-sdk/client-sts'
import { type Caller, optionsFor, ROLE, ROLE_ACCOUNT, type StsFixture, startSts } from './support.ts'

const SESSION_ARN = `arn:aws:sts::${ROLE_ACCOUNT}:assumed-role/deploy/ci`
const TOKEN_OF_AWS = `IQoJb3JpZ2luX2VjEJT//////////wEaCXVzLWVhc3QtMSJ${'A'.repeat(300)}`
const role = { RoleArn: ROLE, RoleSessionName: 'ci' }

suite('with temporary credentials', () => {
  let fixture: StsFixture
  before(async () => {
    fixture = await startSts()
  })
  after(() => fixture[Symbol.asyncDispose]())

  const assume = async () => (await fixture.sts.assumeRole(role)).Credentials as Credentials
  const arnOf = async (credentials: Partial<Caller>) => (await fixture.as(credentials).getCallerIdentity({})).Arn

  test('queues and topics are those of the role’s account, and show who did it', async () => {
    const { Credentials, AssumedRoleUser } = await fixture.sts.assumeRole(role)
    const options = optionsFor(fixture.node.url, Credentials)
    const [sqs, sns] = [new SQS(options), new SNS(options)]
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'of-role' })
    assert.equal(QueueUrl, `${fixture.node.url}/${ROLE_ACCOUNT}/of-role`)
    await sqs.sendMessage({ QueueUrl, MessageBody: 'hello' })
    const received = await sqs.receiveMessage({ QueueUrl, MessageSystemAttributeNames: ['SenderId'] })
    assert.equal(received.Messages?.[0]?.Attributes?.SenderId, AssumedRoleUser?.AssumedRoleId)

    const { TopicArn } = await sns.createTopic({ Name: 'of-role' })
    assert.equal(TopicArn, `arn:aws:sns:us-east-1:${ROLE_ACCOUNT}:of-role`)
    const Endpoint = `arn:aws:sqs:us-east-1:${ROLE_ACCOUNT}:of-role`
    const { SubscriptionArn } = await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint })
    const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn })
    assert.equal(Attributes?.SubscriptionPrincipal, SESSION_ARN)

    const others = new SQS(optionsFor(fixture.node.url))
    await assert.rejects(others.getQueueUrl({ QueueName: 'of-role' }), { name: 'QueueDoesNotExist' })
    const itself = new SQS(optionsFor(fixture.node.url, { AccessKeyId: ROLE_ACCOUNT }))
    assert.equal((await itself.getQueueUrl({ QueueName: 'of-role' })).QueueUrl, QueueUrl)
  })

  test('two sessions on one node are told apart, whatever their order', async () => {
    const other = { RoleArn: 'arn:aws:iam::210987654321:role/other', RoleSessionName: 'ci' }
    const [mine, theirs] = [await assume(), (await fixture.sts.assumeRole(other)).Credentials as Credentials]
    for (const credentials of [mine, theirs, mine, theirs]) {
      const expected = credentials === mine ? SESSION_ARN : 'arn:aws:sts::210987654321:assumed-role/other/ci'
      assert.equal(await arnOf(credentials), expected)
    }
  })

  test('requests that come at once with a token that the node hasn’t seen are all the session’s', async () => {
    const credentials = await assume()
    const seen = await Promise.all(Array.from({ length: 8 }, () => arnOf(credentials)))
    assert.deepEqual(new Set(seen), new Set([SESSION_ARN]))
  })

  const userArn = (account: string) => `arn:aws:iam::${account}:user/millrace`
  const unknown: readonly [string, (credentials: Credentials) => Partial<Caller>, string][] = [
    ['without the token', () => ({ SessionToken: undefined }), '000000000000'],
    ['with an empty token', () => ({ SessionToken: '' }), '000000000000'],
    ['with a token of AWS', () => ({ SessionToken: TOKEN_OF_AWS }), '000000000000'],
    ['with a long-term access key beside the token', () => ({ AccessKeyId: 'AKIAY34FZKBOKMUTVV7A' }), '000000000000'],
    // The account is in the access key's id.
    ['with an altered token', ({ SessionToken = '' }) => ({ SessionToken: altered(SessionToken, -20) }), ROLE_ACCOUNT],
    [
      'with a token of a key that there never was',
      ({ SessionToken = '' }) => ({ SessionToken: altered(SessionToken, 6) }),
      ROLE_ACCOUNT,
    ],
    ['with the access key of another session', () => ({ AccessKeyId: 'ASIAY34FZKBOKMUTVV7A' }), '609629065308'],
  ]
  for (const [name, change, account] of unknown) {
    test(`${name}, a caller is the user of the account ${account}, and stays so`, async () => {
      const credentials = await assume()
      const changed = { ...credentials, ...change(credentials) }
      for (let time = 1; time <= 2; time++) assert.equal(await arnOf(changed), userArn(account))
      assert.equal(await arnOf(credentials), SESSION_ARN)
    })
  }

  test('pre-signed URLs have the token in their query', async () => {
    const { AccessKeyId = '', SessionToken = '' } = await assume()
    const query = new URLSearchParams({
      Action: 'GetCallerIdentity',
      Version: '2011-06-15',
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Credential': `${AccessKeyId}/20260131/us-east-1/sts/aws4_request`,
      'X-Amz-Security-Token': SessionToken,
    })
    const text = await (await fetch(`${fixture.node.url}/?${query}`)).text()
    assert.ok(text.includes(`<Arn>${SESSION_ARN}</Arn>`), text)
    const posted = new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
    query.delete('Action')
    const answer = await fetch(`${fixture.node.url}/?${query}`, { method: 'POST', body: posted })
    assert.ok((await answer.text()).includes(`<Arn>${SESSION_ARN}</Arn>`))
  })

  test('open mode refuses nobody: after its end a session is still known', async () => {
    const credentials = await assume()
    fixture.node.clock.shift(40 * 24 * 3_600_000)
    assert.equal(await arnOf(credentials), SESSION_ARN)
  })

  test('a reset ends all sessions, whose credentials keep their account; new ones are known', async () => {
    const old = await assume()
    assert.equal(await arnOf(old), SESSION_ARN)
    await fetch(`${fixture.node.url}/_millrace/reset`, { method: 'POST' })
    assert.equal(await arnOf(old), userArn(ROLE_ACCOUNT))
    assert.equal(await arnOf(await assume()), SESSION_ARN)
  })
})

/** With another letter at that place. */
function altered(text: string, at: number): string {
  const index = at < 0 ? text.length + at : at
  return text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
}

test('a session is known after the node was started again', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-'))
  const issue = async () => {
    await using first = await startSts({ dataDir })
    return (await first.sts.assumeRole(role)).Credentials
  }
  try {
    const issued = await issue()
    await using second = await startSts({ dataDir })
    assert.equal((await second.as(issued).getCallerIdentity({})).Arn, SESSION_ARN)
    const again = await second.sts.assumeRole(role)
    assert.equal((await second.as(again.Credentials).getCallerIdentity({})).Arn, SESSION_ARN)
  } finally {
    await rm(dataDir, { recursive: true })
  }
})
