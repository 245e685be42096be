/** The numbers of the SMS sandbox: each is sent a password, and verified by whoever can tell it. */
import { single } from '../../../kernel/store/store.ts'
import { optedOut, resourceNotFound } from '../errors.ts'
import { normalisePhoneNumber } from '../model/phone-number.ts'
import { MAX_SANDBOX_NUMBERS, sandboxIsFull, wrongPassword } from '../model/sms-sandbox.ts'
import { holdAccount } from './accounts.ts'
import { queueDeliveries } from './new-deliveries.ts'
import { type ListNumbersCall, type PhoneCall, smsFacts } from './sms.ts'

export interface AddSandboxNumberCall extends PhoneCall {
  readonly password: string
  /** What is sent, the password included. */
  readonly message: string
  /** A UUID. */
  readonly messageId: string
  /** The id of the principal. */
  readonly sender: string
  readonly origin: string
}

/**
 * Sends the password after the commit. A number that waits to be verified gets a new one; one that is verified stays so.
 * Throws OptedOut, and UserError if there are too many.
 */
export const addSandboxNumber = single(
  'sns.addSandboxNumber',
  async (tx, call: AddSandboxNumberCall): Promise<void> => {
    const { accountId, region, password } = call
    const phoneNumber = normalisePhoneNumber(call.phoneNumber)
    const key = [accountId, region, phoneNumber]
    await holdAccount(tx, call)
    if ((await smsFacts(tx, call, phoneNumber)).optedOut) throw optedOut()
    const existing = await tx.get<{ verified: number }>(`select verified from sns_sandbox_number ${BY_NUMBER}`, key)
    if (existing?.verified === 1) return
    if (existing === undefined) {
      const { numbers } = (await tx.get<{ numbers: number }>(
        'select count(*) as numbers from sns_sandbox_number where account = ? and region = ?',
        [accountId, region],
      )) as { numbers: number }
      if (numbers >= MAX_SANDBOX_NUMBERS) throw sandboxIsFull()
    }
    await tx.insertOver(
      'sns_sandbox_number',
      ['account', 'region', 'phone_number', 'verified', 'one_time_password'],
      [[...key, 0, password]],
      '(account, region, phone_number) do update set one_time_password = excluded.one_time_password',
    )
    const { message, messageId, sender, origin } = call
    const attributes = { 'AWS.SNS.SMS.SMSType': { dataType: 'String', stringValue: 'Transactional' } }
    const stored = { messageId, message, attributes, topicArn: '', publishedAt: tx.now, sender, origin }
    const target = { accountId, region, phoneNumber }
    await queueDeliveries(tx, [{ target, content: { type: 'Notification', message: stored } }])
  },
)

const BY_NUMBER = 'where account = ? and region = ? and phone_number = ?'

export interface VerifySandboxNumberCall extends PhoneCall {
  readonly password: string
}

/** Throws ResourceNotFound for a number that isn't there, and VerificationException for a wrong password. */
export const verifySandboxNumber = single(
  'sns.verifySandboxNumber',
  async (tx, { accountId, region, phoneNumber, password }: VerifySandboxNumberCall): Promise<void> => {
    const key = [accountId, region, normalisePhoneNumber(phoneNumber)]
    const verified = await tx.run(`update sns_sandbox_number set verified = 1 ${BY_NUMBER} and one_time_password = ?`, [
      ...key,
      password,
    ])
    if (verified > 0) return
    const existing = await tx.get(`select 1 as one from sns_sandbox_number ${BY_NUMBER}`, key)
    throw existing === undefined ? resourceNotFound() : wrongPassword()
  },
)

/** Throws ResourceNotFound. */
export const deleteSandboxNumber = single(
  'sns.deleteSandboxNumber',
  async (tx, { accountId, region, phoneNumber }: PhoneCall): Promise<void> => {
    const key = [accountId, region, normalisePhoneNumber(phoneNumber)]
    const deleted = await tx.run(`delete from sns_sandbox_number ${BY_NUMBER}`, key)
    if (deleted === 0) throw resourceNotFound()
  },
)

export interface SandboxNumber {
  readonly phoneNumber: string
  readonly verified: boolean
}

/** In the order of the numbers. */
export const listSandboxNumbers = single(
  'sns.listSandboxNumbers',
  async (tx, { accountId, region, after, limit }: ListNumbersCall): Promise<SandboxNumber[]> => {
    const rows = await tx.all<{ phoneNumber: string; verified: number }>(
      `select phone_number as "phoneNumber", verified from sns_sandbox_number
       where account = ? and region = ? and phone_number > ? order by phone_number limit ?`,
      [accountId, region, after, limit],
    )
    return rows.map(({ phoneNumber, verified }) => ({ phoneNumber, verified: verified === 1 }))
  },
)
