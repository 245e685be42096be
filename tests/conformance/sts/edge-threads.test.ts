import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STS } from '@aws-sdk/client-sts'
import { spawnNode } from '../../../src/testing/node.ts'
import { type Caller, optionsFor, ROLE } from './support.ts'

/** Enough that the system gives some to each thread: a client has connections of its own. */
const CLIENTS = 24

test('every edge thread knows what another has issued, also after a reset', async () => {
  await using node = await spawnNode({ args: ['--edge-threads', '3', '--log-level', 'error'] })
  const clientsOf = (caller?: Partial<Caller>) =>
    Array.from({ length: CLIENTS }, () => new STS(optionsFor(node.url, caller)))
  const issueAll = () => Promise.all(clientsOf().map((sts) => sts.assumeRole({ RoleArn: ROLE, RoleSessionName: 'ci' })))
  const arnsOf = async (caller: Caller | undefined) => {
    const seen = await Promise.all(clientsOf(caller).map((sts) => sts.getCallerIdentity({})))
    return new Set(seen.map(({ Arn }) => Arn))
  }
  for (let round = 1; round <= 2; round++) {
    const issued = await issueAll()
    for (const { Credentials, AssumedRoleUser } of [issued[0], issued.at(-1)].flatMap((one) => one ?? [])) {
      assert.deepEqual(await arnsOf(Credentials), new Set([AssumedRoleUser?.Arn]))
    }
    await fetch(`${node.url}/_millrace/reset`, { method: 'POST' })
    assert.deepEqual(await arnsOf(issued[0]?.Credentials), new Set(['arn:aws:iam::123456789012:user/millrace']))
  }
})
