/**
 * The paths that the patterns of an index ask for, as a tree of names: an event is walked along it, so that what no pattern
 * asks for is passed over, however large.
 */
import type { Leaf } from '../conditions.ts'
import type { Dialect } from '../dialect.ts'
import { type Event, isObject, leafOf, MAX_LISTS } from '../event.ts'

/** A path, with what the event of the moment has there: all but `users` and the names is of the event numbered `event`. */
export class Field {
  readonly name: string
  readonly parent: Field | undefined
  readonly children = new Map<string, Field>()
  /** Terms that ask for it. */
  users = 0
  event = 0
  leaves: Leaf[] = []
  /** The outermost list of several elements that the leaves came through; `several` if they differ in that. */
  list: readonly unknown[] | 'several' | undefined
  /** In which element of that list each leaf is. */
  elements: number[] = []
  /** Whether a leaf came through further lists of several elements, inside that one. */
  isDeep = false
  constructor(name: string, parent: Field | undefined) {
    this.name = name
    this.parent = parent
  }
}

/** How a value was come to. */
interface Way {
  /** As a field's. */
  readonly list: readonly unknown[] | undefined
  readonly element: number
  readonly isDeep: boolean
  /** How many lists it is in, those of one element too. */
  readonly lists: number
}

const START: Way = { list: undefined, element: 0, isDeep: false, lists: 0 }

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
    this.#readObject(this.#root, event, START)
    return this.#present
  }

  #read(field: Field, value: unknown, way: Way): void {
    if (Array.isArray(value)) this.#readList(field, value, way)
    else if (isObject(value)) {
      if (field.children.size > 0) this.#readObject(field, value, way)
    } else if (field.users > 0) this.#addLeaf(field, leafOf(value, this.dialect), way)
  }

  #readList(field: Field, list: readonly unknown[], way: Way): void {
    const lists = way.lists + 1
    if (lists > MAX_LISTS) return
    for (const [element, value] of list.entries()) {
      if (list.length === 1) this.#read(field, value, { ...way, lists })
      else if (way.list !== undefined) this.#read(field, value, { ...way, lists, isDeep: true })
      else this.#read(field, value, { list, element, isDeep: false, lists })
    }
  }

  #readObject(field: Field, object: Event, way: Way): void {
    for (const key of Object.keys(object)) {
      const child = field.children.get(key) ?? (key.includes('.') ? follow(field, key) : undefined)
      if (child !== undefined) this.#read(child, object[key], way)
    }
  }

  #addLeaf(field: Field, leaf: Leaf, { list, element, isDeep }: Way): void {
    if (list !== undefined) this.hasLists = true
    if (field.event !== this.#event) {
      field.event = this.#event
      field.leaves = [leaf]
      field.elements = [element]
      field.list = list
      field.isDeep = isDeep
      this.#present.push(field)
      return
    }
    field.leaves.push(leaf)
    field.elements.push(element)
    if (field.list !== list) field.list = 'several'
    field.isDeep ||= isDeep
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
