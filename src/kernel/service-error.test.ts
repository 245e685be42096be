import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceError } from './service-error.ts'

test('an error repeats a request only so far: its beginning, and the reason at its end', () => {
  const sentence = (value: string) => `Value ${value} for parameter Name is invalid. Reason: it is too long.`
  const { message, queryMessage } = new ServiceError('C', sentence('x'.repeat(6_000_000)), {
    queryMessage: sentence('y'.repeat(6_000_000)),
  })
  assert.equal(message.length, 4096)
  assert.match(message, /^Value x{3000}.*…x+ for parameter Name is invalid\. Reason: it is too long\.$/)
  assert.equal(queryMessage?.length, 4096)
})

test('what is shorter stays as it is, and crosses a thread as it is', () => {
  for (const length of [0, 4095, 4096]) assert.equal(new ServiceError('C', 'x'.repeat(length)).message.length, length)
  const { message } = new ServiceError('C', 'x'.repeat(5000))
  assert.equal(ServiceError.fromPlain(new ServiceError('C', 'x'.repeat(5000)).toPlain()).message, message)
})

test('a character is not cut in half', () => {
  for (const pad of ['', 'x']) assert.ok(new ServiceError('C', pad + '😀'.repeat(5000)).message.isWellFormed())
})
