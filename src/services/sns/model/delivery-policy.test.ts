import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuseAttribute, refuseAttributes } from '../errors.ts'
import {
  contentTypeFor,
  effectiveDeliveryPolicy,
  effectiveSubscriptionDeliveryPolicy,
  effectiveTopicDeliveryPolicy,
  subscriptionDeliveryPolicy,
  topicDeliveryPolicy,
} from './delivery-policy.ts'
import { expectRefusal } from './expect-refusal.ts'

const ofTopic = (policy: unknown) => topicDeliveryPolicy(JSON.stringify(policy), refuseAttribute)
const ofSubscription = (policy: unknown, raw = false) =>
  subscriptionDeliveryPolicy(JSON.stringify(policy), raw, refuseAttribute)

const standard =
  '{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,' +
  '"numMinDelayRetries":0,"backoffFunction":"linear"}'
const plainText = '{"headerContentType":"text/plain; charset=UTF-8"}'
const effective = (parts: { retry?: string; request?: string; throttle?: string; disable?: boolean } = {}) =>
  `{"http":{"defaultHealthyRetryPolicy":${parts.retry ?? standard},` +
  `"disableSubscriptionOverrides":${parts.disable ?? false},${parts.throttle ?? ''}` +
  `"defaultRequestPolicy":${parts.request ?? plainText}}}`

test('a topic without a policy has the default', () => {
  assert.equal(effectiveTopicDeliveryPolicy(undefined), effective())
  assert.equal(topicDeliveryPolicy('', refuseAttribute), undefined)
})

const some = { minDelayTarget: 5, maxDelayTarget: 6, numRetries: 1 }

const topics = [
  {
    name: 'a content type',
    given: { http: { defaultRequestPolicy: { headerContentType: 'application/json' } } },
    kept: '{"http":{"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"application/json"}}}',
    inEffect: effective({ request: '{"headerContentType":"application/json"}' }),
  },
  {
    name: 'the numbers that a retry policy must have',
    given: { http: { defaultHealthyRetryPolicy: some } },
    kept:
      '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1},' +
      '"disableSubscriptionOverrides":false}}',
    inEffect: effective({
      retry: standard.replace(/20/, '5').replace(/20/, '6').replace('"numRetries":3', '"numRetries":1'),
    }),
  },
  {
    name: 'members that are null',
    given: { http: { defaultHealthyRetryPolicy: null, defaultSicklyRetryPolicy: null, defaultThrottlePolicy: null } },
    kept: '{"http":{"disableSubscriptionOverrides":false}}',
    inEffect: effective(),
  },
  { name: 'nothing', given: {}, kept: '{"http":{"disableSubscriptionOverrides":false}}', inEffect: effective() },
  {
    name: 'everything, in another order',
    given: {
      http: {
        defaultRequestPolicy: { headerContentType: 'text/plain' },
        defaultThrottlePolicy: { maxReceivesPerSecond: 7 },
        disableSubscriptionOverrides: true,
        defaultHealthyRetryPolicy: {
          backoffFunction: 'exponential',
          numMaxDelayRetries: 1,
          numMinDelayRetries: 2,
          numNoDelayRetries: 3,
          numRetries: 100,
          maxDelayTarget: 3600,
          minDelayTarget: 1,
        },
      },
    },
    kept: effective({
      retry:
        '{"minDelayTarget":1,"maxDelayTarget":3600,"numRetries":100,"numMaxDelayRetries":1,"numNoDelayRetries":3,' +
        '"numMinDelayRetries":2,"backoffFunction":"exponential"}',
      disable: true,
      throttle: '"defaultThrottlePolicy":{"maxReceivesPerSecond":7},',
      request: '{"headerContentType":"text/plain"}',
    }),
    inEffect: undefined,
  },
]
for (const { name, given, kept, inEffect } of topics) {
  test(`a topic’s policy reads back: ${name}`, () => {
    assert.equal(ofTopic(given), kept)
    assert.equal(topicDeliveryPolicy(kept, refuseAttribute), kept)
    assert.equal(effectiveTopicDeliveryPolicy(kept), inEffect ?? kept)
  })
}

const nulls = (parts: { retry?: string; throttle?: string; request?: string } = {}) =>
  `{"healthyRetryPolicy":${parts.retry ?? null},"sicklyRetryPolicy":null,"throttlePolicy":${parts.throttle ?? null},` +
  `"requestPolicy":${parts.request ?? null},"guaranteed":false}`

