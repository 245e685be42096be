/**
 * From parsed JSON to typed input: one generated function per shape. It type-checks, drops nulls and unknown members and
 * collects what is missing in a single pass, at a fraction of the cost of the JSON.parse before it.
 */
import { generator, nest, type Read, type Reference } from './compile.ts'
import {
  LIST_FOUND,
  notConvertible,
  parseBlob,
  parseBoolean,
  parseInteger,
  parseTimestamp,
  STRUCTURE_FOUND,
  serializationException,
} from './scalars.ts'
import type { MapShape, Shape, StructShape } from './schema.ts'

function bodyOf(shape: Shape, cell: Reference): string {
  switch (shape.kind) {
    case 'struct':
      return structBody(shape, cell)
    case 'map':
      return mapBody(shape, cell)
    case 'list':
      return `
        if (!Array.isArray(v)) rt.notAList(v)
        const out = []
        for (let i = 0; i < v.length; i++) {
          const x = v[i]
          if (x !== null) ${nested(shape.item.shape, cell, 'i + 1', (value) => `out.push(${value})`)}
        }
        return out`
    default:
      return `return ${scalar(shape, 'v')}`
  }
}

function structBody(shape: StructShape, cell: Reference): string {
  const members = shape.members.map((member) => {
    const name = JSON.stringify(member.name)
    const read = nested(member.shape, cell, name, (value) => `out[${name}] = ${value}`)
    const absent = member.required ? `else missing.push(${name})` : ''
    return `x = v[${name}]\nif (x !== undefined && x !== null) { ${read} } ${absent}`
  })
  return `if (typeof v !== 'object' || Array.isArray(v)) rt.notAStructure(v)
    const out = {}
    let x
    ${members.join('\n')}
    return out`
}

/** Keys are the client's: without a prototype, `__proto__` is a key like any other. */
function mapBody(shape: MapShape, cell: Reference): string {
  const set = (value: string) => `out[k] = ${value}`
  const read = shape.value.shape.kind === 'string' ? set('rt.text(x)') : nested(shape.value.shape, cell, 'k', set)
  return `if (typeof v !== 'object' || Array.isArray(v)) rt.notAStructure(v)
    const out = Object.create(null)
    for (const k in v) {
      const x = v[k]
      if (x !== null) { ${read} }
    }
    return out`
}

/** Statement that reads `x` and hands it to `use`; paths of what is missing inside get `prefix` (an expression). */
function nested(shape: Shape, cell: Reference, prefix: string, use: (value: string) => string): string {
  if (shape.kind !== 'struct' && shape.kind !== 'list' && shape.kind !== 'map') return use(scalar(shape, 'x'))
  return `{
    const from = missing.length
    ${use(`${cell(shape)}.run(x, missing)`)}
    if (missing.length !== from) rt.nest(missing, from, ${prefix})
  }`
}

function scalar(shape: Shape, value: string): string {
  switch (shape.kind) {
    case 'string':
      return `(typeof ${value} === 'string' ? ${value} : rt.notAScalar(${value}, 'a String'))`
    case 'integer':
      return `(Number.isInteger(${value}) ? ${value} : rt.integer(${value}))`
    case 'boolean':
      return `(typeof ${value} === 'boolean' ? ${value} : rt.boolean(${value}))`
    default:
      return `rt.${shape.kind}(${value})`
  }
}

/** What generated code calls for the less common values, and to complain. */
const runtime = {
  nest,

  /** A value of a string map: attributes are often sent as the numbers and booleans that they are. */
  text(value: unknown): string {
    if (typeof value === 'string') return value
    return typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : runtime.notAScalar(value, 'a String')
  },
  integer: (value: unknown): number =>
    typeof value === 'string' ? parseInteger(value, serializationException) : runtime.notAScalar(value, 'an Integer'),
  boolean: (value: unknown): boolean =>
    typeof value === 'string' ? parseBoolean(value, serializationException) : runtime.notAScalar(value, 'a Boolean'),
  blob: (value: unknown): Uint8Array =>
    typeof value === 'string' ? parseBlob(value, serializationException) : runtime.notAScalar(value, 'a Blob'),
  timestamp: (value: unknown): Date =>
    typeof value === 'string' || typeof value === 'number'
      ? parseTimestamp(value, serializationException)
      : runtime.notAScalar(value, 'a Timestamp'),

  notAScalar(value: unknown, wanted: string): never {
    if (typeof value === 'object') return runtime.misplaced(value)
    throw serializationException(notConvertible(tokenOf(value), wanted))
  },
  notAList(value: unknown): never {
    if (typeof value === 'object') return runtime.misplaced(value)
    throw serializationException('Expected list or null')
  },
  notAStructure(value: unknown): never {
    if (typeof value === 'object') return runtime.misplaced(value)
    throw serializationException('Expected structure or map or null')
  },
  misplaced(value: unknown): never {
    throw serializationException(Array.isArray(value) ? LIST_FOUND : STRUCTURE_FOUND)
  },
}

/** A value as the real services name it in their sentences. */
function tokenOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE'
  return typeof value === 'boolean' ? `${value}_VALUE`.toUpperCase() : 'STRING_VALUE'
}

/** The compiled reader of a shape. Expects anything JSON.parse can return but null; throws SerializationException. */
export const jsonReader = generator<Read<unknown>>('v, missing', bodyOf, runtime)
