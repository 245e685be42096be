/**
 * Conditions: what one item of a list of values asks of a leaf of the event. `kind` and `key` together identify one, so
 * that equal conditions of different patterns are found to be equal, and tested once.
 */
import { type Block, isInside, parseAddress } from './address.ts'
import { fold } from './text.ts'
import { fits, type Pieces } from './wildcard.ts'

/** A value of the event that is no object and no list. Undefined: there is one, but it can't be read. */
export type Leaf = string | number | boolean | null | undefined

export type Kind = Condition['kind']
export type Condition =
  | Exact
  | SameIgnoringCase
  | Affix
  | FoldedAffix
  | Range
  | InBlock
  | Wildcard
  | AnythingBut
  | Exists
  | Absent

/** The same value of the same type. Numbers are `comparable` ones, in all conditions and leaves. */
export class Exact {
  readonly kind = 'exact'
  readonly key: Leaf
  constructor(value: Leaf) {
    this.key = value
  }
  test(leaf: Leaf): boolean {
    return leaf === this.key
  }
}

export class SameIgnoringCase {
  readonly kind = 'same-ignoring-case'
  readonly key: string
  constructor(text: string) {
    this.key = fold(text)
  }
  test(leaf: Leaf): boolean {
    return typeof leaf === 'string' && leaf.length === this.key.length && fold(leaf) === this.key
  }
}

export type End = 'prefix' | 'suffix'

const hasAffix = (text: string, end: End, affix: string) =>
  end === 'prefix' ? text.startsWith(affix) : text.endsWith(affix)

export class Affix {
  readonly kind: End
  readonly key: string
  constructor(kind: End, text: string) {
    this.kind = kind
    this.key = text
  }
  test(leaf: Leaf): boolean {
    return typeof leaf === 'string' && hasAffix(leaf, this.kind, this.key)
  }
}

export class FoldedAffix {
  readonly kind: `folded-${End}`
  readonly key: string
  readonly #end: End
  constructor(end: End, text: string) {
    this.kind = `folded-${end}`
    this.key = fold(text)
    this.#end = end
  }
  test(leaf: Leaf): boolean {
    return typeof leaf === 'string' && hasAffix(fold(leaf), this.#end, this.key)
  }
}

/** From `low` to `high`, both included. */
export class Range {
  readonly kind = 'range'
  readonly low: number
  readonly high: number
  constructor(low: number, high: number) {
    this.low = low
    this.high = high
  }
  get key(): string {
    return `${this.low} ${this.high}`
  }
  test(leaf: Leaf): boolean {
    return typeof leaf === 'number' && leaf >= this.low && leaf <= this.high
  }
}

export class InBlock {
  readonly kind = 'cidr'
  readonly block: Block
  constructor(block: Block) {
    this.block = block
  }
  get key(): string {
    const { addressLength, prefixLength, prefix } = this.block
    return `${addressLength} ${prefixLength} ${prefix}`
  }
  test(leaf: Leaf): boolean {
    const address = typeof leaf === 'string' ? parseAddress(leaf) : undefined
    return address !== undefined && isInside(this.block, address)
  }
}

export class Wildcard {
  readonly kind = 'wildcard'
  readonly key: string
  readonly pieces: Pieces
  constructor(text: string, pieces: Pieces) {
    this.key = text
    this.pieces = pieces
  }
  test(leaf: Leaf): boolean {
    return typeof leaf === 'string' && fits(this.pieces, leaf)
  }
}

/** A leaf that satisfies none of the conditions inside. */
export class AnythingBut {
  readonly kind = 'anything-but'
  readonly key: string
  readonly #excluded: AnyOf
  readonly #emptyExists: boolean
  constructor(excluded: readonly Condition[], emptyExists: boolean) {
    this.key = JSON.stringify(excluded.map(({ kind, key }) => [kind, typeof key, String(key)]))
    this.#excluded = new AnyOf(excluded)
    this.#emptyExists = emptyExists
  }
  test(leaf: Leaf): boolean {
    return leaf !== undefined && (leaf !== null || this.#emptyExists) && !this.#excluded.test(leaf)
  }
}

export class Exists {
  readonly kind = 'exists'
  readonly key = ''
  readonly #emptyExists: boolean
  constructor(emptyExists: boolean) {
    this.#emptyExists = emptyExists
  }
  test(leaf: Leaf): boolean {
    return leaf !== undefined && (this.#emptyExists || (leaf !== null && leaf !== ''))
  }
}

/** No leaf at all: no leaf satisfies it, and who looks for leaves has to know when there is none. */
export class Absent {
  readonly kind = 'absent'
  readonly key = ''
  test(): boolean {
    return false
  }
}

/** From so many values on looking one up is cheaper than comparing with each. */
const MANY = 6

/** What satisfies at least one of the conditions. */
export class AnyOf {
  readonly conditions: readonly Condition[]
  readonly #exact: ReadonlySet<Leaf> | undefined
  readonly #others: readonly Condition[]
  constructor(conditions: readonly Condition[]) {
    const exact = conditions.filter(({ kind }) => kind === 'exact')
    this.conditions = conditions
    this.#exact = exact.length < MANY ? undefined : new Set(exact.map(({ key }) => key))
    this.#others = exact.length < MANY ? conditions : conditions.filter(({ kind }) => kind !== 'exact')
  }
  test(leaf: Leaf): boolean {
    if (this.#exact?.has(leaf)) return true
    for (const condition of this.#others) if (condition.test(leaf)) return true
    return false
  }
}
