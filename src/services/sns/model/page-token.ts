/**
 * Paging. A token holds the last key given out, and is good only for the listing it continues: operation, account,
 * region, and what else the listing is limited to.
 */

import { parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidParameter, validationError, valueBreaks } from '../errors.ts'

/** Of the listings that have no MaxResults. */
export const PAGE_SIZE = 100

export const encodeNextToken = (listing: string, lastKey: string) =>
  Buffer.from(JSON.stringify({ listing, lastKey })).toString('base64')

/** Keys are names, numbers and ids. */
const KEY = /^[!-~]+$/

/** The key after which to go on. Throws InvalidParameter for a token of another listing, or no token at all. */
export function decodeNextToken(listing: string, token: string): string {
  const given = parseJsonObject(Buffer.from(token, 'base64').toString())
  const { lastKey } = given ?? {}
  if (given?.listing !== listing || typeof lastKey !== 'string' || !KEY.test(lastKey)) {
    throw invalidParameter('NextToken')
  }
  return lastKey
}

/** As `decodeNextToken`, for listings whose keys are ids. */
export function decodeNextId(listing: string, token: string): number {
  const id = Number(decodeNextToken(listing, token))
  if (!Number.isSafeInteger(id)) throw invalidParameter('NextToken')
  return id
}

/** How many to list: at most `max`, which is also how many without MaxResults. Throws ValidationError. */
export function pageSize(maxResults: number | undefined, max: number): number {
  if (maxResults === undefined) return max
  if (maxResults < 1) throw outOfRange(maxResults, 'greater than or equal to 1')
  if (maxResults > max) throw outOfRange(maxResults, `less than or equal to ${max}`)
  return maxResults
}

const outOfRange = (maxResults: number, range: string) =>
  validationError([valueBreaks(maxResults, 'maxResults', `have value ${range}`)])
