/** The Policy attribute: stored as written, removed by nothing, and refused when it is malformed or too large. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs } = fixture
const queue = await fixture.createQueue()

const set = (Policy: string) => sqs.setQueueAttributes({ QueueUrl: queue, Attributes: { Policy } })
const statement = (changes: Record<string, unknown> = {}) => ({
  Effect: 'Allow',
  Principal: '*',
  Action: 'sqs:SendMessage',
  Resource: '*',
  ...changes,
})
const policy = (...statements: readonly unknown[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const repeated = <T>(count: number, item: T): T[] => new Array(count).fill(item)

/** A valid policy of that many bytes: all of them ASCII but the first letter of its id. */
function policyOfBytes(bytes: number): string {
  const withId = (id: string) => JSON.stringify({ Id: id, Statement: [statement()] })
  return withId(`é${'x'.repeat(bytes - Buffer.byteLength(withId('é')))}`)
}

for (const [name, text] of [
  ['of one statement', policy(statement())],
  ['with a bare statement', JSON.stringify({ Statement: statement({ Sid: 'x' }) })],
  ['with white space in it', JSON.stringify(JSON.parse(policy(statement())), null, 2)],
  ['of twenty statements', policy(...repeated(20, statement()))],
  ['with seven actions in a statement', policy(statement({ Action: repeated(7, 'sqs:SendMessage') }))],
  ['with fifty principals', policy(statement({ Principal: { AWS: repeated(50, '*') } }))],
  [
    'for a service, under a condition',
    policy(
      statement({
        Principal: { Service: 'sns.amazonaws.com' },
        Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:sns:*:*:topic' } },
      }),
    ),
  ],
  ['of 8192 bytes', policyOfBytes(8192)],
] as const) {
  test(`a policy ${name} is stored as it is written`, async () => {
    await set(text)
    assert.equal(await fixture.attribute(queue, 'Policy'), text)
    const created = await fixture.createQueue({ Policy: text })
    assert.equal(await fixture.attribute(created, 'Policy'), text)
    await set('')
    assert.equal(await fixture.attribute(queue, 'Policy'), undefined)
  })
}

for (const [name, text] of [
  ['that is no JSON', 'x'],
  ['that is no object', '[]'],
  ['that is null', 'null'],
  ['without a statement', '{}'],
  ['with an empty list of statements', policy()],
  ['with a statement that is no object', policy('x')],
  ['with an unknown effect', policy(statement({ Effect: 'allow' }))],
  ['without an effect', policy(statement({ Effect: undefined }))],
  ['without an action', policy(statement({ Action: undefined }))],
  ['with an action that is no text', policy(statement({ Action: 1 }))],
  ['without a principal', policy(statement({ Principal: undefined }))],
  ['with 51 principals', policy(statement({ Principal: { AWS: repeated(51, '111111111111') } }))],
  ['for somebody who is no principal', policy(statement({ Principal: { AWS: 'somebody' } }))],
  ['for nobody', policy(statement({ Principal: { AWS: [] } }))],
  ['of 8193 bytes', policyOfBytes(8193)],
] as const) {
  test(`a policy ${name} is invalid, at creation and later`, async () => {
    const invalid = refusal('InvalidAttributeValue', 'Invalid value for the parameter Policy.')
    await assert.rejects(set(text), invalid)
    await assert.rejects(fixture.createQueue({ Policy: text }), invalid)
    assert.equal(await fixture.attribute(queue, 'Policy'), undefined)
  })
}

test('more than twenty statements are over the limit', async () => {
  await assert.rejects(
    set(policy(...repeated(21, statement()))),
    refusal('OverLimit', '21 statements were found in the submitted policy, max allowed is 20', 403),
  )
})

test('more than seven actions in a statement are over the limit', async () => {
  await assert.rejects(
    set(policy(statement({ Action: repeated(8, 'sqs:SendMessage') }))),
    refusal('OverLimit', '8 Actions were found, maximum allowed is 7.', 403),
  )
})

const toAccount = (id: string) => policy(statement({ Principal: { AWS: id } }))
const ROOT = 'arn:aws:iam::111122223333:root'

test('a principal that is a bare account id is read back as the ARN of its root', async () => {
  await set(toAccount('111122223333'))
  assert.equal(await fixture.attribute(queue, 'Policy'), toAccount(ROOT))
  const pair = { 'Attribute.1.Name': 'Policy', 'Attribute.1.Value': toAccount('111122223333') }
  const created = await fixture.query({ Action: 'CreateQueue', QueueName: 'shared', ...pair })
  assert.equal(created.status, 200)
  assert.equal(await fixture.attribute('shared', 'Policy'), toAccount(ROOT))
  for (const same of ['111122223333', ROOT]) await fixture.createQueue({ Policy: toAccount(same) }, 'shared')
  await set('')
})

test('a policy that permissions have filled is one that may be set', async () => {
  const add = (Label: string, accounts: number) =>
    sqs.addPermission({
      QueueUrl: queue,
      Label,
      Actions: ['SendMessage'],
      AWSAccountIds: Array.from({ length: accounts }, (_, i) => String(100_000_000_000 + i)),
    })
  await add('most', 40)
  await assert.rejects(add('more', 11), refusal('OverLimit', 'The policy would have more than 50 principals.', 403))
  await add('rest', 10)
  const full = (await fixture.attribute(queue, 'Policy')) as string
  await set(full)
  assert.equal(await fixture.attribute(queue, 'Policy'), full)
  await set('')
})
