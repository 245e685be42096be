/**
 * Paging of ListQueues and ListDeadLetterSourceQueues, both in the order of queue names.
 * A token holds the last name given out, and is good only for a request with the same filter. The page size may change.
 */

import { parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidParameter, invalidParameterValue } from '../errors.ts'

const MAX_PAGE = 1000

/** How many queues to list. Without MaxResults there is one page of at most 1000, and never a token. */
export function pageSize(maxResults: number | undefined): number {
  if (maxResults === undefined) return MAX_PAGE
  if (maxResults >= 1 && maxResults <= MAX_PAGE) return maxResults
  throw invalidParameter('MaxResults', maxResults, `MaxResults must be an integer between 1 and ${MAX_PAGE}.`)
}

/** What a token continues. */
export interface PagedRequest {
  /** What the listing is limited to: a name prefix, or the dead-letter queue. */
  readonly filter: string
  readonly maxResults: number | undefined
}

export const encodeNextToken = (request: PagedRequest, lastName: string) =>
  Buffer.from(JSON.stringify({ filter: request.filter, lastName })).toString('base64url')

/** The name after which to go on. Throws InvalidParameterValue for a token of another request, or no token at all. */
export function decodeNextToken(request: PagedRequest, token: string): string {
  const { filter, lastName } = parseJsonObject(Buffer.from(token, 'base64url').toString()) ?? {}
  if (typeof lastName !== 'string' || filter !== request.filter) {
    throw invalidParameterValue('Invalid or expired next token.')
  }
  return lastName
}
