import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfirmation, newToken } from './confirmation.ts'
import { expectRefusal } from './expect-refusal.ts'

const arn = 'arn:aws:sns:us-east-1:000000000000:t'

test('a token has 288 hexadecimal digits, and is not given out twice', () => {
  const token = newToken()
  assert.match(token, /^[0-9a-f]{288}$/)
  assert.notEqual(newToken(), token)
  checkConfirmation(arn, token, 'us-east-1')
  checkConfirmation(arn, token, undefined)
})

for (const token of ['', 'randomtoken', 'a'.repeat(287), 'a'.repeat(289), 'g'.repeat(288)]) {
  test(`${token.slice(0, 20)} (${token.length} characters) is no token`, () =>
    expectRefusal(() => checkConfirmation(arn, token, 'us-east-1'), 'InvalidParameterException', 'Invalid token'))
}

for (const topic of ['', 't', 'arn:aws:sns:us-east-1', 'arn:aws:sns:eu-west-1:000000000000:t', `${arn}:id`]) {
  test(`${JSON.stringify(topic)} is not a topic to confirm for`, () =>
    expectRefusal(
      () => checkConfirmation(topic, newToken(), 'us-east-1'),
      'InvalidParameterException',
      'Invalid parameter: Topic',
    ))
}
