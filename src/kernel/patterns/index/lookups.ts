/**
 * Lookups: of one kind of condition each, which of the conditions a leaf satisfies, without testing those that it doesn't.
 * What a lookup finds is a `Value`, whatever its owner keeps for a condition.
 */
import { parseAddress } from '../address.ts'
import type { Condition, End, InBlock, Kind, Leaf, Wildcard } from '../conditions.ts'
import { fold } from '../text.ts'
import { RangeLookup } from './range-lookup.ts'

export interface Lookup<Value> {
  readonly size: number
  get(condition: Condition): Value | undefined
  set(condition: Condition, value: Value): void
  delete(condition: Condition): void
  /** Calls `found` for every condition that the leaf satisfies. */
  find(leaf: Leaf, found: (value: Value) => void): void
}

/** An empty lookup for conditions of the kind. Those of absence are found by no leaf: there is none. */
export function lookupFor<Value>(kind: Kind): Lookup<Value> {
  switch (kind) {
    case 'exact':
      return new ExactLookup()
    case 'same-ignoring-case':
      return new SameIgnoringCaseLookup()
    case 'prefix':
    case 'suffix':
      return new AffixLookup(kind, asItIs)
    case 'folded-prefix':
      return new AffixLookup('prefix', fold)
    case 'folded-suffix':
      return new AffixLookup('suffix', fold)
    case 'range':
      return new RangeLookup() as Lookup<Value>
    case 'cidr':
      return new BlockLookup()
    case 'wildcard':
      return new WildcardLookup()
    case 'anything-but':
    case 'exists':
    case 'absent':
      return new TestingLookup()
  }
}

const asItIs = (text: string) => text

/** By the value itself: one step. */
class ExactLookup<Value> implements Lookup<Value> {
  readonly #values = new Map<Leaf, Value>()
  get size() {
    return this.#values.size
  }
  get({ key }: Condition) {
    return this.#values.get(key)
  }
  set({ key }: Condition, value: Value) {
    this.#values.set(key, value)
  }
  delete({ key }: Condition) {
    this.#values.delete(key)
  }
  find(leaf: Leaf, found: (value: Value) => void) {
    const value = this.#values.get(leaf)
    if (value !== undefined) found(value)
  }
}

class SameIgnoringCaseLookup<Value> extends ExactLookup<Value> {
  override find(leaf: Leaf, found: (value: Value) => void) {
    if (typeof leaf === 'string') super.find(fold(leaf), found)
  }
}

