/** Which characters SQS takes in the ids that clients choose. */
import { invalidParameter } from '../errors.ts'

/** All of ASCII that is visible: letters, digits and punctuation. */
const IDENTIFIER = /^[!-~]{1,128}$/

/** Checks a message group id, a deduplication id or a receive attempt id, where given. Throws InvalidParameterValue. */
export function checkIdentifier(parameter: string, value: string | undefined): void {
  if (value === undefined || IDENTIFIER.test(value)) return
  const rule = `${parameter} can only include alphanumeric and punctuation characters. 1 to 128 in length.`
  throw invalidParameter(parameter, value, rule)
}
