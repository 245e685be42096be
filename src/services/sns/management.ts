/** What operators and providers of text messages ask of SNS, outside of its API. */

import { isAccountId } from '../../kernel/arn.ts'
import type { RunningService } from '../../kernel/kernel.ts'
import type { SnsContext } from './api/context.ts'
import { isSmsEndpoint } from './model/phone-number.ts'
import { optOut } from './store.ts'

export const management = ({ store, config }: SnsContext): NonNullable<RunningService['management']> => ({
  /** The owner of a number has answered STOP. AWS learns of that by itself; here the provider's webhook says so. */
  'POST sns/opt-outs': async (body) => {
    const { account = '000000000000', region = config.region, phoneNumber } = Object(body) as Record<string, unknown>
    const isUsable =
      typeof account === 'string' &&
      isAccountId(account) &&
      typeof region === 'string' &&
      /^[a-z0-9-]{1,32}$/.test(region) &&
      typeof phoneNumber === 'string' &&
      isSmsEndpoint(phoneNumber)
    if (!isUsable) {
      return { status: 400, value: { message: 'Send {"phoneNumber": "+…", "account": "…", "region": "…"}.' } }
    }
    await store.execute(optOut, { accountId: account, region, phoneNumber })
    return { status: 200, value: {} }
  },
})
