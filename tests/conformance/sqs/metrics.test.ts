/** The node's metrics of SQS: a scripted run, counted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSqs } from './support.ts'

const fixture = await startSqs()
const { sqs, node } = fixture

const NAMES = [
  'messages_sent',
  'messages_deduplicated',
  'messages_received',
  'messages_deleted',
  'empty_receives',
] as const
type Counts = Readonly<Record<(typeof NAMES)[number], number>>

const scrape = async (): Promise<string> => (await fetch(`${node.url}/_millrace/metrics`)).text()

async function counts(): Promise<Counts> {
  const text = await scrape()
  const read = (name: string) => Number(new RegExp(`^millrace_sqs_${name}_total (\\d+)$`, 'm').exec(text)?.[1])
  return Object.fromEntries(NAMES.map((name) => [name, read(name)])) as Counts
}

/** What the run added to the counts. */
async function counted(run: () => Promise<unknown>): Promise<Partial<Counts>> {
  const before = await counts()
  await run()
  const after = await counts()
  const added = NAMES.map((name) => [name, after[name] - before[name]] as const)
  return Object.fromEntries(added.filter(([, count]) => count !== 0))
}

test('each message sent is counted, alone or in a batch; one that is refused is not', async () => {
  const queue = await fixture.createQueue()
  const added = await counted(async () => {
    await fixture.send(queue, 'one')
    await assert.rejects(fixture.send(queue, ''))
    await assert.rejects(fixture.send(`${queue}-gone`, 'x'))
    const Entries = ['two', 'three', ''].map((MessageBody, i) => ({ Id: `m${i}`, MessageBody }))
    await sqs.sendMessageBatch({ QueueUrl: queue, Entries })
  })
  assert.deepEqual(added, { messages_sent: 3 })
})

test('a duplicate is counted as such', async () => {
  const queue = await fixture.createFifoQueue()
  const added = await counted(() => fixture.sendInGroups(queue, 'g-1', 'g-1', 'g-2', 'g-1'))
  assert.deepEqual(added, { messages_sent: 2, messages_deduplicated: 2 })
})

test('each delivery is counted, and each receive that finds nothing', async () => {
  const queue = await fixture.createQueue({ VisibilityTimeout: '0' })
  for (const body of ['a', 'b']) await fixture.send(queue, body)
  assert.deepEqual(await counted(() => fixture.receive(queue)), { messages_received: 2 })
  assert.deepEqual(await counted(() => fixture.receive(queue, { MaxNumberOfMessages: 1 })), { messages_received: 1 })
  await sqs.purgeQueue({ QueueUrl: queue })
  assert.deepEqual(await counted(() => fixture.receive(queue)), { empty_receives: 1 })
})

test('successful deletions are counted, repeated ones too', async () => {
  const queue = await fixture.createQueue()
  await fixture.send(queue, 'x')
  const message = await fixture.receiveOne(queue)
  const { ReceiptHandle } = message
  const added = await counted(async () => {
    await fixture.delete(queue, message)
    await fixture.delete(queue, message)
    await assert.rejects(fixture.delete(queue, { ReceiptHandle: 'x' }))
    const Entries = [ReceiptHandle, 'x'].map((handle, i) => ({ Id: `m${i}`, ReceiptHandle: handle }))
    await sqs.deleteMessageBatch({ QueueUrl: queue, Entries })
  })
  assert.deepEqual(added, { messages_deleted: 3 })
})

test('what goes to a dead-letter queue by itself is not counted as sent', async () => {
  const deadLetters = await fixture.createQueue()
  const deadLetterTargetArn = await fixture.arnOf(deadLetters)
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 })
  const queue = await fixture.createQueue({ VisibilityTimeout: '0', RedrivePolicy })
  const added = await counted(async () => {
    await fixture.send(queue, 'x')
    await fixture.receive(queue)
    await fixture.receive(queue)
    assert.equal((await fixture.depth(deadLetters)).visible, 1)
    await fixture.receive(deadLetters)
  })
  assert.deepEqual(added, { messages_sent: 1, messages_received: 2, empty_receives: 1 })
})

test('the depth of each queue is shown, by account, region and state', async () => {
  const queue = await fixture.createQueue({}, 'measured')
  for (const body of ['a', 'b', 'c']) await fixture.send(queue, body)
  await fixture.send(queue, 'later', { DelaySeconds: 60 })
  await fixture.receive(queue, { MaxNumberOfMessages: 1 })
  const text = await scrape()
  const depth = (state: string) =>
    new RegExp(
      `^millrace_sqs_messages\\{(?=[^}]*queue="measured")(?=[^}]*state="${state}")([^}]*)\\} (\\d+)$`,
      'm',
    ).exec(text)
  assert.deepEqual(
    ['visible', 'not_visible', 'delayed'].map((state) => depth(state)?.[2]),
    ['2', '1', '1'],
  )
  assert.match(depth('visible')?.[1] ?? '', /account="000000000000".*region="us-east-1"/)
})
