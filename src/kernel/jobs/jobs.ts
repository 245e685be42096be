/** Placeholder: see the jobs helper's task. */
import type { Millis } from '../clock/clock.ts'
import type { Tx } from '../store/store.ts'

/** A piece of durable work: everything "later" and everything "outside". */
export interface NewJob {
  /** Selects the handler: `sqs.move`. */
  readonly kind: string
  /** Orders and cancels: at most one job of a kind has a given key. Scheduling it again replaces its due time and payload. */
  readonly key: string
  readonly due: Millis
  /** Plain JSON data. */
  readonly payload: unknown
}

export interface Job extends NewJob {
  readonly id: number
  /** 1 for the first try. */
  readonly attempt: number
}

/**
 * What a handler answers: `done` deletes the job; `again` keeps it, due at the given time, with the attempt count reset
 * (a slice of longer work, a recurring job). A throw retries with back-off.
 */
export type JobOutcome = { readonly done: true } | { readonly again: Millis; readonly payload?: unknown }

/** Idempotent: a lease can expire after the effect, and another node then runs the job again. */
export type JobHandler = (job: Job) => Promise<JobOutcome>

export interface Jobs {
  /** Looks for due jobs now rather than at the next known due time. */
  nudge(): void
}

/** Schedules a job inside the caller's transaction. */
export declare function schedule(tx: Tx, job: NewJob): Promise<void>
/** Cancels a job that hasn't begun; a running one is completed by its handler. */
export declare function cancel(tx: Tx, kind: string, key: string): Promise<boolean>
