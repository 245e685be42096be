/** The objects in lists of values: `{"prefix": "a"}` and its like, read into conditions. */
import { parseBlock } from './address.ts'
import {
  Absent,
  Affix,
  AnythingBut,
  type Condition,
  type End,
  Exact,
  Exists,
  FoldedAffix,
  InBlock,
  Range,
  SameIgnoringCase,
  Wildcard,
} from './conditions.ts'
import { comparable, type Dialect, PatternError } from './dialect.ts'
import { nextAbove, nextBelow } from './numbers.ts'
import { parseWildcard, wildcardCost } from './wildcard.ts'

type Json = Readonly<Record<string, unknown>>
type Scalar = string | number | boolean | null

const isScalar = (value: unknown): value is Scalar => value === null || typeof value !== 'object'
const isJsonObject = (value: unknown): value is Json => !isScalar(value) && !Array.isArray(value)

/** One item of a list of values. Throws PatternError. */
export function readCondition(item: unknown, dialect: Dialect): Condition {
  if (isScalar(item)) return exact(item, dialect)
  if (!isJsonObject(item)) throw new PatternError('Match value must be String, number, true, false, or null')
  const operator = firstKey(item)
  const read = dialect.operators.has(operator) ? OPERATORS[operator] : undefined
  if (read === undefined) throw new PatternError(`Unrecognized match type ${operator}`)
  const condition = read(item[operator], dialect)
  checkSoleKey(item)
  return condition
}

/** The parser of the services reads from left to right: what is wrong with the first key is told before a second is seen. */
function firstKey(object: Json): string {
  const [key] = Object.keys(object)
  if (key === undefined) throw new PatternError('Empty objects are not allowed')
  return key
}

function checkSoleKey(object: Json): void {
  if (Object.keys(object).length > 1) throw new PatternError('Only one key allowed in match expression')
}

const OPERATORS: Readonly<Record<string, (value: unknown, dialect: Dialect) => Condition>> = {
  prefix: (value, dialect) => readAffix('prefix', value, dialect),
  suffix: (value, dialect) => readAffix('suffix', value, dialect),
  'equals-ignore-case': (value) => new SameIgnoringCase(textOf(value, 'equals-ignore-case')),
  wildcard: readWildcard,
  'anything-but': (value, dialect) => new AnythingBut(readExclusion(value, dialect), dialect.emptyExists),
  numeric: readNumeric,
  // The name of another operator in this message is the services' own.
  cidr: (value) => new InBlock(parseBlock(textOf(value, 'prefix'))),
  exists: readExists,
  exactly: (value, dialect) => {
    if (isScalar(value)) return exact(value, dialect)
    throw new PatternError('exact match pattern must be a string')
  },
}

const exact = (value: Scalar, dialect: Dialect) =>
  new Exact(typeof value === 'number' ? comparable(value, dialect) : value)

function textOf(value: unknown, operator: string): string {
  if (typeof value === 'string') return value
  throw new PatternError(`${operator} match pattern must be a string`)
}

function readAffix(end: End, value: unknown, dialect: Dialect): Condition {
  if (!isJsonObject(value) || !dialect.affixesIgnoreCase) return new Affix(end, textOf(value, end))
  const text = value['equals-ignore-case']
  checkSoleKey(value)
  return new FoldedAffix(end, textOf(text, end))
}

function readWildcard(value: unknown, dialect: Dialect): Condition {
  const text = textOf(value, 'wildcard')
  const pieces = parseWildcard(text)
  if (wildcardCost(pieces) > dialect.maxWildcardCost) {
    throw new PatternError(
      'Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences after a ' +
        'wildcard character',
    )
  }
  return new Wildcard(text, pieces)
}

function readExists(value: unknown, dialect: Dialect): Condition {
  if (typeof value !== 'boolean') throw new PatternError('exists match pattern must be either true or false.')
  return value ? new Exists(dialect.emptyExists) : new Absent()
}

const NO_EXCLUSION = 'Value of anything-but must be an array or single string/number value.'

/** The conditions that an `anything-but` excludes. */
function readExclusion(value: unknown, dialect: Dialect): readonly Condition[] {
  if (Array.isArray(value)) return readExcludedValues(value, dialect)
  if (isJsonObject(value)) return readExclusionObject(value, dialect)
  if (typeof value !== 'string' && typeof value !== 'number') throw new PatternError(NO_EXCLUSION)
  return [exact(value, dialect)]
}

