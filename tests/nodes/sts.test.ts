/** Two nodes over one database: what one has issued, the other knows at once. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { SQS } from '@aws-sdk/client-sqs'
import { STS } from '@aws-sdk/client-sts'
import { startNode } from '../../src/testing/node.ts'
import { dropDatabase, freshDatabase } from '../../src/testing/postgres.ts'
import { optionsFor, ROLE, ROLE_ACCOUNT } from '../conformance/sts/support.ts'

const store = await freshDatabase()
const role = { RoleArn: ROLE, RoleSessionName: 'ci' }

suite('two nodes', { skip: store === undefined && 'MILLRACE_TEST_STORE is not set' }, () => {
  test('a session that one has issued calls the other, both ways, also if both begin at once', async () => {
    const nodes = await Promise.all([startNode({ store }), startNode({ store })])
    try {
      const [one, other] = nodes.map(({ url }) => url) as [string, string]
      const issued = await Promise.all(nodes.map(({ url }) => new STS(optionsFor(url)).assumeRole(role)))
      for (const { Credentials, AssumedRoleUser } of issued) {
        for (const url of [other, one]) {
          const { Arn } = await new STS(optionsFor(url, Credentials)).getCallerIdentity({})
          assert.equal(Arn, AssumedRoleUser?.Arn)
        }
      }
      const [first, second] = issued.map(({ Credentials }) => Credentials)
      const { QueueUrl = '' } = await new SQS(optionsFor(one, second)).createQueue({ QueueName: 'q' })
      const { QueueUrls } = await new SQS(optionsFor(other, first)).listQueues({})
      assert.deepEqual(QueueUrls, [`${other}/${ROLE_ACCOUNT}/q`])
      assert.equal(QueueUrl, `${one}/${ROLE_ACCOUNT}/q`)

      await fetch(`${one}/_millrace/reset`, { method: 'POST' })
      const anew = await new STS(optionsFor(one)).assumeRole(role)
      const { Arn } = await new STS(optionsFor(other, anew.Credentials)).getCallerIdentity({})
      assert.equal(Arn, anew.AssumedRoleUser?.Arn)
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
      await dropDatabase(store as string)
    }
  })
})
