/**
 * The rule of the same element, for terms that are satisfied each by itself: those whose leaves come from one list must be
 * satisfied by the same element of it. Decided here as long as that list is the only one that a leaf is in.
 */
import type { Term } from '../pattern.ts'
import type { Field } from './field-tree.ts'

interface Alternative {
  readonly terms: readonly Term[]
  readonly fields: readonly Field[]
}

/** `number` is that of the event that the fields were read from. */
export function agreementOf({ terms, fields }: Alternative, number: number): 'yes' | 'no' | 'unknown' {
  const inLists = fields.flatMap(({ event, list }, index) => (event === number && list !== undefined ? [index] : []))
  if (inLists.length < 2) return 'yes'
  const groups = Map.groupBy(inLists, (index) => fields[index]?.list)
  if (groups.has('several')) return 'unknown'
  let isKnown = true
  for (const group of groups.values()) {
    if (group.length < 2) continue
    if (!haveCommonElement({ terms, fields }, group)) return 'no'
    isKnown &&= !group.some((index) => fields[index]?.isDeep)
  }
  return isKnown ? 'yes' : 'unknown'
}

/** Whether one element has for each term of the group a leaf that satisfies it. */
function haveCommonElement({ terms, fields }: Alternative, group: readonly number[]): boolean {
  let common: Set<number> | undefined
  for (const index of group) {
    const term = terms[index] as Term
    const { leaves, elements } = fields[index] as Field
    const satisfying = new Set<number>()
    for (let at = 0; at < leaves.length; at += 1) {
      const element = elements[at] as number
      if ((common === undefined || common.has(element)) && term.test(leaves[at])) satisfying.add(element)
    }
    if (satisfying.size === 0) return false
    common = satisfying
  }
  return true
}
