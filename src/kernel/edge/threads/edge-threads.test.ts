import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultEdgeThreads } from './edge-threads.ts'

const cases = [
  { cores: 1, threads: 1 },
  { cores: 2, threads: 1 },
  { cores: 4, threads: 1 },
  { cores: 8, threads: 2 },
  { cores: 16, threads: 4 },
  { cores: 64, threads: 4 },
]
for (const { cores, threads } of cases) {
  test(`${cores} cores have ${threads} edge threads`, () => assert.equal(defaultEdgeThreads(cores, 'linux'), threads))
}

test('where no two can listen at one port there is one', () => assert.equal(defaultEdgeThreads(8, 'darwin'), 1))
