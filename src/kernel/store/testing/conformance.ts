/**
 * What every engine of the store promises. An engine's own test file calls `storeContract` with the way to open one; a
 * durable engine is opened again on the same data to see what it kept.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SystemClock } from '../../clock/clock.ts'
import { ServiceError } from '../../service-error.ts'
import type { MigrationSource } from '../migrations.ts'
import type { Store } from '../store.ts'
import * as commands from './commands.ts'

export interface OpenOptions {
  readonly clock: SystemClock
  readonly commands: readonly URL[]
  readonly migrations: readonly MigrationSource[]
}

export interface EngineUnderTest {
  /** Opens a store on the data of this test; undefined data means that the engine keeps nothing. */
  open(options: OpenOptions): Promise<Store>
  readonly durable: boolean
}

const DEPOSIT = 'insert into account (name, balance) values (?, 1)'
const SAMPLE: MigrationSource = { service: 'test', folder: new URL('./migrations/', import.meta.url) }

export function storeContract(engine: EngineUnderTest): void {
  const clock = new SystemClock()
  const open = () => engine.open({ clock, commands: [new URL('./commands.ts', import.meta.url)], migrations: [SAMPLE] })
  let store: Store
  before(async () => {
    store = await open()
  })
  after(async () => {
    await store.close()
    clock.close()
  })

  test('calls that arrive together are one batch', async () => {
    const sizes = await Promise.all(
      [1, 2, 3, 4].map((amount) => store.execute(commands.deposit, { account: 'together', amount })),
    )
    assert.deepEqual(sizes, [4, 4, 4, 4])
    assert.equal(await store.execute(commands.balance, { account: 'together' }), 10)
  })

  test('a call that fails leaves the others of its batch alone', async () => {
    const outcomes = await Promise.allSettled([
      store.execute(commands.deposit, { account: 'mixed', amount: 5 }),
      store.execute(commands.deposit, { account: 'mixed', amount: -1 }),
      store.execute(commands.deposit, { account: 'mixed', amount: 6 }),
    ])
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    assert.equal(await store.execute(commands.balance, { account: 'mixed' }), 11)
  })

  test('a batch that breaks is undone and run again call by call: only the call at fault fails', async () => {
    const outcomes = await Promise.allSettled([
      store.execute(commands.deposit, { account: 'healthy', amount: 5 }),
      store.execute(commands.deposit, { account: 'poison', amount: 1 }),
      store.execute(commands.deposit, { account: 'healthy', amount: 6 }),
      store.execute(commands.balance, { account: 'together' }),
    ])
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
    )
    assert.equal(await store.execute(commands.balance, { account: 'healthy' }), 11)
    assert.equal(await store.execute(commands.balance, { account: 'poison' }), undefined)
  })

  test('a service error arrives whole, and what its call wrote is undone', async () => {
    const error: unknown = await store
      .execute(commands.depositAndFail, { account: 'undone' })
      .catch((error: unknown) => error)
    assert.ok(error instanceof ServiceError)
    assert.deepEqual(
      [error.code, error.message, error.queryMessage, error.detail],
      ['Refused', 'no', 'nay', { reason: 'test' }],
    )
    assert.equal(await store.execute(commands.balance, { account: 'undone' }), undefined)
  })

  test('a wrong statement fails its call, and the store goes on', async () => {
    await assert.rejects(store.execute(commands.brokenSql, null), /no_such_table/)
    assert.equal(await store.execute(commands.deposit, { account: 'after', amount: 1 }), 1)
  })

  test('statements that a failed call leaves behind harm nobody', async () => {
    await assert.rejects(store.execute(commands.leaveBehind, null))
    await store.execute(commands.deposit, { account: 'left behind', amount: 1 })
    assert.equal(await store.execute(commands.balance, { account: 'left behind' }), 1)
  })

  test('ids ascend and are never given out twice', async () => {
    const first = await store.execute(commands.takeIds, { count: 3 })
    const taken = await Promise.all([7, 25_000, 1].map((count) => store.execute(commands.takeIds, { count })))
    const all = [...first, ...taken.flat()]
    assert.equal(new Set(all).size, 3 + 7 + 25_000 + 1)
    for (const ids of [first, ...taken]) assert.ok(ids.every((id, i) => i === 0 || id > (ids[i - 1] as number)))
    assert.ok(Math.min(...taken.flat()) > (first.at(-1) as number))
  })

  test('a wake-up is told after the commit, with the counts of one transaction added up', async () => {
    const heard: [string, number][] = []
    const stop = store.onWake('test', (key, count) => heard.push([key, count]))
    await store.execute(commands.wakeUp, { key: 'k', count: 3 })
    await store.execute(commands.readNow, null) // answered after what was told before it
    assert.deepEqual(heard, [['k', 4]])
    stop()
    await store.execute(commands.wakeUp, { key: 'k', count: 1 })
    await store.execute(commands.readNow, null)
    assert.equal(heard.length, 1)
  })

  test('time is the clock’s, and never goes back', async () => {
    const earlier = await store.execute(commands.readNow, null)
    clock.shift(3_600_000)
    const later = await store.execute(commands.readNow, null)
    assert.ok(later >= earlier + 3_600_000, `${later} should be an hour after ${earlier}`)
  })

  test('values come back as they were given', async () => {
    const rows: [number, number | null, string | null, Uint8Array | null][] = [
      [1, 0, '', new Uint8Array()],
      [2, Number.MAX_SAFE_INTEGER, 'naïve 😀 \u0001 "quoted" \\ back', new Uint8Array([0, 1, 254, 255])],
      [3, -5, null, null],
      [4, null, 'x'.repeat(1_100_000), new Uint8Array(300_000).fill(7)],
    ]
    await store.execute(commands.insertValues, { rows })
    const read = await store.execute(commands.readValues, null)
    assert.deepEqual(
      read.map(({ id, whole, word, bytes }) => [id, whole, word, bytes && new Uint8Array(bytes)]),
      rows,
    )
  })

  test('a claim takes each row once, however many claim', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => [1000 + i, 0, null, null])
    await store.execute(commands.insertValues, { rows })
    const claims = await Promise.all([20, 20, 20, 20].map((limit) => store.execute(commands.claimLowest, { limit })))
    const ids = claims.flat()
    assert.equal(new Set(ids).size, ids.length)
    assert.equal(ids.filter((id) => id >= 1000).length, 50)
  })

  test('a call that fails leaves no memory behind', async () => {
    await store.execute(commands.remember, { value: 'kept', fail: false })
    await assert.rejects(store.execute(commands.remember, { value: 'undone', fail: true }))
    assert.notEqual(await store.execute(commands.remember, { value: 'next', fail: false }), 'undone')
  })

  test('a call that is refused and wrote nothing leaves the memory of others alone; one that wrote does not', async () => {
    await store.execute(commands.remember, { value: 'kept', fail: false })
    await assert.rejects(store.execute(commands.refuse, null))
    assert.equal(await store.execute(commands.remember, { value: 'kept', fail: false }), 'kept')
    await assert.rejects(store.execute(commands.depositAndFail, { account: 'forgotten' }))
    assert.equal(await store.execute(commands.remember, { value: 'next', fail: false }), undefined)
  })

  test('names are held by those who share them, or by one alone', async () => {
    const counted = await Promise.all(
      ['shared', 'shared', 'alone'].map((how) =>
        store.execute(commands.holdAndDeposit, { how: how as 'shared' | 'alone' }),
      ),
    )
    assert.equal(counted.length, 3)
    assert.equal(await store.execute(commands.balance, { account: 'held' }), 3)
  })

  test('a statement whose result nobody needs is part of the transaction, and of its failure', async () => {
    await store.execute(commands.depositLater, { account: 'later', sql: DEPOSIT })
    assert.equal(await store.execute(commands.balance, { account: 'later' }), 1)
    await assert.rejects(store.execute(commands.depositLater, { account: 'later', sql: `${DEPOSIT} oops` }))
    assert.equal(await store.execute(commands.balance, { account: 'later' }), 1)
  })

  test('resets at the same time are each answered', async () => {
    await Promise.all([store.reset(), store.reset(), store.reset()])
    assert.equal(await store.execute(commands.deposit, { account: 'after resets', amount: 1 }), 1)
  })

  test('reset leaves an empty schema, ready for use', async () => {
    await store.execute(commands.deposit, { account: 'before reset', amount: 1 })
    await store.reset()
    assert.equal(await store.execute(commands.balance, { account: 'before reset' }), undefined)
    await store.execute(commands.deposit, { account: 'after reset', amount: 1 })
    assert.equal(await store.execute(commands.balance, { account: 'after reset' }), 1)
  })

  if (!engine.durable) return

  test('what was answered is there after the store was opened again, and ids go on above', async () => {
    await store.execute(commands.deposit, { account: 'durable', amount: 7 })
    const [last] = await store.execute(commands.takeIds, { count: 1 })
    await store.close()
    store = await open()
    assert.equal(await store.execute(commands.balance, { account: 'durable' }), 7)
    const [next] = await store.execute(commands.takeIds, { count: 1 })
    assert.ok((next as number) > (last as number))
  })

  test('a store that a newer program wrote is refused, by name', async () => {
    await store.close()
    await assert.rejects(engine.open({ clock, commands: [], migrations: [] }), /test\/1-accounts.*newer version/)
    store = await open()
  })
}
