/** What the operation handlers share. */
import type { Caller, Kernel } from '../../../kernel/kernel.ts'
import type { Wakers } from '../../../kernel/wakers/wakers.ts'
import type { SqsMetrics } from '../metrics.ts'
import type { QueueAddress } from '../model/names.ts'
import { parseQueueUrl } from '../model/queue-url.ts'
import { requireExisting } from '../store.ts'

export type SQS = typeof import('@aws-sdk/client-sqs')

export interface SqsContext extends Kernel {
  readonly wakers: Wakers
  readonly counts: SqsMetrics
}

/** The queue that a request means: what its URL doesn't say, the caller's credentials do. */
export function addressOf(caller: Caller, queueUrl: string): QueueAddress {
  const { region = caller.region, accountId = caller.accountId, name } = parseQueueUrl(queueUrl)
  return { region, accountId, name }
}

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
