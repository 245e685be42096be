import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Client, clientOf, skipUnless } from './clients.ts'

const MISSING = 'no-such-program-anywhere'
const node = process.execPath

const finds = (programs: readonly string[], env: Record<string, string> = {}): Client =>
  clientOf('the client', 'CLIENT', programs, ['--version'], env)

test('the first program that runs is the client', () => {
  assert.equal(finds([MISSING, node]).path(), node)
})

test('a program named by the environment is the only candidate', () => {
  assert.equal(finds([MISSING], { CLIENT: node }).path(), node)
  assert.throws(
    () => finds([node], { CLIENT: MISSING }).path(),
    /not on this machine at CLIENT=no-such-program-anywhere/,
  )
})

test('a program that runs but fails its probe is not the client', () => {
  const client = clientOf('the client', 'CLIENT', [node], ['-e', 'process.exit(1)'], {})
  assert.throws(() => client.path(), /the client is not on this machine/)
})

test('a test is skipped with a reason when its client is missing, and runs when it is there', () => {
  assert.equal(skipUnless(finds([MISSING]), {}), 'the client is not on this machine')
  assert.equal(skipUnless(finds([node]), {}), false)
})

test('where clients are required, a missing one is a failure', () => {
  const env = { MILLRACE_TEST_REQUIRE_CLIENTS: '1' }
  assert.throws(() => skipUnless(finds([MISSING]), env), /the client is not on this machine/)
  assert.equal(skipUnless(finds([node]), env), false)
})
