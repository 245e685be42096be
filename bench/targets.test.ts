import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from './load/meter.ts'
import type { Results } from './session.ts'
import { sns } from './sns.ts'
import { sqs } from './sqs.ts'
import type { SqsResults } from './sqs-targets.ts'
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
const results: SqsResults = {
  ceiling: [{ perSecond: 1000 }],
  reference: [],
  outcomes: { send: second(1000), 'send-2': second(1500), 'wake-lost': second(1), wake: { failure: 'away' } },
  failures: [],
}
const judged = (figure: string, cores: number) =>
  judge(sqs.targets(true), results, cores).find((verdict) => verdict.figure === figure)

test('throughput is judged beside the ceiling, and a bound that is reached is met', () => {
  const { measured, met, wanted } = judged('SendMessage, messages', 4) ?? {}
  assert.deepEqual({ measured, met, wanted }, { measured: 1, met: true, wanted: '≥ 0.9' })
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
  const figures = judge(sqs.targets(false), results, 4).map(({ figure }) => figure)
  assert.ok(figures.includes('start-up, empty') && !figures.includes('SendMessage, two nodes'))
})

const published = (messages: number, serverCpuMicros: number, postgresCpuMicros = 0): { measured: Measured } => ({
  measured: { ...second(messages).measured, serverCpuMicros, postgresCpuMicros },
})
const snsResults: Results = {
  ceiling: [{ perSecond: 30_000 }],
  reference: [90, 100, 500].map((serverMicros) => ({ perSecond: 1000, serverMicros, postgresMicros: 50 })),
  outcomes: {
    'publish-1': published(900, 900 * 120, 900 * 60),
    'publish-100': published(100, 100 * 1605, 100 * 1050),
    unfiltered: published(400, 1),
    filtered: published(100, 1),
    http: published(6000, 1),
    'http-signed': published(2000, 1),
    'http-slow': published(5400, 1),
  },
  failures: [],
}

test('SNS is judged beside SendMessage, itself, and the clock', () => {
  const judged = judge(sns.targets(true), snsResults, 2).map(({ measured, met }) => ({ measured, met }))
  assert.deepEqual(judged, [
    { measured: 0.9, met: true },
    { measured: 0.15, met: true },
    { measured: 0.2, met: false },
    { measured: 100, met: false },
    { measured: 0.25, met: false },
    { measured: 6000, met: true },
    { measured: 2000, met: false },
    { measured: 0.9, met: true },
  ])
  assert.equal(sns.targets(false).length, judged.length - 1)
})

test('nothing is judged of SNS without a run', () => {
  const verdicts = judge(sns.targets(true), { ...snsResults, outcomes: {} }, 2)
  assert.ok(verdicts.every(({ measured, met }) => measured === undefined && met === undefined))
})
