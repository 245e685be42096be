/**
 * The answer to a Query request that asked for JSON (`Accept: application/json`): the XML document, told as JSON. Absent
 * members are null and maps are lists of their entries, as real SQS answers. A rare wish, so it walks the schema each time.
 */
import { wireName } from './query-reader.ts'
import { formatBlob, formatTimestamp } from './scalars.ts'
import type { Shape, StructShape } from './schema.ts'

/** Plain JSON data for an operation's output; `names` renames top-level members. */
export function outputJson(shape: StructShape, output: unknown, names: Readonly<Record<string, string>> = {}): object {
  return Object.fromEntries(
    Object.entries(structJson(shape, output as Record<string, unknown>)).map(([name, value]) => [
      names[name] ?? name,
      value,
    ]),
  )
}

function structJson(shape: StructShape, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(shape.members.map((member) => [member.name, toJson(member.shape, value[member.name])]))
}

function toJson(shape: Shape, value: unknown): unknown {
  if (value === undefined || value === null) return null
  switch (shape.kind) {
    case 'struct':
      return structJson(shape, value as Record<string, unknown>)
    case 'list':
      return (value as readonly unknown[]).map((item) => toJson(shape.item.shape, item))
    case 'map':
      return Object.entries(value).map(([key, x]) => ({
        [wireName(shape.key)]: key,
        [wireName(shape.value)]: toJson(shape.value.shape, x),
      }))
    case 'blob':
      return formatBlob(value as Uint8Array)
    case 'timestamp':
      return formatTimestamp(value as Date, shape.format ?? 'epoch-seconds')
    default:
      return value
  }
}
