/** Publishing to a phone or a device, without a topic. */
import { single } from '../../../kernel/store/store.ts'
import { endpointDisabled, platformApplicationDisabled, targetNotFound } from '../errors.ts'
import { type EndpointAddress, endpointArn } from '../model/arn.ts'
import type { NewMessage } from '../model/message.ts'
import { textsOf } from '../model/publish.ts'
import type { Account } from './accounts.ts'
import { findMobileEndpoint } from './mobile.ts'
import { queueDeliveries, type Target } from './new-deliveries.ts'

export type DirectPublishCall = {
  /** The id of the principal. */
  readonly sender: string
  readonly origin: string
  readonly message: NewMessage
} & (
  | {
      readonly endpoint: EndpointAddress
      /** The MessageStructure. */
      readonly structure: string | undefined
    }
  | ({ readonly phoneNumber: string } & Account)
)

/**
 * Throws InvalidParameter for a device that isn't there, EndpointDisabled, and PlatformApplicationDisabled; and only then
 * InvalidParameter for a text that isn't as its structure says.
 */
export const publishDirectly = single('sns.publishDirectly', async (tx, call: DirectPublishCall): Promise<void> => {
  let target: Target
  let { message } = call
  if ('endpoint' in call) {
    const mobile = await findMobileEndpoint(tx, endpointArn(call.endpoint))
    if (mobile === undefined) throw targetNotFound()
    if (mobile.applicationAttributes.Enabled === 'false') throw platformApplicationDisabled()
    if (!mobile.enabled) throw endpointDisabled()
    target = { endpointArn: mobile.arn }
    const texts = textsOf({ Message: message.message, MessageStructure: call.structure }, call.endpoint.platform)
    if (texts !== undefined) message = { ...message, texts }
  } else target = { phoneNumber: call.phoneNumber, accountId: call.accountId, region: call.region }
  const { sender, origin } = call
  const stored = { ...message, topicArn: '', publishedAt: tx.now, sender, origin }
  await queueDeliveries(tx, [{ target, content: { type: 'Notification', message: stored } }])
})
