/** The index, the evaluation of one pattern and the rules by the book come to the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Dialect,
  type Event,
  eventBridge,
  matches,
  PatternIndex,
  parsePattern,
  sns,
  snsExtended,
} from './patterns.ts'
import { matchesByTheBook } from './reference.ts'

const texts = fc.constantFrom('', 'a', 'b', 'ab', 'ba', 'aB', 'abc', '10.0.0.1', '10.0.7.1')
const numbers = fc.constantFrom(0, -0, 1, 2, 1.5, 1.500001, -3, 1e9, 2e9, 6e9)
const scalars = fc.oneof(
  { weight: 4, arbitrary: texts },
  { weight: 3, arbitrary: numbers },
  { weight: 1, arbitrary: fc.constantFrom(true, false, null) },
)
/** Few and with dots, so that paths meet. */
const keys = fc.constantFrom('a', 'b', 'c', 'a.b', 'b.c', '')

const affixes = texts.filter((text) => text !== '')
const ranges = fc.oneof(
  fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), fc.constantFrom(0, 1, 1.5, 2, -3)),
  fc.tuple(
    fc.constantFrom('>', '>='),
    fc.constantFrom(-3, 0, 1),
    fc.constantFrom('<', '<='),
    fc.constantFrom(1.5, 2, 1e9),
  ),
)
const wildcards = fc.constantFrom('*', 'a*', '*b', 'a*c', '*b*', 'ab', '')

const operators = (dialect: Dialect) => {
  const excluded = dialect === sns ? affixes : fc.oneof(affixes, fc.array(affixes, { minLength: 1, maxLength: 3 }))
  const exclusions = [fc.record({ prefix: excluded }), fc.record({ wildcard: wildcards })]
  if (dialect === eventBridge)
    exclusions.push(fc.record({ suffix: excluded }) as never, fc.record({ 'equals-ignore-case': excluded }) as never)
  const affix = dialect === sns ? texts : fc.oneof(texts, fc.record({ 'equals-ignore-case': texts }))
  return fc.oneof(
    fc.record({ prefix: affix }),
    fc.record({ suffix: affix }),
    fc.record({ 'equals-ignore-case': texts }),
    fc.record({ wildcard: wildcards }),
    fc.record({ numeric: ranges }),
    fc.record({ cidr: fc.constantFrom('10.0.0.0/24', '10.0.0.0/16', '10.0.0.1/32', '0.0.0.0/0') }),
    fc.record({ exists: fc.boolean() }),
    fc.record({
      'anything-but': fc.oneof(
        texts,
        numbers,
        fc.array(texts, { minLength: 1 }),
        fc.array(numbers, { minLength: 1 }),
        ...exclusions,
      ),
    }),
  )
}

const patternsOf = (dialect: Dialect) => {
  const lists = fc.array(fc.oneof({ weight: 3, arbitrary: scalars }, { weight: 2, arbitrary: operators(dialect) }), {
    minLength: 1,
    maxLength: 3,
  })
  const { object } = fc.letrec<{ object: Record<string, unknown>; value: unknown }>((tie) => ({
    object: fc.oneof(
      { depthSize: 'small' },
      fc.dictionary(keys, lists, { minKeys: 1, maxKeys: 3 }),
      fc.dictionary(keys, tie('value'), { minKeys: 1, maxKeys: 2 }),
      fc
        .tuple(
          fc.array(tie('object'), { minLength: 2, maxLength: 3 }),
          fc.dictionary(keys, tie('value'), { maxKeys: 1 }),
        )
        .map(([branches, others]) => ({ ...others, $or: branches })),
    ),
    value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, lists, tie('object')),
  }))
  return object.map((json) => JSON.stringify(json)).filter((text) => isValid(text, dialect))
}

/** What is too complex is as good as any other pattern that is left out. */
function isValid(text: string, dialect: Dialect): boolean {
  try {
    parsePattern(text, dialect)
    return true
  } catch {
    return false
  }
}

const { event: events } = fc.letrec<{ event: Event; value: unknown }>((tie) => ({
  event: fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { depthSize: 'small' },
    scalars,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 3 }),
  ),
}))

