/**
 * Filter policies through real publishes: each operator, and the rows of the documented and recorded examples. The matcher
 * has its own tests in src/kernel/patterns; these show that a subscription gets what its policy lets through.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MessageAttributeValue } from '@aws-sdk/client-sns'
import { startSns } from './support.ts'

const fixture = await startSns()

/** Attributes in short: a text is a String, a number a Number, a list a String.Array. */
type Attributes = Readonly<Record<string, string | number | readonly unknown[] | MessageAttributeValue>>

interface Case<M> {
  readonly policy: unknown
  readonly yes: readonly M[]
  readonly no: readonly M[]
}

interface Sent {
  readonly text: string
  readonly attributes?: Record<string, MessageAttributeValue>
}

/** Publishes everything in one batch; a queue must get exactly what is in `yes`. */
async function check(scope: string, policy: unknown, yes: readonly Sent[], no: readonly Sent[]): Promise<void> {
  const topic = await fixture.createTopic()
  const FilterPolicy = JSON.stringify(policy)
  const queue = await fixture.subscribeQueue(topic, {
    FilterPolicy,
    FilterPolicyScope: scope,
    RawMessageDelivery: 'true',
  })
  const entries = [...yes, ...no].map(({ text, attributes }, at) => {
    return { Id: String(at), Message: text, MessageAttributes: attributes }
  })
  await fixture.sns.publishBatch({ TopicArn: topic, PublishBatchRequestEntries: entries })
  assert.deepEqual((await fixture.bodies(queue)).sort(), yes.map(({ text }) => text).sort())
}

const title = ({ policy }: Case<unknown>) => JSON.stringify(policy)

function typed(value: Attributes[string]): MessageAttributeValue {
  if (typeof value === 'number') return { DataType: 'Number', StringValue: String(value) }
  if (typeof value === 'string') return { DataType: 'String', StringValue: value }
  return 'DataType' in value ? value : { DataType: 'String.Array', StringValue: JSON.stringify(value) }
}

const withAttributes = (attributes: Attributes): Sent => ({
  text: JSON.stringify(attributes),
  attributes: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, typed(value)])),
})

const withBody = (body: unknown): Sent => ({ text: JSON.stringify(body) })

const array = (StringValue: string) => ({ DataType: 'String.Array', StringValue })
const binary = (text: string) => ({ DataType: 'Binary', BinaryValue: new Uint8Array(Buffer.from(text)) })

