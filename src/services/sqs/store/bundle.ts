/**
 * Bundles: messages that came into a queue together, kept as one row until somebody receives.
 *
 * A fan-out writes the same few messages into a great many queues. As rows of their own each costs a place in the table
 * and one in its index; a bundle costs one insertion for each queue and transaction. Who receives takes the oldest bundles
 * apart first, in its own transaction, and finds the messages as if they had always been rows.
 *
 * Invariants
 * - A bundle's messages are visible and were never received: nothing but a receive, a move task, retention and the end of
 *   its backlog concerns them. They are counted in the depth from the beginning.
 * - Their ids were taken when they were sent, so that they take their place among the others.
 * - Whoever wants the oldest `n` messages has bundles with at least `n` taken apart before: then those are rows.
 */
import { randomUUID } from 'node:crypto'
import { inSlices } from '../../../kernel/store/sql.ts'
import type { SqlValue, Tx } from '../../../kernel/store/store.ts'
import { changeDepth } from './depth.ts'
import { MESSAGE_KEY, messageKeys, SENT_COLUMNS } from './message-row.ts'

/** What a message in a bundle has of its own: everything else follows from the bundle, or is as in a fresh message. */
export interface BundledMessage {
  readonly body: string
  readonly attributes: string | null
  readonly sender: string
  readonly traceHeader: string | null
  readonly seal: string | null
}

/** Taking a bundle apart holds the others up: it is bounded in both. */
const MAX_MESSAGES = 128
const MAX_CHARACTERS = 64 * 1024

/** A message as it is written into bundles, or undefined if it is too long for one. Made once for all queues. */
export function bundledText({ body, attributes, sender, traceHeader, seal }: BundledMessage): string | undefined {
  if (body.length > MAX_CHARACTERS) return undefined
  const text = JSON.stringify([body, sender, attributes, traceHeader, seal])
  return text.length > MAX_CHARACTERS ? undefined : text
}

type BundledTuple = [body: string, sender: string, attributes: string | null, trace: string | null, seal: string | null]

/** What goes into one backlog: texts made by `bundledText`, in their order. */
export interface Bundled {
  readonly backlogId: number
  readonly texts: readonly string[]
}

/** Writes bundles. Counting and waking is the caller's. */
export async function putBundles(tx: Tx, bundled: readonly Bundled[]): Promise<void> {
  const ids = await tx.nextIds(bundled.reduce((sum, { texts }) => sum + texts.length, 0))
  const rows: SqlValue[][] = []
  const parts = new Parts()
  let at = 0
  for (const { backlogId, texts } of bundled) {
    for (const { length, content } of parts.of(texts)) {
      const own = ids.slice(at, at + length)
      at += length
      const isGapless = (own.at(-1) as number) - (own[0] as number) === length - 1
      rows.push([backlogId, own[0] as number, isGapless ? null : JSON.stringify(own), length, tx.now, content])
    }
  }
  await tx.insertMany('sqs_bundle', ['backlog_id', 'id', 'ids', 'messages', 'sent_at', 'content'], rows)
}

interface Part {
  readonly length: number
  readonly content: string
}

/** Splits texts into contents of bundles. One queue after the other gets the same: that is done once. */
class Parts {
  #texts: readonly string[] = []
  #parts: readonly Part[] = []

  of(texts: readonly string[]): readonly Part[] {
    const last = this.#texts
    if (texts.length !== last.length || texts.some((text, at) => text !== last[at])) {
      this.#texts = texts
      this.#parts = split(texts)
    }
    return this.#parts
  }
}

function split(texts: readonly string[]): Part[] {
  const parts: Part[] = []
  for (let from = 0; from < texts.length; ) {
    let to = from
    for (let characters = 0; to < texts.length && to - from < MAX_MESSAGES; to++) {
      characters += (texts[to] as string).length
      if (characters > MAX_CHARACTERS && to > from) break
    }
    parts.push({ length: to - from, content: `[${texts.slice(from, to).join()}]` })
    from = to
  }
  return parts
}