/** Few values for the same keys, so that many patterns share each: what tells them apart is all of them together. */
const crowd = (() => {
  const lists = fc.array(
    fc.constantFrom(
      'x',
      'y',
      { prefix: 'x' },
      { exists: true },
      { exists: false },
      { 'anything-but': 'x' },
      { numeric: ['>', 0] },
    ),
    { minLength: 1, maxLength: 2 },
  )
  const values = fc.constantFrom('x', 'y', 'xy', 1, null)
  return {
    patterns: fc.record({ a: lists, b: lists, c: lists }, { requiredKeys: ['a'] }).map((json) => JSON.stringify(json)),
    events: fc.record(
      { a: values, b: fc.oneof(values, fc.array(values)), c: values },
      { requiredKeys: [] },
    ) as fc.Arbitrary<Event>,
  }
})()

const worlds = [
  { name: 'sns', dialect: sns, patterns: patternsOf(sns), events },
  { name: 'eventbridge', dialect: eventBridge, patterns: patternsOf(eventBridge), events },
  { name: 'a crowd of likes', dialect: eventBridge, ...crowd },
]

/** A pattern to be put under the id, or null: what is there is deleted. */
type Step = readonly [number, string | null]

for (const { name, dialect, patterns, events } of worlds) {
  test(`${name}: an index with any history finds what each pattern by itself matches`, () => {
    const ids = fc.integer({ min: 0, max: 100 })
    const steps = fc.array(fc.tuple(ids, fc.option(patterns, { freq: 4 })), { maxLength: 200, size: 'max' })
    const some = fc.array(events, { minLength: 1, maxLength: 10, size: 'max' })
    fc.assert(
      fc.property(steps, some, (steps, events) => checkHistory(dialect, steps, events)),
      { numRuns: 100 },
    )
  })
}

/** After half of the steps the events are matched too, so that the index has to keep up with changes. */
function checkHistory(dialect: Dialect, steps: readonly Step[], events: readonly Event[]): void {
  const index = new PatternIndex<number>()
  const kept = new Map<number, string>()
  const half = Math.floor(steps.length / 2)
  for (const [at, [id, pattern]] of steps.entries()) {
    if (at === half) checkMatches(dialect, index, kept, events)
    if (pattern === null) {
      index.delete(id)
      kept.delete(id)
    } else {
      index.add(id, parsePattern(pattern, dialect))
      kept.set(id, pattern)
    }
  }
  assert.equal(index.size, kept.size)
  checkMatches(dialect, index, kept, events)
}

function checkMatches(
  dialect: Dialect,
  index: PatternIndex<number>,
  kept: ReadonlyMap<number, string>,
  events: readonly Event[],
): void {
  for (const event of events) {
    const alone: number[] = []
    for (const [id, text] of kept) {
      const result = matches(parsePattern(text, dialect), event)
      assert.equal(result, matchesByTheBook(JSON.parse(text), event, dialect), text)
      if (result) alone.push(id)
    }
    assert.deepEqual(sorted(index.match(event)), sorted(alone))
  }
}

const sorted = (ids: readonly number[]) => [...ids].sort((a, b) => a - b)

test('an id has one pattern, the last', () => {
  const index = new PatternIndex<string>()
  index.add('id', parsePattern('{"a":["x"]}', sns))
  index.add('id', parsePattern('{"a":["y"]}', sns))
  assert.equal(index.size, 1)
  assert.deepEqual(index.match({ a: 'x' }), [])
  assert.deepEqual(index.match({ a: 'y' }), ['id'])
  index.delete('id')
  index.delete('id')
  assert.equal(index.size, 0)
  assert.deepEqual(index.match({ a: 'y' }), [])
})

test('a pattern is found once, however many of its alternatives and values match', () => {
  const index = new PatternIndex<object>()
  const id = {}
  index.add(id, parsePattern('{"$or":[{"a":["x","y"]},{"a":[{"prefix":"x"}]}]}', sns))
  assert.deepEqual(index.match({ a: ['x', 'y', 'x'] }), [id])
})

test('a pattern of another dialect is refused', () => {
  const index = new PatternIndex<string>()
  index.add('one', parsePattern('{"a":["x"]}', sns))
  index.add('two', parsePattern('{"a":["x"]}', snsExtended))
  assert.throws(() => index.add('three', parsePattern('{"a":["x"]}', eventBridge)), TypeError)
})
