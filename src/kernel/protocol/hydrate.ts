/**
 * From the compact form that scripts/generate.mjs writes to a `Model`. Shapes refer to each other by number and may be
 * recursive, so every reference is followed when it is first read, and then kept.
 */
import type { Member, Model, Operation, ServiceMeta, Shape, StructShape, TimestampFormat, Traits } from './schema.ts'

/** Scalar code, `'unit'`, number of a shape (`'#7'`), or one of these with the traits of the member that refers. */
type Ref = number | string | readonly [Ref, RawTraits]

/** A number is a set of flags for bindings that no protocol here uses yet. */
type RawTraits = Traits | number

type RawShape =
  | readonly [kind: 0, name: string, traits: RawTraits, target: Ref]
  | readonly [kind: 1, name: string, traits: RawTraits, item: Ref]
  | readonly [kind: 2, name: string, traits: RawTraits, key: Ref, value: Ref]
  | readonly [
      kind: 3 | -3,
      name: string,
      traits: RawTraits,
      names: readonly string[],
      members: readonly Ref[],
      required: number,
    ]

export interface CompactModel {
  readonly meta: ServiceMeta
  readonly shapes: readonly RawShape[]
  readonly operations: readonly (readonly [name: string, input: Ref, output: Ref])[]
  readonly errors: readonly Ref[]
}

const NO_TRAITS: Traits = Object.freeze({})
const EMPTY: StructShape = { kind: 'struct', name: '', traits: NO_TRAITS, members: [] }

const SCALARS = { 0: 'string', 1: 'integer', 2: 'boolean', 21: 'blob' } as const
const TIMESTAMPS: Readonly<Record<number, TimestampFormat | undefined>> = {
  4: undefined,
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
}
const LIST_OF = 64
const MAP_OF = 128

/** Builds the model; throws for a schema that the codecs have no form for (documents, big numbers, streams, unions). */
export function hydrate({ meta, shapes, operations, errors }: CompactModel): Model {
  const hydrated = new Map<Ref, Shape>()

  const shapeOf = (ref: Ref): Shape => {
    const known = hydrated.get(ref)
    if (known !== undefined) return known
    const shape = typeof ref === 'number' ? scalarOf(ref) : named(rawShape(ref))
    hydrated.set(ref, shape)
    return shape
  }

  const rawShape = (ref: Ref): RawShape => {
    const raw = typeof ref === 'string' && ref.startsWith('#') ? shapes[Number(ref.slice(1))] : undefined
    return raw ?? unsupported(ref)
  }

  const scalarOf = (code: number): Shape => {
    const base = { name: '', traits: NO_TRAITS }
    if (code >= MAP_OF) return mapOf(base, 0, code - MAP_OF)
    if (code >= LIST_OF) return listOf(base, code - LIST_OF)
    if (code in TIMESTAMPS) return { ...base, kind: 'timestamp', format: TIMESTAMPS[code] }
    const kind = SCALARS[code as keyof typeof SCALARS] ?? unsupported(code)
    return { ...base, kind }
  }

  const named = (raw: RawShape): Shape => {
    const base = { name: raw[1], traits: traitsOf(raw[2]) }
    switch (raw[0]) {
      case 0:
        return { ...shapeOf(split(raw[3]).ref), ...base }
      case 1:
        return listOf(base, raw[3])
      case 2:
        return mapOf(base, raw[3], raw[4])
      case 3:
      case -3:
        return structOf(base, raw[3], raw[4], raw[5])
      default:
        return unsupported(raw)
    }
  }

  const listOf = (base: Pick<Shape, 'name' | 'traits'>, itemRef: Ref): Shape => {
    const item = lazy(() => member('member', itemRef, false))
    return {
      ...base,
      kind: 'list',
      get item() {
        return item()
      },
    }
  }

  const mapOf = (base: Pick<Shape, 'name' | 'traits'>, keyRef: Ref, valueRef: Ref): Shape => {
    const key = lazy(() => member('key', keyRef, false))
    const value = lazy(() => member('value', valueRef, false))
    return {
      ...base,
      kind: 'map',
      get key() {
        return key()
      },
      get value() {
        return value()
      },
    }
  }

  /** Required members come first in a schema; `required` is how many. */
  const structOf = (
    base: Pick<Shape, 'name' | 'traits'>,
    names: readonly string[],
    refs: readonly Ref[],
    required: number,
  ): StructShape => {
    const members = lazy(() => names.map((name, index) => member(name, refs[index] as Ref, index < required)))
    return {
      ...base,
      kind: 'struct',
      get members() {
        return members()
      },
    }
  }

  const member = (name: string, target: Ref, required: boolean): Member => {
    const { ref, traits } = split(target)
    const shape = lazy(() => shapeOf(ref))
    return {
      name,
      traits,
      required,
      get shape() {
        return shape()
      },
    }
  }

  const struct = (ref: Ref): StructShape => {
    const shape = shapeOf(ref)
    return shape.kind === 'struct' ? shape : unsupported(ref)
  }

  const operation = (name: string, inputRef: Ref, outputRef: Ref): Operation => {
    const input = lazy(() => (inputRef === 'unit' ? EMPTY : struct(inputRef)))
    const output = lazy(() => (outputRef === 'unit' ? undefined : struct(outputRef)))
    return {
      name,
      get input() {
        return input()
      },
      get output() {
        return output()
      },
    }
  }

  return {
    meta,
    operations: new Map(operations.map(([name, input, output]) => [name, operation(name, input, output)])),
    errors: new Map(errors.map(struct).map((shape) => [shape.name, shape])),
  }
}

/** Takes the traits off a reference; where several are nested, the outer ones win. */
function split(target: Ref): { ref: Ref; traits: Traits } {
  let ref = target
  let traits = NO_TRAITS
  while (typeof ref === 'object') {
    traits = { ...traitsOf(ref[1]), ...traits }
    ref = ref[0]
  }
  return { ref, traits }
}

const traitsOf = (raw: RawTraits): Traits => (typeof raw === 'number' ? NO_TRAITS : raw)

const unsupported = (schema: unknown): never => {
  throw new Error(`the codecs have no form for schema ${JSON.stringify(schema)}`)
}

const NOT_YET = Symbol('not yet')

function lazy<T>(make: () => T): () => T {
  let value: T | typeof NOT_YET = NOT_YET
  return () => {
    if (value === NOT_YET) value = make()
    return value
  }
}
