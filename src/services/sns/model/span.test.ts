import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergeSpans } from './span.ts'

const span = (start: number, end: number) => ({ start, end })

test('parts that overlap become one, parts that touch stay two', () => {
  assert.deepEqual(mergeSpans([]), [])
  assert.deepEqual(mergeSpans([span(5, 7), span(0, 2), span(2, 4)]), [span(0, 2), span(2, 4), span(5, 7)])
  assert.deepEqual(mergeSpans([span(0, 9), span(1, 2), span(8, 12)]), [span(0, 12)])
})
