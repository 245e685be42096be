/**
 * Where the index keeps alternatives so that few are looked at.
 *
 * A bucket holds alternatives one by one, to be tested, as long as they are few. When they are more, it gets a layer: each
 * is moved below one of its terms, into the buckets of that term's conditions, and is looked at only when the event
 * satisfies one of them. Those buckets may overflow in turn, and then tell their alternatives apart by another field. So
 * every field that tells patterns apart is used, and a value that many patterns share costs nothing.
 *
 *   bucket → layer → shelf (of a field) → bucket (of a condition) → layer → …
 *
 * The layers only say what isn't worth a look: whether an alternative matches is decided by all of its terms.
 */
import type { Condition, Kind } from '../conditions.ts'
import type { Term } from '../pattern.ts'
import type { Field } from './field-tree.ts'
import { type Lookup, lookupFor } from './lookups.ts'

/** An alternative of a pattern in the index. `fields` are those of its terms, in their order. */
export interface Filed<Entry> {
  readonly entry: Entry
  readonly terms: readonly Term[]
  readonly fields: readonly Field[]
  slips: Slip<Entry>[]
  /** The number of the event that it was tested with last. */
  event: number
}

/** That an alternative is in a bucket, and where. */
export interface Slip<Entry> {
  readonly filed: Filed<Entry>
  readonly bucket: Bucket<Entry>
  position: number
}

/** To test so many alternatives is as cheap as to go one layer deeper. */
const FEW = 16
/** In so many buckets an alternative may be. Below lists of values the buckets multiply. */
const MOST_SLIPS = 512

export class Bucket<Entry> {
  slips: Slip<Entry>[] = []
  layer: Layer<Entry> | undefined
  /** Slips here and below. */
  size = 0
  /** The number of the event that it was looked through for last. */
  event = 0
  readonly #shelf: Shelf<Entry> | undefined
  readonly #condition: Condition | undefined
  /** More slips than these are worth a try to tell them apart. */
  #few = FEW

  /** Without arguments: the outermost, which holds everything. */
  constructor(shelf?: Shelf<Entry>, condition?: Condition) {
    this.#shelf = shelf
    this.#condition = condition
  }

  /** Fields that have told alternatives apart on the way here. */
  get usedFields(): readonly Field[] {
    return this.#shelf === undefined ? [] : [...this.#shelf.layer.usedFields, this.#shelf.field]
  }

  add(filed: Filed<Entry>): void {
    if (this.layer === undefined && this.slips.length >= this.#few) this.#addLayer()
    if (!this.layer?.add(filed)) this.#keep(filed)
  }

  remove(slip: Slip<Entry>): void {
    const last = this.slips.pop()
    if (last !== undefined && last !== slip) {
      this.slips[slip.position] = last
      last.position = slip.position
    }
    this.#resize(-1)
  }

  #keep(filed: Filed<Entry>): void {
    const slip = { filed, bucket: this, position: this.slips.length }
    // Most lists have one element: to make them with it takes a tenth of the memory of adding it to an empty one.
    if (this.slips.length === 0) this.slips = [slip]
    else this.slips.push(slip)
    if (filed.slips.length === 0) filed.slips = [slip]
    else filed.slips.push(slip)
    this.#resize(1)
  }

  /** What has no term left to be told apart by stays. If all of it does, the next try is when there is twice as much. */
  #addLayer(): void {
    const layer = new Layer<Entry>(this, this.usedFields)
    this.layer = layer
    for (const slip of [...this.slips]) {
      if (!layer.add(slip.filed)) continue
      slip.filed.slips.splice(slip.filed.slips.indexOf(slip), 1)
      this.remove(slip)
    }
    if (layer.shelves.size > 0) return
    this.layer = undefined
    this.#few = this.slips.length * 2
  }

  /** Empty buckets, shelves and layers are let go of, all the way up. */
  #resize(by: number): void {
    this.size += by
    if (this.#shelf === undefined || this.#condition === undefined) return
    const parent = this.#shelf.layer.bucket
    if (this.size === 0) this.#shelf.remove(this.#condition)
    parent.#resize(by)
  }
}

