import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import {
  checkNewSandboxNumber,
  checkSandboxNumber,
  checkVerification,
  passwordMessage,
  sandboxIsFull,
  wrongPassword,
} from './sms-sandbox.ts'

const NUMBER = '+12345678901'
const LANGUAGES = 'en-US, en-GB, es-419, es-ES, de-DE, fr-CA, fr-FR, it-IT, ja-JP, pt-BR, kr-KR, zh-CN, zh-TW'

for (const number of [NUMBER, '+12345678', '+1234567890123456789', '123456789', '']) {
  test(`${JSON.stringify(number)} may be in the sandbox`, () => checkSandboxNumber(number))
}

const fault = (value: string, path: string, constraint: string) =>
  `Value '${value}' at '${path}' failed to satisfy constraint: Member must ${constraint}`
const phone = 'satisfy regular expression pattern: ^(\\+[0-9]{8,}|[0-9]{0,9})$'
const digits = 'satisfy regular expression pattern: ^[0-9]+$'

const refused = [
  ...['+1234567', '1234567890', 'x', '+1234567x', '+12345678\n'].map((number) => ({
    call: () => checkSandboxNumber(number),
    faults: [fault(number, 'phoneNumber', phone)],
  })),
  {
    call: () => checkSandboxNumber('+12345678901234567890'),
    faults: [fault('+12345678901234567890', 'phoneNumber', 'have length less than or equal to 20')],
  },
  {
    call: () => checkSandboxNumber('x'.repeat(21)),
    faults: [
      fault('x'.repeat(21), 'phoneNumber', 'have length less than or equal to 20'),
      fault('x'.repeat(21), 'phoneNumber', phone),
    ],
  },
  {
    call: () => checkNewSandboxNumber('x', 'en'),
    faults: [fault('x', 'phoneNumber', phone), fault('en', 'languageCode', `satisfy enum value set: [${LANGUAGES}]`)],
  },
  {
    call: () => checkVerification(NUMBER, '1234'),
    faults: [fault('1234', 'oneTimePassword', 'have length greater than or equal to 5')],
  },
  {
    call: () => checkVerification(NUMBER, '123456789'),
    faults: [fault('123456789', 'oneTimePassword', 'have length less than or equal to 8')],
  },
  {
    call: () => checkVerification('x', '12345x'),
    faults: [fault('x', 'phoneNumber', phone), fault('12345x', 'oneTimePassword', digits)],
  },
]
for (const { call, faults } of refused) {
  const count = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`
  test(`${count}: ${faults.join('; ').slice(0, 80)}`, () =>
    expectRefusal(call, 'ValidationError', `${count} detected: ${faults.join('; ')}`))
}

test('a number is told its password in a language, English by default', () => {
  assert.equal(checkNewSandboxNumber(NUMBER), 'en-US')
  assert.equal(checkNewSandboxNumber(NUMBER, 'de-DE'), 'de-DE')
  assert.equal(passwordMessage('en-US', '012345'), 'Your verification code is: 012345')
  assert.equal(passwordMessage('zh-TW', '012345'), '驗證碼： 012345')
})

test('one-time passwords have 5 to 8 digits', () => {
  for (const password of ['12345', '12345678']) checkVerification(NUMBER, password)
})

test('what the store may find', () => {
  assert.equal(sandboxIsFull().code, 'UserErrorException')
  assert.equal(sandboxIsFull().message, 'The account has the maximum number of 10 sandbox phone numbers.')
  assert.equal(wrongPassword().code, 'VerificationException')
  assert.equal(wrongPassword().message, 'The one-time password is not valid.')
})
