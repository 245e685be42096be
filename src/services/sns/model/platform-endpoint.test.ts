import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import {
  askedEndpointAttributes,
  checkSameEndpoint,
  newEndpoint,
  parseEndpointAttributes,
  shownEndpointAttributes,
} from './platform-endpoint.ts'

type Asked = Parameters<typeof askedEndpointAttributes>

const created: readonly { asked: Asked; shown: Record<string, string> }[] = [
  { asked: ['t', undefined], shown: { Enabled: 'true', Token: 't' } },
  { asked: ['t', 'data'], shown: { Enabled: 'true', Token: 't', CustomUserData: 'data' } },
  {
    asked: ['t', 'parameter', { CustomUserData: 'attribute' }],
    shown: { Enabled: 'true', Token: 't', CustomUserData: 'attribute' },
  },
  { asked: ['t', undefined, { Enabled: 'False' }], shown: { Enabled: 'false', Token: 't' } },
  { asked: ['t', undefined, { Token: 'u' }], shown: { Enabled: 'true', Token: 'u' } },
  {
    asked: ['t'.repeat(2048), 'x'.repeat(2048)],
    shown: { Enabled: 'true', Token: 't'.repeat(2048), CustomUserData: 'x'.repeat(2048) },
  },
]
for (const { asked, shown } of created) {
  test(`an endpoint made with ${JSON.stringify(asked).slice(0, 80)}`, () =>
    assert.deepEqual(shownEndpointAttributes(newEndpoint(askedEndpointAttributes(...asked))), shown))
}

const tooLong = 'must be at most 2048 bytes long in UTF-8 encoding'
const refused: readonly { given: Readonly<Record<string, string>>; tail: string }[] = [
  { given: { Nonsense: 'x' }, tail: 'Invalid attribute name: Nonsense' },
  { given: { constructor: 'x' }, tail: 'Invalid attribute name: constructor' },
  { given: { CustomUserData: 'x'.repeat(2049) }, tail: `Invalid value for attribute: CustomUserData: ${tooLong}` },
  { given: { CustomUserData: 'é'.repeat(1025) }, tail: `Invalid value for attribute: CustomUserData: ${tooLong}` },
  {
    given: { CustomUserData: '\0' },
    tail: 'Invalid value for attribute: CustomUserData: must not contain the character #x0',
  },
  { given: { Token: '' }, tail: 'Invalid value for attribute: Token: cannot be empty' },
  { given: { Token: 'a\nb' }, tail: 'Invalid value for attribute: Token: must not contain control characters' },
  { given: { Token: 'x'.repeat(2049) }, tail: `Invalid value for attribute: Token: ${tooLong}` },
  { given: { Enabled: 'x' }, tail: 'Invalid value for attribute: Enabled: x value provided is not true or false' },
]
for (const { given, tail } of refused) {
  test(`${JSON.stringify(given).slice(0, 60)} is refused: ${tail}`, () => {
    const sentence = `Invalid parameter: Attributes Reason: ${tail}`
    expectRefusal(() => parseEndpointAttributes(given), 'InvalidParameterException', sentence)
    expectRefusal(() => askedEndpointAttributes('t', undefined, given), 'InvalidParameterException', sentence)
  })
}

test('user data in a parameter has the same limit', () =>
  expectRefusal(
    () => askedEndpointAttributes('t', 'x'.repeat(2049)),
    'InvalidParameterException',
    `Invalid parameter: Attributes Reason: Invalid value for attribute: CustomUserData: ${tooLong}`,
  ))

const again: readonly { current: Asked; asked: Asked; same: boolean }[] = [
  { current: ['t', undefined], asked: ['t', undefined], same: true },
  { current: ['t', 'data'], asked: ['t', 'data'], same: true },
  { current: ['t', 'data'], asked: ['t', undefined, { CustomUserData: 'data' }], same: true },
  { current: ['t', 'data', { Enabled: 'false' }], asked: ['t', undefined], same: true },
  { current: ['t', undefined], asked: ['t', undefined, { Enabled: 'TRUE' }], same: true },
  { current: ['t', 'data'], asked: ['t', 'other'], same: false },
  { current: ['t', undefined], asked: ['t', 'data'], same: false },
  { current: ['t', undefined], asked: ['t', undefined, { Enabled: 'false' }], same: false },
]
for (const { current, asked, same } of again) {
  test(`${JSON.stringify(asked)} over ${JSON.stringify(current)} is ${same ? 'the same' : 'refused'}`, () => {
    const endpoint = newEndpoint(askedEndpointAttributes(...current))
    const check = () => checkSameEndpoint('arn:e', endpoint, askedEndpointAttributes(...asked))
    if (same) return check()
    expectRefusal(
      check,
      'InvalidParameterException',
      'Invalid parameter: Token Reason: Endpoint arn:e already exists with the same Token, but different attributes.',
    )
  })
}
