/** Keeps as many values as it may, those that were asked for last. A Map keeps its keys in the order of their arrival. */
export class RecentlyUsed<V> {
  readonly #values = new Map<string, V>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(name: string): V | undefined {
    const value = this.#values.get(name)
    return value === undefined ? undefined : this.set(name, value)
  }

  /** Returns the value. */
  set(name: string, value: V): V {
    this.#values.delete(name)
    this.#values.set(name, value)
    if (this.#values.size > this.#max) this.#values.delete(this.#values.keys().next().value as string)
    return value
  }
}
