/**
 * Patterns: parsed, checked against the limits of their dialect, and expanded into alternatives without `$or`.
 *
 * An event matches a pattern when it satisfies all terms of one alternative. A term is a path and the conditions of which
 * some leaf at that path must satisfy one. Dots and nesting mean the same: `{"a.b": …}` is `{"a": {"b": …}}`.
 */
import { AnyOf, type Condition } from './conditions.ts'
import { type Dialect, PatternError } from './dialect.ts'
import { describeSyntaxError } from './json-syntax.ts'
import { readCondition } from './operators.ts'

/** What one alternative asks of one path. */
export class Term extends AnyOf {
  /** Names without dots. */
  readonly path: readonly string[]
  /** Whether it is satisfied when the event has no leaf at the path. */
  readonly allowsAbsence: boolean
  constructor(path: readonly string[], conditions: readonly Condition[]) {
    super(conditions)
    this.path = path
    this.allowsAbsence = conditions.some(({ kind }) => kind === 'absent')
  }
}

export type Alternative = readonly Term[]

export interface Pattern {
  readonly dialect: Dialect
  readonly alternatives: readonly Alternative[]
  /** Whether a key holds an object: SNS refuses that in the scope MessageAttributes. `$or` alone is no nesting. */
  readonly isNested: boolean
  /** Whether it has no keys, which is how SNS is asked to forget a filter policy. */
  readonly isEmpty: boolean
}

/** Objects and choices in each other, and names in a path. The text of a pattern could hold more than the stack. */
const MAX_DEPTH = 1000
const TOO_DEEP = 'The pattern is nested too deeply'

/** Throws PatternError with what the dialect's service says. */
export function parsePattern(text: string, dialect: Dialect): Pattern {
  if (Buffer.byteLength(text) > dialect.maxBytes) {
    throw new PatternError(`The pattern must not be longer than ${dialect.maxBytes} bytes`)
  }
  const json = parseJson(text, dialect)
  if (!isJsonObject(json)) throw new PatternError('Filter is not an object')
  const keys = Object.keys(json).length
  if (keys > dialect.maxKeys) throw new PatternError(`Filter policy can not have more than ${dialect.maxKeys} keys`)
  const isEmpty = keys === 0
  if (isEmpty && dialect.emptyMatchesAll) return { dialect, alternatives: [[]], isNested: false, isEmpty }
  const all = readObject(json, { dialect, path: [], level: 1, depth: 1 })
  if (combinationsOf(all) > dialect.maxCombinations) throw new PatternError(dialect.tooManyCombinations)
  return { dialect, alternatives: expand(all), isNested: all.isNested, isEmpty }
}

function parseJson(text: string, dialect: Dialect): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new PatternError(dialect.syntaxError + describeSyntaxError(text))
  }
}

type Json = Readonly<Record<string, unknown>>

const isJsonObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What must hold together: terms, and of each choice one branch. */
interface All {
  readonly terms: Term[]
  readonly choices: (readonly All[])[]
  /** Of the terms, without the choices. */
  combinations: number
  isNested: boolean
}

interface Place {
  readonly dialect: Dialect
  readonly path: readonly string[]
  /** 1 for the outermost keys, one more inside each key that holds an object; a `$or` adds none. */
  readonly level: number
  /** Counts each object, those of a `$or` too. */
  readonly depth: number
}

function readObject(object: Json, place: Place): All {
  const { dialect, level } = place
  if (place.depth > MAX_DEPTH) throw new PatternError(TOO_DEEP)
  const entries = Object.entries(object)
  if (entries.length === 0) throw new PatternError('Empty objects are not allowed')
  const all: All = { terms: [], choices: [], combinations: 1, isNested: false }
  const deeper = { ...place, depth: place.depth + 1 }
  for (const [key, value] of entries) {
    if (key === '$or' && isChoice(value, dialect)) {
      const branches = value.map((branch) => readObject(branch, deeper))
      all.choices.push(branches)
      all.isNested ||= branches.some(({ isNested }) => isNested)
    } else if (Array.isArray(value)) {
      if (value.length === 0) throw new PatternError('Empty arrays are not allowed')
      const conditions = value.map((item) => readCondition(item, dialect))
      all.terms.push(new Term(pathTo(key, place), conditions))
      all.combinations *= dialect.combinations(value.length, level)
    } else if (isJsonObject(value)) {
      absorb(all, readObject(value, { ...deeper, path: pathTo(key, place), level: level + 1 }))
    } else throw new PatternError(`"${key}" must be an object or an array`)
  }
  return all
}

function pathTo(key: string, { path }: Place): readonly string[] {
  const names = key.split('.')
  if (path.length + names.length > MAX_DEPTH) throw new PatternError(TOO_DEEP)
  return [...path, ...names]
}

function absorb(all: All, nested: All): void {
  all.terms.push(...nested.terms)
  all.choices.push(...nested.choices)
  all.combinations *= nested.combinations
  all.isNested = true
}

/** Names that can't be keys of a branch: someone has mixed `$or` up with a list of values. */
const RESERVED = new Set([
  ...['exactly', 'prefix', 'suffix', 'equals-ignore-case', 'wildcard', 'anything-but', 'numeric', 'cidr', 'exists'],
  ...['=', '<', '<=', '>', '>=', 'regex', 'date-time'],
])

const reservedKey = (branch: Json) => Object.keys(branch).find((key) => RESERVED.has(key))
const isBranch = (item: unknown): item is Json => isJsonObject(item) && reservedKey(item) === undefined

function isChoice(value: unknown, dialect: Dialect): value is readonly Json[] {
  if (!dialect.strictOr) return Array.isArray(value) && value.length >= 2 && value.every(isBranch)
  if (!Array.isArray(value)) throw new PatternError('It must be an Array followed with $or.')
  for (const branch of value) {
    if (!isJsonObject(branch)) throw new PatternError('Only JSON object is allowed in array of $or relationship.')
    const reserved = reservedKey(branch)
    if (reserved !== undefined) {
      throw new PatternError(`${reserved} is Ruler reserved fieldName which cannot be used inside $or.`)
    }
  }
  if (value.length < 2) throw new PatternError('There must have at least 2 Objects in $or relationship.')
  return true
}

/** Of each choice the branches add up, and all that must hold together multiplies. */
function combinationsOf({ combinations, choices }: All): number {
  return choices.reduce(
    (product, branches) => product * branches.reduce((sum, branch) => sum + combinationsOf(branch), 0),
    combinations,
  )
}

/** Every way to take one branch of each choice. There are no more of them than combinations, which are limited. */
function expand({ terms, choices }: All): Alternative[] {
  return choices.reduce<Alternative[]>(
    (alternatives, branches) =>
      branches.flatMap(expand).flatMap((branch) => alternatives.map((alternative) => [...alternative, ...branch])),
    // A copy has no room for more terms, of which a list that was filled one by one keeps plenty.
    [terms.slice()],
  )
}
