import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { loadModel } from '../../../src/kernel/protocol/load-model.ts'
import type { SpawnedNode } from '../../../src/testing/node.ts'
import { formOf } from '../clients/query-client.ts'
import { inputOf } from './arbitrary-input.ts'
import { assertAnswer, assertUnharmed, call, FORM_HEADERS, jsonHeaders, send, startTarget } from './support.ts'

const RUNS = { numRuns: 25, seed: 20_260_131 }

describe('whatever the values of its input', () => {
  let node: SpawnedNode
  before(async () => {
    node = await startTarget()
  })
  after(() => node.kill())

  // Any of the operations may delete a queue, or fill one attribute with nonsense that a later one stumbles on.
  const ensureQueues = async () => {
    await call(node.url, 'CreateQueue', { QueueName: 'q' })
    const Attributes = { FifoQueue: 'true' }
    await call(node.url, 'CreateQueue', { QueueName: 'q.fifo', Attributes })
  }

  for (const operation of loadModel('sqs').operations.values()) {
    test(`${operation.name} answers, in JSON`, async () => {
      await ensureQueues()
      const answers = fc.asyncProperty(inputOf(operation), async (input) => {
        assertAnswer(await send(node.url, jsonHeaders(operation.name), JSON.stringify(input)))
      })
      await fc.assert(answers, RUNS)
      await assertUnharmed(node)
    })

    test(`${operation.name} answers, in XML`, async () => {
      await ensureQueues()
      const answers = fc.asyncProperty(inputOf(operation), async (input) => {
        const form = new URLSearchParams({ Action: operation.name, ...formOf(operation, input) })
        assertAnswer(await send(node.url, FORM_HEADERS, String(form)))
      })
      await fc.assert(answers, RUNS)
      await assertUnharmed(node)
    })
  }

  test('the operations answer in any order, each finding what the others left', async () => {
    const operations = [...loadModel('sqs').operations.values()]
    const requests = fc.array(
      fc.constantFrom(...operations).chain((operation) => inputOf(operation).map((input) => ({ operation, input }))),
      { minLength: 10, maxLength: 30 },
    )
    const answers = fc.asyncProperty(requests, async (requests) => {
      await ensureQueues()
      for (const { operation, input } of requests) {
        assertAnswer(await send(node.url, jsonHeaders(operation.name), JSON.stringify(input)))
      }
    })
    await fc.assert(answers, RUNS)
    await assertUnharmed(node)
  })
})
