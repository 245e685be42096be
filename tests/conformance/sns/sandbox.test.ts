/** The SMS sandbox: numbers that are sent a password and verified with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNode } from '../../../src/testing/node.ts'
import { invalidParameter, OTHER_ACCOUNT, refusal, SnsFixture, startSns, withOptions } from './support.ts'

const fixture = await startSns()
const { sns } = fixture

/** Creates the number; resolves to the password that it is sent, the `nth` of them. */
async function register(PhoneNumber: string, nth = 1): Promise<string> {
  await sns.createSMSSandboxPhoneNumber({ PhoneNumber })
  const [newest] = await fixture.outbox(PhoneNumber, nth)
  const [, password] = /^Your verification code is: (\d{6})$/.exec(newest?.content.message as string) ?? []
  return password as string
}

const verify = (PhoneNumber: string, OneTimePassword: string) =>
  sns.verifySMSSandboxPhoneNumber({ PhoneNumber, OneTimePassword })

const statusOf = async (number: string) =>
  (await sns.listSMSSandboxPhoneNumbers({})).PhoneNumbers?.find(({ PhoneNumber }) => PhoneNumber === number)?.Status

const other = (password: string) => (password === '000000' ? '000001' : '000000')
const wrongPassword = refusal('VerificationException', 'The one-time password is not valid.')
const notThere = refusal('ResourceNotFound', 'Resource does not exist', 404)

test('an account is in the sandbox until there is a provider to send with', async () => {
  assert.equal((await sns.getSMSSandboxAccountStatus({})).IsInSandbox, true)
  const config = withOptions({ smsWebhookUrl: 'http://127.0.0.1:1/', smsWebhookSecret: 's' })
  const provided = new SnsFixture(await startNode(config))
  assert.equal((await provided.sns.getSMSSandboxAccountStatus({})).IsInSandbox, false)
  await provided.close()
})

test('a number is sent a password, and verified by it', async () => {
  const number = '+15550100001'
  const password = await register(number)
  const [item] = await fixture.outbox(number)
  assert.deepEqual([item?.channel, item?.content.smsType], ['sms', 'Transactional'])
  assert.equal(await statusOf(number), 'Pending')
  await assert.rejects(verify(number, other(password)), wrongPassword)
  assert.equal(await statusOf(number), 'Pending')
  for (const _ of ['once', 'again']) await verify(number, password)
  assert.equal(await statusOf(number), 'Verified')
})

test('a number that waits is sent a new password, which takes the place of the old one', async () => {
  const number = '+15550100002'
  const first = await register(number)
  const second = await register(number, 2)
  if (first !== second) await assert.rejects(verify(number, first), wrongPassword)
  await verify(number, second)
})

test('a number that is verified stays so, and is sent nothing', async () => {
  const number = '+15550100003'
  await verify(number, await register(number))
  await sns.createSMSSandboxPhoneNumber({ PhoneNumber: number })
  assert.equal(await statusOf(number), 'Verified')
  assert.equal((await register('+15550100004')).length, 6)
  assert.equal((await fixture.outbox(number)).length, 1)
})

test('the password comes in the language that is asked for', async () => {
  const { sns: elsewhere } = fixture.clientsFor({ region: 'eu-central-1' })
  await elsewhere.createSMSSandboxPhoneNumber({ PhoneNumber: '+4915550100001', LanguageCode: 'de-DE' })
  const [item] = await fixture.outbox('+4915550100001')
  assert.match(item?.content.message as string, /^Ihr Bestätigungscode lautet: \d{6}$/)
})

test('a deleted number is gone', async () => {
  const number = '+15550100005'
  const password = await register(number)
  await sns.deleteSMSSandboxPhoneNumber({ PhoneNumber: number })
  assert.equal(await statusOf(number), undefined)
  await assert.rejects(verify(number, password), notThere)
  await assert.rejects(sns.deleteSMSSandboxPhoneNumber({ PhoneNumber: number }), notThere)
})

test('an account has ten numbers at most, listed page by page', async () => {
  const { sns: full } = fixture.clientsFor({ accountId: OTHER_ACCOUNT })
  const numbers = Array.from({ length: 10 }, (_, at) => `+155503000${at}0`)
  await Promise.all(numbers.map((PhoneNumber) => full.createSMSSandboxPhoneNumber({ PhoneNumber })))
  await assert.rejects(
    full.createSMSSandboxPhoneNumber({ PhoneNumber: '+15550400000' }),
    refusal('UserError', 'The account has the maximum number of 10 sandbox phone numbers.'),
  )
  await full.createSMSSandboxPhoneNumber({ PhoneNumber: numbers[0] })
  const listed: unknown[] = []
  const sizes: unknown[] = []
  let NextToken: string | undefined
  do {
    const page = await full.listSMSSandboxPhoneNumbers({ MaxResults: 4, NextToken })
    sizes.push(page.PhoneNumbers?.length)
    listed.push(...(page.PhoneNumbers ?? []))
    NextToken = page.NextToken
  } while (NextToken !== undefined)
  assert.deepEqual(sizes, [4, 4, 2])
  assert.deepEqual(
    listed,
    numbers.map((PhoneNumber) => ({ PhoneNumber, Status: 'Pending' })),
  )
})

const broken = (value: unknown, path: string, constraint: string) =>
  refusal(
    'ValidationError',
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: Member must ${constraint}`,
  )
const phonePattern = 'satisfy regular expression pattern: ^(\\+[0-9]{8,}|[0-9]{0,9})$'
const languages = 'en-US, en-GB, es-419, es-ES, de-DE, fr-CA, fr-FR, it-IT, ja-JP, pt-BR, kr-KR, zh-CN, zh-TW'

test('numbers, passwords, languages and page sizes are checked', async () => {
  const bad = 'not a number'
  const isNone = broken(bad, 'phoneNumber', phonePattern)
  await assert.rejects(sns.createSMSSandboxPhoneNumber({ PhoneNumber: bad }), isNone)
  await assert.rejects(sns.deleteSMSSandboxPhoneNumber({ PhoneNumber: bad }), isNone)
  await assert.rejects(verify(bad, '123456'), isNone)
  await assert.rejects(
    verify('+15550100001', '1234'),
    broken('1234', 'oneTimePassword', 'have length greater than or equal to 5'),
  )
  await assert.rejects(
    sns.createSMSSandboxPhoneNumber({ PhoneNumber: '+15550100001', LanguageCode: 'xx-XX' as 'en-US' }),
    broken('xx-XX', 'languageCode', `satisfy enum value set: [${languages}]`),
  )
  for (const [size, range] of [
    [0, 'greater than or equal to 1'],
    [101, 'less than or equal to 100'],
  ] as const) {
    const page = sns.listSMSSandboxPhoneNumbers({ MaxResults: size })
    await assert.rejects(page, broken(size, 'maxResults', `have value ${range}`))
  }
  await assert.rejects(
    sns.createSMSSandboxPhoneNumber({ PhoneNumber: '' }),
    invalidParameter('PhoneNumber Reason:  is not valid to publish to'),
  )
})

test('an account has no numbers to send from', async () => {
  assert.deepEqual((await sns.listOriginationNumbers({ MaxResults: 30 })).PhoneNumbers, [])
  await assert.rejects(
    sns.listOriginationNumbers({ MaxResults: 31 }),
    broken(31, 'maxResults', 'have value less than or equal to 30'),
  )
  await assert.rejects(sns.listOriginationNumbers({ NextToken: 'x' }), invalidParameter('NextToken'))
})
