import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startNode } from './testing/node.ts'
import { shiftClock } from './testing/shift-clock.ts'

const post = (url: string, body?: string) => fetch(url, { method: 'POST', body })

async function callSqs(url: string, operation: string, input: object) {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${operation}` }
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) })
  return (await response.json()) as Record<string, unknown>
}

test('a node is ready, and says so until it stops', async () => {
  const node = await startNode()
  const health = await fetch(`${node.url}/_millrace/health`)
  assert.deepEqual([health.status, await health.json()], [200, { status: 'ready' }])
  await node.stop()
  await assert.rejects(fetch(`${node.url}/_millrace/health`))
})

test('metrics tell of requests and of commits', async () => {
  await using node = await startNode()
  await callSqs(node.url, 'CreateQueue', { QueueName: 'q' })
  const text = await (await fetch(`${node.url}/_millrace/metrics`)).text()
  assert.match(text, /^millrace_requests_total\{service="sqs",operation="CreateQueue",code="OK"\} 1$/m)
  assert.match(text, /^millrace_commit_group_calls_count [1-9]/m)
  assert.match(text, /^millrace_commit_duration_seconds_sum \d/m)
  assert.match(
    text,
    /^millrace_sqs_messages\{account="000000000000",region="us-east-1",queue="q",state="visible"\} 0$/m,
  )
})

test('a shift of the clock brings forward what waits for it', async () => {
  await using node = await startNode()
  const { QueueUrl } = await callSqs(node.url, 'CreateQueue', { QueueName: 'q' })
  await callSqs(node.url, 'SendMessage', { QueueUrl, MessageBody: 'later', DelaySeconds: 600 })
  assert.equal((await callSqs(node.url, 'ReceiveMessage', { QueueUrl })).Messages, undefined)
  await shiftClock(node.url, 600_000)
  assert.equal(((await callSqs(node.url, 'ReceiveMessage', { QueueUrl })).Messages as unknown[]).length, 1)
})

test('a reset leaves nothing behind, and the node goes on', async () => {
  await using node = await startNode()
  await callSqs(node.url, 'CreateQueue', { QueueName: 'q' })
  assert.equal((await post(`${node.url}/_millrace/reset`)).status, 200)
  assert.equal((await callSqs(node.url, 'ListQueues', {})).QueueUrls, undefined)
  await callSqs(node.url, 'CreateQueue', { QueueName: 'q' })
  assert.equal(((await callSqs(node.url, 'ListQueues', {})).QueueUrls as unknown[]).length, 1)
})
