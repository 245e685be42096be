/**
 * A worker: takes orders off the queue and handles them, for ever. Start as many as you like.
 *
 * Endpoint, region and credentials come from the environment, as with any AWS SDK: AWS_ENDPOINT_URL points at Millrace.
 */
import { SQS } from '@aws-sdk/client-sqs'
import { handle, type Order } from './order.ts'

const QueueUrl = process.argv[2]
const sqs = new SQS({ maxAttempts: 10 }) // enough to outlast a restart of the node

for (;;) {
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 5, WaitTimeSeconds: 20 })
  for (const { Body, ReceiptHandle } of Messages) {
    const order: Order = JSON.parse(Body as string)
    try {
      await handle(order)
    } catch {
      continue // Not deleted: it comes again, and after the third time it goes to the dead-letter queue.
    }
    await sqs.deleteMessage({ QueueUrl, ReceiptHandle })
    process.send?.(order.id)
  }
}
