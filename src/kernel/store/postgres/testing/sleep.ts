/** For this folder's tests: a transaction that takes its time, in the database. */
import { single } from '../../store.ts'

export const sleep = single('test.sleep', (tx, { seconds }: { seconds: number }) =>
  tx.all('select 1 as one from pg_sleep(?)', [seconds]),
)
