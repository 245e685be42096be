/**
 * A thread's side of the embedded store: its calls go to the storage thread in batches, and replies come back after the
 * commit. Nothing is kept here that a restart would miss.
 */
import type { MessagePort, Worker } from 'node:worker_threads'
import type { Clock } from '../../clock/clock.ts'
import type { AnyCommand } from '../commands.ts'
import { Parts } from '../packing.ts'
import type { Command, Store } from '../store.ts'
import { type WakeListener, WakeListeners } from '../wakes.ts'
import { type CallsMessage, type PlainError, packCall, type RepliesMessage, revive } from './protocol.ts'

export interface ClientOptions {
  readonly clock: Clock
  /** Told of each group commit: how many calls of this client it carried and how long it took, in seconds. */
  readonly onGroup?: (calls: number, seconds: number) => void
}

/**
 * Messages with calls that are under way at once. What arrives meanwhile is gathered and costs one message between the
 * threads; more of them keep the thread from idling while this one reads requests, or writes answers.
 */
const MAX_BATCHES_UNDER_WAY = 4
/** So many calls don't wait for the end of the event loop's turn: the thread begins while others are still read. */
const EARLY_BATCH = 24

interface Waiting {
  readonly packing: AnyCommand['packing']
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

export class StorageClient {
  readonly #port: Worker | MessagePort
  readonly #options: ClientOptions
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new WakeListeners()
  #parts: unknown[] = []
  /** How many calls the parts are. */
  #gathered = 0
  #lastId = 0
  #underWay = 0
  #flushIsScheduled = false
  #gone: Error | undefined
  #onSettled: (() => void) | undefined

  constructor(port: Worker | MessagePort, options: ClientOptions) {
    this.#port = port
    this.#options = options
  }

  /** Why nothing is answered any more. */
  get gone(): Error | undefined {
    return this.#gone
  }

  execute<A, R>(command: Command<A, R>, args: A): Promise<R> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    return new Promise<R>((resolve, reject) => {
      const id = ++this.#lastId
      packCall(id, command, args, this.#parts)
      this.#waiting.set(id, { packing: command.packing, resolve, reject })
      this.#gathered++
      if (this.#gathered >= EARLY_BATCH) this.#postIfDue()
      else if (!this.#flushIsScheduled) this.#scheduleFlush()
    })
  }

  onWake(channel: string, listener: WakeListener): () => void {
    return this.#listeners.add(channel, listener)
  }

  /** Resolves when everything is answered that was asked so far. */
  async settled(): Promise<void> {
    this.post()
    while (this.#waiting.size > 0 && this.#gone === undefined) {
      await new Promise<void>((resolve) => {
        this.#onSettled = resolve
      })
    }
  }

  /** Posts what was gathered. */
  post(): void {
    if (this.#gathered === 0) return
    const message: CallsMessage = { type: 'calls', clockOffset: this.#options.clock.offset, parts: this.#parts }
    this.#parts = []
    this.#gathered = 0
    this.#underWay++
    this.#port.postMessage(message)
  }

  hear({ count, parts: list, wakes, seconds, batches }: RepliesMessage): void {
    this.#underWay -= batches
    if (count > 0) this.#options.onGroup?.(count, seconds)
    const parts = new Parts(list)
    while (!parts.areRead) this.#settle(parts)
    this.#listeners.tell(wakes)
    this.#postIfDue()
    if (this.#waiting.size === 0) this.#onSettled?.()
  }

  /** From here on nothing is answered any more: whoever waits, or comes, is told why. */
  abandon(error: Error): void {
    if (this.#gone !== undefined) return
    this.#gone = error
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
    this.#onSettled?.()
  }

  #settle(parts: Parts): void {
    const id = parts.next() as number
    const error = parts.next() as PlainError | undefined
    const { packing, resolve, reject } = this.#waiting.get(id) as Waiting
    this.#waiting.delete(id)
    if (error !== undefined) reject(revive(error))
    else resolve((packing === undefined ? parts.next() : packing.result.unpack(parts)) as never)
  }

  /** After this turn of the event loop, so that its calls travel together. */
  #scheduleFlush(): void {
    this.#flushIsScheduled = true
    setImmediate(() => {
      this.#flushIsScheduled = false
      this.#postIfDue()
    })
  }

  #postIfDue(): void {
    if (this.#underWay < MAX_BATCHES_UNDER_WAY) this.post()
  }
}

/** The store as another thread of the process has it, by a port that `EmbeddedStore.attach` gave. */
export function joinSqlite(port: MessagePort, options: ClientOptions): Store {
  const client = new StorageClient(port, options)
  port.on('message', (message: RepliesMessage) => client.hear(message))
  port.on('close', () => client.abandon(new Error('the store is closed')))
  return {
    execute: (command, args) => client.execute(command, args),
    onWake: (channel, listener) => client.onWake(channel, listener),
    onMissedWakes: () => () => {}, // the storage thread tells every client
    reset: () => Promise.reject(new Error('the thread that opened the store resets it')),
    async close() {
      await client.settled()
      port.close()
    },
  }
}
