/**
 * A lane: one connection, and the group of calls that it runs at the moment. It connects when it has something to do, and
 * anew when it was cut off; what was under way then fails, since nobody knows what became of its commit.
 */
import type { Clock } from '../../clock/clock.ts'
import type { AnyCommand } from '../commands.ts'
import { type Call, type GroupOutcome, refuseAll, runGroup, unavailable } from '../group.ts'
import { ConcurrentChange } from '../store.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import { isConflict, isOvertime, storeFault } from './faults.ts'
import { takeLane } from './schema.ts'
import { type NodeState, PostgresTx } from './transaction.ts'

/** Transactions that stood in each other's way are run again this often; by then one of them has always won. */
const MAX_ATTEMPTS = 8
/** For a row that another holds: at first this long, then longer, since it may be no circle but long work. */
const SHORTEST_WAIT_MS = 50
/** After the first few, a moment of chance, so that the same ones don't meet again. */
const PATIENT_ATTEMPTS = 3
const LONGEST_PAUSE_MS = 50

export interface LaneOptions {
  readonly connection: ConnectionOptions
  readonly clock: Clock
  readonly commands: ReadonlyMap<string, AnyCommand>
  readonly node: NodeState
}

export interface LaneOutcome extends GroupOutcome {
  /** Why the database can't be used, if so. */
  readonly problem: string | undefined
}

export class Lane {
  readonly #options: LaneOptions
  #connection: Connection | undefined
  #tx: PostgresTx | undefined

  constructor(options: LaneOptions) {
    this.#options = options
  }

  async run(calls: readonly Call[]): Promise<LaneOutcome> {
    for (let attempt = 1; ; attempt++) {
      try {
        const tx = await this.#ready()
        tx.lockTimeoutMs = SHORTEST_WAIT_MS * 2 ** attempt
        const outcome = await runGroup(tx, this.#options.commands, calls, endsGroup)
        return { ...outcome, problem: undefined }
      } catch (error) {
        const isInTheWay = error instanceof ConcurrentChange || isConflict(error)
        if (!isInTheWay) return this.#refuse(calls, error)
        if (attempt === MAX_ATTEMPTS) return { ...refuseAll(calls, unavailable(), undefined), problem: undefined }
        if (attempt > PATIENT_ATTEMPTS) await this.#pause()
      }
    }
  }

  close(): void {
    this.#connection?.close()
    this.#connection = undefined
  }

  #refuse(calls: readonly Call[], error: unknown): LaneOutcome {
    if (isOvertime(error)) return { ...refuseAll(calls, unavailable(), undefined), problem: undefined }
    const problem = storeFault(error)
    // A failover leaves connections to what is a replica now, a full server may be another one's turn: connect anew.
    if (problem !== undefined) this.close()
    return { ...refuseAll(calls, error, problem), problem }
  }

  async #ready(): Promise<PostgresTx> {
    if (this.#tx !== undefined && this.#connection?.lost === undefined && this.#connection) return this.#tx
    const connection = await Connection.open(this.#options.connection)
    try {
      this.#tx = new PostgresTx(connection, await takeLane(connection), this.#options.node)
    } catch (error) {
      connection.close()
      throw error
    }
    this.#connection = connection
    return this.#tx
  }

  #pause(): Promise<void> {
    const { clock } = this.#options
    const { promise, resolve } = Promise.withResolvers<void>()
    clock.at(clock.now() + Math.ceil(Math.random() * LONGEST_PAUSE_MS), resolve)
    return promise
  }
}

const endsGroup = (error: unknown): boolean => isConflict(error) || isOvertime(error) || storeFault(error) !== undefined
