import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const demo = join(import.meta.dirname, '../../examples/fan-out/demo.ts')

test('each listener of the fan-out demo hears of the orders it wants, once, and of no others', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [demo]) // rejects unless the exit code is 0
  const counts = { billing: 60, shipping: 30, analytics: 25, partner: 45, manager: 15 }
  for (const [name, count] of Object.entries(counts)) assert.match(stdout, new RegExp(`^ {2}${name} +${count} `, 'm'))
  assert.match(stdout, /^Every order arrived where it was wanted, and nowhere else\./m)
  assert.doesNotMatch(stdout, /MISSING|ASTRAY/)
})
