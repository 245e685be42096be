import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_OFFSET_MS } from '../clock/offset.ts'
import { startTestEdge, type TestEdge } from './testing/edge.ts'

const JSON_BODY = { 'content-type': 'application/json' }

async function ask(edge: TestEdge, method: string, name: string, body?: string, headers: Record<string, string> = {}) {
  const contentType = body === undefined ? {} : JSON_BODY
  const response = await fetch(`${edge.url}/_millrace/${name}`, {
    method,
    body,
    headers: { ...contentType, ...headers },
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

test('health tells readiness and, if there is none, why', async () => {
  await using edge = await startTestEdge({})
  const ready = await ask(edge, 'GET', 'health')
  assert.deepEqual([ready.status, ready.text], [200, '{"status":"ready"}'])
  edge.management.problem = 'disk full'
  const unready = await ask(edge, 'GET', 'health')
  assert.deepEqual([unready.status, JSON.parse(unready.text).reason], [503, 'disk full'])
})

test('a node whose store is away is alive', async () => {
  await using edge = await startTestEdge({})
  edge.management.problem = 'the database is away'
  const { status, text } = await ask(edge, 'GET', 'live')
  assert.deepEqual([status, text], [200, '{"status":"alive"}'])
})

test('metrics are what Prometheus reads', async () => {
  await using edge = await startTestEdge({})
  const { status, headers, text } = await ask(edge, 'GET', 'metrics')
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  assert.match(text, /^process_resident_memory_bytes \d+$/m)
})

test('the clock is advanced by what is asked', async () => {
  await using edge = await startTestEdge({})
  const { status, text } = await ask(edge, 'POST', 'clock', '{"advanceMs":60000}')
  assert.equal(status, 200)
  assert.equal(edge.management.clock.offset, 60_000)
  assert.ok(JSON.parse(text).now <= edge.management.clock.now())
})

const badAdvances = [
  '',
  '{',
  'null',
  '[]',
  '{}',
  '-1',
  '{"advanceMs":-1}',
  '{"advanceMs":1.5}',
  '{"advanceMs":"1"}',
  '{"advanceMs":1e15}',
]

for (const body of badAdvances) {
  test(`the clock is not advanced by ${body || 'nothing'}`, async () => {
    await using edge = await startTestEdge({})
    assert.equal((await ask(edge, 'POST', 'clock', body)).status, 400)
    assert.equal(edge.management.clock.offset, 0)
  })
}

test('the clock goes so far and no further', async () => {
  await using edge = await startTestEdge({})
  edge.management.clock.shift(MAX_OFFSET_MS - 1)
  assert.equal((await ask(edge, 'POST', 'clock', '{"advanceMs":1}')).status, 200)
  assert.equal((await ask(edge, 'POST', 'clock', '{"advanceMs":1}')).status, 400)
  assert.equal((await ask(edge, 'POST', 'clock', '{"advanceMs":0}')).status, 200)
  assert.equal(edge.management.clock.offset, MAX_OFFSET_MS)
})

test('reset deletes everything, once per request', async () => {
  await using edge = await startTestEdge({})
  assert.equal((await ask(edge, 'POST', 'reset')).status, 200)
  assert.equal(edge.management.resets, 1)
})

for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp', '']) {
  test(`what a form could send is not read: ${contentType || 'nothing said of it'}`, async () => {
    await using edge = await startTestEdge({})
    const headers = { 'content-type': contentType }
    assert.equal((await ask(edge, 'POST', 'clock', '{"advanceMs":60000}', headers)).status, 415)
    assert.equal((await ask(edge, 'POST', 'reset', '', headers)).status, 415)
    assert.equal((await ask(edge, 'DELETE', 'outbox', '', headers)).status, 415)
    assert.deepEqual([edge.management.clock.offset, edge.management.resets], [0, 0])
  })
}

test('JSON may have its character set named, and nothing needs no name', async () => {
  await using edge = await startTestEdge({})
  const headers = { 'content-type': 'application/json; charset=utf-8' }
  assert.equal((await ask(edge, 'POST', 'clock', '{"advanceMs":1}', headers)).status, 200)
  assert.equal((await ask(edge, 'DELETE', 'outbox')).status, 200)
})

test('what does not exist is 404, and a wrong method is told the right one', async () => {
  await using edge = await startTestEdge({})
  assert.equal((await ask(edge, 'GET', 'nothing')).status, 404)
  assert.equal((await ask(edge, 'GET', 'toString')).status, 404)
  const wrong = await ask(edge, 'GET', 'reset')
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST'])
})

test('an endpoint that fails is a 500 and a line in the log, and the node lives', async () => {
  await using edge = await startTestEdge({})
  edge.management.reset = () => Promise.reject(new Error('no'))
  assert.equal((await ask(edge, 'POST', 'reset')).status, 500)
  assert.ok(edge.log.some((line) => line.includes('unexpectedly')))
  assert.equal((await ask(edge, 'GET', 'health')).status, 200)
})
