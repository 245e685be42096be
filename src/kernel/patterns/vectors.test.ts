/** Patterns and events with what EventBridge made of them: tests/vectors. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { bodyEvent, eventBridge, matches, PatternError, PatternIndex, parsePattern } from './patterns.ts'

interface Vector {
  readonly name: string
  readonly pattern: string
  readonly event: string
  readonly expected: 'match' | 'no_match' | 'exception'
  readonly error?: { readonly code: string; readonly message: string }
}

const file = new URL('../../../tests/vectors/eventbridge-patterns.json', import.meta.url)
const vectors: readonly Vector[] = JSON.parse(readFileSync(file, 'utf8'))
const PREFIX = 'Event pattern is not valid. Reason: '

function refusalOf(pattern: string): PatternError {
  try {
    parsePattern(pattern, eventBridge)
  } catch (error) {
    assert.ok(error instanceof PatternError)
    return error
  }
  return assert.fail('the pattern is accepted')
}

for (const { name, pattern, event, expected, error } of vectors) {
  test(`${name}: ${error?.message ?? expected}`, () => {
    if (error?.code === 'InvalidEventPatternException') {
      // What was recorded leaves out the place.
      const [sentence = ''] = refusalOf(pattern).message.split('\n')
      assert.equal(PREFIX + sentence, error.message)
      return
    }
    const parsed = parsePattern(pattern, eventBridge)
    // That TestEventPattern refuses an event without an envelope is a rule of the operation.
    if (error?.code === 'ValidationException') return
    const json = bodyEvent(JSON.parse(event))
    assert.equal(matches(parsed, json), expected === 'match')
    const index = new PatternIndex<string>()
    index.add(name, parsed)
    assert.deepEqual(index.match(json), expected === 'match' ? [name] : [])
  })
}

test('all recorded patterns in one index', () => {
  const valid = vectors.filter(({ expected }) => expected !== 'exception')
  const index = new PatternIndex<string>()
  const patterns = valid.map(({ name, pattern }) => ({ name, pattern: parsePattern(pattern, eventBridge) }))
  for (const { name, pattern } of patterns) index.add(name, pattern)
  for (const { name, event, expected } of valid) {
    const json = bodyEvent(JSON.parse(event))
    const matching = patterns.filter(({ pattern }) => matches(pattern, json)).map((one) => one.name)
    assert.deepEqual(index.match(json).sort(), matching.sort())
    assert.equal(matching.includes(name), expected === 'match')
  }
})
