import { isDeepStrictEqual } from 'node:util'
import {
  ExcessiveDocument,
  isJsonObject,
  type JsonObject,
  parseJsonDocument,
  parseJsonObject,
} from '../../../kernel/json-object.ts'
import { describeSyntaxError } from '../../../kernel/patterns/json-syntax.ts'
import type { Refuse } from '../errors.ts'

/** Whether two texts are the same, or the same JSON, however it was written. */
export function sameDocument(one: string | undefined, other: string | undefined): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  const [left, right] = [parseJsonObject(one), parseJsonObject(other)]
  return left !== undefined && isDeepStrictEqual(left, right)
}

/** Whether nothing lies deeper in a value than so many levels. What walks through JSON by recursion needs to know. */
export const isNestedWithin = (value: unknown, levels: number): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (levels > 0 && Object.values(value).every((member) => isNestedWithin(member, levels - 1)))

/** Throws what `complain` makes of the fault, in the words of SNS's parser and not of this one. */
export function parseJson(text: string, complain: Refuse): unknown {
  try {
    return parseJsonDocument(text)
  } catch (error) {
    const fault = error instanceof ExcessiveDocument ? error.message : describeSyntaxError(text)
    throw complain(`failed to parse JSON. ${fault}`)
  }
}

/** Reads a document that may hold no members but these. Throws what `complain` makes of the reason. */
export function parseDocument(text: string, members: readonly string[], complain: Refuse): JsonObject {
  const document = parseJson(text, complain)
  if (!isJsonObject(document)) throw complain('failed to parse JSON. It is not an object.')
  const unknown = Object.keys(document).find((name) => !members.includes(name))
  if (unknown !== undefined) throw complain(`invalid JSON. Attribute ${unknown} is unknown.`)
  return document
}
