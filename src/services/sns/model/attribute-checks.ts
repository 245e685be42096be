/** Checks that attributes of topics, subscriptions and platform applications have in common. */
import type { Refuse } from '../errors.ts'
import { isRoleArn } from './names.ts'

/**
 * Reads the text of the attribute `name`: what is kept of it, or undefined if that leaves the attribute unset.
 * Throws what `refuse` makes of a complaint.
 */
export type Check = (text: string, name: string, refuse: Refuse) => string | undefined

/** Attributes as they arrive. */
export type GivenAttributes = Readonly<Record<string, string | undefined>>

/** In any case of letters; kept in lower case. */
export const boolean: Check = (text, name, refuse) => {
  const value = text.toLowerCase()
  if (value !== 'true' && value !== 'false') throw refuse(`${name}: Invalid value [${text}]. Must be true or false.`)
  return value
}

export const oneOf =
  (first: string, second: string): Check =>
  (text, name, refuse) => {
    if (text === first || text === second) return text
    throw refuse(`${name}: Invalid value [${text}]. Please use either ${first} or ${second}`)
  }

/** The empty text unsets the attribute. */
export const removable =
  (check: Check): Check =>
  (text, name, refuse) =>
    text === '' ? undefined : check(text, name, refuse)

export const roleArn: Check = (text, name, refuse) => {
  if (!isRoleArn(text)) throw refuse(`${name}: Invalid value [${text}]. Must be the ARN of an IAM role.`)
  return text
}

/** Whether a text is a whole number from 0 to 100. */
export const isPercentage = (text: string) => /^\d{1,3}$/.test(text) && Number(text) <= 100

export const percentage: Check = (text, name, refuse) => {
  if (!isPercentage(text)) throw refuse(`${name}: Invalid value [${text}]. Must be an integer between 0 and 100.`)
  return String(Number(text))
}
