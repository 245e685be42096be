/** What the guards look at, and what they decide. */
import type { ServiceError } from '../../service-error.ts'

/** The head of a request. */
export interface GuardedHead {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** The Host header, else the authority; '' if there is neither. */
  readonly host: string
  /** Where the host is said outside the Host header: `:authority` of HTTP/2, or a target like `http://host/path`. */
  readonly authority: string | undefined
  /** Whether the port itself speaks TLS. */
  readonly encrypted: boolean
  /** Names and values in turn, as they were sent. */
  readonly rawHeaders: readonly string[]
  /** `name` in lower case. A header that was sent more than once is joined by commas, or is its first value. */
  header(name: string): string | undefined
}

/** Headers by their names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string>>

export type Verdict =
  /** `headers` belong on the answer, whatever it will be. */
  | { readonly type: 'passes'; readonly headers?: AnswerHeaders }
  | { readonly type: 'preflight'; readonly headers: AnswerHeaders }
  | { readonly type: 'refused'; readonly error: ServiceError; readonly headers?: AnswerHeaders }
