/**
 * Under which deduplication ids messages were accepted within the last five minutes: what queues and topics that keep an
 * order remember, each in a table of its own. Its columns are the owner's id, scope, deduplication_id, message_id, id and
 * accepted_at; its key is the first three.
 */
import type { Millis } from '../clock/clock.ts'
import { inSlices } from './sql.ts'
import { ConcurrentChange, type Tx } from './store.ts'

/** For how long an accepted message makes others with its id duplicates. Repeats don't prolong it. */
export const DEDUPLICATION_WINDOW: Millis = 5 * 60 * 1000

export interface DeduplicationKey {
  /** The id of the queue's backlog or of the topic. */
  readonly owner: number
  /** A message group, or empty for all of the owner's messages. */
  readonly scope: string
  readonly deduplicationId: string
}

/** The message that was accepted under a key. */
export interface Original {
  readonly messageId: string
  readonly id: number
}

/** Same keys have the same text. */
const keyText = ({ owner, scope, deduplicationId }: DeduplicationKey): string => `${owner} ${scope} ${deduplicationId}`

export interface MayRepeat {
  readonly key: DeduplicationKey | undefined
}

export interface SortedOut<A> {
  readonly fresh: A[]
  readonly repeats: Map<A, Original | A>
}

export interface Deduplication {
  /**
   * Tells repeats from what is new; what has no key is new. The original of a repeat was accepted earlier, or is among those
   * before it. Keys that are older than the window are forgotten.
   */
  withoutRepeats<A extends MayRepeat>(tx: Tx, accepted: readonly A[]): Promise<SortedOut<A>>
  /** Remembers what is accepted now. Another node may just have accepted the same: then all of this is run again. */
  remember(tx: Tx, accepted: readonly (DeduplicationKey & Original)[]): Promise<void>
  /** Forgets what is older than the window, `limit` of it at most; resolves to how much that was. */
  forget(tx: Tx, owner: number, limit: number): Promise<number>
}

export function deduplication(table: string, owner: string): Deduplication {
  const key = `(${owner}, scope, deduplication_id)`
  const find = (keys: string) =>
    `select ${owner} as "owner", scope, deduplication_id as "deduplicationId", message_id as "messageId", id,
       accepted_at as "acceptedAt"
     from ${table} where ${key} in (${keys})`
  // With its age: another node may have replaced the old one meanwhile.
  const drop = (keys: string) => `delete from ${table} where ${key} in (${keys}) and coalesce(accepted_at, 0) <= ?`

  async function findOriginals(tx: Tx, keys: readonly DeduplicationKey[]): Promise<Map<string, Original>> {
    const originals = new Map<string, Original>()
    const stale: DeduplicationKey[] = []
    const windowBegan = tx.now - DEDUPLICATION_WINDOW
    await inSlices(keys.map(rowOf), KEY_TYPES, async (list, values) => {
      for (const row of await tx.all<Row>(find(list), values)) {
        if (row.acceptedAt <= windowBegan) stale.push(row)
        else originals.set(keyText(row), { messageId: row.messageId, id: row.id })
      }
    })
    await inSlices(stale.map(rowOf), KEY_TYPES, (list, values) => tx.later(drop(list), [...values, windowBegan]))
    return originals
  }

  return {
    async withoutRepeats<A extends MayRepeat>(tx: Tx, accepted: readonly A[]): Promise<SortedOut<A>> {
      const keys = accepted.flatMap(({ key }) => (key === undefined ? [] : [key]))
      if (keys.length === 0) return { fresh: [...accepted], repeats: new Map() }
      const originals = new Map<string, Original | A>(await findOriginals(tx, keys))
      const fresh: A[] = []
      const repeats = new Map<A, Original | A>()
      for (const one of accepted) {
        const name = one.key && keyText(one.key)
        const original = name === undefined ? undefined : originals.get(name)
        if (original !== undefined) repeats.set(one, original)
        else fresh.push(one)
        if (name !== undefined && original === undefined) originals.set(name, one)
      }
      return { fresh, repeats }
    },

    async remember(tx, accepted) {
      const rows = accepted.map((one) => ({
        key: keyText(one),
        values: [one.owner, one.scope, one.deduplicationId, one.messageId, one.id, tx.now],
      }))
      rows.sort((a, b) => (a.key < b.key ? -1 : 1)) // one order for all, so that nobody waits in a circle
      const inserted = await tx.insertAbsent(
        table,
        [owner, 'scope', 'deduplication_id', 'message_id', 'id', 'accepted_at'],
        rows.map(({ values }) => values),
      )
      if (inserted < rows.length) throw new ConcurrentChange('a repeat of a message was accepted at the same time')
    },

    forget: (tx, ownerId, limit) =>
      tx.run(
        `delete from ${table} where ${owner} = ? and (scope, deduplication_id) in (
           select scope, deduplication_id from ${table} where ${owner} = ? and accepted_at <= ? limit ?)`,
        [ownerId, ownerId, tx.now - DEDUPLICATION_WINDOW, limit],
      ),
  }
}

interface Row extends Original, DeduplicationKey {
  readonly acceptedAt: number
}

const KEY_TYPES = ['bigint', 'text', 'text'] as const
const rowOf = ({ owner, scope, deduplicationId }: DeduplicationKey) => [owner, scope, deduplicationId]
