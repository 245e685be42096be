/** The topic of the shop, and how orders are announced on it. */
import type { PublishBatchRequestEntry, SNS } from '@aws-sdk/client-sns'
import type { Order } from './order.ts'

/** Creates it, or finds it. Answers its ARN. */
export async function createTopic(sns: SNS): Promise<string> {
  const { TopicArn } = await sns.createTopic({
    Name: 'orders',
    Attributes: { SignatureVersion: '2' }, // SHA-256; without it, documents are signed with SHA-1
  })
  return TopicArn as string
}

/** Announces up to ten orders in one request: when it is answered, they are on the disk, and in all the queues. */
export async function announce(sns: SNS, topicArn: string, orders: readonly Order[]): Promise<void> {
  const entries = orders.map(messageOf)
  const { Failed = [] } = await sns.publishBatch({ TopicArn: topicArn, PublishBatchRequestEntries: entries })
  if (Failed.length > 0) throw new Error(`orders ${Failed.map(({ Id }) => Id).join(', ')} were not announced`)
}

/** Filter policies look at the attributes, or into the message itself. */
const messageOf = (order: Order): PublishBatchRequestEntry => ({
  Id: String(order.id),
  Subject: `Order ${order.id} is ${order.status}`,
  Message: JSON.stringify(order),
  MessageAttributes: { status: { DataType: 'String', StringValue: order.status } },
})
