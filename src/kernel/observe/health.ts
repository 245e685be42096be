/**
 * Whether the node is ready: its store can be written and answers. A node that is shutting down isn't, so that a load
 * balancer sends its requests elsewhere.
 */
import type { Clock } from '../clock/clock.ts'
import { type Store, single } from '../store/store.ts'

/** A store that takes longer is as good as gone to whoever waits for it. */
const PATIENCE_MS = 2000

/** Reads nothing and writes nothing: that it ran says that transactions begin and commit. */
export const ping = single('kernel.ping', async (tx, _: Record<string, never>) => tx.now)

export class Health {
  readonly #clock: Clock
  #storeProblem: string | undefined
  #draining = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** What the store says of itself; undefined when it is well again. */
  storeChanged(problem: string | undefined): void {
    this.#storeProblem = problem
  }

  drain(): void {
    this.#draining = true
  }

  /** Resolves to why the node isn't ready; undefined if it is. */
  async check(store: Store): Promise<string | undefined> {
    if (this.#draining) return 'shutting down'
    const { promise: late, resolve } = Promise.withResolvers<string>()
    const cancel = this.#clock.at(this.#clock.now() + PATIENCE_MS, () => resolve('the store does not answer'))
    const answered = store.execute(ping, {}).then(
      () => this.#storeProblem, // which the store, once it is called, may have found to be over
      (error: Error) => this.#storeProblem ?? error.message,
    )
    return Promise.race([answered, late]).finally(cancel)
  }
}
