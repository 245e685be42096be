/**
 * The two dialects of event patterns: SNS filter policies and EventBridge event patterns. They are one language; all that
 * differs is in this table.
 *
 * The rules: https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html and
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 */

/** A pattern that is refused. The message is what the dialect's service says after its own prefix. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

export interface Dialect {
  readonly name: 'sns' | 'eventbridge'
  /** How the text of the JSON parser is introduced. */
  readonly syntaxError: string
  /** Whether `{}` is a pattern, which every event matches. */
  readonly emptyMatchesAll: boolean
  /** Names that an object in a list of values may have. */
  readonly operators: ReadonlySet<string>
  /** Names that the object of an `anything-but` may have. */
  readonly exclusions: ReadonlySet<string>
  /** Whether `{"anything-but": {"prefix": ["a", "b"]}}` is understood, and not only a single text. */
  readonly exclusionLists: boolean
  /** Whether one `anything-but` list may hold texts and numbers. */
  readonly mixedExclusions: boolean
  /** Whether `{"prefix": {"equals-ignore-case": "a"}}` is understood, and the same of `suffix`. */
  readonly affixesIgnoreCase: boolean
  /** Whether a `$or` that isn't a list of two or more objects, without reserved names, is refused, or a key like any other. */
  readonly strictOr: boolean
  /** Whether `null` satisfies `anything-but`, and `null` and the empty text satisfy `"exists": true`. */
  readonly emptyExists: boolean
  /** Operands of `numeric` lie between the negative of this and this; a number outside satisfies no `numeric`. */
  readonly largestNumber: number
  readonly numberLimits: string
  /** Numbers of the pattern and the event are rounded to so many decimals; undefined: they are compared as they are. */
  readonly decimals: number | undefined
  /** How costly the texts of a `wildcard` may be: see `wildcardCost`. */
  readonly maxWildcardCost: number
  readonly maxBytes: number
  /** Keys of the outermost object. */
  readonly maxKeys: number
  readonly maxCombinations: number
  readonly tooManyCombinations: string
  /** What a key counts for in the product of combinations. `level` is 1 for the outermost keys. */
  readonly combinations: (values: number, level: number) => number
}

const OPERATORS = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'anything-but', 'numeric', 'cidr', 'exists']

/** Filter policies of SNS subscriptions, in either scope. */
export const sns: Dialect = {
  name: 'sns',
  syntaxError: 'failed to parse JSON. ',
  emptyMatchesAll: true,
  operators: new Set(OPERATORS),
  exclusions: new Set(['prefix', 'wildcard']),
  exclusionLists: false,
  mixedExclusions: true,
  affixesIgnoreCase: false,
  strictOr: false,
  emptyExists: false,
  largestNumber: 1e9,
  numberLimits: 'Value must be between -1.0E9 and 1.0E9, inclusive',
  decimals: 5,
  maxWildcardCost: Number.POSITIVE_INFINITY,
  maxBytes: 256 * 1024,
  maxKeys: 5,
  maxCombinations: 150,
  tooManyCombinations: 'Filter policy is too complex',
  combinations: (values, level) => values * level,
}

/** With the operators that SNS itself refuses: the option `extendedFilterOperators`. */
export const snsExtended: Dialect = {
  ...sns,
  exclusions: new Set([...sns.exclusions, 'suffix', 'equals-ignore-case']),
}

/** Event patterns of EventBridge rules, archives and pipes. Their size is checked where they come in. */
export const eventBridge: Dialect = {
  name: 'eventbridge',
  syntaxError: '',
  emptyMatchesAll: false,
  operators: new Set([...OPERATORS, 'exactly']),
  exclusions: new Set(['prefix', 'suffix', 'equals-ignore-case', 'wildcard']),
  exclusionLists: true,
  mixedExclusions: false,
  affixesIgnoreCase: true,
  strictOr: true,
  emptyExists: true,
  largestNumber: 5e9,
  numberLimits: 'Value must be between -5.0E9 and 5.0E9, inclusive',
  decimals: undefined,
  maxWildcardCost: 16,
  maxBytes: Number.POSITIVE_INFINITY,
  maxKeys: Number.POSITIVE_INFINITY,
  maxCombinations: 1000,
  tooManyCombinations: 'Rule is too complex - try using fewer combinations in $or relationships',
  combinations: () => 1,
}

/** The number that stands for `value` in comparisons: the same for all that the dialect takes for equal. */
export function comparable(value: number, { decimals, largestNumber }: Dialect): number {
  if (decimals === undefined || Number.isInteger(value) || Math.abs(value) > largestNumber) return value
  const scale = 10 ** decimals
  return Math.round(value * scale) / scale
}
