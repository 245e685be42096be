/**
 * From an SDK client's types to the signatures of a service's handlers: `Handlers<typeof import('@aws-sdk/client-sqs')>`.
 * Nothing is written by operation; a misspelt operation, a wrong member or an unknown error is a compile error.
 */
import type { Caller } from '../kernel.ts'
import { ServiceError, type ServiceErrorOptions } from '../service-error.ts'

type Constructor = abstract new (...args: never[]) => object

/** The part of an SDK command from which input and output can be inferred. */
interface CommandLike<I, O> {
  readonly input: I
  resolveMiddleware(...args: never[]): (args: never) => Promise<{ output: O }>
}

/** Names of a client's operations: its exports called `XxxCommand`. */
export type OperationName<M> = {
  [K in keyof M]: K extends `${infer N}Command` ? (N extends '$' | '' ? never : N) : never
}[keyof M] &
  string

type CommandOf<M, N extends string> = `${N}Command` extends infer K extends keyof M
  ? M[K] extends Constructor
    ? InstanceType<M[K]>
    : never
  : never

/** The SDK's own input type of an operation. */
export type SdkInput<M, N extends string> = CommandOf<M, N> extends CommandLike<infer I, infer _O> ? I : never

/** The SDK's own output type of an operation. */
export type SdkOutput<M, N extends string> = CommandOf<M, N> extends CommandLike<infer _I, infer O> ? O : never

/** What a handler receives: required members are there at every depth (the edge has checked), and blobs are bytes. */
export type Checked<T> = ArrayBuffer extends T
  ? Uint8Array | Extract<T, undefined>
  : T extends string | number | boolean | undefined | Date | Uint8Array
    ? T
    : T extends readonly (infer E)[]
      ? Checked<E>[]
      : { [K in keyof T]: IsOptional<T, K> extends true ? Checked<T[K]> : Exclude<Checked<T[K]>, undefined> }

type IsOptional<T, K extends keyof T> = Partial<Pick<T, K>> extends Pick<T, K> ? true : false

export type HandlerInput<M, N extends string> = Checked<SdkInput<M, N>>
export type HandlerOutput<M, N extends string> = Omit<SdkOutput<M, N>, '$metadata'>

/** May answer at once: a promise is only made where one is needed. */
export type Handler<M, N extends string> = (
  input: HandlerInput<M, N>,
  caller: Caller,
) => HandlerOutput<M, N> | Promise<HandlerOutput<M, N>>

/** All operations of a service. */
export type Handlers<M> = { readonly [N in OperationName<M>]: Handler<M, N> }

/** Some of them; the edge answers the others with NotImplemented. */
export type PartialHandlers<M> = { readonly [N in OperationName<M>]?: Handler<M, N> }

/** Names of the errors that a client models. */
export type ErrorName<M> = {
  [K in keyof M]: M[K] extends abstract new (
    ...args: never[]
  ) => { readonly $fault: 'client' | 'server' }
    ? K extends `${string}ServiceException`
      ? never
      : K
    : never
}[keyof M] &
  string

/** What every SDK error has, and the wire has elsewhere. */
type CommonErrorMember =
  | 'name'
  | 'message'
  | 'stack'
  | 'cause'
  | '$fault'
  | '$metadata'
  | '$service'
  | '$retryable'
  | '$response'

/** Members of an error beyond its message. */
export type ErrorDetail<M, N extends ErrorName<M>> = M[N] extends abstract new (
  ...args: never[]
) => infer E
  ? { readonly [K in keyof E as K extends CommonErrorMember ? never : K]?: E[K] }
  : never

export interface ModelledErrorOptions<M, N extends ErrorName<M>> extends Omit<ServiceErrorOptions, 'detail'> {
  readonly detail?: ErrorDetail<M, N>
}

/** A factory of errors that accepts only what the service models, by name. */
export const errorsOf =
  <M>() =>
  <N extends ErrorName<M>>(name: N, message: string, options: ModelledErrorOptions<M, N> = {}): ServiceError =>
    new ServiceError(name, message, options as ServiceErrorOptions)
