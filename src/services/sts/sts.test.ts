import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GetCallerIdentityCommand, GetWebIdentityTokenCommand, STSClient } from '@aws-sdk/client-sts'
import { startNode } from '../../testing/node.ts'

const client = (endpoint: string, accessKeyId: string) =>
  new STSClient({ endpoint, region: 'eu-west-1', credentials: { accessKeyId, secretAccessKey: 'x' }, maxAttempts: 1 })

for (const [accessKeyId, account] of [
  ['123456789012', '123456789012'],
  ['test', '000000000000'],
] as const) {
  test(`the caller with the access key ${accessKeyId} is the account ${account}`, async () => {
    await using node = await startNode()
    const { Account, Arn, UserId } = await client(node.url, accessKeyId).send(new GetCallerIdentityCommand())
    assert.deepEqual([Account, Arn], [account, `arn:aws:iam::${account}:user/millrace`])
    assert.match(String(UserId), /^AIDA[A-Z2-7]{17}$/)
  })
}

test('other operations say that they are not implemented', async () => {
  await using node = await startNode()
  await assert.rejects(
    client(node.url, 'test').send(new GetWebIdentityTokenCommand({ Audience: ['a'], SigningAlgorithm: 'RS256' })),
    {
      name: 'NotImplemented',
      message: 'STS.GetWebIdentityToken is not implemented.',
    },
  )
})
