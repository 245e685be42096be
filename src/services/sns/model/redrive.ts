/** The RedrivePolicy of a subscription: the queue to which a message goes when its delivery has failed for good. */
import type { Refuse } from '../errors.ts'
import { parseDocument } from './json-object.ts'
import { isFifoName, parseQueueArn, type QueueAddress } from './names.ts'

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string
  readonly target: QueueAddress
}

/** What decides which queues a subscription may redrive to. */
export interface RedriveSource {
  /** Those of the subscription's owner. */
  readonly region: string
  readonly accountId: string
  /** A FIFO queue that is subscribed to a FIFO topic: its dead-letter queue must be FIFO, and no other's. */
  readonly fifo: boolean
}

/** Throws what `refuse` makes of the complaint. Whether the queue exists is found out when a message is redriven. */
export function parseRedrivePolicy(text: string, source: RedriveSource, refuse: Refuse): RedrivePolicy {
  const complain = (reason: string) => refuse(`RedrivePolicy: ${reason}`)
  const { deadLetterTargetArn: arn } = parseDocument(text, ['deadLetterTargetArn'], complain)
  const target = typeof arn === 'string' ? parseQueueArn(arn) : undefined
  if (target?.region !== source.region || target.accountId !== source.accountId) {
    throw complain('deadLetterTargetArn is an invalid arn')
  }
  if (source.fifo && !isFifoName(target.name)) {
    throw complain('must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.')
  }
  if (!source.fifo && isFifoName(target.name)) {
    throw complain('must use a standard queue as DLQ for a Subscription that is not FIFO.')
  }
  return { deadLetterTargetArn: arn as string, target }
}
