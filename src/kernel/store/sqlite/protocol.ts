/**
 * What the storage thread and its clients say to each other: the main thread, which owns it, and whoever is attached by a
 * port of its own.
 */
import type { MessagePort } from 'node:worker_threads'
import { type PlainServiceError, ServiceError } from '../../service-error.ts'
import type { AnyCommand } from '../commands.ts'
import type { Call } from '../group.ts'
import type { MigrationSource } from '../migrations.ts'
import { Parts } from '../packing.ts'
import type { Settled } from '../store.ts'
import type { Wake } from '../wakes.ts'

/** Handed to the storage thread when it starts. URLs travel as text. */
export interface ThreadOptions {
  readonly directory: string | undefined
  readonly clockOffset: number
  readonly commands: readonly string[]
  readonly migrations: readonly { readonly service: MigrationSource['service']; readonly folder: string }[]
}

/** From any client. */
export interface CallsMessage {
  readonly type: 'calls'
  readonly clockOffset: number
  /** See `packCall`. */
  readonly parts: readonly unknown[]
}

/** From the main thread alone: who comes by the port is a client from now on. */
export interface AttachMessage {
  readonly type: 'attach'
  readonly port: MessagePort
}

/** From the main thread alone, and carried out when no calls are left. */
export type Control = { readonly type: 'reset' } | { readonly type: 'close' }

export type ToThread = CallsMessage | AttachMessage | Control

export type PlainError =
  | { readonly service: PlainServiceError }
  | { readonly message: string; readonly stack: string | undefined }

/** To a client whose calls are answered, or who may post more, or listens for wake-ups. */
export interface RepliesMessage {
  readonly type: 'replies'
  /** How many calls are answered. */
  readonly count: number
  /** See `packReply`. */
  readonly parts: readonly unknown[]
  readonly wakes: readonly Wake[]
  /** How long the group took, from its first statement to its commit. */
  readonly seconds: number
  /** How many messages with calls the client may count as taken in by now. */
  readonly batches: number
}

export type FromThread =
  | { readonly type: 'open' }
  | { readonly type: 'cannot-open'; readonly name: string; readonly message: string }
  | RepliesMessage
  /** `problem` is why writing fails; undefined once it works again. */
  | { readonly type: 'health'; readonly problem: string | undefined }
  /** The same for checkpoints: nothing is lost, but the log keeps growing. */
  | { readonly type: 'checkpoints'; readonly problem: string | undefined }
  | { readonly type: 'reset-done' }
  /** Everything is as it was. */
  | { readonly type: 'reset-failed'; readonly error: PlainError }
  | { readonly type: 'closed' }

/** The number that the client knows the call by, the command's name, the arguments. Adds nothing if it throws. */
export function packCall(id: number, { name, packing }: AnyCommand, args: unknown, parts: unknown[]): void {
  const before = parts.length
  parts.push(id, name)
  try {
    if (packing === undefined) parts.push(args)
    else packing.args.pack(args, parts)
  } catch (error) {
    parts.length = before
    throw error
  }
}

/** Calls `use` with each. The arguments of a command that isn't known are one part, as its client must have thought. */
export function unpackCalls(
  list: readonly unknown[],
  commands: ReadonlyMap<string, AnyCommand>,
  use: (call: Call) => void,
): void {
  const parts = new Parts(list)
  while (!parts.areRead) {
    const id = parts.next() as number
    const name = parts.next() as string
    const packing = commands.get(name)?.packing
    use([id, name, packing === undefined ? parts.next() : packing.args.unpack(parts)])
  }
}

/** The call's number, why it failed (or undefined), and else its result. */
export function packReply(
  id: number,
  packing: AnyCommand['packing'],
  outcome: Settled<unknown>,
  parts: unknown[],
): void {
  if (!outcome.ok) parts.push(id, plain(outcome.error))
  else {
    parts.push(id, undefined)
    if (packing === undefined) parts.push(outcome.value)
    else packing.result.pack(outcome.value, parts)
  }
}

export function plain(error: unknown): PlainError {
  if (error instanceof ServiceError) return { service: error.toPlain() }
  if (error instanceof Error) return { message: error.message, stack: error.stack }
  return { message: String(error), stack: undefined }
}

export function revive(error: PlainError): Error {
  if ('service' in error) return ServiceError.fromPlain(error.service)
  const revived = new Error(error.message)
  if (error.stack !== undefined) revived.stack = error.stack
  return revived
}
