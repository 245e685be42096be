/** Data protection on the way into a topic and out of it. What a policy says of a text is in model/data-protection.ts. */
import { type Audit, type DataDirection, type DataProtectionPolicy, protect } from '../model/data-protection.ts'
import type { NewMessage, StoredMessage } from '../model/message.ts'
import type { LiveSubscription, TopicSnapshot } from './snapshot.ts'

export interface Protected<M> {
  readonly denied: boolean
  readonly message: M
  readonly audits: readonly { readonly messageId: string; readonly audit: Audit }[]
}

/** A message as the topic takes it from whoever publishes. */
export const protectInbound = (
  { protection }: TopicSnapshot,
  principalArn: string,
  message: NewMessage,
): Protected<NewMessage> => protectMessage(protection, 'Inbound', principalArn, message)

/** A message as a subscriber may have it; undefined if it may not. */
export function protectOutbound(
  { protection }: TopicSnapshot,
  { principal }: LiveSubscription,
  message: StoredMessage,
): StoredMessage | undefined {
  const { denied, message: allowed } = protectMessage(protection, 'Outbound', principal, message)
  return denied ? undefined : allowed
}

/** With the message structure `json` each text is looked at by itself. */
function protectMessage<M extends NewMessage>(
  policy: DataProtectionPolicy | undefined,
  direction: DataDirection,
  principalArn: string,
  message: M,
): Protected<M> {
  if (policy === undefined) return { denied: false, message, audits: [] }
  const random = Math.random() // one for all texts of a message: it is in the sample, or it is not
  const pass = (text: string) => protect(policy, { direction, principalArn, text, random })
  const whole = pass(message.message)
  const texts = message.texts && Object.entries(message.texts).map(([form, text]) => [form, pass(text)] as const)
  const { messageId } = message
  return {
    denied: texts === undefined ? whole.denied : texts.some(([, { denied }]) => denied),
    message: {
      ...message,
      message: whole.text,
      ...(texts !== undefined && { texts: Object.fromEntries(texts.map(([form, { text }]) => [form, text])) }),
    },
    audits: whole.audit === undefined ? [] : [{ messageId, audit: whole.audit }],
  }
}
