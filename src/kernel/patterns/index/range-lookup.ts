/**
 * Ranges of numbers, of which those around one number are found.
 *
 * They are sorted by their lower ends, and seen as a balanced tree: the middle is the root, the halves are its subtrees.
 * Of each subtree the highest upper end is known, so that a search leaves out what ends too low or begins too high: it
 * costs by what it finds and the logarithm of what there is. New ranges wait in a list that is tested one by one, until
 * there are so many that sorting again is worth it; removed ones stay until then and are skipped.
 */
import type { Condition, Leaf, Range } from '../conditions.ts'

interface Entry<Value> {
  readonly low: number
  readonly high: number
  /** Undefined when it was removed. */
  value: Value | undefined
}

export class RangeLookup<Value> {
  readonly #entries = new Map<string, Entry<Value>>()
  #sorted: Entry<Value>[] = []
  /** Of the subtree whose root has the same index. */
  #highest = new Float64Array(0)
  #waiting: Entry<Value>[] = []
  #removed = 0

  get size() {
    return this.#entries.size
  }

  get({ key }: Condition) {
    return this.#entries.get(key as string)?.value
  }

  set(condition: Condition, value: Value) {
    const { key, low, high } = condition as Range
    const known = this.#entries.get(key)
    if (known !== undefined) {
      known.value = value
      return
    }
    const entry = { low, high, value }
    this.#entries.set(key, entry)
    this.#waiting.push(entry)
  }

  delete({ key }: Condition) {
    const entry = this.#entries.get(key as string)
    if (entry === undefined) return
    this.#entries.delete(key as string)
    entry.value = undefined
    this.#removed += 1
  }

  find(leaf: Leaf, found: (value: Value) => void) {
    if (typeof leaf !== 'number') return
    if (this.#isUntidy()) this.#sort()
    for (const { low, high, value } of this.#waiting) {
      if (value !== undefined && low <= leaf && leaf <= high) found(value)
    }
    this.#findBetween(0, this.#sorted.length, leaf, found)
  }

  #findBetween(start: number, end: number, number: number, found: (value: Value) => void): void {
    const middle = (start + end) >>> 1
    const entry = this.#sorted[middle]
    if (start >= end || entry === undefined || (this.#highest[middle] as number) < number) return
    this.#findBetween(start, middle, number, found)
    if (entry.low > number) return
    if (entry.value !== undefined && number <= entry.high) found(entry.value)
    this.#findBetween(middle + 1, end, number, found)
  }

  /** The square root balances what a search tests in vain with how often all is sorted. */
  #isUntidy(): boolean {
    const limit = 32 + 4 * Math.sqrt(this.#entries.size)
    return this.#waiting.length > limit || this.#removed > limit + this.#entries.size / 2
  }

  #sort(): void {
    this.#sorted = [...this.#entries.values()].sort((a, b) => a.low - b.low)
    this.#highest = new Float64Array(this.#sorted.length)
    this.#waiting = []
    this.#removed = 0
    this.#fillHighest(0, this.#sorted.length)
  }

  #fillHighest(start: number, end: number): number {
    const middle = (start + end) >>> 1
    const entry = this.#sorted[middle]
    if (start >= end || entry === undefined) return Number.NEGATIVE_INFINITY
    const highest = Math.max(this.#fillHighest(start, middle), entry.high, this.#fillHighest(middle + 1, end))
    this.#highest[middle] = highest
    return highest
  }
}
