/** Topics to put load on, with the subscribers that they deliver to. */
import { callSns, manyCalls } from './calls.ts'
import { ATTRIBUTE } from './load/sns-requests.ts'
import { createQueue, deleteQueue, queueArn } from './queue.ts'
import type { Resource } from './scenario.ts'
import type { Server } from './servers.ts'

interface Subscribers {
  /** How many queues get every message. */
  readonly queues?: number
  /** They get the message inside a document. Raw otherwise. */
  readonly enveloped?: true
  /** All subscriptions have a filter policy, and there are so many more whose policy lets nothing through. */
  readonly filteredOut?: number
}

/** A topic without subscribers, unless it is told of some. */
export const topic =
  ({ queues: count = 0, enveloped, filteredOut }: Subscribers = {}) =>
  async ({ endpoint }: Server): Promise<Resource> => {
    const topicArn = await createTopic(endpoint)
    const queues = await manyCalls(count, () => createQueue(endpoint, 'subscriber'))
    const subscribe = (queue: string, wanted: string) =>
      callSns(endpoint, 'Subscribe', {
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: queue,
        'Attributes.entry.1.key': 'RawMessageDelivery',
        'Attributes.entry.1.value': `${enveloped === undefined}`,
        ...(filteredOut !== undefined && {
          'Attributes.entry.2.key': 'FilterPolicy',
          'Attributes.entry.2.value': JSON.stringify({ [ATTRIBUTE.name]: [wanted] }),
        }),
      })
    await manyCalls(count, (n) => subscribe(queueArn(queues[n] as string), ATTRIBUTE.wanted))
    // Nothing is delivered to these: their queues need not exist.
    await manyCalls(filteredOut ?? 0, (n) => subscribe(`arn:aws:sqs:us-east-1:000000000000:none-${n}`, `other-${n}`))
    return {
      resource: topicArn,
      async remove() {
        await callSns(endpoint, 'DeleteTopic', { TopicArn: topicArn })
        await manyCalls(count, (n) => deleteQueue(endpoint, queues[n] as string))
      },
    }
  }

async function createTopic(endpoint: string): Promise<string> {
  const answer = await callSns(endpoint, 'CreateTopic', { Name: `bench-${crypto.randomUUID()}` })
  const arn = /<TopicArn>([^<]+)<\/TopicArn>/.exec(answer)?.[1]
  if (arn === undefined) throw new Error(`CreateTopic answered no TopicArn: ${answer}`)
  return arn
}
