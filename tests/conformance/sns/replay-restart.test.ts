/** A replay goes on where it was when its node is killed: no message is left out, and none comes twice. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { SNS } from '@aws-sdk/client-sns'
import { spawnNode } from '../../../src/testing/node.ts'
import { shiftClock } from '../../../src/testing/shift-clock.ts'
import { drainEnvelopes, publishAll, replayEnded, replayPolicy } from './fifo-support.ts'
import { clientsOf, queueArnOf, topicArnOf } from './support.ts'

const MESSAGES = 1_200
const KILLS = 2

const dataDir = await mkdtemp(join(tmpdir(), 'millrace-replay-'))
const start = () => spawnNode({ dataDir, args: ['--log-level', 'silent'] })
let node = await start()

after(async () => {
  await node.kill()
  await rm(dataDir, { recursive: true })
})

/** Where nodes share a database, the jobs of one that died are taken over half a minute later. */
async function letLeasesExpire(): Promise<void> {
  await shiftClock(node.url, 31_000)
}

/** ReplayStatus, once the first slice was delivered. */
async function begun(sns: SNS, SubscriptionArn: string): Promise<string | undefined> {
  for (;;) {
    const { Attributes } = await sns.getSubscriptionAttributes({ SubscriptionArn })
    if (Attributes?.ReplayStatus !== 'Pending') return Attributes?.ReplayStatus
  }
}

test('a replay survives kill -9', { timeout: 60_000 }, async () => {
  const topic = topicArnOf('replayed.fifo')
  const texts = Array.from({ length: MESSAGES }, (_, at) => `message-${at}`)
  let { sns, sqs } = clientsOf(node.url)
  const ArchivePolicy = '{"MessageRetentionPeriod":"30"}'
  await sns.createTopic({ Name: 'replayed.fifo', Attributes: { FifoTopic: 'true', ArchivePolicy } })
  await sqs.createQueue({ QueueName: 'in-order.fifo', Attributes: { FifoQueue: 'true' } })
  await sqs.createQueue({ QueueName: 'every-copy' }) // it drops no repeats
  await publishAll(sns, topic, texts)
  const subscriptions: string[] = []
  for (const name of ['in-order.fifo', 'every-copy']) {
    const { SubscriptionArn = '' } = await sns.subscribe({
      TopicArn: topic,
      Protocol: 'sqs',
      Endpoint: queueArnOf(name),
      Attributes: { ReplayPolicy: replayPolicy(0) },
    })
    subscriptions.push(SubscriptionArn)
  }
  for (let kills = 0; kills < KILLS; kills++) {
    if (kills === 0) assert.equal(await begun(sns, subscriptions[1] as string), 'In progress')
    await node.kill('SIGKILL')
    node = await start()
    ;({ sns, sqs } = clientsOf(node.url))
    await letLeasesExpire()
  }
  for (const arn of subscriptions) assert.equal(await replayEnded(sns, arn), 'Completed')
  const received = async (name: string) => {
    const envelopes = await drainEnvelopes(sqs, { url: `${node.url}/000000000000/${name}` })
    return envelopes.map(({ Message }) => Message)
  }
  assert.deepEqual(await received('in-order.fifo'), texts)
  assert.deepEqual((await received('every-copy')).sort(), texts.toSorted())
})