const subscriptions = [
  {
    name: 'a content type',
    given: { requestPolicy: { headerContentType: 'text/csv' } },
    raw: true,
    kept: nulls({ request: '{"headerContentType":"text/csv"}' }),
    inEffect: nulls({ retry: standard, request: '{"headerContentType":"text/csv"}' }),
  },
  {
    name: 'what clients read and write back',
    given: {
      healthyRetryPolicy: { ...some, numNoDelayRetries: 0, backoffFunction: 'linear' },
      sicklyRetryPolicy: null,
      throttlePolicy: { maxReceivesPerSecond: 1000 },
      guaranteed: false,
    },
    raw: false,
    kept: nulls({
      retry: '{"minDelayTarget":5,"maxDelayTarget":6,"numRetries":1,"numNoDelayRetries":0,"backoffFunction":"linear"}',
      throttle: '{"maxReceivesPerSecond":1000}',
    }),
    inEffect: nulls({
      retry: standard.replace(/20/, '5').replace(/20/, '6').replace('"numRetries":3', '"numRetries":1'),
      throttle: '{"maxReceivesPerSecond":1000}',
      request: plainText,
    }),
  },
  {
    name: 'nothing',
    given: {},
    raw: false,
    kept: nulls(),
    inEffect: nulls({ retry: standard, request: plainText }),
  },
]
for (const { name, given, raw, kept, inEffect } of subscriptions) {
  test(`a subscription’s policy reads back: ${name}`, () => {
    assert.equal(ofSubscription(given, raw), kept)
    assert.equal(subscriptionDeliveryPolicy(kept, raw, refuseAttribute), kept)
    assert.equal(effectiveSubscriptionDeliveryPolicy(undefined, kept), inEffect)
  })
}

test('the empty text unsets a subscription’s policy', () => {
  assert.equal(subscriptionDeliveryPolicy('', false, refuseAttribute), undefined)
  assert.equal(
    effectiveSubscriptionDeliveryPolicy(undefined, undefined),
    nulls({ retry: standard, request: plainText }),
  )
})

test('each part comes from the subscription, else the topic, else the default', () => {
  const topic = ofTopic({
    http: {
      defaultHealthyRetryPolicy: some,
      defaultThrottlePolicy: { maxReceivesPerSecond: 7 },
      defaultRequestPolicy: { headerContentType: 'application/json' },
    },
  })
  const own = ofSubscription({ throttlePolicy: { maxReceivesPerSecond: 2 } })
  const { retry, maxReceivesPerSecond, headerContentType } = effectiveDeliveryPolicy(topic, own)
  assert.deepEqual(retry, { ...JSON.parse(standard), ...some })
  assert.equal(maxReceivesPerSecond, 2)
  assert.equal(headerContentType, 'application/json')
  assert.deepEqual(effectiveDeliveryPolicy(undefined, undefined), {
    retry: JSON.parse(standard),
    maxReceivesPerSecond: undefined,
    headerContentType: 'text/plain; charset=UTF-8',
  })
})

test('a topic can keep its subscriptions from having their own', () => {
  const topic = ofTopic({ http: { disableSubscriptionOverrides: true, defaultHealthyRetryPolicy: some } })
  const own = ofSubscription({
    healthyRetryPolicy: { ...some, numRetries: 9 },
    throttlePolicy: { maxReceivesPerSecond: 2 },
  })
  assert.equal(effectiveDeliveryPolicy(topic, own).retry.numRetries, 1)
  assert.equal(effectiveDeliveryPolicy(topic, own).maxReceivesPerSecond, undefined)
})

const retry = (changes: object) => ({ healthyRetryPolicy: { ...some, ...changes } })
const { minDelayTarget: _, ...withoutMin } = some

/** What is wrong with a subscription's policy; a topic's calls the same parts by other names. */
const refused: readonly (readonly [policy: unknown, complaint: string])[] = [
  [{ healthyRetryPolicy: withoutMin }, 'healthyRetryPolicy.minDelayTarget must be specified'],
  [{ healthyRetryPolicy: {} }, 'healthyRetryPolicy.minDelayTarget must be specified'],
  [retry({ maxDelayTarget: null }), 'healthyRetryPolicy.maxDelayTarget must be specified'],
  [retry({ numRetries: undefined }), 'healthyRetryPolicy.numRetries must be specified'],
  [retry({ minDelayTarget: 0 }), 'healthyRetryPolicy.minDelayTarget must be greater than or equal to 1'],
  [retry({ minDelayTarget: 7 }), 'healthyRetryPolicy.maxDelayTarget must be greater than or equal to minDelayTarget'],
  [retry({ maxDelayTarget: 3601 }), 'healthyRetryPolicy.maxDelayTarget must be less than or equal to 3600'],
  [retry({ numRetries: -1 }), 'healthyRetryPolicy.numRetries must be greater than or equal to 0'],
  [retry({ numRetries: 101 }), 'healthyRetryPolicy.numRetries must be less than or equal to 100'],
  ...['numNoDelayRetries', 'numMinDelayRetries', 'numMaxDelayRetries'].flatMap(
    (name) =>
      [
        [retry({ [name]: -1 }), `healthyRetryPolicy.${name} must be greater than or equal to 0`],
        [retry({ [name]: '1' }), `healthyRetryPolicy.${name} must be an integer`],
        [
          retry({ [name]: 2 }),
          'healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, ' +
            'numNoDelayRetries and numMaxDelayRetries',
        ],
      ] as const,
  ),
  [retry({ numRetries: 1.5 }), 'healthyRetryPolicy.numRetries must be an integer'],
  [
    retry({ backoffFunction: 'cubic' }),
    'healthyRetryPolicy.backoffFunction: the value [cubic] is not a valid backoff function',
  ],
  [retry({ backoffFunction: 1 }), 'healthyRetryPolicy.backoffFunction: the value [1] is not a valid backoff function'],
  [retry({ other: 1 }), 'Unexpected JSON member: other'],
  [{ healthyRetryPolicy: [] }, 'healthyRetryPolicy must be a JSON object'],
  [{ throttlePolicy: { maxReceivesPerSecond: 0 } }, 'throttlePolicy.maxReceivesPerSecond must be >= 1'],
  [{ throttlePolicy: { maxReceivesPerSecond: 1.5 } }, 'throttlePolicy.maxReceivesPerSecond must be an integer'],
  [{ throttlePolicy: { other: 1 } }, 'Unexpected JSON member: other'],
  [{ throttlePolicy: 1 }, 'throttlePolicy must be a JSON object'],
  ...['image/png', 'text', '', 'text/plain\r\nx: y', 'text/plain; ü', 1].map(
    (headerContentType) =>
      [
        { requestPolicy: { headerContentType } },
        'requestPolicy.headerContentType is not a supported content type',
      ] as const,
  ),
]
for (const [policy, complaint] of refused) {
  test(`${JSON.stringify(policy)} is refused: ${complaint}`, () => {
    expectRefusal(
      () => ofSubscription(policy),
      'InvalidParameterException',
      `Invalid parameter: DeliveryPolicy: ${complaint}`,
    )
    const http = Object.fromEntries(
      Object.entries(policy as object).map(([name, part]) => [
        `default${name[0]?.toUpperCase()}${name.slice(1)}`,
        part,
      ]),
    )
    const complaintOfTopic = complaint.replace(
      /^[a-z]\w*Policy/,
      (name) => `http.default${name[0]?.toUpperCase()}${name.slice(1)}`,
    )
    expectRefusal(
      () => topicDeliveryPolicy(JSON.stringify({ http }), refuseAttributes),
      'InvalidParameterException',
      `Invalid parameter: Attributes Reason: DeliveryPolicy: ${complaintOfTopic}`,
    )
  })
}

