/**
 * Wake-ups between nodes, by `notify` and `listen` over one connection of a node's own. A notification is sent after the
 * commit and outside of it: PostgreSQL lets transactions that notify commit only one after the other. What is gathered
 * in a few milliseconds is one notification.
 *
 * A notification can be lost, with its connection or with the node that was about to send it. So those who wait are told
 * to look again at every second, and when the connection is back: a wake-up that was lost costs a second at most.
 */
import type { Clock } from '../../clock/clock.ts'
import { GatheredWakes, type Wake, type WakeListeners } from '../wakes.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { statementOf } from './statements.ts'

const GATHER_MS = 3
const LOOK_AGAIN_MS = 1_000
/** PostgreSQL takes 7,999 bytes; a character of JSON has at most three in UTF-8 for each of JavaScript's units. */
const MAX_PAYLOAD_UNITS = 2_500

const NOTIFY = statementOf(`select pg_notify('millrace', ?)`)

interface Heard {
  readonly nodeId: string
  readonly wakes: readonly Wake[]
}

export interface NotifierOptions {
  readonly connection: ConnectionOptions
  readonly clock: Clock
  readonly listeners: WakeListeners
}

export class Notifier {
  readonly #options: NotifierOptions
  readonly #nodeId: string = crypto.randomUUID()
  readonly #gathered = new GatheredWakes()
  readonly #lookAgain = new Set<() => void>()
  #connection: Connection | undefined
  #isConnecting = false
  #cancelSending: (() => void) | undefined
  #cancelTick: (() => void) | undefined
  #closed = false

  constructor(options: NotifierOptions) {
    this.#options = options
    this.#tick()
  }

  /** To be told to the other nodes, soon. */
  send(wakes: readonly Wake[]): void {
    if (wakes.length === 0 || this.#closed) return
    for (const { channel, key, count } of wakes) this.#gathered.add(channel, key, count)
    const { clock } = this.#options
    this.#cancelSending ??= clock.at(clock.now() + GATHER_MS, () => void this.#flush())
  }

  onLookAgain(fn: () => void): () => void {
    this.#lookAgain.add(fn)
    return () => this.#lookAgain.delete(fn)
  }

  /** Sends what was gathered, then ends. */
  async close(): Promise<void> {
    this.#cancelTick?.()
    await this.#flush()
    this.#closed = true
    this.#connection?.close()
  }

  #tick(): void {
    if (this.#connection === undefined && !this.#isConnecting) void this.#connect()
    for (const fn of this.#lookAgain) fn()
    const { clock } = this.#options
    this.#cancelTick = clock.at(clock.now() + LOOK_AGAIN_MS, () => this.#tick())
  }

  /** One attempt; the next tick makes another. */
  async #connect(): Promise<void> {
    this.#isConnecting = true
    try {
      const connection = await Connection.open(this.#options.connection)
      connection.onLost(() => {
        this.#connection = undefined
      })
      connection.onNotification((payload) => this.#hear(payload))
      await connection.script('listen millrace')
      if (this.#closed) connection.close()
      else this.#connection = connection
    } catch {
      // Not a fault of its own: the lanes meet the same one, and tell of it.
    }
    this.#isConnecting = false
    for (const fn of this.#lookAgain) fn()
  }

  #hear(payload: string): void {
    const heard = parsePayload(payload)
    if (heard === undefined || heard.nodeId === this.#nodeId) return
    this.#options.listeners.tell(heard.wakes)
  }

  async #flush(): Promise<void> {
    this.#cancelSending?.()
    this.#cancelSending = undefined
    const connection = this.#connection
    const payloads = payloadsOf(this.#nodeId, this.#gathered.take())
    if (connection === undefined) return
    // Whatever becomes of them, those who wait look again every second.
    await Promise.allSettled(payloads.map((payload) => connection.run(NOTIFY, [payload])))
  }
}

/**
 * What travels is a JSON list: the sender, which knows it all already, and then channel, key and count of each wake-up.
 * As many in each as fit.
 */
export function payloadsOf(nodeId: string, wakes: readonly Wake[]): string[] {
  const payloads: string[] = []
  let payload: string[] = []
  let units = 0
  for (const { channel, key, count } of wakes) {
    const text = JSON.stringify([channel, key, count])
    if (units > 0 && units + text.length > MAX_PAYLOAD_UNITS) {
      payloads.push(`["${nodeId}",${payload.join(',')}]`)
      payload = []
      units = 0
    }
    payload.push(text)
    units += text.length + 1
  }
  if (payload.length > 0) payloads.push(`["${nodeId}",${payload.join(',')}]`)
  return payloads
}

/** Undefined for what is not ours: anybody who may connect may notify. */
export function parsePayload(payload: string): Heard | undefined {
  try {
    const [nodeId, ...wakes] = JSON.parse(payload) as [string, ...[string, string, number][]]
    return { nodeId, wakes: wakes.map(([channel, key, count]) => ({ channel, key, count })) }
  } catch {
    return undefined
  }
}
