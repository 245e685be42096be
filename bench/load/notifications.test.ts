import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startNode, type TestNode } from '../../src/testing/node.ts'
import { generate } from '../servers.ts'
import { topic } from '../topic.ts'
import { HttpEndpoint } from './http-endpoint.ts'
import { notificationFlows } from './notifications.ts'

let node: TestNode
before(async () => {
  node = await startNode()
})
after(() => node.stop())

for (const flow of Object.keys(notificationFlows) as (keyof typeof notificationFlows)[]) {
  test(`every notification is counted and timed once: ${flow}`, async () => {
    const endpoint = node.url
    const { resource } = await topic()({ endpoint, stop: async () => {} })
    const run = { endpoints: [endpoint], serverPids: [], connections: 4, warmUpSeconds: 0, seconds: 1 }
    const { messages, latency, latencyOf } = await generate({ ...run, resource, flow })
    assert.ok(messages > 0)
    assert.deepEqual({ count: latency.count, latency }, { count: messages, latency: latencyOf.notification })
    assert.ok(latency.p50Millis > 0 && latency.maxMillis < 30_000, `${latency.p50Millis} to ${latency.maxMillis} ms`)
    const published = (latencyOf.PublishBatch?.count ?? 0) * 10
    assert.ok(published > 0 && messages <= published + 1000, `${messages} of ${published}`)
  })
}

test('an endpoint answers what it is told to, and nothing else', async () => {
  const posted: string[] = []
  const endpoint = await HttpEndpoint.open((type, body) => {
    posted.push(`${type} ${body}`)
    return type !== 'Notification'
  })
  const post = (type: string, body: string) =>
    fetch(endpoint.url, { method: 'POST', body, headers: { 'x-amz-sns-message-type': type } })
  const unanswered = post('Notification', 'hello')
  assert.equal((await post('SubscriptionConfirmation', '{}')).status, 200)
  endpoint.close()
  await assert.rejects(unanswered)
  assert.deepEqual(posted.sort(), ['Notification hello', 'SubscriptionConfirmation {}'])
})
