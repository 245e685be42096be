/**
 * What a protocol is to the edge: a codec compiled once per operation from the service's schema. A service never sees
 * which one was used.
 */
import type { ServiceError } from '../service-error.ts'
import type { Excess } from './json-limits.ts'
import type { Form } from './query-form.ts'
import type { Model, Operation, ProtocolName } from './schema.ts'

/** A decoded input, with the paths of required members that were absent (`Entries.1.Id`), in schema order. */
export interface Decoded {
  readonly input: Record<string, unknown>
  readonly missing: readonly string[]
}

/** The part of a request from which an input is read. */
export interface WireBody {
  readonly body: Buffer
  /** For Query: the form or query-string parameters, as `parseForm` reads them. By default the body is the form. */
  readonly params?: Form
  /** For Query: `Accept: application/json` asks for the answer as JSON. */
  readonly acceptsJson: boolean
}

export interface WireAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
  /** Beyond content-type, content-length and the request id. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Codec {
  readonly name: ProtocolName
  /** Whether a body holds more than is worth decoding. Without it, what reads the body's parameters has seen to it. */
  excess?(body: Buffer, maxInputBytes: number): Excess | undefined
  /** Throws a `ServiceError` (SerializationException, MalformedQueryString, …) for anything that isn't well-formed or well-typed. */
  decode(model: Model, operation: Operation, wire: WireBody): Decoded
  encode(model: Model, operation: Operation, output: unknown, requestId: string, wire: WireBody): WireAnswer
  /** `model` is undefined when the request could not be routed to a service. */
  encodeError(model: Model | undefined, error: ServiceError, requestId: string, wire: WireBody): WireAnswer
}
