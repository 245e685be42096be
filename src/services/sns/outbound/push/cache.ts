/** Bounded memory of what is dear to make: a connection, a parsed key, a token. */
export class Cache<V> {
  readonly #values = new Map<string, V>()
  readonly #limit: number
  readonly #dispose: (value: V) => void

  /** `dispose` is called with what has to go: the oldest when there are more than `limit`, and all when it is cleared. */
  constructor(limit: number, dispose: (value: V) => void = () => {}) {
    this.#limit = limit
    this.#dispose = dispose
  }

  get(key: string): V | undefined {
    return this.#values.get(key)
  }

  /** For a key that has no value. Returns the value. */
  add(key: string, value: V): V {
    const [oldest] = this.#values.keys()
    if (this.#values.size >= this.#limit && oldest !== undefined) this.#drop(oldest)
    this.#values.set(key, value)
    return value
  }

  clear(): void {
    for (const key of [...this.#values.keys()]) this.#drop(key)
  }

  #drop(key: string): void {
    this.#dispose(this.#values.get(key) as V)
    this.#values.delete(key)
  }
}
