/**
 * How many messages one claim may bring up: what all who wait for a queue ask for at once could be gigabytes, and an answer
 * of ten messages of 1 MiB holds the thread that writes it for 130 ms. So a receive gets fewer messages than it asks for
 * where they are large, as SQS allows, and at least one. A claim is made for as many as stay within the limits if they are
 * like the last ones; who gets nothing asks again.
 */
import type { Tx } from '../../../kernel/store/store.ts'
import type { ClaimedMessage } from './message-row.ts'
import type { Queue } from './queue-row.ts'

const MAX_CLAIM_BYTES = 4 * 1024 * 1024
/** Of one receive: twice the largest message. */
const MAX_RECEIVE_BYTES = 2 * 1024 * 1024
/** So many messages are looked at of a queue of which nothing is known: the largest receive. */
const FIRST_LOOK = 10

const MAX_REMEMBERED = 10_000

const keyOf = ({ backlogId }: Queue) => `sqs.claim-size ${backlogId}`

const sizeOf = ({ body, attributes }: ClaimedMessage): number => body.length + (attributes?.length ?? 0)

/** How many messages are claimed for receives with these limits. */
export async function mostPerClaim(tx: Tx, queue: Queue, limits: readonly number[]): Promise<number> {
  const known = tx.memo.get(keyOf(queue)) as number | undefined
  if (known === undefined && limits.length > FIRST_LOOK) limits = limits.slice(0, FIRST_LOOK)
  const bytes = known ?? (await firstLook(tx, queue))
  const most = mostOf(bytes)
  const wanted = limits.reduce((sum, limit) => sum + Math.min(limit, most), 0)
  return Math.min(wanted, Math.max(1, Math.floor(MAX_CLAIM_BYTES / bytes)))
}

/** How many messages one receive gets at most. */
export async function mostPerReceive(tx: Tx, queue: Queue): Promise<number> {
  return mostOf((tx.memo.get(keyOf(queue)) as number | undefined) ?? (await firstLook(tx, queue)))
}

const mostOf = (bytes: number): number => Math.max(1, Math.floor(MAX_RECEIVE_BYTES / bytes))

/** How large the messages are that come next, which takes no more than their rows' heads. */
async function firstLook(tx: Tx, { backlogId }: Queue): Promise<number> {
  const row = await tx.get<{ bytes: number | null }>(
    `select max(octet_length(body) + coalesce(octet_length(attributes), 0)) as bytes from (
       select body, attributes from sqs_message where backlog_id = ? and visible_at <= ?
       order by visible_at, id limit ?) as next_ones`,
    [backlogId, tx.now, FIRST_LOOK],
  )
  return row?.bytes ?? 1
}

/** Remembers how large messages of a queue are; large ones are forgotten by halves. */
export function noteClaimed(tx: Tx, queue: Queue, messages: readonly ClaimedMessage[]): void {
  if (messages.length === 0) return
  const key = keyOf(queue)
  const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0)
  const before = (tx.memo.get(key) as number | undefined) ?? 0
  if (tx.memo.size > MAX_REMEMBERED) tx.memo.clear()
  tx.memo.set(key, Math.max(bytes / messages.length, before / 2, 1))
}

/**
 * Deals messages out to receives with these limits, in their order: each gets as many as its answer should hold, and
 * what is left, where messages were larger than the last ones, goes to those who asked for more.
 */
export function dealOut(messages: readonly ClaimedMessage[], limits: readonly number[]): ClaimedMessage[][] {
  let next = 0
  const shares = limits.map((limit) => {
    const share: ClaimedMessage[] = []
    for (let bytes = 0; share.length < limit && next < messages.length; next++) {
      const message = messages[next] as ClaimedMessage
      bytes += sizeOf(message)
      if (bytes > MAX_RECEIVE_BYTES && share.length > 0) break
      share.push(message)
    }
    return share
  })
  for (let at = 0; next < messages.length; at++) {
    const share = shares[at] as ClaimedMessage[]
    while (share.length < (limits[at] as number) && next < messages.length)
      share.push(messages[next++] as ClaimedMessage)
  }
  return shares
}
