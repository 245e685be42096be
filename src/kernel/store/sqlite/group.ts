/**
 * One group: the calls that waited while the last commit was being written, run in one transaction.
 *
 * A group is tried at once, each command seeing all its calls as one batch. A command that can fail in the middle
 * (`alone`) runs each call in a savepoint. If a batch throws, the whole group is undone and run again call by call, so
 * that only the call at fault fails: rare, and never wrong. If the files fail (disk full), every call of the group fails.
 */
import { ServiceError } from '../../service-error.ts'
import type { AnyCommand } from '../commands.ts'
import { failed, type Settled } from '../store.ts'
import { fileFault } from './database.ts'
import type { Call } from './protocol.ts'
import type { SqliteTx, Wake } from './transaction.ts'

export interface GroupOutcome {
  /** One per call, in order. */
  readonly settled: readonly Settled<unknown>[]
  readonly wakes: readonly Wake[]
  /** Why nothing could be written, if so. */
  readonly problem: string | undefined
}

/** Thrown when a batch failed as a whole, to undo the group. */
class BatchFailed extends Error {}

export async function runGroup(
  tx: SqliteTx,
  commands: ReadonlyMap<string, AnyCommand>,
  calls: readonly Call[],
): Promise<GroupOutcome> {
  try {
    return await transaction(tx, () => runBatched(tx, commands, calls))
  } catch (error) {
    if (!(error instanceof BatchFailed)) return unusable(calls, error)
  }
  try {
    return await transaction(tx, () => runOneByOne(tx, commands, calls))
  } catch (error) {
    return unusable(calls, error)
  }
}

async function transaction(tx: SqliteTx, run: () => Promise<Settled<unknown>[]>): Promise<GroupOutcome> {
  try {
    tx.begin()
    const settled = await run()
    return { settled, wakes: tx.commit(), problem: undefined }
  } catch (error) {
    tx.rollback()
    throw error
  }
}

async function runBatched(
  tx: SqliteTx,
  commands: ReadonlyMap<string, AnyCommand>,
  calls: readonly Call[],
): Promise<Settled<unknown>[]> {
  const settled = new Array<Settled<unknown>>(calls.length)
  for (const [name, positions] of byCommand(calls)) {
    const command = commands.get(name)
    if (command === undefined || command.alone) {
      for (const at of positions) settled[at] = await runAlone(tx, command, calls[at] as Call)
      continue
    }
    const args = positions.map((at) => (calls[at] as Call)[2])
    const outcomes = await command.run(tx, args).catch((cause: unknown) => {
      throw fileFault(cause) === undefined ? new BatchFailed(name, { cause }) : cause
    })
    for (let i = 0; i < positions.length; i++) settled[positions[i] as number] = outcomes[i] as Settled<unknown>
  }
  return settled
}

async function runOneByOne(
  tx: SqliteTx,
  commands: ReadonlyMap<string, AnyCommand>,
  calls: readonly Call[],
): Promise<Settled<unknown>[]> {
  const settled: Settled<unknown>[] = []
  for (const call of calls) settled.push(await runAlone(tx, commands.get(call[1]), call))
  return settled
}

/** Runs one call in a savepoint. Throws only if the files fail. */
async function runAlone(tx: SqliteTx, command: AnyCommand | undefined, call: Call): Promise<Settled<unknown>> {
  if (command === undefined) return failed(new Error(`no command is named ${call[1]}`))
  tx.savepoint()
  try {
    const [outcome] = await command.run(tx, [call[2]])
    tx.release()
    return outcome as Settled<unknown>
  } catch (error) {
    if (fileFault(error) !== undefined) throw error
    tx.rollbackToSavepoint()
    return failed(error)
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

function unusable(calls: readonly Call[], error: unknown): GroupOutcome {
  const problem = fileFault(error)
  const answer =
    problem === undefined
      ? error
      : new ServiceError('ServiceUnavailable', 'The store cannot be written at the moment. Please try again later.', {
          status: 503,
        })
  return { settled: calls.map(() => failed(answer)), wakes: [], problem }
}
