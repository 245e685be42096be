import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../src/kernel/kernel.ts'
import { coverageOf, renderCoverage } from './coverage.ts'

test('an operation is built when the service has a handler of its name', () => {
  const service: Service = {
    id: 'sqs',
    start: ({ store, clock, config }) => {
      store.onWake('sqs.queue', () => clock.now())
      return { handlers: { SendMessage: () => config.region, NotAnOperation: () => ({}) } }
    },
  }
  const { sdkId, operations } = coverageOf(service)
  assert.equal(sdkId, 'SQS')
  assert.deepEqual(
    operations.filter(({ isBuilt }) => isBuilt).map(({ name }) => name),
    ['SendMessage'],
  )
  assert.ok(operations.some(({ name, isBuilt }) => name === 'ReceiveMessage' && !isBuilt))
})

test('the page counts what is built and links each service to its table', () => {
  const page = renderCoverage([
    {
      sdkId: 'API Gateway',
      operations: [
        { name: 'CreateRestApi', isBuilt: true },
        { name: 'DeleteRestApi', isBuilt: false },
      ],
    },
  ])
  assert.match(page, /^\| \[API Gateway\]\(#api-gateway\) \| 1 \| 2 \|$/m)
  assert.match(page, /^## API Gateway$/m)
  assert.match(page, /^\| CreateRestApi \| yes \|\n\| DeleteRestApi \| no \|$/m)
})
