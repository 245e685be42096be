/** Text messages: the settings of an account, and who wants none. */
import { single, type Tx } from '../../../kernel/store/store.ts'
import { optedInRecently } from '../errors.ts'
import type { GivenAttributes } from '../model/attribute-checks.ts'
import { normalisePhoneNumber } from '../model/phone-number.ts'
import { changeSmsAttributes, type SmsAttributes } from '../model/sms-attributes.ts'
import { type Account, holdAccount } from './accounts.ts'

/** All that a text message takes. */
export interface SmsFacts extends Account {
  /** As it was subscribed or published to. */
  readonly phoneNumber: string
  /** What the account has set. */
  readonly attributes: SmsAttributes
  readonly optedOut: boolean
}

export async function smsFacts(tx: Tx, { accountId, region }: Account, phoneNumber: string): Promise<SmsFacts> {
  const attributes = await readAttributes(tx, { accountId, region })
  const optOut = await findOptOut(tx, { accountId, region, phoneNumber })
  return { accountId, region, phoneNumber, attributes, optedOut: optOut?.optedOut === 1 }
}

async function readAttributes(tx: Tx, { accountId, region }: Account): Promise<SmsAttributes> {
  const row = await tx.get<{ attributes: string }>(
    'select sms_attributes as "attributes" from sns_account where account = ? and region = ?',
    [accountId, region],
  )
  return JSON.parse(row?.attributes ?? '{}') as SmsAttributes
}

export const getSmsAttributes = single(
  'sns.getSmsAttributes',
  (tx, account: Account): Promise<SmsAttributes> => readAttributes(tx, account),
)

export interface SetSmsAttributesCall extends Account {
  readonly given: GivenAttributes
}

/** Throws InvalidParameter, or NotImplemented. */
export const setSmsAttributes = single(
  'sns.setSmsAttributes',
  async (tx, { accountId, region, given }: SetSmsAttributesCall): Promise<void> => {
    await holdAccount(tx, { accountId, region })
    const changed = changeSmsAttributes(await readAttributes(tx, { accountId, region }), given)
    await tx.run('update sns_account set sms_attributes = ? where account = ? and region = ?', [
      JSON.stringify(changed),
      accountId,
      region,
    ])
  },
)

/** A number, in any form that a check has let pass. */
export interface PhoneCall extends Account {
  readonly phoneNumber: string
}

interface OptOut {
  readonly optedOut: number
  readonly optedInAt: number | null
}

const BY_NUMBER = 'where account = ? and region = ? and phone_number = ?'

const keyOf = ({ accountId, region, phoneNumber }: PhoneCall) => [accountId, region, normalisePhoneNumber(phoneNumber)]

const findOptOut = (tx: Tx, call: PhoneCall): Promise<OptOut | undefined> =>
  tx.get(`select opted_out as "optedOut", opted_in_at as "optedInAt" from sns_opt_out ${BY_NUMBER}`, keyOf(call))

export const isOptedOut = single(
  'sns.isOptedOut',
  async (tx, call: PhoneCall): Promise<boolean> => (await findOptOut(tx, call))?.optedOut === 1,
)

/** The owner of a number wants no messages: text messages to it fail from now on. */
export const optOut = single('sns.optOut', async (tx, call: PhoneCall): Promise<void> => {
  await tx.insertOver(
    'sns_opt_out',
    ['account', 'region', 'phone_number', 'opted_out'],
    [[...keyOf(call), 1]],
    '(account, region, phone_number) do update set opted_out = 1',
  )
})

/** A number can be opted in again only so long after the last time. */
const OPT_IN_MS = 30 * 24 * 3_600_000

/** Repeating it changes nothing, nor does it for a number that never was opted out. Throws InvalidParameter. */
export const optIn = single('sns.optIn', async (tx, call: PhoneCall): Promise<void> => {
  void tx.lock(`select 1 from sns_opt_out ${BY_NUMBER}`, keyOf(call))
  const { optedOut, optedInAt } = (await findOptOut(tx, call)) ?? {}
  if (optedOut !== 1) return
  if (typeof optedInAt === 'number' && optedInAt + OPT_IN_MS > tx.now) throw optedInRecently()
  await tx.run(`update sns_opt_out set opted_out = 0, opted_in_at = ? ${BY_NUMBER}`, [tx.now, ...keyOf(call)])
})

export interface ListNumbersCall extends Account {
  /** Numbers after this one. */
  readonly after: string
  readonly limit: number
}

/** In the order of the numbers. */
export const listOptedOut = single(
  'sns.listOptedOut',
  async (tx, { accountId, region, after, limit }: ListNumbersCall): Promise<string[]> => {
    const rows = await tx.all<{ phoneNumber: string }>(
      `select phone_number as "phoneNumber" from sns_opt_out
       where account = ? and region = ? and phone_number > ? and opted_out = 1 order by phone_number limit ?`,
      [accountId, region, after, limit],
    )
    return rows.map(({ phoneNumber }) => phoneNumber)
  },
)
