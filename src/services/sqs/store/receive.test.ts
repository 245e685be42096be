/** One receive removes only so many messages that may not be delivered: nobody waits for a whole backlog to go. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SystemClock } from '../../../kernel/clock/clock.ts'
import { openSqlite } from '../../../kernel/store/sqlite/engine.ts'
import type { Store } from '../../../kernel/store/store.ts'
import { createQueue, deleteMessages, type ReceiveCall, receiveMessages, sendMessages } from '../store.ts'

const clock = new SystemClock()
const address = (name: string) => ({ accountId: '000000000000', region: 'us-east-1', name })
const RETENTION_SECONDS = 60
const EXPIRED = 1200

let store: Store

before(async () => {
  store = await openSqlite({
    directory: undefined,
    clock,
    commands: [new URL('../store.ts', import.meta.url)],
    migrations: [
      { service: 'jobs', folder: new URL('../../../kernel/jobs/migrations/', import.meta.url) },
      { service: 'sqs', folder: new URL('../migrations/', import.meta.url) },
    ],
  })
})

after(async () => {
  await store.close()
  clock.close()
})

async function send(name: string, bodies: readonly string[], groupOf: (at: number) => string | undefined) {
  const messages = bodies.map((body, at) => ({
    messageId: crypto.randomUUID(),
    body,
    attributes: null,
    sizeBytes: body.length,
    groupId: groupOf(at),
    deduplicationId: groupOf(at) && body,
    traceHeader: null,
    seal: null,
  }))
  await store.execute(sendMessages, { queue: address(name), sender: 'sender', batch: true, messages })
}

/** As many receives as it takes until one finds something or is sure that there is nothing. */
async function receives(name: string): Promise<{ empty: number; bodies: string[] }> {
  const call: ReceiveCall = {
    queue: address(name),
    limit: 10,
    visibilityTimeout: undefined,
    waitTime: undefined,
    attemptId: undefined,
    maxInFlight: 1000,
  }
  for (let empty = 0; ; empty++) {
    const { messages, mayBeMore } = await store.execute(receiveMessages, call)
    if (messages.length > 0 || !mayBeMore) return { empty, bodies: messages.map(({ body }) => body) }
  }
}

const kinds = [
  { name: 'standard', fifo: false, groupOf: () => undefined },
  { name: 'one-group.fifo', fifo: true, groupOf: () => 'group' },
  { name: 'many-groups.fifo', fifo: true, groupOf: (at: number) => `group-${at}` },
]

for (const { name, fifo, groupOf } of kinds) {
  test(`${name}: past ${EXPIRED} expired messages, what is behind them is found in several steps`, async () => {
    const attributes = { MessageRetentionPeriod: String(RETENTION_SECONDS), ...(fifo && { FifoQueue: 'true' }) }
    await store.execute(createQueue, { queue: address(name), attributes, tags: {}, recreateWait: false })
    await send(
      name,
      Array.from({ length: EXPIRED }, (_, at) => `${name} ${at}`),
      groupOf,
    )
    clock.shift(RETENTION_SECONDS * 1000)
    await send(name, ['fresh'], () => groupOf(EXPIRED))
    assert.deepEqual(await receives(name), { empty: 2, bodies: ['fresh'] })
  })
}

test('a receive goes on behind groups that made way for others', async () => {
  const name = 'made-way.fifo'
  const attributes = { MessageRetentionPeriod: String(RETENTION_SECONDS), FifoQueue: 'true' }
  await store.execute(createQueue, { queue: address(name), attributes, tags: {}, recreateWait: false })
  await send(name, ['old-1', 'old-2'], (at) => `old-${at}`)
  clock.shift(RETENTION_SECONDS * 1000)
  await send(name, ['new-1', 'new-2'], (at) => `new-${at}`)
  const call = { queue: address(name), visibilityTimeout: undefined, waitTime: 10, attemptId: undefined }
  const received = await store.execute(receiveMessages, { ...call, limit: 3, maxInFlight: 1000 })
  assert.deepEqual([received.messages.map(({ body }) => body), received.mayBeMore], [['new-1', 'new-2'], false])
})

test('calls that come together share the ready groups: each group is in the hands of one of them, and in order', async () => {
  const names = ['shared-1.fifo', 'shared-2.fifo']
  for (const name of names) {
    const attributes = { FifoQueue: 'true' }
    await store.execute(createQueue, { queue: address(name), attributes, tags: {}, recreateWait: false })
    await send(
      name,
      Array.from({ length: 40 }, (_, at) => `${at % 8}-${Math.floor(at / 8)}`),
      (at) => `group-${at % 8}`,
    )
  }
  const common = { waitTime: undefined, attemptId: undefined, maxInFlight: 1000 }
  const calls = names.flatMap((name) =>
    [1, 3, 10, 10].map((limit, at) => ({ ...common, queue: address(name), limit, visibilityTimeout: 30 + at })),
  )
  const received = await Promise.all(calls.map((call) => store.execute(receiveMessages, call)))
  const bodies = received.map(({ messages }) => messages.map(({ body }) => body))
  // Each call has its groups from their first message on; what is left of a group is behind what is in flight.
  const expected = [
    ['0-0'],
    ['1-0', '1-1', '1-2'],
    ['2-0', '2-1', '2-2', '2-3', '2-4', '3-0', '3-1', '3-2', '3-3', '3-4'],
    ['4-0', '4-1', '4-2', '4-3', '4-4', '5-0', '5-1', '5-2', '5-3', '5-4'],
  ]
  assert.deepEqual(bodies, [...expected, ...expected])
})

test('of a queue of which nothing is remembered, only the first deletion lets waiters look again', async () => {
  const queue = address('told-once')
  await store.execute(createQueue, { queue, attributes: {}, tags: {}, recreateWait: false })
  const heard: string[] = []
  const stop = store.onWake('sqs.queue', (key) => heard.push(key))
  const receipts = [{ queueId: 0, id: 0, receivedAt: 0, receiveCount: 1, handle: 'of another queue' }]
  for (let i = 0; i < 3; i++) await store.execute(deleteMessages, { queue, receipts })
  stop()
  assert.deepEqual(heard, ['000000000000/us-east-1/told-once'])
})
