/**
 * When a delivery that has failed is tried again, and whether.
 *
 * The retries of a policy come in four phases: at once, at the least delay, at delays that grow from the least to the
 * longest (the back-off), at the longest. Only those over HTTP can be configured.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 */
import type { Millis } from '../../../kernel/clock/clock.ts'

type Seconds = number

export type BackoffFunction = 'linear' | 'arithmetic' | 'geometric' | 'exponential'

/** Under the names of delivery policies. */
export interface RetryPolicy {
  readonly minDelayTarget: Seconds
  readonly maxDelayTarget: Seconds
  /** All of them: those that the other three numbers leave over are the back-off. */
  readonly numRetries: number
  readonly numMaxDelayRetries: number
  readonly numNoDelayRetries: number
  readonly numMinDelayRetries: number
  readonly backoffFunction: BackoffFunction
}

export interface RetrySchedule {
  readonly policy: RetryPolicy
  /** How many of the policy's retries are made. */
  readonly retries: number
}

/** Of endpoints that the platform runs: queues, functions, streams. 100,015 retries in 23 days. */
export const MANAGED_ENDPOINTS = schedule({
  minDelayTarget: 1,
  maxDelayTarget: 20,
  numRetries: 100_015,
  numMaxDelayRetries: 100_000,
  numNoDelayRetries: 3,
  numMinDelayRetries: 2,
  backoffFunction: 'exponential',
})

/** Of mail, text messages and push notifications. 50 retries in more than 6 hours. */
export const CUSTOMER_ENDPOINTS = schedule({
  minDelayTarget: 10,
  maxDelayTarget: 600,
  numRetries: 50,
  numMaxDelayRetries: 38,
  numNoDelayRetries: 0,
  numMinDelayRetries: 2,
  backoffFunction: 'exponential',
})

/** All retries over HTTP come within an hour. */
const MAX_HTTP_TOTAL: Millis = 3600 * 1000

/** What a delivery policy comes to: retries that it would have after an hour are not made. */
export function httpSchedule(policy: RetryPolicy): RetrySchedule {
  let total = 0
  let retries = 0
  while (retries < policy.numRetries) {
    total += delayBeforeRetry(policy, retries + 1)
    if (total > MAX_HTTP_TOTAL) break
    retries += 1
  }
  return { policy, retries }
}

function schedule(policy: RetryPolicy): RetrySchedule {
  return { policy, retries: policy.numRetries }
}

/** The schedule of a subscription's protocol; `httpPolicy` is the one in effect for it, should it be over HTTP. */
export function scheduleFor(protocol: string, httpPolicy: RetryPolicy): RetrySchedule {
  if (protocol === 'http' || protocol === 'https') return httpSchedule(httpPolicy)
  return protocol === 'sqs' || protocol === 'lambda' || protocol === 'firehose' ? MANAGED_ENDPOINTS : CUSTOMER_ENDPOINTS
}

/** How much of a delay jitter may take away. */
const MAX_JITTER = 0.1

/**
 * How long to wait, after an attempt has failed, before the attempt of this number; the first is 1 and doesn't wait.
 * Undefined when there are no more. `jitter`, from 0 to less than 1, shortens the wait by up to a tenth, so that what
 * failed together doesn't come back together, and no schedule takes longer than it may.
 */
export function delayBeforeAttempt(
  { policy, retries }: RetrySchedule,
  attempt: number,
  jitter = 0,
): Millis | undefined {
  const retry = attempt - 1
  if (retry > retries) return undefined
  return retry < 1 ? 0 : Math.round(delayBeforeRetry(policy, retry) * (1 - jitter * MAX_JITTER))
}

function delayBeforeRetry(policy: RetryPolicy, retry: number): Millis {
  const { numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries, numRetries } = policy
  const before = numNoDelayRetries + numMinDelayRetries
  const backoffs = numRetries - before - numMaxDelayRetries
  if (retry <= numNoDelayRetries) return 0
  if (retry <= before) return policy.minDelayTarget * 1000
  if (retry > before + backoffs) return policy.maxDelayTarget * 1000
  // A back-off of one retry has no way to go: it waits the least.
  const progress = backoffs === 1 ? 0 : (retry - before - 1) / (backoffs - 1)
  return Math.round(backoff(policy, progress) * 1000)
}

/**
 * How exponential each function is: that one multiplies the delay by the same factor every time, linear adds the same
 * amount. How AWS works out the two between them is not documented; here they lie a third and two thirds of the way.
 */
const EXPONENTIAL_SHARE: Readonly<Record<BackoffFunction, number>> = {
  linear: 0,
  arithmetic: 1 / 3,
  geometric: 2 / 3,
  exponential: 1,
}

/** The delay at some point of the back-off: `progress` goes from 0, the least delay, to 1, the longest. */
function backoff(
  { minDelayTarget: min, maxDelayTarget: max, backoffFunction }: RetryPolicy,
  progress: number,
): Seconds {
  const share = EXPONENTIAL_SHARE[backoffFunction]
  const linear = min + (max - min) * progress
  const exponential = min * (max / min) ** progress
  return linear * (1 - share) + exponential * share
}

/**
 * What an HTTP endpoint's answer means: undefined stands for none (a time-out, a connection or TLS that failed). What the
 * sender got wrong is wrong the next time too; redirects are not followed, and count as that.
 */
export function classify(status: number | undefined): 'delivered' | 'retry' | 'failed' {
  if (status === undefined || status === 429 || status >= 500) return 'retry'
  return status >= 200 && status < 300 ? 'delivered' : 'failed'
}

/**
 * When the next delivery to an endpoint may begin, in milliseconds with fractions: not before `now`, and not sooner after
 * the last one than its rate allows. `lastAt` is what this function answered then; undefined if there was none.
 */
export function nextDeliveryAt(
  maxReceivesPerSecond: number | undefined,
  lastAt: Millis | undefined,
  now: Millis,
): Millis {
  if (maxReceivesPerSecond === undefined || lastAt === undefined) return now
  return Math.max(now, lastAt + 1000 / maxReceivesPerSecond)
}
