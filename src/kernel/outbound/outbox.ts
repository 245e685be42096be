/**
 * The outbox: what would have left the platform by mail, SMS or push, and stayed because nothing is set up to carry it.
 * Tests read it, and people who wait for a confirmation link.
 *
 * `GET /_millrace/outbox?channel=&to=&limit=&before=` and `DELETE /_millrace/outbox` (edge/management.ts) end here.
 */
import type { Store } from '../store/store.ts'
import { CHANNELS, clearOutbox, listOutbox, type OutboxChannel, type OutboxItem, type OutboxQuery } from './store.ts'

const DEFAULT_LIMIT = 100
const MAX_LIMIT = 1000

/** An item as it is shown: the time is in ISO 8601. */
export interface ShownItem extends OutboxItem {
  readonly id: number
  readonly recordedAt: string
}

export type OutboxAnswer =
  /** Newest first. There may be more while `next` is there: it is the `before` of the next page. */
  | { readonly status: 200; readonly value: { readonly items: readonly ShownItem[]; readonly next?: number } }
  | { readonly status: 400; readonly value: { readonly message: string } }

/** Answers a `GET`, as HTTP status and JSON value. */
export async function readOutbox(store: Store, params: URLSearchParams): Promise<OutboxAnswer> {
  const query = parseQuery(params)
  if (typeof query === 'string') return { status: 400, value: { message: query } }
  const recorded = await store.execute(listOutbox, query)
  const items = recorded.map((item) => ({ ...item, recordedAt: new Date(item.recordedAt).toISOString() }))
  const next = items.length === query.limit ? { next: items.at(-1)?.id } : {}
  return { status: 200, value: { items, ...next } }
}

/** Answers a `DELETE`: everything is gone, and `deleted` says how much that was. */
export async function emptyOutbox(
  store: Store,
): Promise<{ readonly status: 200; readonly value: { deleted: number } }> {
  return { status: 200, value: { deleted: await store.execute(clearOutbox, null) } }
}

/** A text says what is wrong. */
function parseQuery(params: URLSearchParams): OutboxQuery | string {
  const stranger = [...params.keys()].find((name) => !['channel', 'to', 'limit', 'before'].includes(name))
  if (stranger !== undefined) return `There is no parameter ${stranger}: use channel, to, limit and before.`
  const channel = params.get('channel') ?? undefined
  if (channel !== undefined && !isChannel(channel)) return `channel is one of ${CHANNELS.join(', ')}.`
  const limit = wholeNumber(params.get('limit') ?? String(DEFAULT_LIMIT))
  if (limit === undefined || limit < 1 || limit > MAX_LIMIT) return `limit is a whole number from 1 to ${MAX_LIMIT}.`
  const before = params.has('before') ? wholeNumber(params.get('before') as string) : undefined
  if (before === undefined && params.has('before')) return 'before is the id of an item.'
  return { channel, destination: params.get('to') ?? undefined, before, limit }
}

const isChannel = (text: string): text is OutboxChannel => (CHANNELS as readonly string[]).includes(text)

const wholeNumber = (text: string): number | undefined => {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}
