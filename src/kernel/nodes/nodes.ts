/**
 * What nodes that share a store know of each other: where they listen. A node says so when it is ready, and again in
 * intervals; one that doesn't is forgotten. The others hear of a new one at once. A clock that is moved forward makes
 * every node speak, since its intervals end then.
 */
import type { Clock, Millis } from '../clock/clock.ts'
import type { Logger } from '../observe/logger.ts'
import type { Listener, OwnListeners } from '../outbound/own-listeners.ts'
import { RESET_CHANNEL } from '../store/reset.ts'
import type { Store } from '../store/store.ts'
import { announceNode, listOtherNodes, NODES_CHANNEL, withdrawNode } from './store.ts'

const INTERVAL_MS: Millis = 20_000
/** A node may miss two of its intervals. */
const LIFE_MS: Millis = 60_000

export interface NodesOptions {
  readonly nodeId: string
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  /** Is told where the others are. */
  readonly listeners: OwnListeners
}

export class Nodes {
  readonly #options: NodesOptions
  readonly #unsubscribe: (() => void)[]
  #listener: Listener | undefined
  #cancel = () => {}
  #closed = false

  /** Resolves when the node knows of the others; rejects if the store fails. It says nothing of itself yet. */
  static async join(options: NodesOptions): Promise<Nodes> {
    const nodes = new Nodes(options)
    await nodes.#read()
    return nodes
  }

  private constructor(options: NodesOptions) {
    this.#options = options
    const { store } = options
    this.#unsubscribe = [
      store.onWake(NODES_CHANNEL, () => void this.#heed(this.#read())),
      store.onWake(RESET_CHANNEL, () => void this.#heed(this.#say())),
      store.onMissedWakes(() => void this.#heed(this.#read())),
    ]
  }

  /** Says where the node listens, from now on. Never rejects: if the store is away, it is said again. */
  async announce(listener: Listener): Promise<void> {
    this.#listener = listener
    await this.#heed(this.#say())
    this.#goOn()
  }

  /** Never rejects: a node that can't say so is forgotten by itself. */
  async leave(): Promise<void> {
    this.#closed = true
    this.#cancel()
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    const { store, nodeId } = this.#options
    if (this.#listener !== undefined) await this.#heed(store.execute(withdrawNode, { nodeId }))
  }

  #goOn(): void {
    if (this.#closed) return
    const { clock } = this.#options
    this.#cancel = clock.at(clock.now() + INTERVAL_MS, () => void this.#heed(this.#say()).then(() => this.#goOn()))
  }

  async #say(): Promise<void> {
    const { nodeId, store, listeners } = this.#options
    if (this.#listener === undefined) return
    listeners.others = await store.execute(announceNode, { nodeId, listener: this.#listener, lifeMs: LIFE_MS })
  }

  async #read(): Promise<void> {
    const { nodeId, store, listeners } = this.#options
    listeners.others = await store.execute(listOtherNodes, { nodeId })
  }

  /** What was known stays known, until the store is there again. */
  async #heed(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (!this.#closed) this.#options.log.warn({ err: error }, 'the list of nodes could not be read or written')
    }
  }
}
