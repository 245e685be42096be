/** The operations of SNS: together all 42 of them, or this does not compile. */
import type { Handlers } from '../../kernel/protocol/types.ts'
import type { SNS, SnsContext } from './api/context.ts'
import { mobile } from './api/mobile.ts'
import { publishing } from './api/publish.ts'
import { sms } from './api/sms.ts'
import { subscriptions } from './api/subscriptions.ts'
import { topics } from './api/topics.ts'

export const api = (sns: SnsContext): Handlers<SNS> => ({
  ...topics(sns),
  ...subscriptions(sns),
  ...publishing(sns),
  ...mobile(sns),
  ...sms(sns),
})
