/** Text messages: the settings of an account, and who wants none. */
import type { Tx } from '../../../kernel/store/store.ts'
import { normalisePhoneNumber } from '../model/phone-number.ts'
import type { Account } from './accounts.ts'

/** All that a text message takes. */
export interface SmsFacts extends Account {
  /** As it was subscribed or published to. */
  readonly phoneNumber: string
  /** What the account has set, by the names of SetSMSAttributes. */
  readonly attributes: Readonly<Record<string, string>>
  readonly optedOut: boolean
}

export async function smsFacts(tx: Tx, { accountId, region }: Account, phoneNumber: string): Promise<SmsFacts> {
  const row = await tx.get<{ attributes: string }>(
    'select sms_attributes as "attributes" from sns_account where account = ? and region = ?',
    [accountId, region],
  )
  const optOut = await tx.get(
    'select 1 as one from sns_opt_out where account = ? and region = ? and phone_number = ? and opted_out = 1',
    [accountId, region, normalisePhoneNumber(phoneNumber)],
  )
  const attributes = JSON.parse(row?.attributes ?? '{}') as Record<string, string>
  return { accountId, region, phoneNumber, attributes, optedOut: optOut !== undefined }
}
