/** Phone numbers, which each operation reads in its own way. */
import { invalidParameter } from '../errors.ts'

/** E.164: up to fifteen digits that begin with a country code. */
const E164 = /^\+?[1-9]\d{1,14}$/

/** Groups of digits with one separator between any two. */
const SEPARATED = /^\+?\d+(?:[./-]\d+)*$/

/** Whether a number may be subscribed: separators are tolerated there. */
export const isSmsEndpoint = (text: string) => SEPARATED.test(text) && E164.test(withoutSeparators(text))

const withoutSeparators = (text: string) => text.replaceAll(/[./-]/g, '')

/** The one form of a number: `+12345678901`. For comparing with others; `text` must have passed a check. */
export function normalisePhoneNumber(text: string): string {
  const number = withoutSeparators(text)
  return number.startsWith('+') ? number : `+${number}`
}

/** Of a Publish to a phone. Throws InvalidParameter. */
export function checkPublishNumber(text: string): void {
  if (!E164.test(text)) throw invalidParameter(`PhoneNumber Reason: ${text} is not valid to publish to`)
}

/** Of the operations on opt-outs. Throws InvalidParameter. */
export function checkOptOutNumber(text: string): void {
  if (!E164.test(text)) throw invalidParameter('PhoneNumber Reason: input incorrectly formatted')
}
