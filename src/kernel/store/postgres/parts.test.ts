/** The parts of the engine that need no database. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConnectionLost, isConflict, isOvertime, storeFault } from './faults.ts'
import { parsePayload, payloadsOf } from './notifier.ts'
import { numbered } from './statements.ts'

const statements = [
  { sql: 'select 1', text: 'select 1' },
  { sql: 'a = ? and b in (?, ?)', text: 'a = $1 and b in ($2, $3)' },
  { sql: `a = '?' and "b?" = ?`, text: `a = '?' and "b?" = $1` },
]
for (const { sql, text } of statements) {
  test(`${sql} becomes ${text}`, () => assert.equal(numbered(sql), text))
}

const withCode = (code: string) => Object.assign(new Error('said by the database'), { code })
const errors = [
  { error: withCode('40P01'), conflict: true, overtime: false, fault: undefined },
  { error: withCode('40001'), conflict: true, overtime: false, fault: undefined },
  { error: withCode('57014'), conflict: false, overtime: true, fault: undefined },
  { error: withCode('42P01'), conflict: false, overtime: false, fault: undefined },
  { error: withCode('53300'), conflict: false, overtime: false, fault: /out of resources/ },
  { error: withCode('57P01'), conflict: false, overtime: false, fault: /shutting down/ },
  { error: withCode('25006'), conflict: false, overtime: false, fault: /read-only/ },
  { error: new ConnectionLost('gone'), conflict: false, overtime: false, fault: /gone/ },
  { error: 'no error at all', conflict: false, overtime: false, fault: undefined },
]
for (const { error, conflict, overtime, fault } of errors) {
  test(`${(error as { code?: string }).code ?? error} is told for what it is`, () => {
    assert.equal(isConflict(error), conflict)
    assert.equal(isOvertime(error), overtime)
    if (fault === undefined) assert.equal(storeFault(error), undefined)
    else assert.match(storeFault(error) ?? '', fault)
  })
}

test('wake-ups fit into notifications, and arrive as they were', () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 })
  const wakes = fc.array(
    fc.record({ channel: text, key: text, count: fc.integer({ min: 1 }) }, { noNullPrototype: true }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(wakes, (wakes) => {
      const payloads = payloadsOf('node', wakes)
      for (const payload of payloads) assert.ok(Buffer.byteLength(payload) < 8000)
      const heard = payloads.flatMap((payload) => parsePayload(payload)?.wakes ?? assert.fail(payload))
      assert.deepEqual(heard, wakes)
    }),
  )
})

test('a notification of somebody else’s is passed over', () => {
  for (const payload of ['', 'hello', 'null', '{}', '["node", 1]']) assert.equal(parsePayload(payload), undefined)
})