/** Exact values, prefixes and so on for attributes and bodies alike. */
const everywhere: readonly Case<Attributes>[] = [
  { policy: { a: ['x'] }, yes: [{ a: 'x' }, { a: 'x', b: 'y' }], no: [{ a: 'X' }, { a: 'xx' }, { b: 'x' }, {}] },
  {
    policy: { a: ['x', 'y'], b: ['z'] },
    yes: [
      { a: 'x', b: 'z' },
      { a: 'y', b: 'z' },
    ],
    no: [{ a: 'x' }, { b: 'z' }],
  },
  { policy: { a: [12] }, yes: [{ a: 12 }], no: [{ a: '12' }, { a: 12.5 }] },
  { policy: { a: ['12'] }, yes: [{ a: '12' }], no: [{ a: 12 }] },
  { policy: { a: [{ prefix: 'ab' }] }, yes: [{ a: 'ab' }, { a: 'abc' }], no: [{ a: 'a' }, { a: 'Ab' }, { a: 'cab' }] },
  { policy: { a: [{ suffix: '.png' }] }, yes: [{ a: 'x.png' }, { a: '.png' }], no: [{ a: 'x.PNG' }, { a: 'png' }] },
  {
    policy: { a: [{ 'equals-ignore-case': 'Red' }] },
    yes: [{ a: 'RED' }, { a: 'red' }],
    no: [{ a: 'reds' }, { a: 'blue' }],
  },
  { policy: { a: [{ 'anything-but': 'x' }] }, yes: [{ a: 'y' }, { a: 1 }], no: [{ a: 'x' }, { b: 'y' }] },
  { policy: { a: [{ 'anything-but': ['x', 'y'] }] }, yes: [{ a: 'z' }], no: [{ a: 'x' }, { a: 'y' }, {}] },
  { policy: { a: [{ 'anything-but': [1, 2] }] }, yes: [{ a: 3 }], no: [{ a: 1 }, { a: 2 }] },
  { policy: { a: [{ 'anything-but': { prefix: 'ab' } }] }, yes: [{ a: 'xab' }], no: [{ a: 'ab' }, { a: 'abc' }, {}] },
  { policy: { a: [{ wildcard: 'a*c*' }] }, yes: [{ a: 'ac' }, { a: 'abcd' }], no: [{ a: 'ab' }, { a: 'xac' }] },
  { policy: { a: [{ numeric: ['=', 5] }] }, yes: [{ a: 5 }], no: [{ a: 5.00001 }, { a: '5' }] },
  { policy: { a: [{ numeric: ['<', 5] }] }, yes: [{ a: 4.99999 }, { a: -1 }], no: [{ a: 5 }] },
  { policy: { a: [{ numeric: ['<=', 5] }] }, yes: [{ a: 5 }], no: [{ a: 5.1 }] },
  { policy: { a: [{ numeric: ['>', 5] }] }, yes: [{ a: 5.1 }], no: [{ a: 5 }] },
  { policy: { a: [{ numeric: ['>=', 5] }] }, yes: [{ a: 5 }, { a: 1e9 }], no: [{ a: 4.9 }] },
  {
    policy: { attr1: [{ numeric: ['>', 0, '<=', 100] }] },
    yes: [{ attr1: 99 }, { attr1: 100 }],
    no: [{ attr1: 111 }, { attr1: 0 }],
  },
  { policy: { store: [{ exists: true }] }, yes: [{ store: 99, def: 'x' }], no: [{ attr1: 'x' }] },
  { policy: { store: [{ exists: false }] }, yes: [{ def: 'x' }], no: [{ store: 99, def: 'x' }] },
  {
    policy: { ip: [{ cidr: '10.0.0.0/24' }] },
    yes: [{ ip: '10.0.0.255' }],
    no: [{ ip: '10.0.0.256' }, { ip: '10.0.1.0' }],
  },
  {
    policy: { ip: [{ cidr: '2001:db8:1234:1a00::/64' }] },
    yes: [{ ip: '2001:0db8:1234:1a00:0000:0000:0000:0000' }],
    no: [{ ip: '2001:0db8:123f:1a01::' }, { ip: 'x' }],
  },
  {
    policy: { $or: [{ a: ['x'] }, { b: [{ numeric: ['>', 5] }] }], c: ['z'] },
    yes: [
      { a: 'x', c: 'z' },
      { b: 6, c: 'z' },
    ],
    no: [{ a: 'x' }, { b: 5, c: 'z' }, { c: 'z' }],
  },
  {
    policy: { a: ['x', { prefix: 'y' }, { numeric: ['>', 1] }] },
    yes: [{ a: 'x' }, { a: 'yy' }, { a: 2 }],
    no: [{ a: 1 }, { a: 'z' }],
  },
]

const ofAttributes: readonly Case<Attributes>[] = [
  { policy: { attr1: [null, { 'anything-but': 'whatever' }] }, yes: [{ attr1: 'x' }], no: [{}, { attr1: 'whatever' }] },
  // A message without any attribute matches no policy for attributes.
  { policy: { a: [{ exists: false }] }, yes: [{ b: 'x' }], no: [{ a: 'x' }, {}] },
  {
    policy: { $or: [{ a: [{ exists: false }] }, { a: ['x'] }] },
    yes: [{ b: 'y' }, { a: 'x' }],
    no: [{}, { a: 'y' }],
  },
  {
    policy: { a: [{ numeric: ['>', 0] }] },
    yes: [{ a: { DataType: 'Number.float', StringValue: '0.5' } }],
    no: [{ a: 'text' }],
  },
  { policy: { a: ['x'] }, yes: [{ a: { DataType: 'String.kind', StringValue: 'x' } }], no: [{ a: binary('x') }] },
  { policy: { a: [{ exists: true }] }, yes: [{ a: 'x' }], no: [{ a: binary('x') }] },
  { policy: { a: [{ exists: false }] }, yes: [{ a: binary('x') }], no: [] },
  {
    policy: { store: ['value1'] },
    yes: [{ store: 'value1' }, { store: ['value1', 'value2'] }],
    no: [{ store: ['value2', 'value3'] }, { store: [] }, { store: array('["value1"') }, { store: array('value1') }],
  },
  {
    policy: { a: [7, true, null] },
    yes: [{ a: [7] }, { a: [false, true] }, { a: [null] }, { a: array('7') }],
    no: [{ a: ['7'] }, { a: [false] }, { a: array('8') }],
  },
  { policy: { a: [{ numeric: ['>', 5] }] }, yes: [{ a: ['x', 6] }], no: [{ a: [5, 'x'] }] },
  { policy: { a: [{ 'anything-but': 'x' }] }, yes: [{ a: ['x', 'y'] }], no: [{ a: ['x'] }] },
  { policy: { 'a.b': ['x'] }, yes: [{ 'a.b': 'x' }], no: [{ a: 'x' }, { b: 'x' }] },
]

