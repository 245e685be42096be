/** Which messages match the filter policies of SNS by their bodies. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Case, matched, testCases } from './match-cases.ts'
import { bodyEvent, sns, snsExtended } from './patterns.ts'

const v4 = { ip: [{ cidr: '10.0.0.0/24' }] }
const v6 = { ip: [{ cidr: '2001:db8:1234:1a00::/64' }] }
const path = { 'object.nested.test': ['v'] }
const keyed = {
  object: { key: [{ prefix: 'auto-' }, 'hard'], nested_key: [{ exists: false }] },
  test: [{ exists: false }],
}
const branched = {
  $or: [{ metricName: ['CPU', 'Latency'] }, { namespace: ['EC2', 'ES'] }],
  detail: { scope: ['Service'], $or: [{ source: ['cloudwatch'] }, { type: ['Alarm'] }] },
}
const records = {
  Records: { s3: { object: { key: [{ prefix: 'auto-' }] } }, eventName: [{ prefix: 'ObjectCreated:' }] },
}
const record = (eventName: string, key: string) => ({ eventName, s3: { object: { key } } })

const cases: readonly Case<unknown>[] = [
  { pattern: {}, yes: [{}], no: ['text', ['x'], 1, null] },
  { pattern: { a: [{ exists: false }] }, yes: [{}], no: ['text', [], 1, null] },
  // Dots and nesting
  ...[path, { object: { nested: { test: ['v'] } } }, { object: { 'nested.test': ['v'] } }].map((pattern) => ({
    pattern,
    yes: [
      { object: { nested: { test: 'v' } } },
      { 'object.nested.test': 'v' },
      { 'object.nested': { test: 'v' } },
      { object: { 'nested.test': 'v' } },
      { object: 1, 'object.nested.test': 'v' },
    ],
    no: [
      { object: { nested: { test: 'w' } } },
      { 'object.nested': 'v' },
      { test: 'v' },
      { 'object.nested.test.': 'v' },
    ],
  })),
  {
    pattern: { 'a..b': [1], '': [2] },
    yes: [
      { a: { '': { b: 1 } }, '': 2 },
      { 'a.': { b: 1 }, '': 2 },
    ],
    no: [{ a: { b: 1 }, '': 2 }],
  },
  {
    pattern: { ['__proto__']: ['x'], constructor: ['y'] },
    yes: [JSON.parse('{"__proto__":"x","constructor":"y"}')],
    no: [{}],
  },
  // Objects and leaves
  { pattern: { a: ['x'] }, no: [{ a: { b: 'x' } }, { a: [] }, { a: {} }, { a: [{}] }, { b: 'x' }] },
  { pattern: { a: { b: ['x'] } }, no: [{ a: 'x' }, { a: ['x'] }, { b: 'x' }] },
  // Lists
  {
    pattern: { headers: { 'route-to': ['queue1'] } },
    yes: [
      { headers: { 'route-to': ['queue1'] } },
      { headers: { 'route-to': ['queue1', 'queue2'] } },
      { headers: [[{ 'route-to': [['queue1']] }]] },
    ],
    no: [{ headers: { 'route-to': ['queue2'] } }, { headers: { 'route-to': ['queue3'] } }],
  },
  {
    pattern: records,
    yes: [
      { Records: [record('ObjectCreated:Put', 'auto-1')] },
      { Records: [record('ObjectRemoved:Delete', 'home'), record('ObjectCreated:Put', 'auto-1')] },
      {
        Records: [
          { eventName: 'ObjectCreated:Put', s3: { object: [[{ key: 'auto-1' }]] } },
          record('ObjectRemoved:Delete', 'home'),
        ],
      },
    ],
    no: [
      { Records: [record('ObjectRemoved:Delete', 'auto-1')] },
      { Records: [record('ObjectCreated:Put', 'home')] },
      { Records: [record('ObjectRemoved:Delete', 'auto-1'), record('ObjectCreated:Put', 'home')] },
    ],
  },
  {
    pattern: { r: { a: [1], b: [2] } },
    yes: [
      {
        r: [
          { a: 1, b: 9 },
          { a: 1, b: 2 },
        ],
      },
    ],
    no: [
      {
        r: [
          { a: 1, b: 9 },
          { a: 8, b: 2 },
        ],
      },
    ],
  },
  // Two lists are no list in common.
  { pattern: { r: { a: [1] }, s: { b: [2] } }, yes: [{ r: [{ a: 0 }, { a: 1 }], s: [{ b: 2 }, { b: 0 }] }] },
  {
    pattern: { r: { a: { x: [1] }, b: { y: [2] } } },
    yes: [{ r: { a: [{ x: 0 }, { x: 1 }], b: [{ y: 2 }, { y: 0 }] } }],
    no: [{ r: [{ a: [{ x: 1 }] }, { b: [{ y: 2 }] }] }],
  },
  { pattern: { a: ['x'], $or: [{ a: [{ suffix: 'x' }] }, { a: [{ prefix: 'y' }] }] }, yes: [{ a: ['y', 'x'] }] },
  {
    pattern: { a: [{ prefix: 'x' }], $or: [{ a: [{ suffix: 'z' }] }, { a: [{ suffix: 'y' }] }] },
    yes: [{ a: ['xy'] }],
    no: [{ a: ['x', 'y'] }],
  },
  // A path in two spellings: leaves of different lists go together, those of one list don't.
  {
    pattern: { a: { b: [1], c: [2] } },
    yes: [
      { a: [{ b: 1 }], 'a.c': [2, 3] },
      { a: [{ b: 1 }, { b: 0 }], 'a.c': 2 },
    ],
    no: [{ a: [{ b: 1 }, { c: 2 }], 'a.c': [] }],
  },
  {
    pattern: { r: { a: [1], b: [2] } },
    yes: [{ r: [{ a: 1 }, { b: 2 }], 'r.b': [2, 3] }],
    no: [{ r: [{ a: 1 }, { b: 2 }], 'r.b': [0, 5] }],
  },
  // Lists in lists: one element of each.
  {
    pattern: { r: { a: [1], s: { b: [2], c: [3] } } },
    yes: [{ r: [{ a: 0 }, { a: 1, s: [{ b: 2 }, { b: 2, c: 3 }] }] }],
    no: [
      { r: [{ a: 1, s: [{ b: 2 }, { c: 3 }] }, {}] },
      { r: [{ a: 1 }, { s: [{ b: 2, c: 3 }, {}] }] },
      { r: [[{ a: 1 }, { s: { b: 2, c: 3 } }], {}] },
      { r: [{ a: 0, s: { b: 0, c: 0 } }, [{ a: 1 }, { s: { b: 2, c: 3 } }]] },
    ],
  },
  // Absence is that of the whole event, not of an element.
  { pattern: { r: { a: [1], b: [{ exists: false }] } }, yes: [{ r: [{ a: 1 }] }], no: [{ r: [{ a: 1 }, { b: 1 }] }] },
  {
    pattern: { r: { a: [1], b: [{ exists: false }, 2] } },
    yes: [{ r: [{ a: 1 }] }, { r: [{ a: 1, b: 2 }, { b: 3 }] }],
    no: [{ r: [{ a: 1 }, { b: 2 }] }],
  },
  // Null and empty values
  {
    pattern: { detail: { eventVersion: [''] } },
    yes: [{ detail: { eventVersion: '', resources: [], other: null } }],
    no: [{ detail: { eventVersion: null } }, { detail: {} }],
  },
  { pattern: { a: [null] }, yes: [{ a: null }, { a: [1, null] }], no: [{}, { a: [] }, { a: 'null' }, { a: '' }] },
  {
    pattern: { a: [{ exists: true }] },
    yes: [{ a: 0 }, { a: false }, { a: ['', 1] }],
    no: [{ a: null }, { a: '' }, { a: [] }, { a: {} }, { a: { b: 1 } }],
  },
  {
    pattern: { a: [{ exists: false }] },
    yes: [{ a: [] }, { a: {} }, { a: { b: 1 } }],
    no: [{ a: 1 }, { a: [{}, 1] }, { a: null }],
  },
  {
    pattern: { a: [{ 'anything-but': 'x' }] },
    yes: [{ a: true }, { a: '' }, { a: 1 }],
    no: [{ a: null }, { a: 'x' }, {}],
  },
  {
    pattern: keyed,
    yes: [{ object: { key: 'auto-test' } }, { object: { key: 'hard' } }],
    no: [
      { object: { key: 'test-auto' } },
      { object: { key: 'hard' }, test: 1 },
      { object: { key: 'hard', nested_key: 1 } },
      { object: {} },
    ],
  },
  // Alternatives
  {
    pattern: { detail: { $or: [v4, v6] } },
    yes: [{ detail: { ip: '10.0.0.255' } }, { detail: { ip: '2001:0db8:1234:1a00:0000:0000:0000:0000' } }],
    no: [{ detail: { ip: '10.0.0.256' } }, { detail: { ip: '2001:db8:123f:1a01::' } }],
  },
  {
    pattern: branched,
    yes: [
      { metricName: 'CPU', detail: { scope: 'Service', source: 'cloudwatch' } },
      { namespace: 'ES', detail: { scope: 'Service', type: 'Alarm' } },
    ],
    no: [
      { metricName: 'CPU', detail: { scope: 'cloudwatch', type: 'Alarm' } },
      { metricName: 'CPU', detail: { scope: 'Service', type: 'CPU' } },
      { metricName: 'CPU', detail: { type: 'Alarm' } },
      { metricName: 'CPU', detail: { scope: 'Service' } },
      { metricName: 'EC2', detail: { scope: 'Service', type: 'Alarm' } },
      { detail: { scope: 'Service', type: 'Alarm' } },
    ],
  },
]

testCases(sns, cases, bodyEvent)

test('with the extended operators a suffix and any case can be excluded', () => {
  const policy = { a: [{ 'anything-but': { suffix: 'x' } }], b: [{ 'anything-but': { 'equals-ignore-case': 'Y' } }] }
  assert.ok(matched(policy, { a: 'xa', b: 'x' }, snsExtended))
  assert.ok(!matched(policy, { a: 'ax', b: 'x' }, snsExtended))
  assert.ok(!matched(policy, { a: 'xa', b: 'y' }, snsExtended))
})

test('a body of nested lists, deeper than the stack, is looked through as far as a thousand', () => {
  const nested = (depth: number) => JSON.parse(`{"a":${'['.repeat(depth)}"x"${']'.repeat(depth)},"b":1}`)
  const policy = { a: ['x'], b: [1] }
  assert.ok(matched(policy, nested(1000), sns))
  assert.ok(!matched(policy, nested(1001), sns))
  assert.ok(!matched(policy, nested(120_000), sns))
  assert.ok(matched({ a: [{ exists: false }] }, nested(120_000), sns))
})

test('long lists under several spellings of a path cost a bounded time', () => {
  const elements = Array.from({ length: 10_000 }, () => ({ c: 0 }))
  const event = { a: elements.map((b) => ({ b })), 'a.b': elements, 'a.b.c': elements.map(() => 0) }
  assert.ok(!matched({ a: { b: { c: [1] } } }, event, sns))
  assert.ok(!matched({ a: { b: { c: [0], d: [0] } } }, event, sns))
})
