import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { emptyOutbox, readOutbox } from './outbox.ts'
import { type OutboxItem, recordInOutbox } from './store.ts'
import { openTestOutbox, type TestOutbox } from './testing/outbox.ts'

let outbox: TestOutbox

before(async () => {
  outbox = await openTestOutbox()
})
beforeEach(() => outbox.store.reset())
after(() => outbox[Symbol.asyncDispose]())

const item = (destination: string, change: Partial<OutboxItem> = {}): OutboxItem => ({
  channel: 'email',
  account: '000000000000',
  region: 'us-east-1',
  destination,
  content: { subject: 'hello' },
  ...change,
})
const record = (...items: OutboxItem[]) => Promise.all(items.map((item) => outbox.store.execute(recordInOutbox, item)))

async function list(query = '') {
  const { status, value } = await readOutbox(outbox.store, new URLSearchParams(query))
  assert.equal(status, 200, JSON.stringify(value))
  assert.ok('items' in value)
  return value
}
const destinations = async (query = '') => (await list(query)).items.map(({ destination }) => destination)

describe('the outbox', () => {
  test('shows an item as it was recorded, with the time of the clock', async () => {
    outbox.clock.shift(86_400_000)
    const content = { text: 'a\nü\0\ud800', list: [1, null, { deep: true }] }
    const from = outbox.clock.now()
    const [id] = await record(item('+4917012345', { channel: 'sms', account: '111122223333', content }))
    const [shown, ...others] = (await list()).items
    const { recordedAt = '', ...rest } = shown ?? {}
    assert.deepEqual(
      [rest, others],
      [{ id, channel: 'sms', account: '111122223333', region: 'us-east-1', destination: '+4917012345', content }, []],
    )
    assert.match(recordedAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.ok(Date.parse(recordedAt) >= from && Date.parse(recordedAt) <= outbox.clock.now())
  })

  test('is newest first, in pages that join', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await record(item(name))
    const first = await list('limit=2')
    const second = await list(`limit=2&before=${first.next}`)
    const third = await list(`limit=2&before=${second.next}`)
    assert.deepEqual(
      [first, second, third].map(({ items }) => items.map(({ destination }) => destination)),
      [['e', 'd'], ['c', 'b'], ['a']],
    )
    assert.equal(third.next, undefined)
  })

  test('is filtered by channel and destination', async () => {
    await record(item('a'), item('b'), item('a', { channel: 'push' }), item('c', { channel: 'sms' }), item('x\0y'))
    assert.deepEqual(await destinations('channel=push'), ['a'])
    assert.deepEqual(await destinations('to=a'), ['a', 'a'])
    assert.deepEqual(await destinations('to=a&channel=email'), ['a'])
    assert.deepEqual(await destinations('to=nobody'), [])
    assert.deepEqual(await destinations('to='), [])
    assert.deepEqual(await destinations('to=x%00y'), ['x\ufffdy'])
  })

  test('is emptied', async () => {
    await record(item('a'), item('b'))
    assert.deepEqual(await emptyOutbox(outbox.store), { status: 200, value: { deleted: 2 } })
    assert.deepEqual(await list(), { items: [] })
  })

  test('keeps the newest 10,000 and little more', { timeout: 60_000 }, async () => {
    for (let batch = 0; batch < 22; batch++) {
      await record(...Array.from({ length: 500 }, (_, i) => item(String(batch * 500 + i))))
    }
    const kept: string[] = []
    for (let page = await list('limit=1000'); ; page = await list(`limit=1000&before=${page.next}`)) {
      kept.push(...page.items.map(({ destination }) => destination))
      if (page.next === undefined) break
    }
    assert.ok(kept.length >= 10_000 && kept.length <= 10_500, `${kept.length}`)
    assert.equal(new Set(kept).size, kept.length)
    assert.equal(Math.max(...kept.map(Number)), 10_999)
  })
})

const refused: [query: string, message: RegExp][] = [
  ['channel=pigeon', /^channel is one of email, sms, push\.$/],
  ['channel=', /^channel is one of/],
  ['limit=0', /^limit is/],
  ['limit=1001', /^limit is/],
  ['limit=ten', /^limit is/],
  ['limit=1.5', /^limit is/],
  ['before=', /^before is/],
  ['before=-1', /^before is/],
  ['before=99999999999999999999', /^before is/],
  ['chanel=sms', /^There is no parameter chanel/],
]
for (const [query, message] of refused) {
  test(`${query} is refused`, async () => {
    const { status, value } = await readOutbox(outbox.store, new URLSearchParams(query))
    assert.equal(status, 400)
    assert.match((value as { message: string }).message, message)
  })
}
