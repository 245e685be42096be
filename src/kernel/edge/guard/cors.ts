/**
 * What an allowed origin is told, so that its pages may call the node and read the answers: https://fetch.spec.whatwg.org.
 * Credentials of the browser (cookies) play no part and are not allowed: callers sign in a header.
 */
import type { AnswerHeaders } from './head.ts'

/** The answers' headers that SDKs read, beyond those that any page may; `Date` is how they notice a wrong clock. */
const EXPOSED = 'x-amzn-RequestId, x-amzn-query-error, x-amzn-ErrorType, Date, Retry-After'
const METHODS = 'DELETE, GET, HEAD, PATCH, POST, PUT'
/** Seconds. Browsers cut it down to their own limit: two hours in Chromium. */
const MAX_AGE = '7200'
/** Names of headers, separated by commas. */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/

export const corsHeaders = (origin: string): AnswerHeaders => ({
  'access-control-allow-origin': origin,
  'access-control-expose-headers': EXPOSED,
  vary: 'Origin',
})

/** Any header may be sent: which ones a client of a service has is the client's business. */
export function preflightHeaders(origin: string, header: (name: string) => string | undefined): AnswerHeaders {
  const requested = header('access-control-request-headers')
  const allowed = requested !== undefined && HEADER_NAMES.test(requested)
  const privateNetwork = header('access-control-request-private-network') === 'true'
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': METHODS,
    ...(allowed ? { 'access-control-allow-headers': requested } : {}),
    ...(privateNetwork ? { 'access-control-allow-private-network': 'true' } : {}),
    'access-control-max-age': MAX_AGE,
    vary: 'Origin, Access-Control-Request-Headers',
  }
}
