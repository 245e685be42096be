import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectRefusal } from './expect-refusal.ts'
import { decodeNextToken, encodeNextToken, pageSize } from './paging.ts'

test('pages have 1 to 1000 queues', () => {
  assert.equal(pageSize(undefined), 1000)
  for (const maxResults of [1, 1000]) assert.equal(pageSize(maxResults), maxResults)
  for (const maxResults of [0, -1, 1001]) {
    expectRefusal(
      () => pageSize(maxResults),
      'InvalidParameterValue',
      `Value ${maxResults} for parameter MaxResults is invalid. ` +
        'Reason: MaxResults must be an integer between 1 and 1000.',
    )
  }
})

const requests = fc.record({ filter: fc.string(), maxResults: fc.integer({ min: 1, max: 1000 }) })

test('a token continues its request, in pages of any size', () => {
  fc.assert(
    fc.property(requests, fc.option(fc.nat(), { nil: undefined }), fc.string(), (request, maxResults, name) => {
      assert.equal(decodeNextToken({ ...request, maxResults }, encodeNextToken(request, name)), name)
    }),
  )
})

test('a token that an older version gave out, with a page size in it, is still good', () => {
  const old = Buffer.from('{"filter":"orders","maxResults":10,"lastName":"orders-9"}').toString('base64url')
  assert.equal(decodeNextToken(request, old), 'orders-9')
})

const request = { filter: 'orders', maxResults: 10 }
const token = encodeNextToken(request, 'orders-9')
const refused = [
  { name: 'garbage', request, token: 'garbage' },
  { name: 'nothing', request, token: '' },
  { name: 'a token of another prefix', request: { ...request, filter: '' }, token },
]
for (const { name, request, token } of refused) {
  test(`${name} continues nothing`, () =>
    expectRefusal(() => decodeNextToken(request, token), 'InvalidParameterValue', 'Invalid or expired next token.'))
}
