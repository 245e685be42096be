/** The queues of the shop: one for orders, and one for those that can't be handled. */
import type { SQS } from '@aws-sdk/client-sqs'

export interface Queues {
  readonly orders: string
  readonly dead: string
}

/** Creates them, or finds them. Answers their URLs. */
export async function createQueues(sqs: SQS): Promise<Queues> {
  const { QueueUrl: dead } = await sqs.createQueue({ QueueName: 'orders-dead' })
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl: dead, AttributeNames: ['QueueArn'] })
  const { QueueUrl: orders } = await sqs.createQueue({
    QueueName: 'orders',
    Attributes: {
      VisibilityTimeout: '1', // in seconds: how long a worker has before another one gets the order
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes?.QueueArn, maxReceiveCount: 3 }),
    },
  })
  return { orders: orders as string, dead: dead as string }
}
