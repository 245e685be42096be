/** One receive removes only so many messages that may not be delivered: nobody waits for a whole backlog to go. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SystemClock } from '../../../kernel/clock/clock.ts'
import { openSqlite } from '../../../kernel/store/sqlite/engine.ts'
import type { Store } from '../../../kernel/store/store.ts'
import { createQueue, type ReceiveCall, receiveMessages, sendMessages } from '../store.ts'

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

test('a waiting receiver is told that there may be more when groups made way for others', async () => {
  const name = 'made-way.fifo'
  const attributes = { MessageRetentionPeriod: String(RETENTION_SECONDS), FifoQueue: 'true' }
  await store.execute(createQueue, { queue: address(name), attributes, tags: {}, recreateWait: false })
  await send(name, ['old-1', 'old-2'], (at) => `old-${at}`)
  clock.shift(RETENTION_SECONDS * 1000)
  await send(name, ['new-1', 'new-2'], (at) => `new-${at}`)
  const call = { queue: address(name), visibilityTimeout: undefined, waitTime: 10, attemptId: undefined }
  // Of the three groups that it looks at two hold nothing any more: the fourth is left for the next receiver.
  const first = await store.execute(receiveMessages, { ...call, limit: 3, maxInFlight: 1000 })
  assert.deepEqual([first.messages.length, first.mayBeMore], [1, true])
  const second = await store.execute(receiveMessages, { ...call, limit: 3, maxInFlight: 1000 })
  assert.deepEqual([second.messages.length, second.mayBeMore], [1, false])
})
