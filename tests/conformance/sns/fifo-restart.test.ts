/** What a FIFO topic remembers outlives its node: what it accepted, for five minutes, and where its numbers are. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startNode } from '../../../src/testing/node.ts'
import { shiftClock } from '../../../src/testing/shift-clock.ts'
import { SnsFixture } from './support.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'millrace-fifo-'))
const start = async () => new SnsFixture(await startNode({ dataDir }))
let run = await start()

after(async () => {
  await run.close()
  await rm(dataDir, { recursive: true })
})

async function restart(): Promise<void> {
  await run.close()
  run = await start()
}

/** In such a way that a restart doesn't take it back. */
async function advance(seconds: number): Promise<void> {
  await shiftClock(run.node.url, seconds * 1000)
}

test('after a restart repeats are known for the rest of the five minutes, and sequence numbers go on', async () => {
  const topic = await run.createFifoTopic()
  const queue = await run.subscribeQueue(topic, { RawMessageDelivery: 'true' })
  const publish = async (message: string) => {
    const options = { MessageGroupId: 'g', MessageDeduplicationId: 'd' }
    const { MessageId, SequenceNumber = '' } = await run.publish(topic, message, options)
    return { MessageId, SequenceNumber }
  }
  const first = await publish('one')
  await advance(200)
  await restart()
  assert.deepEqual(await publish('two'), first)
  await advance(100)
  const second = await publish('three')
  assert.notEqual(second.MessageId, first.MessageId)
  assert.ok(BigInt(second.SequenceNumber) > BigInt(first.SequenceNumber))
  const url = queue.url.replace(/^http:\/\/[^/]+/, run.node.url) // the port is another one now
  assert.deepEqual((await run.bodies({ url })).sort(), ['one', 'three'])
})
