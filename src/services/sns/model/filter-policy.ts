/**
 * Filter policies: which messages a subscription gets. What a policy can say is the pattern engine's dialect for SNS.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
 */
import { type Pattern, PatternError, parsePattern, sns } from '../../../kernel/patterns/patterns.ts'
import type { Refuse } from '../errors.ts'

/** What a policy looks at. */
export type FilterPolicyScope = 'MessageAttributes' | 'MessageBody'

/** Of a policy that has passed its check. */
export const compileFilterPolicy = (text: string): Pattern => parsePattern(text, sns)

/** Throws what `refuse` makes of the complaint. Attributes have no members: a policy for them is not nested. */
export function checkFilterPolicy(text: string, scope: FilterPolicyScope, refuse: Refuse): void {
  let pattern: Pattern
  try {
    pattern = parsePattern(text, sns)
  } catch (error) {
    throw error instanceof PatternError ? refuse(`FilterPolicy: ${error.message}`) : error
  }
  if (pattern.isNested && scope === 'MessageAttributes') {
    throw refuse('Filter policy scope MessageAttributes does not support nested filter policy')
  }
}
