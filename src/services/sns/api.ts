/** The operations of SNS: together all 42 of them, or this does not compile. */
import type { PartialHandlers } from '../../kernel/protocol/types.ts'
import type { SNS, SnsContext } from './api/context.ts'
import { publishing } from './api/publish.ts'
import { subscriptions } from './api/subscriptions.ts'
import { topics } from './api/topics.ts'

export const api = (sns: SnsContext): PartialHandlers<SNS> => ({
  ...topics(sns),
  ...subscriptions(sns),
  ...publishing(sns),
})