interface BundleRow {
  readonly id: number
  readonly ids: string | null
  readonly messages: number
  readonly sentAt: number
  readonly content: string
}

/**
 * Takes bundles apart, the oldest first, until they had at least `wanted` messages or none is left. Another receiver may
 * have some in its hands: those are left to it. Those that begin after `lastId` are left, too. Resolves to how many
 * messages became rows.
 */
export async function takeApart(
  tx: Tx,
  backlogId: number,
  wanted: number,
  lastId = Number.MAX_SAFE_INTEGER,
): Promise<number> {
  let taken = 0
  while (taken < wanted) {
    const bundles = await tx.all<BundleRow>(
      `select id, ids, messages, sent_at as "sentAt", content from sqs_bundle where backlog_id = ? and id <= ?
       order by id limit ? ${tx.skipLocked}`,
      [backlogId, lastId, Math.ceil((wanted - taken) / MAX_MESSAGES)],
    )
    if (bundles.length === 0) break
    await removeBundles(tx, backlogId, bundles)
    await tx.insertMany(
      'sqs_message',
      SENT_COLUMNS,
      bundles.flatMap((bundle) => rowsOf(backlogId, bundle)),
    )
    taken += messagesIn(bundles)
  }
  return taken
}

/** As `takeApart`, for who must not miss any: it waits for those who have some in their hands. */
export async function takeAllApart(tx: Tx, backlogId: number, wanted: number, lastId: number): Promise<number> {
  void tx.lock('select 1 from sqs_bundle where backlog_id = ? and id <= ? order by id limit ?', [
    backlogId,
    lastId,
    wanted,
  ])
  return takeApart(tx, backlogId, wanted, lastId)
}

const removeBundles = (tx: Tx, backlogId: number, bundles: readonly { readonly id: number }[]): Promise<void> =>
  inSlices(
    messageKeys(
      backlogId,
      bundles.map(({ id }) => id),
    ),
    MESSAGE_KEY,
    (table, values) => tx.later(`delete from sqs_bundle where (backlog_id, id) in (${table})`, values),
  )

const messagesIn = (bundles: readonly { readonly messages: number }[]): number =>
  bundles.reduce((sum, { messages }) => sum + messages, 0)

function rowsOf(backlogId: number, { id, ids, sentAt, content }: BundleRow): SqlValue[][] {
  const own = ids === null ? undefined : (JSON.parse(ids) as number[])
  return (JSON.parse(content) as BundledTuple[]).map(([body, sender, attributes, traceHeader, seal], at) =>
    // biome-ignore format: in the order of the columns
    [
      backlogId, own?.[at] ?? id + at, randomUUID(), body, attributes, sentAt, sentAt, 0, null,
      sender, null, null, null, traceHeader,
      seal,
    ],
  )
}

const EXPIRED_AT_ONCE = 100

/** Deletes bundles sent at `oldest` or before; true if there may be more. */
export async function removeExpiredBundles(tx: Tx, backlogId: number, oldest: number): Promise<boolean> {
  const bundles = await tx.all<Pick<BundleRow, 'id' | 'messages' | 'sentAt'>>(
    `select id, messages, sent_at as "sentAt" from sqs_bundle where backlog_id = ? order by id limit ?
     ${tx.skipLocked}`,
    [backlogId, EXPIRED_AT_ONCE],
  )
  const expired = bundles.filter(({ sentAt }) => sentAt <= oldest)
  await removeBundles(tx, backlogId, expired)
  await changeDepth(tx, backlogId, -messagesIn(expired))
  return expired.length === EXPIRED_AT_ONCE
}

/** When the oldest bundle was sent; undefined without any. */
export async function oldestBundleSentAt(tx: Tx, backlogId: number): Promise<number | undefined> {
  const row = await tx.get<{ sentAt: number }>(
    'select sent_at as "sentAt" from sqs_bundle where backlog_id = ? order by id limit 1',
    [backlogId],
  )
  return row?.sentAt
}
