/** Whoever may subscribe could have the platform itself call a node for them: what it sends is refused by every node. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startNode } from '../../../src/testing/node.ts'
import { metric, settled } from './outside.ts'
import { clientsOf, startSns } from './support.ts'

const sns = await startSns()
const other = await startNode()
const { sqs } = clientsOf(other.url)
after(async () => {
  sqs.destroy()
  await other.stop()
})

const paths = ['_millrace/reset', '?Action=CreateQueue&QueueName=x', '000000000000/kept?Action=DeleteQueue', '']

for (const path of paths) {
  test(`a node does nothing when another is told to notify ${path || 'it'}`, async () => {
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'kept' })
    const topicArn = await sns.createTopic()
    const before = await metric(other.url, 'requests_total', 'code="ForbiddenSender"')
    await settled(sns, () => sns.subscribe(topicArn, 'http', `${other.url}/${path}`))
    assert.equal(await metric(other.url, 'requests_total', 'code="ForbiddenSender"'), before + 1)
    assert.deepEqual((await sqs.listQueues()).QueueUrls, [QueueUrl])
  })
}
