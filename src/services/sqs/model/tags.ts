/** Tags: their limits, and what TagQueue and UntagQueue make of a queue's tags. */
import { hasMoreCharacters } from '../../../kernel/protocol/characters.ts'
import { invalidParameterValue, missingParameter } from '../errors.ts'

export type Tags = Readonly<Record<string, string>>

const MAX_TAGS = 50
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 256

function checkTag(key: string, value: string): void {
  if (key === '' || hasMoreCharacters(key, MAX_KEY_LENGTH)) {
    throw invalidParameterValue(`Tag keys must have between 1 and ${MAX_KEY_LENGTH} characters.`)
  }
  if (hasMoreCharacters(value, MAX_VALUE_LENGTH)) {
    throw invalidParameterValue(`Tag values must have at most ${MAX_VALUE_LENGTH} characters.`)
  }
  if (/^aws:/i.test(key)) throw invalidParameterValue("Tag keys must not begin with 'aws:'.")
}

/** Throws InvalidParameterValue unless a queue may have these tags. */
export function checkTags(tags: Tags, queueName: string): void {
  for (const [key, value] of Object.entries(tags)) checkTag(key, value)
  if (Object.keys(tags).length > MAX_TAGS) throw invalidParameterValue(`Too many tags added for queue ${queueName}.`)
}

/** TagQueue, unlike CreateQueue, must bring at least one tag. */
export function requireTags(tags: Tags | undefined): void {
  if (tags === undefined || Object.keys(tags).length === 0) throw missingParameter('Tags')
}

/** The tags of a queue after `added` were given to it, new or in place of old ones. Throws as `checkTags`. */
export function addTags(current: Tags, added: Tags, queueName: string): Tags {
  const tags = { ...current, ...added }
  checkTags(tags, queueName)
  return tags
}

/** The tags left without those keys; unknown ones are no error. */
export const removeTags = (current: Tags, keys: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(current).filter(([key]) => !keys.includes(key)))
