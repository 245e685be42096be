import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const demo = join(import.meta.dirname, '../../examples/orders/demo.ts')

test('the demo kills a node under load and loses nothing', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [demo]) // rejects unless the exit code is 0
  assert.match(stdout, /^ {2}kill -9 .* is gone, with \d+ orders placed/m)
  assert.match(stdout, /^ {2}placed +300$/m)
  assert.match(stdout, /^ {2}handled +294$/m)
  assert.match(stdout, /^ {2}dead +6 .*: 50, 100, 150, 200, 250, 300$/m)
  assert.match(stdout, /^ {2}lost +0$/m)
})
