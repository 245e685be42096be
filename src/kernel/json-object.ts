/** JSON documents inside of a request's texts: policies, filters, tokens. Nothing is known of them yet. */
import { isNestedTooDeep } from './protocol/json-limits.ts'

/** A JSON object of unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The largest document of any service: a message by protocols, and a filter policy. JSON.parse takes 12 ms at worst. */
const MAX_DOCUMENT_LENGTH = 256 * 1024

/** More than is parsed at all, whether or not it is JSON. The message may be shown. */
export class ExcessiveDocument extends SyntaxError {
  override readonly name = 'ExcessiveDocument'
}

/**
 * The value a text stands for. Throws a SyntaxError for what is no JSON; an `ExcessiveDocument` for what is longer than
 * `MAX_DOCUMENT_LENGTH` or nested deeper than what walks through it by recursion could bear.
 */
export function parseJsonDocument(text: string): unknown {
  if (text.length > MAX_DOCUMENT_LENGTH) throw new ExcessiveDocument('The document is too long')
  if (isNestedTooDeep(text)) throw new ExcessiveDocument('The document is nested too deeply')
  return JSON.parse(text)
}

/** The object a text stands for, or undefined if it is anything else, valid JSON or not. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value = parseJsonDocument(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
