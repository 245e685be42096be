/**
 * Decisions that a seed repeats. Each worker forks a generator of its own, so that the pace of one doesn't change what
 * another decides. When things happen is up to the machine; what is tried, and after how long a kill comes, is not.
 */
import { createHash } from 'node:crypto'

export class Random {
  readonly #seed: string
  #drawn = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`)
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.#next() * (max - min + 1))
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.int(0, list.length - 1)] as T
  }

  /** From 0 up to, but not including, 1. */
  #next(): number {
    return (
      createHash('sha256')
        .update(`${this.#seed}#${this.#drawn++}`)
        .digest()
        .readUInt32LE() /
      2 ** 32
    )
  }
}
