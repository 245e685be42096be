import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeMetrics } from './metrics.ts'

const newMetrics = () => new NodeMetrics((name, error) => assert.fail(`${name}: ${error}`))
const scrape = async (metrics: NodeMetrics) => (await metrics.render()).body.split('\n')

test('a counter has one child per set of label values', async () => {
  const metrics = newMetrics()
  const family = metrics.counter('things_total', 'Things.', ['kind', 'code'])
  family.with('a', 'x"y').inc()
  family.with('a', 'x"y').inc(2)
  family.with('b', 'z').inc()
  const lines = await scrape(metrics)
  assert.ok(lines.includes('# HELP millrace_things_total Things.'))
  assert.ok(lines.includes('# TYPE millrace_things_total counter'))
  assert.ok(lines.includes('millrace_things_total{kind="a",code="x\\"y"} 3'))
  assert.ok(lines.includes('millrace_things_total{kind="b",code="z"} 1'))
})

test('a histogram counts a value in its bucket and in all above', async () => {
  const metrics = newMetrics()
  const histogram = metrics.histogram('seconds', 'Seconds.', [], [0.1, 1]).with()
  for (const value of [0.1, 0.5, 7]) histogram.observe(value)
  const lines = await scrape(metrics)
  assert.ok(lines.includes('millrace_seconds_bucket{le="0.1"} 1'))
  assert.ok(lines.includes('millrace_seconds_bucket{le="1"} 2'))
  assert.ok(lines.includes('millrace_seconds_bucket{le="+Inf"} 3'))
  assert.ok(lines.includes('millrace_seconds_sum 7.6'))
  assert.ok(lines.includes('millrace_seconds_count 3'))
})

test('a gauge is collected at each scrape', async () => {
  const metrics = newMetrics()
  let value = 1
  metrics.gauge('depth', 'Depth.', async () => [{ labels: { queue: 'q' }, value: value++ }])
  assert.ok((await scrape(metrics)).includes('millrace_depth{queue="q"} 1'))
  assert.ok((await scrape(metrics)).includes('millrace_depth{queue="q"} 2'))
})

test('a gauge that can not be collected is left out and told, and the others are there', async () => {
  const told: string[] = []
  const metrics = new NodeMetrics((name) => told.push(name))
  metrics.gauge('bad', 'Bad.', () => Promise.reject(new Error('gone')))
  metrics.gauge('good', 'Good.', () => [{ labels: {}, value: 5 }])
  const lines = await scrape(metrics)
  assert.deepEqual(told, ['bad'])
  assert.ok(lines.includes('millrace_good 5'))
  assert.ok(!lines.some((line) => line.startsWith('millrace_bad')))
})

test('a name is taken once, and before the first scrape', async () => {
  const metrics = newMetrics()
  metrics.counter('a', 'A.', [])
  assert.throws(() => metrics.gauge('a', 'A.', () => []), /exists/)
  await metrics.render()
  assert.throws(() => metrics.counter('b', 'B.', []), /after the first scrape/)
})

test('the process’s own figures are there', async () => {
  const lines = await scrape(newMetrics())
  assert.ok(lines.some((line) => /^process_cpu_seconds_total \d/.test(line)))
})
