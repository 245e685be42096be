import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Measured } from './load/meter.ts'
import { type Setting, textReport } from './report.ts'
import type { Results } from './session.ts'
import { sns } from './sns.ts'
import { sqs } from './sqs.ts'

const setting = (isShared: boolean): Setting => ({
  date: '2026-01-01T00:00:00.000Z',
  service: 'a service',
  machine: { cpu: 'a CPU', cores: 4, memoryMiB: 1024, os: 'an OS', node: 'v24.0.0' },
  server: 'a node',
  store: { title: 'a store', isShared },
  ceiling: { title: 'the best', unit: 'best' },
  connections: 64,
  seconds: 1,
})
const measured: Measured = {
  seconds: 1,
  requests: 1000,
  messages: 1000,
  emptyReceives: 0,
  latency: { count: 1000, p50Millis: 1, p99Millis: 2, maxMillis: 3 },
  latencyOf: {},
  generatorCpuMicros: 10_000,
  serverCpuMicros: 300_000,
  serverBusiestThreadMicros: 300_000,
  postgresCpuMicros: 200_000,
  machineCpuMicros: 1_000_000,
}
const results = (names: readonly string[]): Results => ({
  ceiling: [{ perSecond: 4000, serverMicros: 20 }],
  reference: [{ perSecond: 2000, serverMicros: 100, postgresMicros: 50 }],
  outcomes: Object.fromEntries(names.map((name) => [name, { measured }])),
  failures: ['a step: went wrong'],
})

/** The cells of the lines that begin with a title, beginning with it. */
const rows = (text: string, title: string) =>
  text.split('\n').flatMap((line) => (line.startsWith(`${title} `) ? [line.split(/ {2,}/)] : []))

test('publishes stand beside the ceiling, SendMessage, and their copies', () => {
  const text = textReport(sns, setting(false), results(['publish-10', 'unfiltered', 'filtered']))
  const [figures, cpu] = rows(text, 'Publish to 10 queues')
  assert.deepEqual(figures?.slice(1, 5), ['1,000', '1,000', '0.25', '0.50'])
  assert.deepEqual(cpu?.slice(1), ['300.0', '3.00', '30.0'])
  assert.equal(rows(text, 'the same, 10 of 10,000 filtered match')[0]?.at(-1), '1.00 × unfiltered')
  assert.doesNotMatch(text, /PostgreSQL/)
  assert.match(text, /FAILED a step: went wrong/)
})

test('over a database, its CPU time is shown too', () => {
  const text = textReport(sns, setting(true), results(['publish-10']))
  assert.deepEqual(rows(text, 'Publish to 10 queues')[1]?.slice(1), [
    '300.0',
    '3.00',
    '30.0',
    '200.0',
    '4.00',
    '20.0',
    '1.50',
  ])
})

test('SQS has no reference and no copies', () => {
  const text = textReport(sqs, setting(true), { ...results(['send', 'send-2']), reference: [] })
  assert.deepEqual(rows(text, 'SendMessage')[1]?.slice(1), ['300.0', '200.0', '1.50'])
  assert.equal(rows(text, 'SendMessage, two nodes')[0]?.at(-1), '1.00 × send')
  assert.doesNotMatch(text, /reference|copy/)
})
