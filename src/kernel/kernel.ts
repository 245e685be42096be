/**
 * What a service is given, and what it gives back. `platform.ts` puts the two together; nothing here knows a service.
 */

import type { Principal } from './auth/principal.ts'
import type { Sessions } from './auth/sessions.ts'
import type { Clock } from './clock/clock.ts'
import type { Config } from './config/config.ts'
import type { JobHandler } from './jobs/jobs.ts'
import type { Logger } from './observe/logger.ts'
import type { Metrics } from './observe/metrics.ts'
import type { AddressGuard } from './outbound/address-guard.ts'
import type { WireAnswer } from './protocol/codec.ts'
import type { Operation, ProtocolName } from './protocol/schema.ts'
import type { ServiceError } from './service-error.ts'
import type { Store } from './store/store.ts'
import type { OpenSeal, Seals } from './targets/seals.ts'
import type { Target, Targets } from './targets/targets.ts'

export type { Principal, Session } from './auth/principal.ts'

export interface Kernel {
  readonly store: Store
  readonly clock: Clock
  readonly targets: Targets
  readonly seals: Seals
  readonly metrics: Metrics
  readonly log: Logger
  readonly config: Config
  /** Issues temporary credentials. */
  readonly sessions: Sessions
  /** Decides where requests may be sent; every connection to the outside is opened with its consent. */
  readonly guard: AddressGuard
}

/** The request as a handler sees it: everything but the input. */
export interface Caller {
  readonly requestId: string
  readonly accountId: string
  readonly region: string
  readonly principal: Principal
  /** Whether the request carried credentials. */
  readonly signed: boolean
  /** Scheme, host and port as the client addressed the node, without a trailing slash: `http://localhost:4566`. */
  readonly origin: string
  /** The path part of the request's URL. */
  readonly path: string
  readonly protocol: ProtocolName
  header(name: string): string | undefined
  /** Calls `fn` if the client hangs up before it was answered; returns the function that ends the subscription. */
  onHangUp(fn: () => void): () => void
}

/** Takes the request's JSON, undefined if it is none; answers with a status and a JSON value. */
export type ManagementEndpoint = (body: unknown) => Promise<{ readonly status: number; readonly value: unknown }>

/** A header by which requests are known that the platform sends out: its name in lower case, and its value if only one counts. */
export interface OutboundMark {
  readonly header: string
  readonly value?: string
}

/** A GET without an operation, as a page sees it. */
export interface PageRequest {
  readonly path: string
  readonly query: URLSearchParams
  /** Scheme, host and port as the client addressed the node. */
  readonly origin: string
}

export type Page = (request: PageRequest) => Promise<WireAnswer>

/** Erased form of a typed handler (see `Handlers` in protocol/types.ts). */
// biome-ignore lint/suspicious/noExplicitAny: handlers are typed per operation at their definition, and erased here
export type AnyHandler = (input: any, caller: Caller) => unknown

/** The door of a service: static facts, known before the platform starts. */
export interface Service {
  /** Names the model: `src/generated/<id>.json`. */
  readonly id: string
  /** The module whose exported commands the store registers, in whichever thread or process runs them. */
  readonly commands?: URL
  /** Folder of numbered SQL files. */
  readonly migrations?: URL
  start(kernel: Kernel): RunningService
}

export interface RunningService {
  readonly handlers: Readonly<Record<string, AnyHandler>>
  /**
   * The largest input that is legal, in bytes: texts in UTF-8, blobs as they are, and room for names. How much of a body
   * that may take is for the edge to say. Undefined: 256 KiB.
   */
  readonly maxInputBytes?: number
  /**
   * How the service refuses a list of so many items that the request is not read, though its operation is known.
   * Undefined for a list of which it says nothing.
   */
  tooMany?(operation: Operation, member: string, count: number): ServiceError | undefined
  /**
   * How the service words missing required members; paths are like `Entries.1.Id`. Undefined leaves it to the handler,
   * where an entry that lacks something fails without the others.
   */
  missing?(operation: Operation, paths: readonly string[], protocol: ProtocolName): ServiceError | undefined
  /**
   * A last word on the decoded input before required members are checked: SQS takes the queue from the URL's path.
   * May throw a ServiceError.
   */
  prepare?(operation: Operation, input: Record<string, unknown>, caller: Caller): void
  /** Handlers of the service's durable jobs, by kind (`sqs.move`). */
  readonly jobs?: Readonly<Record<string, JobHandler>>
  /** Targets by ARN service name (`sqs`). */
  readonly targets?: Readonly<Record<string, Target>>
  /** Finish the bodies that this service has delivered with a seal, by the names of the seals. */
  readonly seals?: Readonly<Record<string, OpenSeal>>
  /** The page at a path of the service's own: a certificate, where a link in a mail leads to. Undefined if there is none. */
  page?(path: string): Page | undefined
  /**
   * Whether a query that names an operation is one of the links that the service hands out to people. A browser may follow
   * those from anywhere, so what they do has to be permitted by what they hold.
   */
  isLink?(query: URLSearchParams): boolean
  /** How the requests that the service sends out are known: a node refuses them, whichever node sent them. */
  readonly outboundMarks?: readonly OutboundMark[]
  /** What operators and tests ask of the service at `/_millrace/`, by method and path: `POST sns/opt-outs`. */
  readonly management?: Readonly<Record<string, ManagementEndpoint>>
  /** Called on graceful shutdown, before the store closes: answers what is parked. */
  drain?(): void
  /** Called when all jobs have ended: closes what is open to the outside. */
  close?(): void
}
