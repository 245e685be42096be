/** STS, as far as clients ask it who they are. */
import type * as SDK from '@aws-sdk/client-sts'
import type { RunningService, Service } from '../../kernel/kernel.ts'
import type { PartialHandlers } from '../../kernel/protocol/types.ts'

const handlers: PartialHandlers<typeof SDK> = {
  GetCallerIdentity(_, { principal }) {
    return { Account: principal.accountId, Arn: principal.arn, UserId: principal.id }
  },
}

export const sts: Service = {
  id: 'sts',
  start: (): RunningService => ({ handlers }),
}
