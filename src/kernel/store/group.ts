/**
 * One group: the calls that waited while the last commit was being written, run in one transaction.
 *
 * A group is tried at once, each command seeing all its calls as one batch. A command that can fail in the middle
 * (`alone`) runs each call in a savepoint. If a batch throws, the whole group is undone and run again call by call, so
 * that only the call at fault fails: rare, and never wrong. What fails the engine rather than a call (a full disk, a lost
 * connection, a deadlock) undoes the whole group and is the engine's to answer.
 */
import { ServiceError } from '../service-error.ts'
import type { AnyCommand } from './commands.ts'
import { ConcurrentChange, failed, type Settled, type Tx } from './store.ts'
import type { Wake } from './wakes.ts'

/** A call: its number, the command's name, and the arguments. */
export type Call = readonly [id: number, command: string, args: unknown]

/** A transaction as an engine drives it. At most one savepoint is open at a time. */
export interface GroupTx extends Tx {
  begin(): Promise<void>
  /** Resolves when all is durable, to what is to be told now. */
  commit(): Promise<readonly Wake[]>
  /** Undoes everything, also a transaction that the engine itself has given up already, or that never began. */
  rollback(): Promise<void>
  savepoint(): Promise<void>
  /** Keeps what the savepoint's call wrote; rejects if anything of it failed. */
  release(): Promise<void>
  rollbackToSavepoint(): Promise<void>
}

export interface GroupOutcome {
  /** One per call, in order. */
  readonly settled: readonly Settled<unknown>[]
  readonly wakes: readonly Wake[]
}

/**
 * Runs the group and commits it. Rejects, with everything undone, if it could not begin or commit, or with what a call
 * threw if `endsGroup` says that it is no fault of the call.
 */
export async function runGroup(
  tx: GroupTx,
  commands: ReadonlyMap<string, AnyCommand>,
  calls: readonly Call[],
  endsGroup: (error: unknown) => boolean,
): Promise<GroupOutcome> {
  const isNobodysFault = (error: unknown) => error instanceof ConcurrentChange || endsGroup(error)
  const group = new Group(tx, commands, calls, isNobodysFault)
  try {
    return await group.transaction(() => group.runBatched())
  } catch (error) {
    if (isNobodysFault(error)) throw error
  }
  return group.transaction(() => group.runOneByOne())
}

/** The outcome of a group that the engine could not run: every call fails; `problem` is set if the store is away. */
export function refuseAll(calls: readonly Call[], error: unknown, problem: string | undefined): GroupOutcome {
  const answer = problem === undefined ? error : unavailable()
  return { settled: calls.map(() => failed(answer)), wakes: [] }
}

export const unavailable = (): ServiceError =>
  new ServiceError('ServiceUnavailable', 'The store can not be used at the moment. Please try again later.', {
    status: 503,
  })

class Group {
  readonly #tx: GroupTx
  readonly #commands: ReadonlyMap<string, AnyCommand>
  readonly #calls: readonly Call[]
  readonly #endsGroup: (error: unknown) => boolean

  constructor(
    tx: GroupTx,
    commands: ReadonlyMap<string, AnyCommand>,
    calls: readonly Call[],
    endsGroup: (error: unknown) => boolean,
  ) {
    this.#tx = tx
    this.#commands = commands
    this.#calls = calls
    this.#endsGroup = endsGroup
  }

  async transaction(run: () => Promise<Settled<unknown>[]>): Promise<GroupOutcome> {
    try {
      await this.#tx.begin()
      const settled = await run()
      return { settled, wakes: await this.#tx.commit() }
    } catch (error) {
      await this.#tx.rollback()
      throw error
    }
  }

  async runBatched(): Promise<Settled<unknown>[]> {
    const calls = this.#calls
    const settled = new Array<Settled<unknown>>(calls.length)
    for (const [name, positions] of byCommand(calls)) {
      const command = this.#commands.get(name)
      if (command === undefined || command.alone) {
        for (const at of positions) settled[at] = await this.#runAlone(command, calls[at] as Call)
        continue
      }
      const args = positions.map((at) => (calls[at] as Call)[2])
      const outcomes = await command.run(this.#tx, args)
      for (let i = 0; i < positions.length; i++) settled[positions[i] as number] = outcomes[i] as Settled<unknown>
    }
    return settled
  }

  async runOneByOne(): Promise<Settled<unknown>[]> {
    const settled: Settled<unknown>[] = []
    for (const call of this.#calls) settled.push(await this.#runAlone(this.#commands.get(call[1]), call))
    return settled
  }

  /** Runs one call in a savepoint. Throws only what ends the group. */
  async #runAlone(command: AnyCommand | undefined, call: Call): Promise<Settled<unknown>> {
    if (command === undefined) return failed(new Error(`no command is named ${call[1]}`))
    await this.#tx.savepoint()
    try {
      const [outcome] = await command.run(this.#tx, [call[2]])
      await this.#tx.release()
      return outcome as Settled<unknown>
    } catch (error) {
      if (this.#endsGroup(error)) throw error
      await this.#tx.rollbackToSavepoint()
      return failed(error)
    }
  }
}

/** The positions of each command's calls, commands in the order of their first call. */
function byCommand(calls: readonly Call[]): Map<string, number[]> {
  const positions = new Map<string, number[]>()
  for (let at = 0; at < calls.length; at++) {
    const name = (calls[at] as Call)[1]
    const list = positions.get(name)
    if (list === undefined) positions.set(name, [at])
    else list.push(at)
  }
  return positions
}
