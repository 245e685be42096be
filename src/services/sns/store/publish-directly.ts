/** Publishing to a phone or a device, without a topic. */
import { single } from '../../../kernel/store/store.ts'
import { endpointDisabled, platformApplicationDisabled, targetNotFound } from '../errors.ts'
import { type EndpointAddress, endpointArn } from '../model/arn.ts'
import type { NewMessage } from '../model/message.ts'
import type { Account } from './accounts.ts'
import { findMobileEndpoint } from './mobile.ts'
import { queueDeliveries, type Target } from './new-deliveries.ts'

export type DirectPublishCall = {
  /** The id of the principal. */
  readonly sender: string
  readonly origin: string
  readonly message: NewMessage
} & ({ readonly endpoint: EndpointAddress } | ({ readonly phoneNumber: string } & Account))

/** Throws InvalidParameter for a device that isn't there, EndpointDisabled, and PlatformApplicationDisabled. */
export const publishDirectly = single('sns.publishDirectly', async (tx, call: DirectPublishCall): Promise<void> => {
  let target: Target
  if ('endpoint' in call) {
    const mobile = await findMobileEndpoint(tx, endpointArn(call.endpoint))
    if (mobile === undefined) throw targetNotFound()
    if (mobile.applicationAttributes.Enabled === 'false') throw platformApplicationDisabled()
    if (!mobile.enabled) throw endpointDisabled()
    target = { endpointArn: mobile.arn }
  } else target = { phoneNumber: call.phoneNumber, accountId: call.accountId, region: call.region }
  const { message, sender, origin } = call
  const stored = { ...message, topicArn: '', publishedAt: tx.now, sender, origin }
  await queueDeliveries(tx, [{ target, content: { type: 'Notification', message: stored } }])
})
