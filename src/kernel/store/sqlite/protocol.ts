/**
 * What the storage thread and those who call it say to each other: the main thread, and the threads that it attached.
 * Plain data: it is structured-cloned.
 */
import type { MessagePort } from 'node:worker_threads'
import type { PlainServiceError } from '../../service-error.ts'
import type { Call } from '../group.ts'
import type { MigrationSource } from '../migrations.ts'
import type { Wake } from '../wakes.ts'

/** Handed to the storage thread when it starts. URLs travel as text. */
export interface ThreadOptions {
  readonly directory: string | undefined
  readonly clockOffset: number
  readonly commands: readonly string[]
  readonly migrations: readonly { readonly service: MigrationSource['service']; readonly folder: string }[]
}

export type ToThread =
  | { readonly type: 'calls'; readonly clockOffset: number; readonly calls: readonly Call[] }
  /** From here on, whoever holds the other end of `port` may call, too. */
  | { readonly type: 'attach'; readonly port: MessagePort }
  | { readonly type: 'reset' }
  | { readonly type: 'close' }

export type PlainError =
  | { readonly service: PlainServiceError }
  | { readonly message: string; readonly stack: string | undefined }

/** The outcome of a call: its number, its value, or its error. */
export type Reply = readonly [id: number, value: unknown, error?: PlainError]

export type FromThread =
  | { readonly type: 'open' }
  | { readonly type: 'cannot-open'; readonly name: string; readonly message: string }
  | {
      readonly type: 'replies'
      readonly replies: readonly Reply[]
      readonly wakes: readonly Wake[]
      /** How many batches of calls their sender may count as taken in by now. */
      readonly batches: number
      /** The commit, told to one of those whose calls it had: how many, and its seconds from the first statement on. */
      readonly group: { readonly calls: number; readonly seconds: number } | undefined
    }
  /** What a commit that had no calls of the receiver's woke. */
  | { readonly type: 'wakes'; readonly wakes: readonly Wake[] }
  /** `problem` is why writing fails; undefined once it works again. */
  | { readonly type: 'health'; readonly problem: string | undefined }
  /** The same for checkpoints: nothing is lost, but the log keeps growing. */
  | { readonly type: 'checkpoints'; readonly problem: string | undefined }
  | { readonly type: 'reset-done' }
  /** Everything is as it was. */
  | { readonly type: 'reset-failed'; readonly error: PlainError }
  | { readonly type: 'closed' }
