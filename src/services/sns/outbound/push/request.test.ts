import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Undeliverable } from '../../../../kernel/targets/delivery.ts'
import { secondsToLive } from './request.ts'
import { pushRequest, reservedTexts } from './testing/request.ts'

const OVER = 'over'

const lives: [
  name: string,
  attributes: Record<string, string>,
  ageMs: number,
  expected: number | undefined | 'over',
][] = [
  ['none', {}, 60_000, undefined],
  ['the first name', { 'GCM.TTL': '3600', 'FCM.TTL': '60' }, 0, 3600],
  ['the second name', { 'FCM.TTL': '60' }, 0, 60],
  ['another platform', { 'APNS.TTL': '60' }, 0, undefined],
  ['an empty text', { 'GCM.TTL': '' }, 0, undefined],
  ['an hour, published a minute ago', { 'GCM.TTL': '3600' }, 60_000, 3540],
  ['a minute, published almost that long ago', { 'GCM.TTL': '60' }, 59_999, 1],
  ['a minute, published a minute ago', { 'GCM.TTL': '60' }, 60_000, OVER],
  ['now or never, published a minute ago', { 'GCM.TTL': '0' }, 60_000, 0],
  ['the largest', { 'GCM.TTL': '9999999999' }, 0, 9_999_999_999],
  ['a negative number', { 'GCM.TTL': '-1' }, 0, OVER],
  ['a fraction', { 'GCM.TTL': '1.5' }, 0, OVER],
  ['no number', { 'GCM.TTL': 'soon' }, 0, OVER],
]
for (const [name, attributes, ageMs, expected] of lives) {
  test(`a time to live of ${name}: ${expected ?? 'none'}`, () => {
    const request = pushRequest({ attributes: reservedTexts(attributes) })
    const left = () => secondsToLive(request, ['GCM', 'FCM'], request.publishedAt + ageMs)
    if (expected === OVER) assert.throws(left, Undeliverable)
    else assert.equal(left(), expected)
  })
}
