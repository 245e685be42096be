/** What filter policies are refused, through Subscribe and SetSubscriptionAttributes, and how many there may be. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { invalidParameter, invalidParameterBeginning, queueArnOf, refusal, startSns, withOptions } from './support.ts'

const fixture = await startSns(withOptions({ filterPoliciesPerTopic: 2, filterPoliciesPerAccount: 5 }))
const { sns } = fixture
const QUEUE = queueArnOf('queue')

const set = (SubscriptionArn: string, AttributeValue: string) =>
  sns.setSubscriptionAttributes({ SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue })

/** Both operations, each with its prefix; nothing is kept of what was refused. */
async function assertRefused(text: string, tail: string, scope: 'MessageAttributes' | 'MessageBody'): Promise<void> {
  const topic = await fixture.createTopic()
  const given = { FilterPolicy: text, FilterPolicyScope: scope }
  await assert.rejects(
    fixture.subscribe(topic, 'sqs', QUEUE, given),
    invalidParameterBeginning(`Attributes Reason: ${tail}`),
  )
  const arn = await fixture.subscribe(topic, 'sqs', QUEUE, { FilterPolicyScope: scope })
  await assert.rejects(set(arn, text), invalidParameterBeginning(tail))
  const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn: arn })
  assert.equal(Attributes?.FilterPolicy, undefined)
}

async function assertAccepted(text: string, scope: 'MessageAttributes' | 'MessageBody'): Promise<void> {
  const arn = await fixture.subscribe(await fixture.createTopic(), 'sqs', QUEUE, { FilterPolicyScope: scope })
  await set(arn, text)
  const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn: arn })
  assert.equal(Attributes?.FilterPolicy, text)
  await sns.unsubscribe({ SubscriptionArn: arn }) // an account has a few policies only
}

describe('the form', () => {
  for (const [policy, tail] of [
    [{ k: 'v' }, '"k" must be an object or an array'],
    [{ k: { suffix: 'v' } }, '"suffix" must be an object or an array'],
    [{ k: [] }, 'Empty arrays are not allowed'],
    [{ k: [['v']] }, 'Match value must be String, number, true, false, or null'],
    [{ k: [{ near: 'v' }] }, 'Unrecognized match type near'],
    [{ k: [{ suffix: 'a', prefix: 'b' }] }, 'Only one key allowed in match expression'],
    [{ k: [{ prefix: 1 }] }, 'prefix match pattern must be a string'],
    [{ k: [{ suffix: ['a'] }] }, 'suffix match pattern must be a string'],
    [{ k: [{ 'equals-ignore-case': 1 }] }, 'equals-ignore-case match pattern must be a string'],
    [{ k: [{ cidr: 1 }] }, 'prefix match pattern must be a string'],
    [{ k: [{ cidr: '10.0.0.0' }] }, "Malformed CIDR, one '/' required"],
    [{ k: [{ cidr: '10.0.0.0/x' }] }, 'Malformed CIDR, mask bits must be an integer'],
    [{ k: [{ cidr: '10.0.0.256/24' }] }, 'Nonstandard IP address: 10.0.0.256'],
    [{ k: [{ exists: 'yes' }] }, 'exists match pattern must be either true or false.'],
    [{ k: [{ 'anything-but': { near: 'v' } }] }, 'Unsupported anything-but pattern: near'],
    [{ k: [{ 'anything-but': { suffix: 'v' } }] }, 'Unsupported anything-but pattern: suffix'],
    [{ k: [{ 'anything-but': { prefix: 1 } }] }, 'prefix match pattern must be a string'],
    [{ k: [{ numeric: [] }] }, 'Invalid member in numeric match: ]'],
    [{ k: [{ numeric: [1] }] }, 'Invalid member in numeric match: 1'],
    [{ k: [{ numeric: ['!=', 1] }] }, 'Unrecognized numeric range operator: !='],
    [{ k: [{ numeric: ['='] }] }, 'Value of equals must be numeric'],
    [{ k: [{ numeric: ['=', '1'] }] }, 'Value of equals must be numeric'],
    [{ k: [{ numeric: ['>=', 'x'] }] }, 'Value of >= must be numeric'],
    [{ k: [{ numeric: ['<', 100, '>', 10] }] }, 'Too many elements in numeric expression'],
    [{ k: [{ numeric: ['>=', 1, '>', 2] }] }, 'Bad numeric range operator: >'],
    [{ k: [{ numeric: ['>', 20, 30] }] }, 'Bad value in numeric range: 30'],
    [{ k: [{ numeric: ['>', 2, '<', 1] }] }, 'Bottom must be less than top'],
    [{ k: [{ numeric: ['>', 1, '<', 2, '<', 3] }] }, 'Too many terms in numeric range expression'],
  ] as const) {
    test(`${JSON.stringify(policy)} is refused`, () =>
      assertRefused(JSON.stringify(policy), `FilterPolicy: ${tail}`, 'MessageBody'))
  }

  test('a policy that is no JSON is refused', async () => {
    const topic = await fixture.createTopic()
    for (const text of ['{k:["v"]}', 'x', '["v"]', '{"k":["v"]']) {
      await assert.rejects(
        fixture.subscribe(topic, 'sqs', QUEUE, { FilterPolicy: text }),
        invalidParameter(/^Invalid parameter: Attributes Reason: FilterPolicy: /),
      )
    }
  })

  test('a policy for attributes is not nested', () =>
    assertRefused(
      '{"k":{"l":["v"]}}',
      'Filter policy scope MessageAttributes does not support nested filter policy',
      'MessageAttributes',
    ))
})