/** How well a condition tells alternatives apart: the less the more events satisfy it. */
const WEAKNESS: Readonly<Record<Kind, number>> = {
  exact: 0,
  'same-ignoring-case': 0,
  prefix: 0,
  suffix: 0,
  'folded-prefix': 0,
  'folded-suffix': 0,
  cidr: 0,
  wildcard: 1,
  range: 1,
  exists: 2,
  'anything-but': 2,
  absent: 2,
}

export class Layer<Entry> {
  readonly bucket: Bucket<Entry>
  readonly usedFields: readonly Field[]
  readonly shelves = new Map<Field, Shelf<Entry>>()
  /** Those of the shelves that have a bucket for the absence of their field. */
  readonly absences = new Set<Shelf<Entry>>()

  constructor(bucket: Bucket<Entry>, usedFields: readonly Field[]) {
    this.bucket = bucket
    this.usedFields = usedFields
  }

  /** False if no term is left to file it under. */
  add(filed: Filed<Entry>): boolean {
    const chosen = this.#choose(filed)
    if (chosen === undefined) return false
    const field = filed.fields[chosen] as Field
    const shelf = this.shelves.get(field) ?? new Shelf<Entry>(this, field)
    this.shelves.set(field, shelf)
    for (const condition of (filed.terms[chosen] as Term).conditions) shelf.take(condition).add(filed)
    return true
  }

  /** The term with the strongest conditions and, among those, the emptiest buckets. */
  #choose({ terms, fields, slips }: Filed<Entry>): number | undefined {
    let chosen: number | undefined
    let leastWeakness = Number.POSITIVE_INFINITY
    let leastLoad = Number.POSITIVE_INFINITY
    for (const [index, { conditions }] of terms.entries()) {
      const field = fields[index] as Field
      if (this.usedFields.includes(field)) continue
      if (slips.length + conditions.length > MOST_SLIPS) continue
      const weakness = Math.max(...conditions.map(({ kind }) => WEAKNESS[kind]))
      if (weakness > leastWeakness) continue
      const load = this.#loadOf(field, conditions)
      if (weakness === leastWeakness && load >= leastLoad) continue
      chosen = index
      leastWeakness = weakness
      leastLoad = load
    }
    return chosen
  }

  #loadOf(field: Field, conditions: readonly Condition[]): number {
    const shelf = this.shelves.get(field)
    return conditions.reduce((sum, condition) => sum + (shelf?.get(condition)?.size ?? 0), conditions.length)
  }
}

/** The buckets of one field's conditions. */
export class Shelf<Entry> {
  readonly layer: Layer<Entry>
  readonly field: Field
  readonly lookups = new Map<Kind, Lookup<Bucket<Entry>>>()

  constructor(layer: Layer<Entry>, field: Field) {
    this.layer = layer
    this.field = field
  }

  get(condition: Condition): Bucket<Entry> | undefined {
    return this.lookups.get(condition.kind)?.get(condition)
  }

  take(condition: Condition): Bucket<Entry> {
    const lookup = this.lookups.get(condition.kind) ?? lookupFor<Bucket<Entry>>(condition.kind)
    this.lookups.set(condition.kind, lookup)
    const known = lookup.get(condition)
    if (known !== undefined) return known
    const bucket = new Bucket(this, condition)
    lookup.set(condition, bucket)
    if (condition.kind === 'absent') this.layer.absences.add(this)
    return bucket
  }

  remove(condition: Condition): void {
    const lookup = this.lookups.get(condition.kind)
    lookup?.delete(condition)
    if (condition.kind === 'absent') this.layer.absences.delete(this)
    if (lookup?.size === 0) this.lookups.delete(condition.kind)
    if (this.lookups.size > 0) return
    this.layer.shelves.delete(this.field)
    if (this.layer.shelves.size === 0) this.layer.bucket.layer = undefined
  }
}
