/**
 * What a handler or a command throws to answer a client with an error.
 *
 * Codes, statuses and Query codes come from the service's schemas; a service adds only the sentence. An error that the
 * schemas don't model (`InvalidParameterValue` of SQS) carries its public code as it stands.
 */
export interface ServiceErrorOptions {
  /** HTTP status where the schemas name none; 400 otherwise. */
  readonly status?: number
  /** The sentence under the Query protocol, where the real service words it differently there. */
  readonly queryMessage?: string
  /** The full JSON `__type` where it can't be derived from the code (`com.amazon.coral.service#SerializationException`). */
  readonly type?: string
  /** Further modelled members of the error shape. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** The plain-data form in which an error crosses a thread. */
export interface PlainServiceError extends ServiceErrorOptions {
  readonly code: string
  readonly message: string
}

/** Longer than any sentence that is on record, with what it repeats of its request. */
const MAX_LENGTH = 4096
/** What is kept of the end, where sentences say the reason. */
const KEPT_END = 512

/** A request may be megabytes: an error repeats no more of it than tells which it was. */
function bounded(message: string): string {
  if (message.length <= MAX_LENGTH) return message
  const beginning = message.slice(0, MAX_LENGTH - KEPT_END - 1).toWellFormed()
  return `${beginning}…${message.slice(-KEPT_END).toWellFormed()}`
}

export class ServiceError extends Error {
  readonly code: string
  readonly status: number | undefined
  readonly queryMessage: string | undefined
  readonly type: string | undefined
  readonly detail: Readonly<Record<string, unknown>> | undefined

  constructor(code: string, message: string, options: ServiceErrorOptions = {}) {
    super(bounded(message))
    this.name = code
    this.code = code
    this.status = options.status
    this.queryMessage = options.queryMessage === undefined ? undefined : bounded(options.queryMessage)
    this.type = options.type
    this.detail = options.detail
  }

  toPlain(): PlainServiceError {
    const { code, message, status, queryMessage, type, detail } = this
    return { code, message, status, queryMessage, type, detail }
  }

  static fromPlain(plain: PlainServiceError): ServiceError {
    return new ServiceError(plain.code, plain.message, plain)
  }
}
