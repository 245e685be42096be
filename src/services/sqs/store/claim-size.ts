/**
 * How many messages one claim may bring up: what all who wait for a queue ask for at once could be gigabytes. A claim is
 * made for as many as stay within the limit if they are like the last ones; who gets nothing asks again.
 */
import type { Tx } from '../../../kernel/store/store.ts'
import type { ClaimedMessage } from './message-row.ts'
import type { Queue } from './queue-row.ts'

const MAX_CLAIM_BYTES = 16 * 1024 * 1024
/** For a queue of which nothing is known yet; more than the largest receive. */
const FIRST_CLAIM = 32
const LEAST_CLAIM = 10

const MAX_REMEMBERED = 10_000

const keyOf = ({ backlogId }: Queue) => `sqs.claim-size ${backlogId}`

/** At least what one receive may ask for. */
export function mostPerClaim(tx: Tx, queue: Queue): number {
  const bytes = tx.memo.get(keyOf(queue)) as number | undefined
  return bytes === undefined ? FIRST_CLAIM : Math.max(LEAST_CLAIM, Math.floor(MAX_CLAIM_BYTES / bytes))
}

/** Remembers how large messages of a queue are; large ones are forgotten by halves. */
export function noteClaimed(tx: Tx, queue: Queue, messages: readonly ClaimedMessage[]): void {
  if (messages.length === 0) return
  const key = keyOf(queue)
  let bytes = 0
  for (const { body, attributes } of messages) bytes += body.length + (attributes?.length ?? 0)
  const before = (tx.memo.get(key) as number | undefined) ?? 0
  if (tx.memo.size > MAX_REMEMBERED) tx.memo.clear()
  tx.memo.set(key, Math.max(bytes / messages.length, before / 2, 1))
}
