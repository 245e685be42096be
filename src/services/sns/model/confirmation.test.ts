import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfirmation, newToken } from './confirmation.ts'
import { expectRefusal } from './expect-refusal.ts'

const arn = 'arn:aws:sns:us-east-1:000000000000:t'

test('a token has 288 hexadecimal digits, and is not given out twice', () => {
  const token = newToken()
  assert.match(token, /^[0-9a-f]{288}$/)
  assert.notEqual(newToken(), token)
  assert.deepEqual(checkConfirmation(arn, token, 'us-east-1'), {
    region: 'us-east-1',
    accountId: '000000000000',
    name: 't',
  })
  checkConfirmation(arn, token, undefined)
})

test('hexadecimal digits of any number may be a token', () => {
  for (const token of ['0', 'a'.repeat(287), 'A'.repeat(289)]) checkConfirmation(arn, token, 'us-east-1')
})

for (const token of ['', 'randomtoken', 'g'.repeat(288)]) {
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
