/** What a durable job is to the services that schedule and handle it. */
import type { Millis } from '../clock/clock.ts'

/** A piece of durable work: everything "later" and everything "outside". */
export interface NewJob {
  /** Selects the handler: `sqs.move`. */
  readonly kind: string
  /** Orders and cancels: at most one job of a kind has a given key. Scheduling it again replaces its due time and payload. */
  readonly key: string
  /** A time of the clock, in milliseconds since the epoch. */
  readonly due: Millis
  /** Plain JSON data. */
  readonly payload: unknown
}

export interface Job extends NewJob {
  /** The same for every attempt of one scheduling, and for no other: an idempotency key. */
  readonly id: number
  /** 1 for the first try. */
  readonly attempt: number
}

/**
 * What a handler answers: `done` deletes the job; `again` keeps it, due at the given time, as if it was scheduled anew (a
 * slice of longer work, a recurring job). A throw retries with back-off.
 */
export type JobOutcome = { readonly done: true } | { readonly again: Millis; readonly payload?: unknown }

/** Idempotent: a lease can expire after the effect, and another node then runs the job again. */
export type JobFunction = (job: Job) => Promise<JobOutcome>

/**
 * A function alone is retried until it succeeds. One that may give up names its last attempt: the job is then dead, which
 * means it is kept with its last error, logged and counted, and runs no more unless it is scheduled again. One that waits
 * for others (a slow endpoint) names how many of its kind a node runs at once: they then leave room to the other kinds.
 */
export type JobHandler =
  | JobFunction
  | { readonly run: JobFunction; readonly maxAttempts?: number; readonly concurrency?: number }
