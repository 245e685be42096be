/** A reset deletes topics too, and what nodes remember of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSns } from './support.ts'

test('after a reset there are no topics, and what is signed then can be checked', async () => {
  const fixture = await startSns()
  const { sns, sqs, node } = fixture
  const certificateOfNewMessage = async () => {
    const { TopicArn } = await sns.createTopic({ Name: 'again' })
    const { QueueUrl } = await sqs.createQueue({ QueueName: 'again' })
    await sns.subscribe({ TopicArn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:000000000000:again' })
    await sns.publish({ TopicArn, Message: 'signed' })
    const { Messages = [] } = await sqs.receiveMessage({ QueueUrl })
    const { SigningCertURL } = JSON.parse(Messages[0]?.Body ?? '{}') as { SigningCertURL: string }
    const { status } = await fetch(SigningCertURL)
    return { SigningCertURL, status }
  }
  const before = await certificateOfNewMessage()
  const reset = await fetch(`${node.url}/_millrace/reset`, { method: 'POST' })
  assert.equal(reset.status, 200)
  assert.deepEqual((await sns.listTopics({})).Topics, [])
  const after = await certificateOfNewMessage()
  assert.deepEqual([before.status, after.status], [200, 200])
  assert.notEqual(after.SigningCertURL, before.SigningCertURL)
})
