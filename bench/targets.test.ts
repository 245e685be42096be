import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from './load/meter.ts'
import type { Results } from './sqs.ts'
import { judge } from './targets.ts'

const latency = { count: 1, p50Millis: 1, p99Millis: 2, maxMillis: 3 }
/** A second in which a node, PostgreSQL and the generator used half a core each. */
const second = (messages: number): { measured: Measured } => ({
  measured: {
    seconds: 1,
    requests: messages,
    messages,
    emptyReceives: 0,
    latency,
    latencyOf: {},
    generatorCpuMicros: 500_000,
    serverCpuMicros: 500_000,
    serverBusiestThreadMicros: 500_000,
    postgresCpuMicros: 500_000,
    machineCpuMicros: 1_500_000,
  },
})
const results: Results = {
  ceiling: [{ perSecond: 1000 }],
  empty: { send: second(1000), 'send-2': second(1500), 'wake-lost': second(1), wake: { failure: 'away' } },
  deep: {},
  failures: [],
  startUpMillis: [],
  deepStartUpMillis: [],
}
const judged = (figure: string, cores: number) =>
  judge(results, { isShared: true, cores }).find((verdict) => verdict.figure === figure)

test('throughput is judged beside the ceiling, and a bound that is reached is met', () => {
  const { measured, met, wanted } = judged('SendMessage, messages', 4) ?? {}
  assert.deepEqual({ measured, met, wanted }, { measured: 1, met: true, wanted: '≥ 1' })
})

test('two nodes are judged beside one where there are cores for them, and nowhere else', () => {
  const { measured, met } = judged('SendMessage, two nodes', 4) ?? {}
  assert.deepEqual({ measured, met }, { measured: 1.5, met: false })
  assert.equal(judged('SendMessage, two nodes', 2)?.met, undefined)
})

test('a lost notification is judged by the longest wait', () => {
  assert.equal(judged('wake-up, notification lost, longest', 4)?.measured, 3)
})

test('what failed or did not run is not judged', () => {
  for (const figure of ['wake-up across nodes, p50', 'receive + delete, messages']) {
    assert.equal(judged(figure, 4)?.met, undefined)
  }
})

test('the embedded store has targets of its own', () => {
  const figures = judge(results, { isShared: false, cores: 4 }).map(({ figure }) => figure)
  assert.ok(figures.includes('start-up, empty') && !figures.includes('SendMessage, two nodes'))
})
