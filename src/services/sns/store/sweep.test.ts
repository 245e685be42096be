/** The sweep of a FIFO topic, slice by slice: it is due again at once for as long as a slice was full. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SystemClock } from '../../../kernel/clock/clock.ts'
import type { Store } from '../../../kernel/store/store.ts'
import { createTopic, deleteTopic, getTopic, publish, setTopicAttribute, sweepTopic } from '../store.ts'
import { openTestStore } from '../testing/store.ts'

const clock = new SystemClock()
const SLICE = 1_000
const WINDOW_MS = 300_000
const DAY_MS = 86_400_000

let store: Store
let close: () => Promise<void>

before(async () => {
  ;({ store, close } = await openTestStore(clock))
})

after(async () => {
  await close()
  clock.close()
})

const address = (name: string) => ({ accountId: '000000000000', region: 'us-east-1', name })

async function create(name: string, archive: { ArchivePolicy?: string } = {}): Promise<number> {
  const call = { topic: address(name), tags: {}, dataProtectionPolicy: undefined }
  await store.execute(createTopic, { ...call, attributes: { FifoTopic: 'true', ...archive } })
  return (await store.execute(getTopic, address(name))).topicId
}

async function publishMany(name: string, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, at) => ({
    messageId: crypto.randomUUID(),
    message: 'x',
    groupId: 'g',
    deduplicationId: `${clock.now()}-${at}`,
  }))
  await store.execute(publish, { topic: address(name), sender: '', principal: '', origin: '', keyId: '', messages })
}

/** How many slices it takes until the sweep is done for now. */
async function fullSlices(topicId: number): Promise<number> {
  for (let full = 0; ; full++) {
    const due = await store.execute(sweepTopic, { topicId })
    assert.ok(due !== undefined)
    if (due > clock.now() + WINDOW_MS / 2) return full
  }
}

test('what deduplication remembers is forgotten after five minutes, and not before', async () => {
  const topicId = await create('ids.fifo')
  await publishMany('ids.fifo', 2 * SLICE)
  clock.shift(WINDOW_MS - 60_000)
  assert.equal(await fullSlices(topicId), 0)
  clock.shift(60_000)
  assert.equal(await fullSlices(topicId), 2)
  assert.equal(await fullSlices(topicId), 0)
})

test('an archive loses what is past its retention, and all when it is switched off', async () => {
  const name = 'archive.fifo'
  const topicId = await create(name, { ArchivePolicy: '{"MessageRetentionPeriod":"1"}' })
  const setArchive = (value: string) =>
    store.execute(setTopicAttribute, { topic: address(name), name: 'ArchivePolicy', value })
  await publishMany(name, SLICE)
  clock.shift(WINDOW_MS)
  assert.equal(await fullSlices(topicId), 1) // the ids
  clock.shift(DAY_MS - WINDOW_MS - 60_000)
  await publishMany(name, SLICE)
  assert.equal(await fullSlices(topicId), 0)
  clock.shift(60_000)
  assert.equal(await fullSlices(topicId), 1)
  clock.shift(WINDOW_MS)
  assert.equal(await fullSlices(topicId), 1) // the ids
  await setArchive('{}')
  assert.equal(await fullSlices(topicId), 1)
  assert.equal(await fullSlices(topicId), 0)
})

test('an archive that was switched off and on loses what is from before, and keeps what is from after', async () => {
  const name = 'anew.fifo'
  const topicId = await create(name, { ArchivePolicy: '{"MessageRetentionPeriod":"1"}' })
  const setArchive = (value: string) =>
    store.execute(setTopicAttribute, { topic: address(name), name: 'ArchivePolicy', value })
  await publishMany(name, SLICE)
  clock.shift(1_000)
  await setArchive('{}')
  await setArchive('{"MessageRetentionPeriod":"1"}')
  await publishMany(name, SLICE)
  assert.equal(await fullSlices(topicId), 1)
})

test('the sweep of a deleted topic ends', async () => {
  const topicId = await create('gone.fifo')
  await store.execute(deleteTopic, address('gone.fifo'))
  assert.equal(await store.execute(sweepTopic, { topicId }), undefined)
})
