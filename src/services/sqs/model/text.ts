/** Which characters SQS takes: in message contents, and in the ids that clients choose. */
import { invalidParameter } from '../errors.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const ILLEGAL = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

/** Legal are #x9 | #xA | #xD | #x20–#xD7FF | #xE000–#xFFFD | #x10000–#x10FFFF: so a surrogate without its other half is not. */
export const hasIllegalCharacters = (text: string) => ILLEGAL.test(text) || !text.isWellFormed()

/** All of ASCII that is visible: letters, digits and punctuation. */
const IDENTIFIER = /^[!-~]{1,128}$/

/** Checks a message group id, a deduplication id or a receive attempt id, where given. Throws InvalidParameterValue. */
export function checkIdentifier(parameter: string, value: string | undefined): void {
  if (value === undefined || IDENTIFIER.test(value)) return
  const rule = `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`
  throw invalidParameter(parameter, value, rule)
}
