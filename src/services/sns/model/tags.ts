/** Tags of topics: their limits, and what TagResource, UntagResource and a repeated CreateTopic make of them. */
import type { Tag } from '@aws-sdk/client-sns'
import { hasMoreCharacters } from '../../../kernel/protocol/characters.ts'
import { invalidParameter, tagLimitExceeded, topicHasOtherTags } from '../errors.ts'

export type Tags = Readonly<Record<string, string>>

/** As they arrive; the edge has seen to it that both members are there. */
type GivenTags = readonly { readonly [M in keyof Tag]: string }[]

const MAX_TAGS = 50
const MAX_KEY_LENGTH = 128
const MAX_VALUE_LENGTH = 256

/** The tags of one request by key. Throws InvalidParameter, or TagLimitExceeded if they are too many by themselves. */
export function parseTags(given: GivenTags = []): Tags {
  const tags = Object.fromEntries(given.map(({ Key, Value }) => [Key, Value]))
  if (Object.keys(tags).length < given.length) throw invalidParameter('Duplicated keys are not allowed.')
  for (const [key, value] of Object.entries(tags)) checkTag(key, value)
  return limited(tags)
}

function checkTag(key: string, value: string): void {
  if (key === '' || hasMoreCharacters(key, MAX_KEY_LENGTH)) {
    throw invalidParameter(`Tags Reason: Tag keys must have between 1 and ${MAX_KEY_LENGTH} characters.`)
  }
  if (hasMoreCharacters(value, MAX_VALUE_LENGTH)) {
    throw invalidParameter(`Tags Reason: Tag values must have at most ${MAX_VALUE_LENGTH} characters.`)
  }
  if (/^aws:/i.test(key)) throw invalidParameter("Tags Reason: Tag keys must not begin with 'aws:'.")
}

function limited(tags: Tags): Tags {
  if (Object.keys(tags).length > MAX_TAGS) throw tagLimitExceeded()
  return tags
}

/** The tags of a topic after `added` were given to it, new or in place of old ones. Throws TagLimitExceeded. */
export const addTags = (current: Tags, added: Tags): Tags => limited({ ...current, ...added })

/** The tags left without those keys; unknown ones are no error. */
export const removeTags = (current: Tags, keys: readonly string[]): Tags =>
  Object.fromEntries(Object.entries(current).filter(([key]) => !keys.includes(key)))

/** For a CreateTopic that finds its name taken: throws InvalidParameter if it brings a tag that the topic doesn't have. */
export function checkSameTags(current: Tags, wanted: Tags): void {
  for (const [key, value] of Object.entries(wanted)) {
    if (!Object.hasOwn(current, key) || current[key] !== value) throw topicHasOtherTags()
  }
}

/** As they are answered. */
export const listTags = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
