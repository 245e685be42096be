import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type BackoffFunction,
  CUSTOMER_ENDPOINTS,
  classify,
  delayBeforeAttempt,
  httpSchedule,
  MANAGED_ENDPOINTS,
  nextDeliveryAt,
  type RetryPolicy,
  type RetrySchedule,
  scheduleFor,
} from './retry.ts'

const standard: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: 'linear',
}

/** The delay before every attempt, in seconds, up to the one that is not made. */
function delays(schedule: RetrySchedule, jitter = 0): number[] {
  const seconds: number[] = []
  for (let attempt = 1; ; attempt += 1) {
    const delay = delayBeforeAttempt(schedule, attempt, jitter)
    if (delay === undefined) return seconds
    seconds.push(delay / 1000)
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

const schedules: readonly { name: string; policy: Partial<RetryPolicy>; expected: readonly number[] }[] = [
  { name: 'the default', policy: {}, expected: [0, 20, 20, 20] },
  { name: 'no retries', policy: { numRetries: 0 }, expected: [0] },
  {
    name: 'all four phases',
    policy: {
      minDelayTarget: 2,
      maxDelayTarget: 10,
      numRetries: 9,
      numNoDelayRetries: 1,
      numMinDelayRetries: 2,
      numMaxDelayRetries: 1,
    },
    expected: [0, 0, 2, 2, 2, 4, 6, 8, 10, 10],
  },
  {
    name: 'exponential',
    policy: { minDelayTarget: 1, maxDelayTarget: 16, numRetries: 5, backoffFunction: 'exponential' },
    expected: [0, 1, 2, 4, 8, 16],
  },
  {
    name: 'arithmetic, a third of the way from linear to exponential',
    policy: { minDelayTarget: 1, maxDelayTarget: 16, numRetries: 3, backoffFunction: 'arithmetic' },
    expected: [0, 1, 7, 16],
  },
  {
    name: 'geometric, two thirds of the way',
    policy: { minDelayTarget: 1, maxDelayTarget: 16, numRetries: 3, backoffFunction: 'geometric' },
    expected: [0, 1, 5.5, 16],
  },
  {
    name: 'a back-off of a single retry',
    policy: { minDelayTarget: 1, maxDelayTarget: 9, numRetries: 2, numMaxDelayRetries: 1 },
    expected: [0, 1, 9],
  },
  {
    name: 'a retry that would come after an hour is not made',
    policy: { minDelayTarget: 1200, maxDelayTarget: 1200, numRetries: 100 },
    expected: [0, 1200, 1200, 1200],
  },
]
for (const { name, policy, expected } of schedules) {
  test(`a schedule over HTTP: ${name}`, () =>
    assert.deepEqual(delays(httpSchedule({ ...standard, ...policy })), expected))
}

test('jitter shortens delays by up to a tenth', () => {
  assert.deepEqual(delays(httpSchedule(standard), 0.5), [0, 19, 19, 19])
  assert.deepEqual(delays(httpSchedule(standard), 0.999), [0, 18.002, 18.002, 18.002])
})

const policies: fc.Arbitrary<RetryPolicy> = fc
  .record({
    minDelayTarget: fc.integer({ min: 1, max: 3600 }),
    more: fc.integer({ min: 0, max: 3599 }),
    phases: fc.tuple(...Array.from({ length: 4 }, () => fc.integer({ min: 0, max: 25 }))),
    backoffFunction: fc.constantFrom<BackoffFunction>('linear', 'arithmetic', 'geometric', 'exponential'),
  })
  .map(({ minDelayTarget, more, phases: [none = 0, least = 0, longest = 0, backoffs = 0], backoffFunction }) => ({
    minDelayTarget,
    maxDelayTarget: Math.min(minDelayTarget + more, 3600),
    numRetries: none + least + longest + backoffs,
    numNoDelayRetries: none,
    numMinDelayRetries: least,
    numMaxDelayRetries: longest,
    backoffFunction,
  }))

test('delays never shrink, and are 0 in the first phase and within the targets after it', () => {
  fc.assert(
    fc.property(policies, (policy) => {
      const [, ...retries] = delays({ policy, retries: policy.numRetries })
      assert.equal(retries.length, policy.numRetries)
      for (const [i, delay] of retries.entries()) {
        assert.ok(delay >= (retries[i - 1] ?? 0))
        if (i < policy.numNoDelayRetries) assert.equal(delay, 0)
        else assert.ok(delay >= policy.minDelayTarget && delay <= policy.maxDelayTarget)
      }
    }),
  )
})

test('of the four functions linear waits the longest, then arithmetic, geometric and exponential', () => {
  fc.assert(
    fc.property(policies, (policy) => {
      const functions = ['linear', 'arithmetic', 'geometric', 'exponential'] as const
      const schedules = functions.map((backoffFunction) =>
        delays({ policy: { ...policy, backoffFunction }, retries: policy.numRetries }),
      )
      for (const [i, schedule] of schedules.slice(1).entries()) {
        // Each is rounded to a millisecond.
        for (const [attempt, delay] of schedule.entries()) {
          assert.ok(delay <= (schedules[i]?.[attempt] as number) + 0.001)
        }
      }
    }),
  )
})

test('over HTTP all retries come within an hour, and with jitter sooner', () => {
  fc.assert(
    fc.property(policies, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (policy, jitter) => {
      const schedule = httpSchedule(policy)
      const total = sum(delays(schedule))
      assert.ok(total <= 3600)
      assert.ok(sum(delays(schedule, jitter)) <= total + 0.001 * schedule.retries)
      if (schedule.retries === policy.numRetries) return
      const next = delayBeforeAttempt({ policy, retries: policy.numRetries }, schedule.retries + 2) as number
      assert.ok(total + next / 1000 > 3600)
    }),
  )
})

test('endpoints that the platform runs are retried 100,015 times in 23 days', () => {
  const retries = delays(MANAGED_ENDPOINTS).slice(1)
  assert.equal(retries.length, 100_015)
  assert.deepEqual(retries.slice(0, 6), [0, 0, 0, 1, 1, 1])
  assert.deepEqual(retries.slice(14, 17), [20, 20, 20])
  assert.equal(Math.floor(sum(retries) / 86_400), 23)
})

test('mail, text messages and push notifications are retried 50 times in more than 6 hours', () => {
  const retries = delays(CUSTOMER_ENDPOINTS).slice(1)
  assert.equal(retries.length, 50)
  assert.deepEqual(retries.slice(0, 3), [10, 10, 10])
  assert.deepEqual([retries[11], retries[12], retries[49]], [600, 600, 600])
  assert.equal(Math.floor(sum(retries) / 3600), 6)
})

const protocols = [
  { of: ['http', 'https'], expected: httpSchedule(standard) },
  { of: ['sqs', 'lambda', 'firehose'], expected: MANAGED_ENDPOINTS },
  { of: ['email', 'email-json', 'sms', 'application'], expected: CUSTOMER_ENDPOINTS },
]
for (const { of, expected } of protocols) {
  test(`the schedule of ${of.join(', ')}`, () => {
    for (const protocol of of) assert.deepEqual(scheduleFor(protocol, standard), expected)
  })
}

const answers = [
  { statuses: [200, 201, 204, 299], expected: 'delivered' },
  { statuses: [429, 500, 502, 503, 599, undefined], expected: 'retry' },
  { statuses: [301, 302, 308, 400, 401, 403, 404, 410, 499], expected: 'failed' },
]
for (const { statuses, expected } of answers) {
  test(`${statuses.join(', ')}: ${expected}`, () => {
    for (const status of statuses) assert.equal(classify(status), expected)
  })
}

const throttled = [
  { name: 'without a limit at once', max: undefined, lastAt: 1000, now: 1000, expected: 1000 },
  { name: 'the first at once', max: 1, lastAt: undefined, now: 1000, expected: 1000 },
  { name: 'one a second', max: 1, lastAt: 1000, now: 1001, expected: 2000 },
  { name: 'after a pause at once', max: 1, lastAt: 1000, now: 5000, expected: 5000 },
  { name: 'more than one in a millisecond', max: 4000, lastAt: 1000, now: 1000, expected: 1000.25 },
]
for (const { name, max, lastAt, now, expected } of throttled) {
  test(`when the next delivery may begin: ${name}`, () => assert.equal(nextDeliveryAt(max, lastAt, now), expected))
}

test('a rate holds over every second, however fast deliveries are asked for', () => {
  for (const max of [1, 7, 1000, 2500]) {
    const times: number[] = []
    for (let lastAt: number | undefined; times.length < 3 * max; ) {
      lastAt = nextDeliveryAt(max, lastAt, 50)
      times.push(lastAt)
    }
    for (const [i, at] of times.slice(max).entries()) assert.ok(at - (times[i] as number) >= 1000 - 1e-6)
  }
})
