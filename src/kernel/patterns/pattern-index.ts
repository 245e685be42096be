/**
 * Many patterns, of which those that an event matches are found by the fields and values of the event, not one by one.
 *
 * Adding and removing costs by the size of the pattern, matching by the fields of the event that patterns ask for, the
 * patterns that match, and a few that nearly do. Tried one by one are only the `anything-but` that differ, and wildcards
 * that begin with the same text. How it works: `index/buckets.ts`.
 */
import { Absent } from './conditions.ts'
import type { Dialect } from './dialect.ts'
import type { Event } from './event.ts'
import { agreementOf } from './index/agreement.ts'
import { Bucket, type Filed, type Layer, type Shelf } from './index/buckets.ts'
import { type Field, FieldTree } from './index/field-tree.ts'
import { satisfies } from './matches.ts'
import type { Pattern, Term } from './pattern.ts'

interface Entry<Id> {
  readonly id: Id
  readonly dialect: Dialect
  alternatives: readonly Filed<Entry<Id>>[]
  /** The number of the event that it matched last. */
  event: number
}

const absent = new Absent()

/** Patterns of one dialect, the first one's, under ids of any kind; ids are compared as the keys of a Map are. */
export class PatternIndex<Id> {
  readonly #entries = new Map<Id, Entry<Id>>()
  readonly #all = new Bucket<Entry<Id>>()
  #fields: FieldTree | undefined
  /** Events are numbered, so that what is remembered of one needn't be cleared for the next. */
  #number = 0
  #event: Event = {}
  #present: readonly Field[] = []
  #matched: Id[] = []

  get size(): number {
    return this.#entries.size
  }

  /** A pattern that is there under the id is replaced. */
  add(id: Id, pattern: Pattern): void {
    this.#fields ??= new FieldTree(pattern.dialect)
    const fields = this.#fields
    if (pattern.dialect.name !== fields.dialect.name) throw new TypeError(`not a pattern of ${fields.dialect.name}`)
    this.delete(id)
    const entry: Entry<Id> = { id, dialect: pattern.dialect, alternatives: [], event: 0 }
    entry.alternatives = pattern.alternatives.map((terms) => {
      const filed = { entry, terms, fields: terms.map(({ path }) => fields.take(path)), slips: [], event: 0 }
      this.#all.add(filed)
      return filed
    })
    this.#entries.set(id, entry)
  }

  /** Nothing happens if there is no such pattern. */
  delete(id: Id): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    for (const { slips, fields } of entry.alternatives) {
      for (const slip of slips) slip.bucket.remove(slip)
      for (const field of fields) this.#fields?.release(field)
    }
  }

  /** The ids of the patterns that the event matches, each once, in no particular order. None for no event. */
  match(event: Event | undefined): Id[] {
    if (event === undefined || this.#fields === undefined) return []
    this.#number += 1
    this.#event = event
    this.#present = this.#fields.read(event, this.#number)
    this.#matched = []
    this.#lookThrough(this.#all)
    return this.#matched
  }

  readonly #lookThrough = (bucket: Bucket<Entry<Id>>): void => {
    if (bucket.event === this.#number) return
    bucket.event = this.#number
    for (const { filed } of bucket.slips) this.#test(filed)
    if (bucket.layer !== undefined) this.#search(bucket.layer)
  }

  #search({ shelves, absences }: Layer<Entry<Id>>): void {
    if (shelves.size < this.#present.length) {
      for (const [field, shelf] of shelves) if (field.event === this.#number) this.#open(shelf)
    } else {
      for (const field of this.#present) {
        const shelf = shelves.get(field)
        if (shelf !== undefined) this.#open(shelf)
      }
    }
    for (const shelf of absences) {
      const bucket = shelf.field.event === this.#number ? undefined : shelf.get(absent)
      if (bucket !== undefined) this.#lookThrough(bucket)
    }
  }

  #open({ field, lookups }: Shelf<Entry<Id>>): void {
    for (const lookup of lookups.values()) {
      for (const leaf of field.leaves) lookup.find(leaf, this.#lookThrough)
    }
  }

  #test(filed: Filed<Entry<Id>>): void {
    const { entry } = filed
    if (filed.event === this.#number || entry.event === this.#number) return
    filed.event = this.#number
    if (!this.#satisfiesEach(filed)) return
    if (this.#fields?.hasLists && !this.#agree(filed)) return
    entry.event = this.#number
    this.#matched.push(entry.id)
  }

  #satisfiesEach({ terms, fields }: Filed<Entry<Id>>): boolean {
    for (let index = 0; index < terms.length; index += 1) {
      const term = terms[index] as Term
      const field = fields[index] as Field
      if (field.event !== this.#number ? !term.allowsAbsence : !field.leaves.some((leaf) => term.test(leaf)))
        return false
    }
    return true
  }

  /** Whether the terms are satisfied by the same element of each list, too. */
  #agree(filed: Filed<Entry<Id>>): boolean {
    const agreement = agreementOf(filed, this.#number)
    return agreement === 'unknown' ? satisfies(filed.terms, this.#event, filed.entry.dialect) : agreement === 'yes'
  }
}
