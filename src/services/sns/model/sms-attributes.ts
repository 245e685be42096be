/** SMS attributes: what SetSMSAttributes takes for an account, and what GetSMSAttributes shows. */
import { ServiceError } from '../../../kernel/service-error.ts'
import { modelled } from '../errors.ts'
import { type GivenAttributes, isPercentage } from './attribute-checks.ts'
import { isRoleArn } from './names.ts'

export type SmsAttribute =
  | 'MonthlySpendLimit'
  | 'DeliveryStatusIAMRole'
  | 'DeliveryStatusSuccessSamplingRate'
  | 'DefaultSenderID'
  | 'DefaultSMSType'
  | 'UsageReportS3Bucket'

/** What was set for an account. Plain data. Nothing has a price here, so no spend limit is ever reached. */
export type SmsAttributes = { readonly [N in SmsAttribute]?: string }

/** One to eleven letters and digits, one of them a letter. */
const SENDER_ID = /^(?=.*[A-Za-z])[A-Za-z0-9]{1,11}$/

const isValid: { readonly [N in SmsAttribute]: (text: string) => boolean } = {
  MonthlySpendLimit: (text) => /^\d{1,9}$/.test(text),
  DeliveryStatusIAMRole: isRoleArn,
  DeliveryStatusSuccessSamplingRate: isPercentage,
  DefaultSenderID: (text) => SENDER_ID.test(text),
  DefaultSMSType: (text) => text === 'Promotional' || text === 'Transactional',
  UsageReportS3Bucket() {
    throw new ServiceError('NotImplemented', 'The SMS attribute UsageReportS3Bucket is not implemented.', {
      status: 501,
    })
  },
}

const defaults: SmsAttributes = { MonthlySpendLimit: '1' }

const isName = (name: string): name is SmsAttribute => Object.hasOwn(isValid, name)

/**
 * The attributes after SetSMSAttributes; the empty text gives one its default back. Throws InvalidParameter, or
 * NotImplemented for usage reports.
 */
export function changeSmsAttributes(current: SmsAttributes, given: GivenAttributes): SmsAttributes {
  const changed: Partial<Record<SmsAttribute, string>> = { ...current }
  for (const [name, text = ''] of Object.entries(given)) {
    if (!isName(name)) throw refused(`${name} is not a valid attribute`)
    if (text === '') delete changed[name]
    else if (!isValid[name](text)) throw refused(`${name} is invalid`)
    else changed[name] = text
  }
  return changed
}

/** Without the prefix that most sentences have. */
const refused = (message: string) => modelled('InvalidParameterException', message)

/** Those asked for, by default all, that have a value. */
export function shownSmsAttributes(attributes: SmsAttributes, names: readonly string[] = []): Record<string, string> {
  const shown = Object.entries({ ...defaults, ...attributes })
  return Object.fromEntries(names.length === 0 ? shown : shown.filter(([name]) => names.includes(name)))
}
