/**
 * The benchmark of SNS: publishing to queues, to many filtered subscriptions, and to endpoints over HTTP; beside SendMessage
 * of SQS, which puts one message into one queue as publishing does.
 *
 * A document for a queue is signed only when it is received, and nothing is received here: so what publishing it costs is
 * all but the signature. What is sent over HTTP is signed when it is sent.
 */
import type { Benchmark } from './benchmark.ts'
import { medianOf, over } from './figures.ts'
import type { Scenario } from './scenario.ts'
import type { Results } from './session.ts'
import { SEND } from './sqs-scenarios.ts'
import { messagesPerSecond, perReference, runOf, type Target, twinRatio } from './targets.ts'
import { topic } from './topic.ts'

/** More than the usual 200 of a topic. */
const FILTER_POLICIES = '20000'
/** The slow endpoint's first notifications time out after 15 s: right in the measured window. */
const BESIDE_SLOW_WARM_UP_SECONDS = 14

const publishTo = (queues: number): Scenario => ({
  name: `publish-${queues}`,
  title: `Publish to ${queues} queue${queues === 1 ? '' : 's'}`,
  on: topic({ queues }),
  flow: 'publish',
  copies: queues,
})

const scenarios: readonly Scenario[] = [
  { ...publishTo(0), copies: undefined },
  publishTo(1),
  {
    ...publishTo(1),
    name: 'envelope',
    title: 'Publish to 1 queue, in a document',
    on: topic({ queues: 1, enveloped: true }),
    twin: 'publish-1',
  },
  { ...publishTo(1), name: 'batch', title: 'PublishBatch of 10 to 1 queue', flow: 'publishBatch' },
  publishTo(10),
  publishTo(100),
  {
    ...publishTo(10),
    name: 'unfiltered',
    title: 'Publish with an attribute to 10 queues',
    flow: 'publishWithAttribute',
  },
  {
    name: 'filtered',
    title: 'the same, 10 of 10,000 filtered match',
    on: topic({ queues: 10, filteredOut: 9990 }),
    flow: 'publishWithAttribute',
    copies: 10,
    twin: 'unfiltered',
  },
  { name: 'http', title: 'HTTP notifications, raw', on: topic(), flow: 'http' },
  { name: 'http-signed', title: 'HTTP notifications, signed', on: topic(), flow: 'httpSigned', twin: 'http' },
  {
    name: 'http-slow',
    title: 'HTTP notifications, raw, beside a slow endpoint',
    on: topic(),
    flow: 'httpBesideSlow',
    warmUpSeconds: BESIDE_SLOW_WARM_UP_SECONDS,
    twin: 'http',
  },
]

const targets: readonly Target[] = [
  { figure: 'Publish to 1 queue', unit: 'per SendMessage', atLeast: 0.85, read: (r) => perReference(r, 'publish-1') },
  {
    figure: 'each further copy, server CPU',
    unit: '× SendMessage',
    atMost: 0.15,
    read: (r) => furtherCopy(r, 'serverCpuMicros', 'serverMicros'),
  },
  { figure: 'Publish to 100 queues', unit: 'per second', atLeast: 1500, read: (r) => perSecond(r, 'publish-100') },
  {
    figure: 'Publish, 10 of 10,000 filtered match',
    unit: '× unfiltered',
    atLeast: 0.5,
    read: (r) => twinRatio(r, 'filtered', 'unfiltered'),
  },
  { figure: 'HTTP notifications, raw', unit: 'per second', atLeast: 5000, read: (r) => perSecond(r, 'http') },
  { figure: 'HTTP notifications, signed', unit: 'per second', atLeast: 5000, read: (r) => perSecond(r, 'http-signed') },
  {
    figure: 'HTTP beside a slow endpoint',
    unit: '× alone',
    atLeast: 0.8,
    read: (r) => twinRatio(r, 'http-slow', 'http'),
  },
]

/** The database does a part of the work. */
const sharedTargets: readonly Target[] = targets.toSpliced(2, 0, {
  figure: 'each further copy, PostgreSQL CPU',
  unit: '× SendMessage',
  atMost: 0.15,
  read: (r) => furtherCopy(r, 'postgresCpuMicros', 'postgresMicros'),
})

export const sns: Benchmark = {
  title: 'SNS',
  bareRequests: { flow: 'publish', resource: 'arn:aws:sns:us-east-1:000000000000:bench' },
  scenarios,
  nodeArgs: ['--sns-filter-policies-per-topic', FILTER_POLICIES, '--sns-filter-policies-per-account', FILTER_POLICIES],
  reference: SEND,
  names: () => scenarios.map(({ name }) => name),
  async measure(session) {
    await session.runAll(scenarios)
    return session.end()
  },
  targets: (isShared) => (isShared ? sharedTargets : targets),
  report: () => [],
}

function perSecond(results: Results, scenario: string): number | undefined {
  const run = runOf(results, scenario)
  return run && messagesPerSecond(run)
}

/** What one copy more costs, from 1 queue to 100, beside a SendMessage. */
function furtherCopy(
  results: Results,
  cpu: 'serverCpuMicros' | 'postgresCpuMicros',
  reference: 'serverMicros' | 'postgresMicros',
): number | undefined {
  const [one, hundred] = ['publish-1', 'publish-100'].map((scenario) => {
    const run = runOf(results, scenario)
    return over(run?.[cpu], run?.messages)
  })
  if (one === undefined || hundred === undefined) return undefined
  return over((hundred - one) / 99, medianOf(results.reference)[reference])
}
