/** What counts for an account in a region: how much of what is limited it has. */
import type { Tx } from '../../../kernel/store/store.ts'

export interface Account {
  readonly accountId: string
  readonly region: string
}

export interface AccountCounts {
  readonly standardTopics: number
  readonly fifoTopics: number
  readonly pending: number
  readonly filterPolicies: number
}

const COLUMN_OF: Readonly<Record<keyof AccountCounts, string>> = {
  standardTopics: 'standard_topics',
  fifoTopics: 'fifo_topics',
  pending: 'pending',
  filterPolicies: 'filter_policies',
}

const NOTHING: AccountCounts = { standardTopics: 0, fifoTopics: 0, pending: 0, filterPolicies: 0 }

/** The counts of an account, held until the end of the transaction. */
export async function holdCounts(tx: Tx, { accountId, region }: Account): Promise<AccountCounts> {
  void tx.lock('select 1 from sns_account where account = ? and region = ?', [accountId, region])
  const counts = await tx.get<AccountCounts>(
    `select standard_topics as "standardTopics", fifo_topics as "fifoTopics", pending, filter_policies as "filterPolicies"
     from sns_account where account = ? and region = ?`,
    [accountId, region],
  )
  return counts ?? NOTHING
}

/** Makes an account known that wasn't, and holds it until the end of the transaction. */
export async function holdAccount(tx: Tx, { accountId, region }: Account): Promise<void> {
  await tx.insertAbsent('sns_account', COLUMNS, [[accountId, region, 0, 0, 0, 0, '{}']])
  void tx.lock('select 1 from sns_account where account = ? and region = ?', [accountId, region])
}

const COLUMNS = ['account', 'region', 'standard_topics', 'fifo_topics', 'pending', 'filter_policies', 'sms_attributes']

export async function changeCounts(tx: Tx, account: Account, changes: Partial<AccountCounts>): Promise<void> {
  const changed = (Object.keys(changes) as (keyof AccountCounts)[]).filter((name) => changes[name] !== 0)
  if (changed.length === 0) return
  const { accountId, region } = account
  const { standardTopics, fifoTopics, pending, filterPolicies } = { ...NOTHING, ...changes }
  const set = changed.map((name) => `${COLUMN_OF[name]} = sns_account.${COLUMN_OF[name]} + excluded.${COLUMN_OF[name]}`)
  await tx.insertOver(
    'sns_account',
    COLUMNS,
    [[accountId, region, standardTopics, fifoTopics, pending, filterPolicies, '{}']],
    `(account, region) do update set ${set.join(', ')}`,
  )
}
