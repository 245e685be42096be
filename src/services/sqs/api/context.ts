/** What the operation handlers share. */
import type { Caller, Kernel } from '../../../kernel/kernel.ts'
import type { Wakers } from '../../../kernel/wakers/wakers.ts'
import { invalidAddress, queueDoesNotExist } from '../errors.ts'
import type { SqsMetrics } from '../metrics.ts'
import type { QueueAddress } from '../model/names.ts'
import { formatQueueUrl, hasNoPath, parseQueueUrl } from '../model/queue-url.ts'
import { requireExisting } from '../store.ts'

export type SQS = typeof import('@aws-sdk/client-sqs')

export interface SqsContext extends Kernel {
  readonly wakers: Wakers
  readonly counts: SqsMetrics
}

/**
 * The queue that a request means: what its URL doesn't say, the caller's credentials do. Throws InvalidAddress for what is
 * no queue's URL, and for one without a path, which JSON clients are told otherwise, QueueDoesNotExist.
 */
export function addressOf(caller: Caller, queueUrl: string): QueueAddress {
  const reference = parseQueueUrl(queueUrl)
  if (reference === undefined) {
    throw caller.protocol !== 'query' && hasNoPath(queueUrl) ? queueDoesNotExist() : invalidAddress(queueUrl)
  }
  const { region = caller.region, accountId = caller.accountId, name } = reference
  return { region, accountId, name }
}

/** The queue's URL for the one who asks. */
export const urlOf = ({ config }: SqsContext, { origin }: Caller, queue: QueueAddress): string =>
  formatQueueUrl({ style: config.sqs.urlStyle, origin, publicUrl: config.publicUrl, nodeRegion: config.region }, queue)

/**
 * Checks a request's values. SQS looks at the queue first: a bad value in a request to a queue that doesn't exist is
 * answered with QueueDoesNotExist, so only a check that fails pays for looking.
 */
export function checked<T>({ store }: Kernel, queue: QueueAddress, check: () => T): T | Promise<never> {
  try {
    return check()
  } catch (error) {
    return store.execute(requireExisting, queue).then(() => Promise.reject(error))
  }
}
