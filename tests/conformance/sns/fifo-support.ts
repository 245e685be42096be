/** For the tests of FIFO topics: what their queues hold, in the order in which it is received, and how replays end. */
import type { SNS } from '@aws-sdk/client-sns'
import type { SQS } from '@aws-sdk/client-sqs'
import type { Envelope, Queue, ReceivedMessage } from './support.ts'

/** Receives and deletes until nothing is left. */
export async function drain(sqs: SQS, { url }: Pick<Queue, 'url'>): Promise<ReceivedMessage[]> {
  const drained: ReceivedMessage[] = []
  for (;;) {
    const { Messages = [] } = await sqs.receiveMessage({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
    })
    if (Messages.length === 0) return drained
    drained.push(...(Messages as ReceivedMessage[]))
    await sqs.deleteMessageBatch({
      QueueUrl: url,
      Entries: Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle })),
    })
  }
}

export const drainEnvelopes = async (sqs: SQS, queue: Pick<Queue, 'url'>): Promise<Envelope[]> =>
  (await drain(sqs, queue)).map(({ Body }) => JSON.parse(Body) as Envelope)

/** The messages of batches that hold as many as a request may. */
export function inTens<T>(list: readonly T[]): T[][] {
  const tens: T[][] = []
  for (let from = 0; from < list.length; from += 10) tens.push(list.slice(from, from + 10))
  return tens
}

/** Publishes texts, each under its own deduplication id, to one group. */
export async function publishAll(sns: SNS, topic: string, texts: readonly string[], group = 'g'): Promise<void> {
  for (const ten of inTens(texts)) {
    await sns.publishBatch({
      TopicArn: topic,
      PublishBatchRequestEntries: ten.map((text, at) => ({
        Id: String(at),
        Message: text,
        MessageGroupId: group,
        MessageDeduplicationId: text,
      })),
    })
  }
}

/** ReplayStatus, once the replay is over. */
export async function replayEnded(sns: SNS, SubscriptionArn: string): Promise<string | undefined> {
  for (;;) {
    const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn })
    const status = Attributes?.ReplayStatus
    if (status !== 'Pending' && status !== 'In progress') return status
  }
}

/** A replay policy; times in milliseconds since the epoch. */
export const replayPolicy = (start: number, end?: number): string =>
  JSON.stringify({
    PointType: 'Timestamp',
    StartingPoint: new Date(start).toISOString(),
    ...(end !== undefined && { EndingPoint: new Date(end).toISOString() }),
  })
