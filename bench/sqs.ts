/** The benchmark of SQS: its loads, how nodes start, a deep queue, and a queue that much goes through. */
import type { Benchmark } from './benchmark.ts'
import { churn, churnReport } from './churn.ts'
import { deepQueue } from './deep.ts'
import { deepScenarios, SEND, scenarios } from './sqs-scenarios.ts'
import { embeddedTargets, type SqsResults, sharedTargets } from './sqs-targets.ts'
import { startUps } from './start-up.ts'
import { runOf } from './targets.ts'

const START_UP = 'startup'
export const DEEP = 'deep'
const CHURN = 'churn'

export const sqs: Benchmark<SqsResults> = {
  title: 'SQS',
  bareRequests: { flow: SEND.flow, resource: 'http://127.0.0.1:4566/000000000000/bench' },
  scenarios: [...scenarios, ...deepScenarios],
  nodeArgs: [],
  names: (isShared) => [
    START_UP,
    ...scenarios.filter(({ twoNodes }) => isShared || !twoNodes).map(({ name }) => name),
    DEEP,
    ...(isShared ? [CHURN] : []),
  ],
  onlyWhenNamed: CHURN,

  async measure(session) {
    const started = await session.step(START_UP, startUps)
    await session.runAll(scenarios)
    const deep = await session.step(DEEP, deepQueue)
    const churned = await session.step(CHURN, churn)
    return { ...(await session.end()), ...started, ...deep, ...(churned && { churn: churned }) }
  },

  targets: (isShared) => (isShared ? sharedTargets : embeddedTargets),

  report: (results) => [
    ...(runOf(results, 'send-2') || runOf(results, 'receive-2') ? ['', TWO_NODES] : []),
    ...(results.churn ? churnReport(results.churn) : []),
  ],
}

const TWO_NODES = 'Two nodes are judged below only where one node, PostgreSQL and the load left cores for them.'
