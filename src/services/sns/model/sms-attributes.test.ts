import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expectRefusal } from './expect-refusal.ts'
import { changeSmsAttributes, shownSmsAttributes } from './sms-attributes.ts'

const ROLE = 'arn:aws:iam::000000000000:role/sms'

test('an untouched account has a spend limit', () =>
  assert.deepEqual(shownSmsAttributes({}), { MonthlySpendLimit: '1' }))

const everything = {
  MonthlySpendLimit: '100',
  DeliveryStatusIAMRole: ROLE,
  DeliveryStatusSuccessSamplingRate: '100',
  DefaultSenderID: 'Mill1race23',
  DefaultSMSType: 'Transactional',
}

test('what is set is shown, all of it or what is asked for', () => {
  const attributes = changeSmsAttributes({}, everything)
  assert.deepEqual(shownSmsAttributes(attributes), everything)
  assert.deepEqual(shownSmsAttributes(attributes, ['DefaultSMSType', 'Nonsense']), { DefaultSMSType: 'Transactional' })
  assert.deepEqual(shownSmsAttributes({}, ['MonthlySpendLimit', 'DefaultSMSType']), { MonthlySpendLimit: '1' })
})

test('attributes are replaced, kept, and given their default back', () => {
  const attributes = changeSmsAttributes(everything, { DefaultSMSType: 'Promotional', MonthlySpendLimit: '' })
  assert.deepEqual(shownSmsAttributes(attributes), {
    ...everything,
    DefaultSMSType: 'Promotional',
    MonthlySpendLimit: '1',
  })
  const nothing = Object.fromEntries(Object.keys(everything).map((name) => [name, '']))
  assert.deepEqual(changeSmsAttributes(everything, nothing), {})
})

const refused = [
  ...['invalidAttribute', 'constructor', 'defaultSMSType'].map((name) => ({
    given: { [name]: 'x' },
    sentence: `${name} is not a valid attribute`,
  })),
  ...[
    ['DefaultSMSType', 'x'],
    ['DefaultSMSType', 'transactional'],
    ['MonthlySpendLimit', '-1'],
    ['MonthlySpendLimit', '1.5'],
    ['DeliveryStatusSuccessSamplingRate', '101'],
    ['DeliveryStatusIAMRole', 'role'],
    ['DefaultSenderID', '12345'],
    ['DefaultSenderID', 'TwelveLetter'],
    ['DefaultSenderID', 'a b'],
  ].map(([name = '', text = '']) => ({ given: { [name]: text }, sentence: `${name} is invalid` })),
]
for (const { given, sentence } of refused) {
  test(`${JSON.stringify(given)} is refused: ${sentence}`, () =>
    expectRefusal(() => changeSmsAttributes({}, given), 'InvalidParameterException', sentence))
}

test('usage reports are not built', () =>
  expectRefusal(
    () => changeSmsAttributes({}, { UsageReportS3Bucket: 'reports' }),
    'NotImplemented',
    'The SMS attribute UsageReportS3Bucket is not implemented.',
  ))