const refusedOfOne: readonly (readonly [call: () => unknown, complaint: string])[] = [
  [() => ofTopic({ healthyRetryPolicy: some }), 'Unexpected JSON member: healthyRetryPolicy'],
  [() => ofTopic({ http: { throttlePolicy: {} } }), 'Unexpected JSON member: throttlePolicy'],
  [() => ofTopic({ http: [] }), 'http must be a JSON object'],
  [() => ofTopic([]), 'The policy must be a JSON object'],
  [
    () => ofTopic({ http: { disableSubscriptionOverrides: 'true' } }),
    'http.disableSubscriptionOverrides must be true or false',
  ],
  [() => ofTopic({ http: { defaultSicklyRetryPolicy: some } }), 'http.defaultSicklyRetryPolicy must be null'],
  [() => ofSubscription({ http: {} }), 'Unexpected JSON member: http'],
  [() => ofSubscription({ sicklyRetryPolicy: some }), 'sicklyRetryPolicy must be null'],
  [() => ofSubscription({ guaranteed: true }), 'guaranteed must be false'],
  [() => ofSubscription('text'), 'The policy must be a JSON object'],
  [
    () => ofSubscription({ requestPolicy: { headerContentType: 'text/csv' } }),
    'requestPolicy.headerContentType text/csv needs RawMessageDelivery',
  ],
]
for (const [call, complaint] of refusedOfOne) {
  test(`${String(call).slice(6)} is refused: ${complaint}`, () =>
    expectRefusal(call, 'InvalidParameterException', `Invalid parameter: DeliveryPolicy: ${complaint}`))
}

test('what is not JSON is refused, whatever the parser says of it', () => {
  for (const read of [
    topicDeliveryPolicy,
    (text: string, refuse: typeof refuseAttribute) => subscriptionDeliveryPolicy(text, false, refuse),
  ]) {
    assert.throws(
      () => read('{invalid}', refuseAttribute),
      /^InvalidParameterException: Invalid parameter: DeliveryPolicy: failed to parse JSON\. ./,
    )
  }
})

const contentTypes = [
  {
    types: ['application/json', 'text/plain', 'text/plain; charset=UTF-8', 'Application/JSON;charset=x'],
    document: true,
  },
  {
    types: [
      'text/css',
      'text/csv',
      'text/html; charset=UTF-8',
      'text/xml',
      'application/atom+xml',
      'application/octet-stream',
      'application/soap+xml',
      'application/x-www-form-urlencoded',
      'application/xml',
    ],
    document: false,
  },
]
for (const { types, document } of contentTypes) {
  test(`${types.join(', ')}: ${document ? 'documents and raw messages' : 'only raw messages'}`, () => {
    for (const headerContentType of types) {
      const policy = effectiveDeliveryPolicy(
        ofTopic({ http: { defaultRequestPolicy: { headerContentType } } }),
        undefined,
      )
      assert.equal(contentTypeFor(policy, true), headerContentType)
      assert.equal(contentTypeFor(policy, false), document ? headerContentType : 'text/plain; charset=UTF-8')
    }
  })
}
