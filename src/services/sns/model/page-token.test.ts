import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectRefusal } from './expect-refusal.ts'
import { decodeNextId, decodeNextToken, encodeNextToken, PAGE_SIZE, pageSize } from './page-token.ts'

const LISTING = 'ListTopics 000000000000 us-east-1'

test('a token continues its listing', () => {
  fc.assert(
    fc.property(fc.string(), fc.stringMatching(/^[!-~]+$/), (listing, key) =>
      assert.equal(decodeNextToken(listing, encodeNextToken(listing, key)), key),
    ),
  )
})

const forged = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64')
const refused = [
  '',
  'garbage',
  '!!!',
  forged('text'),
  forged({ listing: LISTING }),
  forged({ listing: LISTING, lastKey: 1 }),
  forged({ listing: LISTING, lastKey: '' }),
  forged({ listing: LISTING, lastKey: 'a\0' }),
  encodeNextToken('ListTopics 111111111111 us-east-1', 'a'),
]
for (const token of refused) {
  test(`${JSON.stringify(token).slice(0, 60)} continues nothing`, () =>
    expectRefusal(() => decodeNextToken(LISTING, token), 'InvalidParameterException', 'Invalid parameter: NextToken'))
}

test('a token of a listing by ids holds an id', () => {
  assert.equal(decodeNextId(LISTING, encodeNextToken(LISTING, '12')), 12)
  for (const key of ['x', '1e400', '0.5', '9007199254740993']) {
    const refused = () => decodeNextId(LISTING, encodeNextToken(LISTING, key))
    expectRefusal(refused, 'InvalidParameterException', 'Invalid parameter: NextToken')
  }
})

test('a page has up to a hundred, or what was asked for', () => {
  assert.equal(PAGE_SIZE, 100)
  assert.equal(pageSize(undefined, 30), 30)
  for (const size of [1, 30]) assert.equal(pageSize(size, 30), size)
  for (const [size, range] of [
    [0, 'greater than or equal to 1'],
    [-1, 'greater than or equal to 1'],
    [31, 'less than or equal to 30'],
  ] as const) {
    expectRefusal(
      () => pageSize(size, 30),
      'ValidationError',
      `1 validation error detected: Value '${size}' at 'maxResults' failed to satisfy constraint: ` +
        `Member must have value ${range}`,
    )
  }
})
