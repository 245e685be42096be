/**
 * A service as its schemas describe it: operations, shapes and errors, and the traits that decide how they look on the
 * wire. Where models come from: load-model.ts.
 */

/** The protocols that have a codec. */
export type ProtocolName = 'json1.0' | 'json1.1' | 'query'

/** What a schema says beyond structure: of a shape, or of a member and then only there. */
export interface Traits {
  /** The name in XML and in Query forms. */
  readonly xmlName?: string
  /** In XML and in Query forms, entries stand under the member's own name, without a wrapper. */
  readonly xmlFlattened?: 1
  /** Of an error: who is at fault. */
  readonly error?: 'client' | 'server'
  readonly httpError?: number
  /** Of an error: its public code and HTTP status under the Query protocol. */
  readonly awsQueryError?: readonly [code: string, status: number]
}

export interface Member {
  readonly name: string
  readonly shape: Shape
  readonly traits: Traits
  readonly required: boolean
}

interface Named {
  /** Empty for an anonymous shape. */
  readonly name: string
  readonly traits: Traits
}

/** The schemas don't tell integers from fractions; no service here has a fractional member yet. */
export interface ScalarShape extends Named {
  readonly kind: 'string' | 'integer' | 'boolean' | 'blob'
}

export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds'

export interface TimestampShape extends Named {
  readonly kind: 'timestamp'
  /** Undefined: the protocol's own. */
  readonly format: TimestampFormat | undefined
}

export interface ListShape extends Named {
  readonly kind: 'list'
  readonly item: Member
}

/** Keys are always strings. */
export interface MapShape extends Named {
  readonly kind: 'map'
  readonly key: Member
  readonly value: Member
}

export interface StructShape extends Named {
  readonly kind: 'struct'
  readonly members: readonly Member[]
}

export type Shape = ScalarShape | TimestampShape | ListShape | MapShape | StructShape

export interface Operation {
  readonly name: string
  /** Without members for an operation that takes no input. */
  readonly input: StructShape
  /** Undefined for an operation that answers nothing but success. */
  readonly output: StructShape | undefined
}

export interface ServiceMeta {
  /** Names the model: `sqs`. */
  readonly id: string
  readonly sdkId: string
  /** Namespace of the shapes: `com.amazonaws.sqs`. */
  readonly namespace: string
  /** API version, a date: `2012-11-05`. */
  readonly version: string
  /** The part of `X-Amz-Target` before the dot. */
  readonly target: string
  readonly xmlns?: string
  /** The service's name in SigV4 credential scopes. */
  readonly signingName: string
  /** What real endpoints of the service accept, the SDK's own choice first. */
  readonly protocols: readonly ProtocolName[]
  /** Formerly a Query service: JSON errors also carry the code they had there. */
  readonly queryCompatible: boolean
  /** Top-level output members that go by another name when a Query request is answered in JSON. */
  readonly queryJsonNames?: Readonly<Record<string, string>>
  /** Query errors end with a `Detail`, which is always empty. */
  readonly queryErrorDetail?: boolean
}

export interface Model {
  readonly meta: ServiceMeta
  readonly operations: ReadonlyMap<string, Operation>
  readonly errors: ReadonlyMap<string, Shape>
}
