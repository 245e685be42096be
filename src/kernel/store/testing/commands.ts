/** Commands for the store's own suite: small, and each there to show one promise of the port. */
import { ServiceError } from '../../service-error.ts'
import { batched, done, failed, type SqlValue, single } from '../store.ts'

/** Adds to an account, and answers how many calls its batch had. A negative amount fails; `poison` breaks the batch. */
export const deposit = batched('test.deposit', async (tx, calls: readonly { account: string; amount: number }[]) => {
  const outcomes = []
  for (const { account, amount } of calls) {
    if (amount < 0) {
      outcomes.push(failed(new ServiceError('NegativeAmount', `${amount} is negative`, { status: 402 })))
      continue
    }
    await tx.run(
      `insert into account (name, balance) values (?, ?)
       on conflict (name) do update set balance = account.balance + excluded.balance`,
      [account, amount],
    )
    if (account === 'poison') throw new Error('poisoned')
    outcomes.push(done(calls.length))
  }
  return outcomes
})

export const balance = single('test.balance', async (tx, { account }: { account: string }) => {
  const row = await tx.get<{ balance: number }>('select balance from account where name = ?', [account])
  return row?.balance
})

/** Writes, then fails: what it wrote must be undone. */
export const depositAndFail = single('test.depositAndFail', async (tx, { account }: { account: string }) => {
  await tx.run('insert into account (name, balance) values (?, 1)', [account])
  throw new ServiceError('Refused', 'no', { queryMessage: 'nay', detail: { reason: 'test' } })
})

export const holdAndDeposit = single('test.hold', async (tx, { how }: { how: 'shared' | 'alone' }) => {
  await tx.hold(how, ['b', 'a'])
  await tx.later(
    `insert into account (name, balance) values ('held', 1)
     on conflict (name) do update set balance = account.balance + 1`,
  )
})

/** Writes without waiting for the answer. */
export const depositLater = single('test.depositLater', (tx, { account, sql }: { account: string; sql: string }) =>
  tx.later(sql, [account]),
)

/** A statement that no engine can run. */
export const brokenSql = single('test.brokenSql', (tx, _: null) => tx.all('select * from no_such_table'))

/** Has several statements under way and waits for one of them: when that fails, nobody waits for the others. */
export const leaveBehind = single('test.leaveBehind', async (tx, _: null) => {
  const left = [tx.nextIds(1), tx.all('select * from no_such_table'), tx.run('delete from no_such_table')]
  await tx.all('select * from no_such_table')
  return Promise.all(left)
})

export const takeIds = single('test.takeIds', (tx, { count }: { count: number }) => tx.nextIds(count))

export const wakeUp = single('test.wake', async (tx, { key, count }: { key: string; count: number }) => {
  tx.wake('test', key, count)
  tx.wake('test', key)
})

/** Wakes in a transaction whose call fails. */
export const readNow = single('test.now', async (tx, _: null) => tx.now)

export const insertValues = single('test.insertValues', (tx, { rows }: { rows: SqlValue[][] }) =>
  tx.insertMany('sample', ['id', 'whole', 'word', 'bytes'], rows),
)

export interface Sample {
  id: number
  whole: number | null
  word: string | null
  bytes: Uint8Array | null
}

export const readValues = single('test.readValues', (tx, _: null) =>
  tx.all<Sample>('select id, whole, word, bytes from sample order by id'),
)

/** Claims the lowest ids with the statement shape of every claim in the platform. */
export const claimLowest = single('test.claim', async (tx, { limit }: { limit: number }) => {
  const claimed = await tx.all<{ id: number }>(
    `with picked as (select id from sample where whole = 0 order by id limit ? ${tx.skipLocked})
     update sample set whole = 1 where id in (select id from picked) returning id`,
    [limit],
  )
  return claimed.map(({ id }) => id).sort((a, b) => a - b)
})

/** Reads, and is refused: nothing was written, and nothing remembered. */
export const refuse = single('test.refuse', async (tx, _: null) => {
  await tx.get('select name from account limit 1')
  throw new ServiceError('Refused', 'no')
})

/** Remembers in scratch memory; a failing call must leave no memory behind. */
export const remember = single('test.remember', async (tx, { value, fail }: { value: string; fail: boolean }) => {
  const before = tx.memo.get('test')
  tx.memo.set('test', value)
  if (fail) throw new Error('failed after remembering')
  return before
})
