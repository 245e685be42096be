/**
 * The paths that the patterns of an index ask for, as a tree of names: an event is walked along it, so that what no pattern
 * asks for is passed over, however large.
 */
import type { Leaf } from '../conditions.ts'
import type { Dialect } from '../dialect.ts'
import { type Event, isObject, leafOf, MAX_LISTS } from '../event.ts'

/** A path, with what the event of the moment has there: `leaves` and `list` are of the event numbered `event`. */
export class Field {
  readonly name: string
  readonly parent: Field | undefined
  readonly children = new Map<string, Field>()
  /** Terms that ask for it. */
  users = 0
  event = 0
  leaves: Leaf[] = []
  /**
   * The outermost list of several elements that a leaf came through, named by the field that holds it; `several` if the
   * leaves differ in that. Terms whose lists differ have no list in common.
   */
  list: Field | 'several' | undefined
  constructor(name: string, parent: Field | undefined) {
    this.name = name
    this.parent = parent
  }
}

export class FieldTree {
  /** Whether some leaf of the event came through a list of several elements. */
  hasLists = false
  readonly dialect: Dialect
  readonly #root = new Field('', undefined)
  #present: Field[] = []
  #event = 0

  /** `dialect` is that of the patterns, by which the leaves are read. */
  constructor(dialect: Dialect) {
    this.dialect = dialect
  }

  /** The field of a path, which stays until it is released as often as it was taken. */
  take(path: readonly string[]): Field {
    let field = this.#root
    for (const name of path) {
      const child: Field = field.children.get(name) ?? new Field(name, field)
      field.children.set(name, child)
      field = child
    }
    field.users += 1
    return field
  }

  release(field: Field): void {
    field.users -= 1
    let unused = field
    while (unused.parent !== undefined && unused.users === 0 && unused.children.size === 0) {
      unused.parent.children.delete(unused.name)
      unused = unused.parent
    }
  }

  /** The fields that have leaves in the event. They keep them until the next call, whose `number` must be another. */
  read(event: Event, number: number): readonly Field[] {
    this.#present = []
    this.#event = number
    this.hasLists = false
    this.#readObject(this.#root, event, undefined, 0)
    return this.#present
  }

  #read(field: Field, value: unknown, list: Field | undefined, lists: number): void {
    if (Array.isArray(value)) {
      if (lists === MAX_LISTS) return
      const outermost = value.length > 1 ? (list ?? field) : list
      for (const element of value) this.#read(field, element, outermost, lists + 1)
    } else if (isObject(value)) {
      if (field.children.size > 0) this.#readObject(field, value, list, lists)
    } else if (field.users > 0) this.#addLeaf(field, leafOf(value, this.dialect), list)
  }

  #readObject(field: Field, object: Event, list: Field | undefined, lists: number): void {
    for (const key of Object.keys(object)) {
      const child = field.children.get(key) ?? (key.includes('.') ? follow(field, key) : undefined)
      if (child !== undefined) this.#read(child, object[key], list, lists)
    }
  }

  #addLeaf(field: Field, leaf: Leaf, list: Field | undefined): void {
    if (list !== undefined) this.hasLists = true
    if (field.event === this.#event) {
      field.leaves.push(leaf)
      if (field.list !== list) field.list = 'several'
      return
    }
    field.event = this.#event
    field.leaves = [leaf]
    field.list = list
    this.#present.push(field)
  }
}

/** A key with dots is a path of its own. */
function follow(field: Field, key: string): Field | undefined {
  let found: Field | undefined = field
  for (const name of key.split('.')) {
    found = found.children.get(name)
    if (found === undefined) return undefined
  }
  return found
}
