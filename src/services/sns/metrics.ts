/** What SNS counts, under the names of its CloudWatch metrics, for the whole node. */
import type { PublishInput } from '@aws-sdk/client-sns'
import type { Kernel } from '../../kernel/kernel.ts'
import type { FanOutReport } from './store.ts'

export interface SnsMetrics {
  /** Messages that were accepted, with their sizes in bytes. */
  published(target: Pick<PublishInput, 'TopicArn' | 'TargetArn' | 'PhoneNumber'>, sizes: readonly number[]): void
  /** What became of copies for queues. */
  fannedOut(counts: FanOutReport): void
  /** What became of a copy for the outside, once that is certain. */
  sent(protocol: string, delivered: boolean): void
  redriven(count: number, notRedriven: number): void
}

export function snsMetrics({ metrics }: Pick<Kernel, 'metrics'>): SnsMetrics {
  const messages = metrics.counter(
    'sns_messages_published_total',
    'Messages accepted, by what they were published to.',
    ['to'],
  )
  const bytes = metrics.counter('sns_published_bytes_total', 'Sizes of the messages accepted.', []).with()
  const delivered = metrics.counter('sns_notifications_delivered_total', 'Copies delivered.', ['protocol'])
  const failed = metrics.counter('sns_notifications_failed_total', 'Copies that failed for good.', ['protocol'])
  const redriven = metrics
    .counter('sns_notifications_redriven_total', 'Copies that went to a dead-letter queue.', [])
    .with()
  const lost = metrics
    .counter('sns_notifications_failed_to_redrive_total', 'Copies that a dead-letter queue did not take.', [])
    .with()
  return {
    published({ PhoneNumber, TargetArn }, sizes) {
      const to = PhoneNumber ? 'phone' : TargetArn?.includes(':endpoint/') ? 'endpoint' : 'topic'
      messages.with(to).inc(sizes.length)
      for (const size of sizes) bytes.inc(size)
    },

    fannedOut(counts) {
      if (counts.delivered > 0) delivered.with('sqs').inc(counts.delivered)
      if (counts.failed > 0) failed.with('sqs').inc(counts.failed)
      if (counts.redriven > 0) redriven.inc(counts.redriven)
    },

    sent: (protocol, isDelivered) => (isDelivered ? delivered : failed).with(protocol).inc(),

    redriven(count, notRedriven) {
      redriven.inc(count)
      lost.inc(notRedriven)
    },
  }
}
