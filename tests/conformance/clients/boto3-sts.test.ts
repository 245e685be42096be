import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { boto3, skipUnless } from '../../../src/testing/clients.ts'
import { startNode } from '../../../src/testing/node.ts'
import { clientEnvironment, run } from './support.ts'

const script = fileURLToPath(new URL('./boto3-sts-checks.py', import.meta.url))

test('boto3 calls with temporary credentials as it expects to', { skip: skipUnless(boto3) }, async (t) => {
  await using node = await startNode()
  const { code, stderr } = await run(boto3.path(), [script], clientEnvironment(node.url))
  for (const line of stderr.split('\n').filter((line) => line.startsWith('test_'))) t.diagnostic(line)
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^Ran \d tests/m)
})