describe('of attributes', () => {
  for (const one of [...everywhere, ...ofAttributes]) {
    test(title(one), () =>
      check('MessageAttributes', one.policy, one.yes.map(withAttributes), one.no.map(withAttributes)),
    )
  }

  test('the body plays no part', async () => {
    const [x, y] = [{ a: typed('x') }, { a: typed('y') }]
    await check(
      'MessageAttributes',
      { a: ['x'] },
      [{ text: '{"a":"y"}', attributes: x }],
      [{ text: '{"a":"x"}', attributes: y }],
    )
  })
})

const keyed = {
  object: { key: [{ prefix: 'auto-' }, 'hardcodedvalue'], nested_key: [{ exists: false }] },
  test: [{ exists: false }],
}
const branched = {
  $or: [{ metricName: ['CPU'] }, { namespace: ['EC2', 'ES'] }],
  detail: { scope: ['Service'], $or: [{ source: ['cloudwatch'] }, { type: ['Alarm'] }] },
}
const records = {
  Records: { s3: { object: { key: [{ prefix: 'auto-' }] } }, eventName: [{ prefix: 'ObjectCreated:' }] },
}
const record = (eventName: string, key: string) => ({ eventName, s3: { object: { key } } })

const ofBodies: readonly Case<unknown>[] = [
  {
    policy: { $or: [{ prefix: 'abc' }, { suffix: 'xyz' }] },
    yes: [{ $or: 'abcdef' }, { $or: 'uvwxyz' }],
    no: [{ $or: 'abdef' }, { prefix: 'abc' }, {}],
  },
  { policy: { a: [{ exists: false }] }, yes: [{}], no: [{ a: 1 }] },
  { policy: { a: ['x'] }, yes: [{ a: 'x' }], no: ['a', 'x', ['x'], [{ a: 'x' }], 1, null] },
  { policy: { a: [true, null] }, yes: [{ a: true }, { a: null }], no: [{ a: 'true' }, { a: false }, {}] },
  {
    policy: { a: [{ exists: true }] },
    yes: [{ a: 0 }, { a: false }],
    no: [{ a: null }, { a: [] }, { a: { b: 1 } }, {}],
  },
  ...[{ 'object.nested.test': ['v'] }, { object: { nested: { test: ['v'] } } }].map((policy) => ({
    policy,
    yes: [
      { object: { nested: { test: 'v' } } },
      { 'object.nested.test': 'v' },
      { 'object.nested': { test: 'v' } },
      { object: { 'nested.test': 'v' } },
    ],
    no: [{ object: { nested: { test: 'w' } } }, { test: 'v' }],
  })),
  {
    policy: { headers: { 'route-to': ['queue1'] } },
    yes: [{ headers: { 'route-to': ['queue1'] } }, { headers: { 'route-to': ['queue1', 'queue2'] } }],
    no: [{ headers: { 'route-to': ['queue2'] } }, { headers: { 'route-to': ['queue3'] } }],
  },
  { policy: { a: { b: [1] } }, yes: [{ a: { b: [[2], [1]] } }, { a: [[{ b: 1 }]] }], no: [{ a: { b: [[2]] } }] },
  {
    policy: { detail: { eventVersion: [''] } },
    yes: [{ detail: { eventVersion: '', list: [], none: null } }],
    no: [{ detail: {} }],
  },
  {
    policy: keyed,
    yes: [{ object: { key: 'auto-test' } }, { object: { key: 'hardcodedvalue' } }],
    no: [
      { object: { key: 'test-auto' } },
      { object: { key: 'auto-test' }, test: 'x' },
      { object: { key: 'auto-test', nested_key: 'x' } },
      { object: {} },
    ],
  },
  {
    policy: records,
    yes: [
      { Records: [record('ObjectCreated:Put', 'auto-1')] },
      { Records: [record('ObjectRemoved:Delete', 'home'), record('ObjectCreated:Put', 'auto-2')] },
    ],
    no: [
      { Records: [record('ObjectRemoved:Delete', 'auto-1')] },
      { Records: [record('ObjectCreated:Put', 'home')] },
      { Records: [record('ObjectRemoved:Delete', 'auto-1'), record('ObjectCreated:Put', 'home')] },
    ],
  },
  {
    policy: { r: { a: [1], b: [2] } },
    yes: [{ r: [{ a: 1, b: 2 }] }],
    no: [
      {
        r: [
          { a: 1, b: 9 },
          { a: 8, b: 2 },
        ],
      },
    ],
  },
  {
    policy: branched,
    yes: [
      { metricName: 'CPU', detail: { scope: 'Service', source: 'cloudwatch' } },
      { namespace: 'ES', detail: { scope: 'Service', type: 'Alarm' } },
    ],
    no: [
      { detail: { scope: 'Service', type: 'Alarm' } },
      { metricName: 'CPU', detail: { scope: 'Service' } },
      { metricName: 'CPU', detail: { type: 'Alarm' } },
      { metricName: 'EC2', detail: { scope: 'Service', type: 'Alarm' } },
    ],
  },
  {
    policy: { detail: { $or: [{ v4: [{ cidr: '10.0.0.0/24' }] }, { v6: [{ cidr: '2001:db8:1234:1a00::/64' }] }] } },
    yes: [{ detail: { v4: '10.0.0.255' } }, { detail: { v6: '2001:0db8:1234:1a00:0000:0000:0000:0000' } }],
    no: [{ detail: { v4: '10.0.0.256' } }, { detail: { v6: '2001:0db8:123f:1a01::' } }],
  },
]

