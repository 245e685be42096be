/** The order of a FIFO topic: every queue gets the messages of a group as they were published. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drain, inTens } from './fifo-support.ts'
import { type ReceivedMessage, startSns } from './support.ts'

const fixture = await startSns()
const { sns, sqs } = fixture

const MESSAGES = 1_000
const GROUPS = 7

const groupOf = (at: number) => `group-${at % GROUPS}`

/** The messages of each group, by their texts, in the order of the list. */
function byGroup(received: readonly ReceivedMessage[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {}
  for (const { Body, Attributes } of received) {
    const group = Attributes.MessageGroupId as string
    groups[group] ??= []
    groups[group].push(Body)
  }
  return groups
}

test('a thousand messages of several groups keep their order in every queue', async () => {
  const topic = await fixture.createFifoTopic()
  const raw = { RawMessageDelivery: 'true' }
  const everything = await fixture.subscribeQueue(topic, raw, await fixture.createFifoQueue())
  const same = await fixture.subscribeQueue(topic, raw, await fixture.createFifoQueue({ DelaySeconds: '1' }))
  const filter = { FilterPolicy: '{"parity":["even"]}' }
  const even = await fixture.subscribeQueue(topic, { ...raw, ...filter }, await fixture.createFifoQueue())

  const texts = Array.from({ length: MESSAGES }, (_, at) => String(at))
  const expected: Record<string, string[]> = {}
  for (const text of texts) {
    const group = groupOf(Number(text))
    expected[group] ??= []
    expected[group].push(text)
  }
  for (const ten of inTens(texts)) {
    const { Failed } = await sns.publishBatch({
      TopicArn: topic,
      PublishBatchRequestEntries: ten.map((text) => ({
        Id: text,
        Message: text,
        MessageGroupId: groupOf(Number(text)),
        MessageDeduplicationId: text,
        MessageAttributes: { parity: { DataType: 'String', StringValue: Number(text) % 2 === 0 ? 'even' : 'odd' } },
      })),
    })
    assert.deepEqual(Failed, [])
  }
  fixture.advance(1)
  for (const queue of [everything, same]) assert.deepEqual(byGroup(await drain(sqs, queue)), expected)
  const evens = Object.entries(expected).map(([group, all]) => [group, all.filter((text) => Number(text) % 2 === 0)])
  assert.deepEqual(byGroup(await drain(sqs, even)), Object.fromEntries(evens))
})

test('publishers of different groups at the same time each keep their order', async () => {
  const topic = await fixture.createFifoTopic()
  const queues = [await fixture.createFifoQueue(), await fixture.createFifoQueue()]
  for (const queue of queues) await fixture.subscribeQueue(topic, { RawMessageDelivery: 'true' }, queue)
  const groups = Array.from({ length: 8 }, (_, at) => groupOf(at)).slice(0, GROUPS)
  const texts = Array.from({ length: 20 }, (_, at) => String(at))
  const sequences = new Map<string, string[]>()
  await Promise.all(
    groups.map(async (MessageGroupId) => {
      const numbers: string[] = []
      sequences.set(MessageGroupId, numbers)
      for (const text of texts) {
        const MessageDeduplicationId = `${MessageGroupId}-${text}`
        const { SequenceNumber } = await fixture.publish(topic, text, { MessageGroupId, MessageDeduplicationId })
        numbers.push(SequenceNumber as string)
      }
    }),
  )
  for (const numbers of sequences.values()) assert.deepEqual(numbers, numbers.toSorted())
  for (const queue of queues) {
    assert.deepEqual(byGroup(await drain(sqs, queue)), Object.fromEntries(groups.map((group) => [group, texts])))
  }
})
