/**
 * One pattern against one event, to the letter: the rules that an index has to come to as well.
 *
 * A term is satisfied by a leaf at its path; lists on the way are looked through. All leaves that satisfy an alternative
 * must come from the same element of each list that several of them come from.
 */
import type { Dialect } from './dialect.ts'
import { type Event, isObject, leafOf, MAX_LISTS } from './event.ts'
import type { Alternative, Pattern, Term } from './pattern.ts'

/** Whether the event matches. Undefined, for a message that has no event, doesn't. */
export const matches = (pattern: Pattern, event: Event | undefined): boolean =>
  event !== undefined && pattern.alternatives.some((alternative) => satisfies(alternative, event, pattern.dialect))

/** Whether the event satisfies all terms of the alternative. */
export function satisfies(alternative: Alternative, event: Event, dialect: Dialect): boolean {
  // Absence isn't a matter of one element: there must be no leaf in any.
  const terms = alternative.filter(({ allowsAbsence, path }) => !allowsAbsence || hasLeaf([event], path, 0, 0))
  return new Search(dialect).finds(treeOf(terms), [event], 0)
}

function hasLeaf(values: readonly unknown[], path: readonly string[], depth: number, lists: number): boolean {
  const name = path[depth]
  return values.some((value) => {
    if (Array.isArray(value)) return lists < MAX_LISTS && hasLeaf(value, path, depth, lists + 1)
    if (!isObject(value)) return name === undefined
    return name !== undefined && hasLeaf(valuesAt(value, name), path, depth + 1, lists)
  })
}

/** Terms by their paths. */
interface Node {
  readonly terms: Term[]
  readonly children: Map<string, Node>
}

function treeOf(terms: readonly Term[]): Node {
  const root: Node = { terms: [], children: new Map() }
  for (const term of terms) {
    let node = root
    for (const name of term.path) {
      const child = node.children.get(name) ?? { terms: [], children: new Map() }
      node.children.set(name, child)
      node = child
    }
    node.terms.push(term)
  }
  return root
}

/** Where a key with dots and nested keys lead to the same path, elements of several lists are tried with each other. */
const MAX_TRIALS = 100_000

class Search {
  readonly #dialect: Dialect
  #trials = 0
  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** `values` is what the event has at the node's path: one value but for keys with dots, see `valuesAt`. */
  finds(node: Node, values: readonly unknown[], lists: number): boolean {
    const listAt = values.findIndex(Array.isArray)
    if (listAt !== -1) return this.#findsInElement(node, values, listAt, lists)
    const objects = values.filter(isObject)
    const leaves = values.filter((value) => !isObject(value)).map((value) => leafOf(value, this.#dialect))
    if (!node.terms.every((term) => leaves.some((leaf) => term.test(leaf)))) return false
    for (const [name, child] of node.children) {
      const below = objects.flatMap((object) => valuesAt(object, name))
      if (!this.finds(child, below, lists)) return false
    }
    return true
  }

  #findsInElement(node: Node, values: readonly unknown[], listAt: number, lists: number): boolean {
    const elements = values[listAt] as readonly unknown[]
    if (elements.length === 0 || lists === MAX_LISTS) return this.finds(node, values.toSpliced(listAt, 1), lists)
    return elements.some((element) => {
      if (values.length > 1) this.#trials += 1
      return this.#trials <= MAX_TRIALS && this.finds(node, values.with(listAt, element), lists + 1)
    })
  }
}

/**
 * What the object has under a name without dots: `{"a": 1, "a.b": 2}` has 1 and `{"b": 2}` under `a`. One value at most
 * where keys have no dots.
 */
function valuesAt(object: Event, name: string): readonly unknown[] {
  const values: unknown[] = Object.hasOwn(object, name) ? [object[name]] : []
  const start = `${name}.`
  for (const key of Object.keys(object)) {
    if (key.startsWith(start)) values.push({ [key.slice(start.length)]: object[key] })
  }
  return values
}
