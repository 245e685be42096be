/** Publishes the events of platform applications, in the transaction in which they happen. */
import { formatArn, partitionOf } from '../../../kernel/arn.ts'
import type { Tx } from '../../../kernel/store/store.ts'
import { parseTopicArn } from '../model/arn.ts'
import { eventMessage, eventTopic, type MobileEvent } from '../model/mobile-events.ts'
import { SENDER_ID } from '../model/queue-delivery.ts'
import { type FanOutReport, NO_REPORT } from './fan-out.ts'
import type { MobileEndpoint } from './mobile.ts'
import { type PublishCall, publish } from './publish.ts'

/** What publishing takes beside a message. */
export type Occasion = Pick<PublishCall, 'origin' | 'keyId'>

/** Tells the topic that the endpoint's application names, if it names one. One that is gone or refuses is not told. */
export async function publishEvent(
  tx: Tx,
  { address, applicationAttributes }: Pick<MobileEndpoint, 'address' | 'applicationAttributes'>,
  event: MobileEvent,
  { origin, keyId }: Occasion,
): Promise<FanOutReport> {
  const { accountId, region } = address
  const topicArn = eventTopic(applicationAttributes, event)
  if (topicArn === undefined) return NO_REPORT
  const owner = { partition: partitionOf(region), service: 'iam', region: '', accountId, resource: 'root' }
  const message = { messageId: crypto.randomUUID(), ...eventMessage(event, address, tx.now) }
  const topic = parseTopicArn(topicArn, region)
  const principal = formatArn(owner)
  const call = { topic, sender: SENDER_ID, principal, origin, keyId, messages: [message] }
  const [outcome] = await publish.run(tx, [call])
  return outcome?.ok ? outcome.value.report : NO_REPORT
}
