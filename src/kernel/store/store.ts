/**
 * The store port: the only stateful part of the platform.
 *
 * A command is the unit: a named transaction over plain data. The same command runs in SQLite's storage thread or in a
 * pooled PostgreSQL transaction; a service never learns which. Calls of one command that arrive together reach `run` as
 * one batch, and calls of different commands may share a transaction; all are answered after the commit.
 */
import type { Packing } from './packing.ts'

export type SqlValue = string | number | bigint | null | Uint8Array

/**
 * One open transaction. SQL is written once, in the subset that SQLite and PostgreSQL share, with `?` for values.
 * Integers come back as numbers; blobs as Uint8Array. Neither engine orders `returning`.
 */
export interface Tx {
  /** The clock's reading in milliseconds since the epoch: one value for the whole transaction, never going back. */
  readonly now: number
  all<R>(sql: string, params?: readonly SqlValue[]): Promise<R[]>
  get<R>(sql: string, params?: readonly SqlValue[]): Promise<R | undefined>
  /** Resolves to the number of rows changed. */
  run(sql: string, params?: readonly SqlValue[]): Promise<number>
  /** An engine may tell of a failure later, at the end of the call: it then fails and is undone like any other. */
  insertMany(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<void>
  /** As `insertMany`, but leaves rows alone whose key is taken. Resolves to how many were inserted. */
  insertAbsent(table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[]): Promise<number>
  /**
   * As `insertMany`, with what happens to rows whose key is taken: `(key) do update set …`, where `excluded` names the new
   * row. No two of the rows may have the same key.
   */
  insertOver(
    table: string,
    columns: readonly string[],
    rows: readonly (readonly SqlValue[])[],
    onConflict: string,
  ): Promise<void>
  /**
   * Locks the rows of a `select` until the end of the transaction, in the order that it gives; what is read after that
   * is what the last holder left. It is in force for the statements that follow, also if nobody waits for the answer:
   * how many rows were locked. Does nothing where there is one writer, and resolves to undefined.
   */
  lock(sql: string, params?: readonly SqlValue[]): Promise<number | undefined>
  /**
   * Runs a statement whose result nobody needs. As with `insertMany`, an engine may tell of a failure later, and need not
   * wait for the answer.
   */
  later(sql: string, params?: readonly SqlValue[]): Promise<void>
  /**
   * Holds names until the end of the transaction, `shared` with others who share them or `alone`; what is read after that
   * is what the last holder left. Who waits to be alone is not passed by those who come later. Does nothing where there
   * is one writer.
   */
  hold(how: 'shared' | 'alone', names: readonly string[]): Promise<void>
  /** `count` new ids, ascending, above every id given out before on any node; gaps are possible. */
  nextIds(count: number): Promise<readonly number[]>
  /** '' or 'for update skip locked'. */
  readonly skipLocked: string
  /**
   * Which of a few parallel writers this transaction is, from 0. A counter kept as one row per (owner, lane) is
   * therefore never fought over; its value is the sum over the lanes.
   */
  readonly lane: number
  /** Scratch memory of this engine, kept between transactions: a cache that may be dropped at any time. */
  readonly memo: Map<string, unknown>
  /** Every registered command by name, to run one inside this transaction (see targets/deliver.ts). */
  readonly commands: ReadonlyMap<string, Omit<Command<never, unknown>, 'packing'>>
  /** Told to every node after the commit. Calls with one channel and key add up their counts. */
  wake(channel: string, key: string, count?: number): void
}

/**
 * A transaction on another node got in between: thrown by a command when a conditional write tells it so. Everything is
 * undone and run again, and then sees what the other one wrote. Can't happen where there is one writer.
 */
export class ConcurrentChange extends Error {
  override readonly name = 'ConcurrentChange'
}

/** The store could not be opened; `reason` names the error's kind (`DataDirectoryInUse`, `SchemaTooNew`, …). */
export class CannotOpenStore extends Error {
  override readonly name = 'CannotOpenStore'
  readonly reason: string
  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

export type Settled<R> = { readonly ok: true; readonly value: R } | { readonly ok: false; readonly error: unknown }

/** A named transaction over a batch of calls: a hot path sees all calls that wait for the same thing at once. */
export interface Command<A, R> {
  readonly name: string
  /** How its arguments and results cross threads; without it they are cloned. */
  readonly packing?: { readonly args: Packing<A>; readonly result: Packing<R> }
  /** The calls are never batched: `run` gets one at a time, each in a savepoint of its own, and may throw. */
  readonly alone?: boolean
  /**
   * One outcome per call, in order. A call that fails must have written nothing. If `run` itself throws, everything it
   * wrote is undone and each call is run again alone, so that the one at fault fails alone.
   */
  run(tx: Tx, calls: readonly A[]): Promise<Settled<R>[]>
}

export interface Store {
  /** Runs the command; resolves after the commit. Rejects with what the command threw (a `ServiceError` stays one). */
  execute<A, R>(command: Command<A, R>, args: A): Promise<R>
  /** Calls `listener` after a commit that woke the channel. Returns the function that ends the subscription. */
  onWake(channel: string, listener: (key: string, count: number) => void): () => void
  /**
   * Calls `listener` when wake-ups of other nodes may have been missed: whoever waits should look again. Never where
   * there is one node. Returns the function that ends the subscription.
   */
  onMissedWakes(listener: () => void): () => void
  /** Deletes everything and starts from an empty schema. */
  reset(): Promise<void>
  /** Waits for what was accepted to commit, then closes. */
  close(): Promise<void>
}

export const done = <R>(value: R): Settled<R> => ({ ok: true, value })
export const failed = (error: unknown): Settled<never> => ({ ok: false, error })

/** A command over batches: the function decides one outcome per call. */
export const batched = <A, R>(
  name: string,
  run: Command<A, R>['run'],
  packing?: Command<A, R>['packing'],
): Command<A, R> => ({ name, run, packing })

/** A command of a one-call function, for cold paths. What it throws is the call's error, and undoes what it wrote. */
export const single = <A, R>(name: string, fn: (tx: Tx, args: A) => Promise<R>): Command<A, R> => ({
  name,
  alone: true,
  run: async (tx, calls) => [done(await fn(tx, calls[0] as A))],
})
