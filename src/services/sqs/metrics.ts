/** What SQS counts, under the names of its CloudWatch metrics, for the whole node. Depths are measured at each scrape. */
import type { Kernel } from '../../kernel/kernel.ts'
import type { Counter } from '../../kernel/observe/metrics.ts'
import { depths } from './store.ts'

export interface SqsMetrics {
  readonly sent: Counter
  readonly deduplicated: Counter
  readonly received: Counter
  readonly deleted: Counter
  readonly emptyReceives: Counter
}

/** Queues shown in one scrape: those with the most messages first. */
const MAX_QUEUES = 1_000

export function sqsMetrics({ metrics, store }: Kernel): SqsMetrics {
  const states = ['visible', 'not_visible', 'delayed'] as const
  metrics.gauge('sqs_messages', 'Messages in each queue, by state.', async () => {
    const queues = await store.execute(depths, { limit: MAX_QUEUES })
    return queues.flatMap(({ accountId, region, name, visible, inFlight, delayed }) => {
      const counts = { visible, not_visible: inFlight, delayed }
      return states.map((state) => ({
        labels: { account: accountId, region, queue: name, state },
        value: counts[state],
      }))
    })
  })
  const counter = (name: string, help: string) => metrics.counter(`sqs_${name}_total`, help, []).with()
  return {
    sent: counter('messages_sent', 'Messages accepted by SendMessage and SendMessageBatch.'),
    deduplicated: counter('messages_deduplicated', 'Messages accepted and dropped as duplicates.'),
    received: counter('messages_received', 'Messages returned by ReceiveMessage.'),
    deleted: counter('messages_deleted', 'Successful deletions, repeated ones included.'),
    emptyReceives: counter('empty_receives', 'ReceiveMessage calls that returned nothing.'),
  }
}
