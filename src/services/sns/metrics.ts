/** What SNS counts, under the names of its CloudWatch metrics, for the whole node. */
import type { PublishInput } from '@aws-sdk/client-sns'
import type { Kernel } from '../../kernel/kernel.ts'
import type { FailedCopies } from './store.ts'

export interface SnsMetrics {
  /** Messages that were accepted, with their sizes in bytes. */
  published(target: Pick<PublishInput, 'TopicArn' | 'TargetArn' | 'PhoneNumber'>, sizes: readonly number[]): void
  delivered(protocol: string, copies: number): void
  failed(copies: Omit<FailedCopies, 'target' | 'reason'>): void
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

    delivered(protocol, copies) {
      if (copies > 0) delivered.with(protocol).inc(copies)
    },

    failed({ protocol, copies, redriven: rescued, notRedriven }) {
      failed.with(protocol).inc(copies)
      redriven.inc(rescued)
      lost.inc(notRedriven)
    },
  }
}
