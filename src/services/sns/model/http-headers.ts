/** The headers of what is posted to an HTTP endpoint. */
import type { OutboundMark } from '../../../kernel/kernel.ts'
import type { ConfirmationType } from './documents.ts'

export interface HttpDocument {
  readonly type: 'Notification' | ConfirmationType
  readonly messageId: string
  readonly topicArn: string
  readonly subscriptionArn: string
  /** The body is the message alone. */
  readonly raw?: boolean
  /** Of Notifications, by the delivery policy (`contentTypeFor`). */
  readonly contentType?: string
}

const MESSAGE_TYPE = 'x-amz-sns-message-type'
const USER_AGENT = 'Amazon Simple Notification Service Agent'

/** Either is enough: what is in the message, or in the endpoint's address, is nothing that a node may be told by it. */
export const OUTBOUND_MARKS: readonly OutboundMark[] = [
  { header: MESSAGE_TYPE },
  { header: 'user-agent', value: USER_AGENT },
]

export const DEFAULT_CONTENT_TYPE = 'text/plain; charset=UTF-8'

/**
 * A SubscriptionConfirmation doesn't tell the subscription's ARN, and confirmations are always plain text.
 * https://docs.aws.amazon.com/sns/latest/dg/http-header.html
 */
export function httpHeaders(document: HttpDocument): Record<string, string> {
  const { type, messageId, topicArn, subscriptionArn, raw = false, contentType } = document
  return {
    [MESSAGE_TYPE]: type,
    'x-amz-sns-message-id': messageId,
    'x-amz-sns-topic-arn': topicArn,
    ...(type === 'SubscriptionConfirmation' ? {} : { 'x-amz-sns-subscription-arn': subscriptionArn }),
    ...(raw ? { 'x-amz-sns-rawdelivery': 'true' } : {}),
    'Content-Type': (type === 'Notification' ? contentType : undefined) ?? DEFAULT_CONTENT_TYPE,
    'User-Agent': USER_AGENT,
    'Accept-Encoding': 'gzip,deflate',
  }
}