const items = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`)
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, ['v']]))
const TOO_COMPLEX = 'FilterPolicy: Filter policy is too complex'
const TOO_LONG = 'FilterPolicy: The pattern must not be longer than 262144 bytes'
const TOO_MANY_KEYS = 'FilterPolicy: Filter policy can not have more than 5 keys'

/** Alternatives of so many combinations, each of one key of one level. */
const alternatives = (...counts: readonly number[]) => counts.map((count, at) => ({ [`k${at}`]: items(count) }))

describe('how complex a policy may be', () => {
  for (const [what, policy, tail] of [
    ['six keys', keys(6), TOO_MANY_KEYS],
    ['151 items', { k: items(151) }, TOO_COMPLEX],
    ['100 items by 51', { k: items(100), l: items(51) }, TOO_COMPLEX],
    [
      '3 levels with 4 items, 2 with 3, 1 with 3: 216',
      { a: { b: { c: items(4) } }, d: { e: items(3) }, f: items(3) },
      TOO_COMPLEX,
    ],
    ['alternatives of 24, 64 and 64: 152', { $or: alternatives(24, 64, 64) }, TOO_COMPLEX],
    ['two alternatives of 38 beside two items: 152', { $or: alternatives(38, 38), l: items(2) }, TOO_COMPLEX],
  ] as const) {
    test(`${what} is refused`, () => assertRefused(JSON.stringify(policy), tail, 'MessageBody'))
  }

  for (const [what, policy] of [
    ['five keys', keys(5)],
    ['150 items', { k: items(150) }],
    ['15 items by 10', { k: items(15), l: items(10) }],
    ['alternatives of 18, 48 and 84: 150', { $or: alternatives(18, 48, 84) }],
    ['2 levels with 75 items: 150', { a: { b: items(75) } }],
  ] as const) {
    test(`${what} is accepted`, () => assertAccepted(JSON.stringify(policy), 'MessageBody'))
  }

  test('more than 256 KB of text is refused', () =>
    assertRefused(JSON.stringify({ k: ['x'.repeat(256 * 1024)] }), TOO_LONG, 'MessageAttributes'))
})

describe('how many policies there may be', () => {
  const policy = { FilterPolicy: '{"a":["x"]}' }
  const exceeded = refusal('FilterPolicyLimitExceeded', /maximum number of filter policies/, 403)
  const subscribe = (topic: string, queue: string, attributes = {}) =>
    fixture.subscribe(topic, 'sqs', queueArnOf(queue), attributes)

  test('a topic has a number of them, counted as they come and go', async () => {
    const topic = await fixture.createTopic()
    const one = await subscribe(topic, 'one', policy)
    const two = await subscribe(topic, 'two', policy)
    assert.equal(await subscribe(topic, 'two', policy), two)
    await assert.rejects(subscribe(topic, 'three', policy), exceeded)
    const three = await subscribe(topic, 'three')
    await assert.rejects(set(three, policy.FilterPolicy), exceeded)
    await set(two, '{"a":["y"]}') // no further one
    await set(one, '')
    await set(three, policy.FilterPolicy)
    await assert.rejects(set(one, policy.FilterPolicy), exceeded)
    await sns.unsubscribe({ SubscriptionArn: two })
    await set(one, policy.FilterPolicy)
    await sns.deleteTopic({ TopicArn: topic })
  })

  test('an account has a number of them over all its topics, until they are deleted', async () => {
    const topics = [await fixture.createTopic(), await fixture.createTopic(), await fixture.createTopic()] as const
    for (const topic of topics.slice(0, 2)) for (const queue of ['one', 'two']) await subscribe(topic, queue, policy)
    await subscribe(topics[2], 'one', policy)
    await assert.rejects(subscribe(topics[2], 'two', policy), exceeded)
    const plain = await subscribe(topics[2], 'two')
    await assert.rejects(set(plain, policy.FilterPolicy), exceeded)
    await sns.deleteTopic({ TopicArn: topics[0] })
    await set(plain, policy.FilterPolicy)
  })
})
