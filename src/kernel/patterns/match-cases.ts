/** For tests: tables of patterns with the messages that match them, and those that don't. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Dialect, type Event, matches, PatternIndex, parsePattern } from './patterns.ts'

export interface Case<Message> {
  readonly pattern: unknown
  readonly yes?: readonly Message[]
  readonly no?: readonly Message[]
}

/** Whether the event matches: by itself and through an index, which must come to the same. */
export function matched(pattern: unknown, event: Event | undefined, dialect: Dialect): boolean {
  const parsed = parsePattern(JSON.stringify(pattern), dialect)
  const index = new PatternIndex<string>()
  index.add('id', parsed)
  const result = matches(parsed, event)
  assert.deepEqual(index.match(event), result ? ['id'] : [])
  return result
}

/** A test for each message of each case. */
export function testCases<Message>(
  dialect: Dialect,
  cases: readonly Case<Message>[],
  eventOf: (message: Message) => Event | undefined,
): void {
  const show = JSON.stringify
  for (const { pattern, yes = [], no = [] } of cases) {
    for (const message of yes) {
      test(`${show(pattern)} matches ${show(message)}`, () => assert.ok(matched(pattern, eventOf(message), dialect)))
    }
    for (const message of no) {
      test(`${show(pattern)} doesn’t match ${show(message)}`, () =>
        assert.ok(!matched(pattern, eventOf(message), dialect)))
    }
  }
}
