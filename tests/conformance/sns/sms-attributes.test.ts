/** SMS attributes: what an account sets for its text messages, and how the messages show it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACCOUNT, OTHER_ACCOUNT, refusal, startSns } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

const shown = async (...attributes: string[]) => (await sns.getSMSAttributes({ attributes })).attributes

test('an untouched account has a spend limit', async () => {
  const { sns: untouched } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
  assert.deepEqual((await untouched.getSMSAttributes({})).attributes, { MonthlySpendLimit: '1' })
})

test('attributes are set one by one, shown, asked for by name, and given their default back', async () => {
  const role = `arn:aws:iam::${ACCOUNT}:role/sms`
  await sns.setSMSAttributes({ attributes: { DefaultSMSType: 'Transactional', DefaultSenderID: 'Shop' } })
  await sns.setSMSAttributes({ attributes: { DeliveryStatusIAMRole: role, DeliveryStatusSuccessSamplingRate: '5' } })
  const all = {
    MonthlySpendLimit: '1',
    DefaultSMSType: 'Transactional',
    DefaultSenderID: 'Shop',
    DeliveryStatusIAMRole: role,
    DeliveryStatusSuccessSamplingRate: '5',
  }
  assert.deepEqual(await shown(), all)
  assert.deepEqual(await shown('DefaultSenderID', 'Nonsense'), { DefaultSenderID: 'Shop' })
  const { sns: elsewhere } = fixture.clientsFor({ region: 'eu-west-1' })
  assert.deepEqual((await elsewhere.getSMSAttributes({})).attributes, { MonthlySpendLimit: '1' })
  await sns.setSMSAttributes({ attributes: Object.fromEntries(Object.keys(all).map((name) => [name, ''])) })
  assert.deepEqual(await shown(), { MonthlySpendLimit: '1' })
})

test('what is set at once by many is all set', async () => {
  const { sns: other } = fixture.clientsFor({ region: 'ap-south-1' })
  const attributes = { MonthlySpendLimit: '9', DefaultSMSType: 'Promotional', DefaultSenderID: 'Shop' }
  await Promise.all(
    Object.entries(attributes).map(([name, text]) => other.setSMSAttributes({ attributes: { [name]: text } })),
  )
  assert.deepEqual((await other.getSMSAttributes({})).attributes, attributes)
})

const refused = [
  [{ invalidAttribute: 'x' }, 'invalidAttribute is not a valid attribute'],
  [{ DefaultSMSType: 'x' }, 'DefaultSMSType is invalid'],
  [{ MonthlySpendLimit: '-1' }, 'MonthlySpendLimit is invalid'],
  [{ DeliveryStatusSuccessSamplingRate: '101' }, 'DeliveryStatusSuccessSamplingRate is invalid'],
  [{ DeliveryStatusIAMRole: 'role' }, 'DeliveryStatusIAMRole is invalid'],
  [{ DefaultSenderID: '12345' }, 'DefaultSenderID is invalid'],
  [{ DefaultSenderID: 'TwelveLetter' }, 'DefaultSenderID is invalid'],
] as const
for (const [attributes, message] of refused) {
  test(`${JSON.stringify(attributes)} is refused, and nothing is set`, async () => {
    const before = await shown()
    const given = { MonthlySpendLimit: '77', ...attributes }
    await assert.rejects(sns.setSMSAttributes({ attributes: given }), refusal('InvalidParameter', message))
    assert.deepEqual(await shown(), before)
  })
}

test('usage reports are not built', () =>
  assert.rejects(
    sns.setSMSAttributes({ attributes: { UsageReportS3Bucket: 'reports' } }),
    refusal('NotImplemented', 'The SMS attribute UsageReportS3Bucket is not implemented.', 501),
  ))

test('a change needs attributes', () =>
  assert.rejects(
    sns.setSMSAttributes({ attributes: undefined }),
    refusal(
      'ValidationError',
      "1 validation error detected: Value null at 'attributes' failed to satisfy constraint: Member must not be null",
    ),
  ))

test('messages have the sender and type of the account, unless they say otherwise', async () => {
  const text = (stringValue: string) => ({ DataType: 'String', StringValue: stringValue })
  await sns.setSMSAttributes({ attributes: { DefaultSMSType: 'Transactional', DefaultSenderID: 'Shop' } })
  const PhoneNumber = '+15550100001'
  const { MessageId: first } = await sns.publish({ PhoneNumber, Message: 'one' })
  const { MessageId: second } = await sns.publish({
    PhoneNumber,
    Message: 'two',
    MessageAttributes: {
      'AWS.SNS.SMS.SenderID': text('Bank'),
      'AWS.SNS.SMS.SMSType': text('Promotional'),
      'AWS.SNS.SMS.MaxPrice': text('0.50'),
    },
  })
  const items = await fixture.outbox(PhoneNumber, 2)
  const place = { channel: 'sms', account: ACCOUNT, region: 'us-east-1', destination: PhoneNumber }
  for (const item of items)
    for (const [name, value] of Object.entries(place)) assert.equal(item[name as 'channel'], value)
  assert.deepEqual(Object.fromEntries(items.map(({ content }) => [content.message, content])), {
    one: { message: 'one', messageId: first, senderId: 'Shop', smsType: 'Transactional' },
    two: { message: 'two', messageId: second, senderId: 'Bank', smsType: 'Promotional', maxPrice: '0.50' },
  })
})