function readExcludedValues(values: readonly unknown[], dialect: Dialect): readonly Condition[] {
  if (values.length === 0) throw new PatternError('Empty arrays are not allowed')
  const types = new Set<string>()
  const excluded = values.map((value) => {
    if (typeof value !== 'string' && typeof value !== 'number') {
      throw new PatternError('Inside anything but list, start|null|boolean is not supported.')
    }
    types.add(typeof value)
    return exact(value, dialect)
  })
  if (types.size > 1 && !dialect.mixedExclusions) {
    throw new PatternError(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    )
  }
  return excluded
}

function readExclusionObject(object: Json, dialect: Dialect): readonly Condition[] {
  const operator = firstKey(object)
  const read = dialect.exclusions.has(operator) ? EXCLUSIONS[operator] : undefined
  if (read === undefined) throw new PatternError(`Unsupported anything-but pattern: ${operator}`)
  const value = object[operator]
  if (isJsonObject(value) && dialect.exclusionLists) throw new PatternError(NO_EXCLUSION)
  if (Array.isArray(value) && value.length === 0 && dialect.exclusionLists) {
    throw new PatternError('Empty arrays are not allowed')
  }
  const list: readonly unknown[] = Array.isArray(value) && dialect.exclusionLists ? value : [value]
  const excluded = list.map((text) => read(text, dialect))
  checkSoleKey(object)
  return excluded
}

const EXCLUSIONS: typeof OPERATORS = {
  prefix: (value, dialect) => readExcludedAffix('prefix', value, dialect),
  suffix: (value, dialect) => readExcludedAffix('suffix', value, dialect),
  'equals-ignore-case': (value, dialect) => {
    if (typeof value === 'string') return new SameIgnoringCase(value)
    throw new PatternError(
      dialect.exclusionLists
        ? 'Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.'
        : 'equals-ignore-case match pattern must be a string',
    )
  },
  wildcard: readWildcard,
}

/** Nothing is left when what begins with the empty text is excluded. */
function readExcludedAffix(end: End, value: unknown, { exclusionLists }: Dialect): Condition {
  const text = textOf(value, exclusionLists ? 'prefix/suffix' : end)
  if (text === '') throw new PatternError('Null prefix/suffix not allowed')
  return new Affix(end, text)
}

/** How the token at `index` of a list begins: what the services show when another was expected. */
function tokenAt(list: readonly unknown[], index: number): string {
  if (index >= list.length) return ']'
  const value = list[index]
  return isScalar(value) ? String(value) : Array.isArray(value) ? '[' : '{'
}

/** `["=", 5]`, `["<", 5]`, `[">=", 1, "<", 5]`: all but the first are ranges. */
function readNumeric(list: unknown, dialect: Dialect): Condition {
  if (!Array.isArray(list)) throw new PatternError('Value of numeric must be an array.')
  const [operator, operand] = list as unknown[]
  if (typeof operator !== 'string') throw new PatternError(`Invalid member in numeric match: ${tokenAt(list, 0)}`)
  if (operator === '>' || operator === '>=') {
    const bottom = numberOf(operand, operator, dialect)
    const low = operator === '>' ? nextAbove(bottom) : bottom
    return list.length === 2 ? new Range(low, dialect.largestNumber) : new Range(low, readTop(list, bottom, dialect))
  }
  if (operator !== '=' && operator !== '<' && operator !== '<=') {
    throw new PatternError(`Unrecognized numeric range operator: ${operator}`)
  }
  const number = numberOf(operand, operator === '=' ? 'equals' : operator, dialect)
  if (list.length > 2) throw new PatternError('Too many elements in numeric expression')
  if (operator === '=') return new Exact(number)
  return new Range(-dialect.largestNumber, operator === '<' ? nextBelow(number) : number)
}

/** The upper end of a range, from the third item of the list on. */
function readTop(list: readonly unknown[], bottom: number, dialect: Dialect): number {
  const operator = list[2]
  if (typeof operator !== 'string') throw new PatternError(`Bad value in numeric range: ${tokenAt(list, 2)}`)
  if (operator !== '<' && operator !== '<=') throw new PatternError(`Bad numeric range operator: ${operator}`)
  const top = numberOf(list[3], operator, dialect)
  if (list.length > 4) throw new PatternError('Too many terms in numeric range expression')
  if (bottom >= top) throw new PatternError('Bottom must be less than top')
  return operator === '<' ? nextBelow(top) : top
}

function numberOf(value: unknown, operator: string, dialect: Dialect): number {
  if (typeof value !== 'number') throw new PatternError(`Value of ${operator} must be numeric`)
  if (Math.abs(value) > dialect.largestNumber) throw new PatternError(dialect.numberLimits)
  return comparable(value, dialect)
}
