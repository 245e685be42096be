/**
 * What operators and tests ask of the node itself, under `/_millrace/`: health, metrics, the clock, a fresh start.
 *
 * Whoever can reach the port in `open` mode may do all of it; a page in a browser that is not ours may do none of it, not
 * even one of an allowed origin (guard/browser.ts). What changes something takes a body as JSON or none at all: JSON is
 * what no form can send.
 */
import type { Clock, Millis } from '../clock/clock.ts'
import { MAX_OFFSET_MS } from '../clock/offset.ts'
import type { ManagementEndpoint } from '../kernel.ts'
import type { OutboxAnswer } from '../outbound/outbox.ts'
import type { WireAnswer } from '../protocol/codec.ts'
import { mediaTypeOf } from './routing.ts'

export interface ManagementNode {
  /** Resolves to why the node isn't ready; undefined if it is. */
  health(): Promise<string | undefined>
  metrics(): Promise<{ readonly contentType: string; readonly body: string }>
  /** Deletes all data. The clock stays where it is. */
  reset(): Promise<void>
  readonly clock: Clock
  /** Moves the clock forward, durably. False if that would be too far, and it stays where it is. */
  advanceClock(ms: Millis): Promise<boolean>
  /** What would have left the platform by mail, text message or push; see outbound/outbox.ts for the parameters. */
  outbox(params: URLSearchParams): Promise<OutboxAnswer>
  emptyOutbox(): Promise<{ readonly status: number; readonly value: unknown }>
  /** What services add, by method and path: `POST sns/opt-outs`. */
  readonly ofServices: Readonly<Record<string, ManagementEndpoint>>
}

/** A request under the prefix, also one that came to another thread of the node. Plain data. */
export interface ManagementRequest {
  readonly method: string
  readonly path: string
  /** The query string without its question mark. */
  readonly search: string
  readonly contentType: string | undefined
  readonly body: Uint8Array
}

/** Answers a request under the prefix; rejects only with what an endpoint's work itself failed with. */
export type Manage = (request: ManagementRequest) => Promise<WireAnswer>

export const MANAGEMENT_PREFIX = '/_millrace/'

/** A century at a time. */
const MAX_ADVANCE_MS = 100 * 365 * 86_400_000

type Endpoint = (node: ManagementNode, request: ManagementRequest) => Promise<WireAnswer>

const endpoints: Readonly<Record<string, Endpoint>> = {
  'GET health': async (node) => {
    const reason = await node.health()
    return reason === undefined ? json(200, { status: 'ready' }) : json(503, { status: 'unavailable', reason })
  },

  /** For a supervisor that restarts what hangs: a restart would not bring back a store that is away. */
  'GET live': async () => json(200, { status: 'alive' }),

  'GET metrics': async (node) => ({ status: 200, ...(await node.metrics()) }),

  'POST clock': async ({ clock, advanceClock }, { body }) => {
    const advanceMs = advanceOf(body)
    if (advanceMs === undefined) {
      return json(400, {
        message: `Send {"advanceMs": n}, a whole number of milliseconds from 0 to ${MAX_ADVANCE_MS}.`,
      })
    }
    if (!(await advanceClock(advanceMs))) {
      return json(400, { message: `The clock can be ahead of the machine's by ${MAX_OFFSET_MS} milliseconds at most.` })
    }
    return json(200, { now: clock.now() })
  },

  'GET outbox': async (node, { search }) => {
    const { status, value } = await node.outbox(new URLSearchParams(search))
    return json(status, value)
  },

  'DELETE outbox': async (node) => {
    const { status, value } = await node.emptyOutbox()
    return json(status, value)
  },

  'POST reset': async (node) => {
    await node.reset()
    return json(200, {})
  },
}

/** The endpoints of a node, its own and those of its services. */
export const manage =
  (node: ManagementNode): Manage =>
  (request) =>
    answer(node, request)

async function answer(node: ManagementNode, request: ManagementRequest): Promise<WireAnswer> {
  const { method, path, body } = request
  const name = path.slice(MANAGEMENT_PREFIX.length)
  const key = `${method} ${name}`
  const endpoint = endpoints[key]
  const added = node.ofServices[key]
  if ((endpoint ?? added) !== undefined && !hasAcceptableBody(request)) {
    return json(415, { message: 'Send a body as JSON, with Content-Type: application/json.' })
  }
  if (endpoint !== undefined) return endpoint(node, request)
  if (added !== undefined) {
    const { status, value } = await added(parseBody(body))
    return json(status, value)
  }
  const methods = Object.keys({ ...endpoints, ...node.ofServices }).filter((key) => key.endsWith(` ${name}`))
  if (methods.length === 0) return json(404, { message: 'There is no such endpoint.' })
  return { ...json(405, { message: 'Method not allowed.' }), headers: { allow: methods.map(methodOf).join(', ') } }
}

function hasAcceptableBody({ method, contentType, body }: ManagementRequest): boolean {
  if (method === 'GET') return true
  if (contentType === undefined) return body.length === 0
  return mediaTypeOf(contentType) === 'application/json'
}

const methodOf = (key: string) => key.slice(0, key.indexOf(' '))

const json = (status: number, value: unknown): WireAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(value),
})

/** Undefined if it is no JSON. */
function parseBody(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch {
    return undefined
  }
}

/** Undefined if the body doesn't hold a usable number. */
function advanceOf(body: Uint8Array): number | undefined {
  const { advanceMs } = Object(parseBody(body)) as { advanceMs?: unknown }
  const usable =
    Number.isSafeInteger(advanceMs) && (advanceMs as number) >= 0 && (advanceMs as number) <= MAX_ADVANCE_MS
  return usable ? (advanceMs as number) : undefined
}
