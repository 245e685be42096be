import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figuresOf, type Limit, limitOf, median, medianOf, yardstickRun } from './figures.ts'
import type { Measured } from './load/meter.ts'

const latency = { count: 1, p50Millis: 1, p99Millis: 2, maxMillis: 3 }
/** Two seconds on a machine of two cores. */
const run = (changes: Partial<Measured> = {}): Measured => ({
  seconds: 2,
  requests: 1000,
  messages: 10_000,
  emptyReceives: 0,
  latency,
  latencyOf: {},
  generatorCpuMicros: 500_000,
  serverCpuMicros: 1_000_000,
  serverBusiestThreadMicros: 900_000,
  postgresCpuMicros: undefined,
  machineCpuMicros: 1_700_000,
  ...changes,
})

const limits: { name: string; changes: Partial<Measured>; expected: Limit }[] = [
  { name: 'CPU is left to everyone', changes: {}, expected: 'neither' },
  { name: 'one server thread is busy', changes: { serverBusiestThreadMicros: 1_900_000 }, expected: 'server' },
  { name: 'the generator is busy', changes: { generatorCpuMicros: 1_900_000 }, expected: 'generator' },
  {
    name: 'both are busy, the generator more',
    changes: { generatorCpuMicros: 1_990_000, serverBusiestThreadMicros: 1_900_000 },
    expected: 'generator',
  },
  { name: 'the cores are shared out', changes: { machineCpuMicros: 3_900_000 }, expected: 'machine' },
  {
    name: 'the server is out of sight',
    changes: { serverCpuMicros: undefined, serverBusiestThreadMicros: undefined },
    expected: 'unknown',
  },
]
for (const { name, changes, expected } of limits) {
  test(`the limit when ${name}: ${expected}`, () => assert.equal(limitOf(run(changes), 2), expected))
}

test('figures are per second and per request', () => {
  assert.deepEqual(figuresOf(run(), 2), {
    messagesPerSecond: 5000,
    requestsPerSecond: 500,
    p50Millis: 1,
    p99Millis: 2,
    serverMicrosPerRequest: 1000,
    postgresMicrosPerRequest: undefined,
    generatorMicrosPerRequest: 500,
    serverMicrosPerMessage: 100,
    postgresMicrosPerMessage: undefined,
    serverCores: 0.5,
    postgresCores: undefined,
    generatorCores: 0.25,
    otherCores: 0.1,
    limit: 'neither',
  })
})

test('what PostgreSQL uses is nobody else’s', () => {
  const { postgresMicrosPerMessage, postgresCores, otherCores } = figuresOf(run({ postgresCpuMicros: 100_000 }), 2)
  assert.deepEqual({ postgresMicrosPerMessage, postgresCores }, { postgresMicrosPerMessage: 10, postgresCores: 0.05 })
  assert.equal(otherCores?.toFixed(3), '0.050')
})

test('a yardstick counts with the median of its runs', () => {
  const runs = [1000, 5000, 1200].map((requests) => yardstickRun(run({ requests })))
  assert.equal(medianOf(runs).perSecond, 600)
  assert.equal(medianOf(runs).generatorMicros?.toFixed(1), '416.7')
})

test('a figure that one run of a yardstick lacks is not known', () => {
  const known = { perSecond: 10, postgresMicros: 3 }
  const { perSecond, postgresMicros } = medianOf([known, { perSecond: 20 }, known])
  assert.deepEqual({ perSecond, postgresMicros }, { perSecond: 10, postgresMicros: undefined })
})

const medians = [
  { values: [], expected: undefined },
  { values: [3], expected: 3 },
  { values: [10, 2, 3], expected: 3 },
  { values: [4, 1, 10, 2], expected: 3 },
]
for (const { values, expected } of medians) {
  test(`the median of [${values}] is ${expected}`, () => assert.equal(median(values), expected))
}
