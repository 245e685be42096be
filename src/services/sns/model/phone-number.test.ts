import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { expectRefusal } from './expect-refusal.ts'
import { checkOptOutNumber, checkPublishNumber, isSmsEndpoint, normalisePhoneNumber } from './phone-number.ts'

for (const number of ['+12345678901', '12345678901', '+123456789012345']) {
  test(`${number} can be published to`, () => {
    checkPublishNumber(number)
    checkOptOutNumber(number)
  })
}

for (const number of ['', 'x', '+', '1', '+0123', '+1234567890123456', '+1-234-567', '+1 234', '+1234\n']) {
  test(`${JSON.stringify(number)} can't be published to`, () => {
    expectRefusal(
      () => checkPublishNumber(number),
      'InvalidParameterException',
      `Invalid parameter: PhoneNumber Reason: ${number} is not valid to publish to`,
    )
    expectRefusal(
      () => checkOptOutNumber(number),
      'InvalidParameterException',
      'Invalid parameter: PhoneNumber Reason: input incorrectly formatted',
    )
  })
}

const number = fc.stringMatching(/^[1-9]\d{1,14}$/)
const separators = fc.array(fc.constantFrom('', '', '-', '/', '.'), { minLength: 15, maxLength: 15 })

test('however a number is written, it is one number', () => {
  fc.assert(
    fc.property(number, separators, fc.boolean(), (digits, between, plus) => {
      const written = [...digits].map((digit, i) => (i === 0 ? digit : `${between[i]}${digit}`)).join('')
      const endpoint = plus ? `+${written}` : written
      assert.equal(isSmsEndpoint(endpoint), true)
      assert.equal(normalisePhoneNumber(endpoint), `+${digits}`)
    }),
  )
})
