/**
 * From typed output to JSON text: one generated function per shape picks the schema's members into an object of fixed
 * form, with blobs and timestamps in theirs, and JSON.stringify does the rest. In Node 24 this costs about as much as
 * joining strings, and what a handler returned beyond the schema stays inside.
 */
import { generator, type Reference } from './compile.ts'
import { checkInteger, formatBlob, formatTimestamp } from './scalars.ts'
import type { Shape, StructShape } from './schema.ts'

function bodyOf(shape: Shape, cell: Reference): string {
  switch (shape.kind) {
    case 'struct':
      return structBody(shape, cell)
    case 'list':
      return isPlain(shape.item.shape) ? 'return v' : `return v.map((x) => ${converted(shape.item.shape, cell)})`
    case 'map':
      return isPlain(shape.value.shape)
        ? 'return v'
        : `const out = Object.create(null)
           for (const k in v) {
             const x = v[k]
             out[k] = ${converted(shape.value.shape, cell)}
           }
           return out`
    default:
      return `const x = v\nreturn ${converted(shape, cell)}`
  }
}

function structBody(shape: StructShape, cell: Reference): string {
  const members = shape.members.map((member) => {
    const name = JSON.stringify(member.name)
    const value = isPlain(member.shape)
      ? `v[${name}] ?? undefined`
      : `(x = v[${name}]) === undefined || x === null ? undefined : ${converted(member.shape, cell)}`
    return `${name}: ${value}`
  })
  return `let x\nreturn { ${members.join(',\n')} }`
}

/** JSON has these as they are. */
const isPlain = ({ kind }: Shape): boolean => kind === 'string' || kind === 'boolean'

/** Expression for `x` as JSON.stringify should see it. */
function converted(shape: Shape, cell: Reference): string {
  switch (shape.kind) {
    case 'struct':
    case 'list':
    case 'map':
      return `${cell(shape)}.run(x)`
    case 'timestamp':
      return `rt.timestamp(x, ${JSON.stringify(shape.format ?? 'epoch-seconds')})`
    case 'string':
    case 'boolean':
      return 'x'
    default:
      return `rt.${shape.kind}(x)`
  }
}

const runtime = { integer: checkInteger, blob: formatBlob, timestamp: formatTimestamp }

// biome-ignore lint/suspicious/noExplicitAny: what a handler returned; the handler's own type has been checked
type ToJson = (value: any) => unknown

const toJson = generator<ToJson>('v', bodyOf, runtime)

/** JSON text of a value. Members that are undefined or null are left out. */
export const jsonText = (shape: Shape, value: unknown): string => JSON.stringify(toJson(shape).run(value))
