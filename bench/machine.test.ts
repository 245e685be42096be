import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { test } from 'node:test'
import { familyCpuMicros, parentOf } from './machine.ts'

const skip = !existsSync('/proc/self/stat') && 'there is no /proc'

test('the CPU time of a family has that of children which ended', { skip }, () => {
  const before = familyCpuMicros(process.pid)
  const { stdout } = spawnSync(process.execPath, [
    '-e',
    'while (process.cpuUsage().user < 300_000); process.stdout.write(String(process.ppid))',
  ])
  const after = familyCpuMicros(process.pid)
  assert.equal(Number(stdout.toString()), process.pid)
  assert.ok(before !== undefined && after !== undefined && after - before >= 280_000, `${before} to ${after}`)
})

test('a process knows its parent, and one that isn’t there has none', { skip }, () => {
  assert.equal(parentOf(process.pid), process.ppid)
  assert.equal(parentOf(2 ** 22 + 1), undefined)
  assert.equal(familyCpuMicros(2 ** 22 + 1), undefined)
})
