/**
 * Tags of sessions: those of the call, and those that the calling session hands down (its transitive ones).
 *
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
 */
import type { Session } from '../../../kernel/kernel.ts'
import { conflictsWithTransitiveTag, duplicateTagKeys, reservedTagKey, transitiveKeyWithoutTag } from '../errors.ts'

export type SessionTags = Pick<Session, 'tags' | 'transitiveTagKeys'>

export interface RequestedTags {
  readonly tags: readonly { readonly Key: string; readonly Value: string }[]
  readonly transitiveTagKeys: readonly string[]
}

export const NO_TAGS: SessionTags = { tags: {}, transitiveTagKeys: [] }

const folded = (key: string) => key.toLowerCase()

/**
 * The tags of a new session; `caller` is the session that calls, if it is one. Keys are compared without case. Throws
 * `InvalidParameterValue`.
 */
export function sessionTags({ tags, transitiveTagKeys }: RequestedTags, caller: SessionTags = NO_TAGS): SessionTags {
  const keys = new Map(tags.map(({ Key }) => [folded(Key), Key]))
  if (keys.size < tags.length) throw duplicateTagKeys()
  if (tags.some(({ Key }) => folded(Key).startsWith('aws:'))) throw reservedTagKey()
  if (!transitiveTagKeys.every((key) => keys.has(folded(key)))) throw transitiveKeyWithoutTag()
  if (caller.transitiveTagKeys.some((key) => keys.has(folded(key)))) throw conflictsWithTransitiveTag()
  const handedDown = caller.transitiveTagKeys.map((key) => [key, caller.tags[key] ?? ''])
  return {
    tags: Object.fromEntries([...handedDown, ...tags.map(({ Key, Value }) => [Key, Value])]),
    transitiveTagKeys: [
      ...caller.transitiveTagKeys,
      ...transitiveTagKeys.map((key) => keys.get(folded(key)) as string),
    ],
  }
}