describe('of bodies', () => {
  for (const one of [...everywhere, ...ofBodies]) {
    test(title(one), () => check('MessageBody', one.policy, one.yes.map(withBody), one.no.map(withBody)))
  }

  test('texts that are no JSON match nothing, not even the absence of a key', async () => {
    const texts = ['plain text', '{"a":', '"text"', '[]', '12'].map((text) => ({ text }))
    await check('MessageBody', { a: [{ exists: false }] }, [{ text: '{}' }], texts)
  })

  test('attributes play no part', async () => {
    await check('MessageBody', { a: ['x'] }, [{ text: '{"a":"x"}' }], [{ text: '{}', attributes: { a: typed('x') } }])
  })
})

describe('several subscriptions of a topic', () => {
  test('each gets what its own policy lets through', async () => {
    const topic = await fixture.createTopic()
    const RawMessageDelivery = 'true'
    const subscribe = (policy: unknown, FilterPolicyScope = 'MessageAttributes') =>
      fixture.subscribeQueue(topic, { RawMessageDelivery, FilterPolicyScope, FilterPolicy: JSON.stringify(policy) })
    const all = await fixture.subscribeQueue(topic, { RawMessageDelivery })
    const red = await subscribe({ color: ['red'] })
    const notRed = await subscribe({ color: [{ 'anything-but': 'red' }] })
    const large = await subscribe({ size: [{ numeric: ['>', 10] }] }, 'MessageBody')
    for (const [color, size] of [
      ['red', 5],
      ['red', 50],
      ['blue', 500],
    ] as const) {
      await fixture.publish(topic, JSON.stringify({ color, size }), { MessageAttributes: { color: typed(color) } })
    }
    const sizes = async (queue: typeof all) => (await fixture.bodies(queue)).map((body) => JSON.parse(body).size).sort()
    assert.deepEqual(await sizes(all), [5, 50, 500])
    assert.deepEqual(await sizes(red), [5, 50])
    assert.deepEqual(await sizes(notRed), [500])
    assert.deepEqual(await sizes(large), [50, 500])
  })
})