/** Texts by their length: one step for each length that occurs among the affixes. */
class AffixLookup<Value> implements Lookup<Value> {
  readonly #byLength = new Map<number, Map<string, Value>>()
  readonly #end: End
  readonly #convert: (text: string) => string
  size = 0
  constructor(end: End, convert: (text: string) => string) {
    this.#end = end
    this.#convert = convert
  }
  get(condition: Condition) {
    return this.getText(condition.key as string)
  }
  set(condition: Condition, value: Value) {
    this.setText(condition.key as string, value)
  }
  delete(condition: Condition) {
    this.deleteText(condition.key as string)
  }
  getText(affix: string) {
    return this.#byLength.get(affix.length)?.get(affix)
  }
  setText(affix: string, value: Value) {
    const values = this.#byLength.get(affix.length) ?? new Map<string, Value>()
    this.#byLength.set(affix.length, values)
    if (!values.has(affix)) this.size += 1
    values.set(affix, value)
  }
  deleteText(affix: string) {
    const values = this.#byLength.get(affix.length)
    if (!values?.delete(affix)) return
    this.size -= 1
    if (values.size === 0) this.#byLength.delete(affix.length)
  }
  find(leaf: Leaf, found: (value: Value) => void) {
    if (typeof leaf !== 'string') return
    const text = this.#convert(leaf)
    for (const [length, values] of this.#byLength) {
      if (length > text.length) continue
      const value = values.get(this.#end === 'prefix' ? text.slice(0, length) : text.slice(text.length - length))
      if (value !== undefined) found(value)
    }
  }
}

/** Blocks by the length of their prefix: one step for each length that occurs. */
class BlockLookup<Value> implements Lookup<Value> {
  readonly #groups = new Map<string, { shift: bigint; length: number; values: Map<bigint, Value> }>()
  size = 0
  get(condition: Condition) {
    const { block } = condition as InBlock
    return this.#groups.get(groupOf(condition))?.values.get(block.prefix)
  }
  set(condition: Condition, value: Value) {
    const { addressLength: length, prefixLength, prefix } = (condition as InBlock).block
    const group = this.#groups.get(groupOf(condition)) ?? {
      shift: BigInt(length - prefixLength),
      length,
      values: new Map<bigint, Value>(),
    }
    this.#groups.set(groupOf(condition), group)
    if (!group.values.has(prefix)) this.size += 1
    group.values.set(prefix, value)
  }
  delete(condition: Condition) {
    const group = this.#groups.get(groupOf(condition))
    if (!group?.values.delete((condition as InBlock).block.prefix)) return
    this.size -= 1
    if (group.values.size === 0) this.#groups.delete(groupOf(condition))
  }
  find(leaf: Leaf, found: (value: Value) => void) {
    const address = typeof leaf === 'string' ? parseAddress(leaf) : undefined
    if (address === undefined) return
    for (const { shift, length, values } of this.#groups.values()) {
      const value = length === address.length ? values.get(address.bits >> shift) : undefined
      if (value !== undefined) found(value)
    }
  }
}

function groupOf(condition: Condition): string {
  const { addressLength, prefixLength } = (condition as InBlock).block
  return `${addressLength}/${prefixLength}`
}

/** One step, and a test, for each condition. */
class TestingLookup<Value> implements Lookup<Value> {
  readonly #entries = new Map<string, { condition: Condition; value: Value }>()
  get size() {
    return this.#entries.size
  }
  get({ kind, key }: Condition) {
    return this.#entries.get(`${kind} ${key}`)?.value
  }
  set(condition: Condition, value: Value) {
    this.#entries.set(`${condition.kind} ${condition.key}`, { condition, value })
  }
  delete({ kind, key }: Condition) {
    this.#entries.delete(`${kind} ${key}`)
  }
  find(leaf: Leaf, found: (value: Value) => void) {
    for (const { condition, value } of this.#entries.values()) if (condition.test(leaf)) found(value)
  }
}

/** Tests those whose text before the first star, or behind the last if there is none before, is that of the leaf. */
class WildcardLookup<Value> implements Lookup<Value> {
  readonly #heads = new AffixLookup<TestingLookup<Value>>('prefix', asItIs)
  readonly #tails = new AffixLookup<TestingLookup<Value>>('suffix', asItIs)
  size = 0
  get(condition: Condition) {
    const { affixes, text } = this.#place(condition)
    return affixes.getText(text)?.get(condition)
  }
  set(condition: Condition, value: Value) {
    const { affixes, text } = this.#place(condition)
    const group = affixes.getText(text) ?? new TestingLookup<Value>()
    affixes.setText(text, group)
    this.size -= group.size
    group.set(condition, value)
    this.size += group.size
  }
  delete(condition: Condition) {
    const { affixes, text } = this.#place(condition)
    const group = affixes.getText(text)
    if (group === undefined) return
    this.size -= group.size
    group.delete(condition)
    this.size += group.size
    if (group.size === 0) affixes.deleteText(text)
  }
  find(leaf: Leaf, found: (value: Value) => void) {
    const search = (group: TestingLookup<Value>) => group.find(leaf, found)
    this.#heads.find(leaf, search)
    this.#tails.find(leaf, search)
  }
  #place(condition: Condition) {
    const { pieces } = condition as Wildcard
    const head = pieces[0] ?? ''
    return head === '' ? { affixes: this.#tails, text: pieces.at(-1) ?? '' } : { affixes: this.#heads, text: head }
  }
}
