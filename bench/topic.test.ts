import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startNode, type TestNode } from '../src/testing/node.ts'
import { clientsOf, withOptions } from '../tests/conformance/sns/support.ts'
import { manyCalls } from './calls.ts'
import { generate } from './servers.ts'
import { topic } from './topic.ts'

let node: TestNode
let clients: ReturnType<typeof clientsOf>
before(async () => {
  node = await startNode(withOptions({ filterPoliciesPerTopic: 300 }))
  clients = clientsOf(node.url)
})
after(async () => {
  for (const client of Object.values(clients)) client.destroy()
  await node.stop()
})

test('a topic gets the subscribers that were asked for, delivers to its queues, and goes with them', async () => {
  const { sns, sqs } = clients
  const server = { endpoint: node.url, stop: async () => {} }
  const { resource, remove } = await topic({ queues: 2, filteredOut: 248 })(server)
  const { Attributes } = await sns.getTopicAttributes({ TopicArn: resource })
  assert.equal(Attributes?.SubscriptionsConfirmed, '250')

  const run = { endpoints: [node.url], serverPids: [], connections: 2, warmUpSeconds: 0, seconds: 1 }
  const { messages } = await generate({ ...run, resource, flow: 'publishWithAttribute' })
  assert.ok(messages > 0)
  const { QueueUrls = [] } = await sqs.listQueues({})
  assert.equal(QueueUrls.length, 2)
  for (const QueueUrl of QueueUrls) {
    const { Messages } = await sqs.receiveMessage({ QueueUrl })
    assert.match(Messages?.[0]?.Body ?? '', /^The quick brown fox/)
  }

  await remove()
  assert.deepEqual((await sns.listTopics({})).Topics, [])
  assert.equal((await sqs.listQueues({})).QueueUrls, undefined)
})

test('queues get documents where they are asked for', async () => {
  const { sqs } = clients
  const { resource, remove } = await topic({ queues: 1, enveloped: true })({ endpoint: node.url, stop: async () => {} })
  await clients.sns.publish({ TopicArn: resource, Message: 'hello' })
  const { QueueUrls: [QueueUrl] = [] } = await sqs.listQueues({})
  const { Messages } = await sqs.receiveMessage({ QueueUrl })
  assert.equal(JSON.parse(Messages?.[0]?.Body ?? '').Message, 'hello')
  await remove()
})

test('many calls resolve in order, some at a time', async () => {
  let atOnce = 0
  let most = 0
  const results = await manyCalls(120, async (n) => {
    most = Math.max(most, ++atOnce)
    await new Promise(setImmediate)
    atOnce--
    return n
  })
  assert.deepEqual(
    results,
    Array.from({ length: 120 }, (_, n) => n),
  )
  assert.equal(most, 50)
})
