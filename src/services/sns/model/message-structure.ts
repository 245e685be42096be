/** MessageStructure `json`: one message in a form for each protocol. */

import { parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidParameter } from '../errors.ts'

/** Texts by protocol, or by platform for applications (`GCM`). What isn't there gets `default`. */
export type MessageTexts = Readonly<Record<string, string>>

/**
 * Reads a Message. `platform` is given for a publish straight to an application: the text for it makes `default`
 * dispensable. Throws InvalidParameter. Values that aren't texts count as absent, and of equal names the last counts.
 */
export function parseMessageStructure(message: string, platform?: string): MessageTexts {
  const given = parseJsonObject(message)
  if (given === undefined) throw invalidParameter('Message Structure - JSON message body failed to parse')
  const texts = Object.fromEntries(Object.entries(given).filter(([, text]) => typeof text === 'string')) as MessageTexts
  if (!Object.hasOwn(texts, 'default') && !(platform !== undefined && Object.hasOwn(texts, platform))) {
    throw invalidParameter('Message Structure - No default entry in JSON message body')
  }
  if (Object.values(texts).includes('')) throw invalidParameter('Empty message')
  return texts
}
