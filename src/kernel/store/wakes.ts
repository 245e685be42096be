/** Wake-ups: what a transaction leaves to be told after its commit, and who listens on this node. */

export interface Wake {
  readonly channel: string
  readonly key: string
  readonly count: number
}

/** The wake-ups of one or more transactions: those of one channel and key add up. */
export class GatheredWakes {
  #wakes = new Map<string, { channel: string; key: string; count: number }>()

  add(channel: string, key: string, count: number): void {
    const id = `${channel} ${key}`
    const wake = this.#wakes.get(id)
    if (wake === undefined) this.#wakes.set(id, { channel, key, count })
    else wake.count += count
  }

  /** Empties it. */
  take(): readonly Wake[] {
    if (this.#wakes.size === 0) return []
    const wakes = [...this.#wakes.values()]
    this.#wakes = new Map()
    return wakes
  }
}

export type WakeListener = (key: string, count: number) => void

export class WakeListeners {
  readonly #listeners = new Map<string, Set<WakeListener>>()

  /** Returns the function that ends the subscription. */
  add(channel: string, listener: WakeListener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  tell(wakes: readonly Wake[]): void {
    for (const { channel, key, count } of wakes) {
      for (const listener of this.#listeners.get(channel) ?? []) listener(key, count)
    }
  }
}
