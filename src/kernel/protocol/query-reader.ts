/**
 * From a tree of Query parameters to typed input: one closure per shape.
 *
 * Lists and maps are read with or without the level that the schema asks for (`Name.1` and `Name.member.1`,
 * `Tag.1.Key` and `Tag.entry.1.Key`), since clients write both, and a single item without its number. Parameters that
 * the schema doesn't know are ignored.
 */
import { compiler, nest, type Read } from './compile.ts'
import { type FormNode, numbered } from './query-form.ts'
import { malformedInput, parseBlob, parseBoolean, parseInteger, parseTimestamp, STRUCTURE_FOUND } from './scalars.ts'
import type { ListShape, MapShape, Member, Shape, StructShape } from './schema.ts'

type ReadForm = Read<FormNode>
type ReaderOf = (shape: Shape) => { run: ReadForm }

/** The name of a member in Query forms and in XML. */
export const wireName = (member: Member): string => member.traits.xmlName ?? member.name

/** The compiled reader of a shape; throws MalformedInput for a value that isn't of its type. */
export const queryReader = compiler<ReadForm>((shape, of) => {
  switch (shape.kind) {
    case 'struct':
      return structReader(shape, of)
    case 'list':
      return listReader(shape, of)
    case 'map':
      return mapReader(shape, of)
    default:
      return scalarReader(PARSERS[shape.kind])
  }
})

function structReader(shape: StructShape, of: ReaderOf): ReadForm {
  const fields = shape.members.map((member) => {
    const { name, required } = member
    return { name, required, wire: wireName(member), reader: of(member.shape) }
  })
  return (node, missing) => {
    const out: Record<string, unknown> = {}
    for (const { name, required, wire, reader } of fields) {
      const child = node.children?.get(wire)
      if (child !== undefined) out[name] = readNested(reader.run, child, name, missing)
      else if (required) missing.push(name)
    }
    return out
  }
}

/** A list without numbers is one item, or none where the value is empty: `AttributeName=All`. */
function listReader(shape: ListShape, of: ReaderOf): ReadForm {
  const reader = of(shape.item.shape)
  const itemName = wireName(shape.item)
  return (node, missing) => {
    const items = numberedBelow(node, itemName, 'member')
    if (items.length === 0 && node.value) items.push(['1', { value: node.value, children: undefined }])
    return items.map(([number, item]) => readNested(reader.run, item, number, missing))
  }
}

/**
 * A map without numbers is one entry: `Attribute.Name=…&Attribute.Value=…`. An entry lacks its key or its value in the
 * same way as a structure lacks a member: `Attributes.1.Value`.
 */
function mapReader(shape: MapShape, of: ReaderOf): ReadForm {
  const reader = of(shape.value.shape)
  const keyName = wireName(shape.key)
  const valueName = wireName(shape.value)
  return (node, missing) => {
    const out: Record<string, unknown> = Object.create(null)
    const entries = numberedBelow(node, 'entry')
    if (entries.length === 0 && node.children?.has(keyName)) entries.push(['1', node])
    for (const [number, entry] of entries) {
      const key = entry.children?.get(keyName)?.value
      const value = entry.children?.get(valueName)
      if (key === undefined) missing.push(`${number}.${keyName}`)
      else if (value === undefined) missing.push(`${number}.${valueName}`)
      else out[key] = readNested(reader.run, value, key, missing)
    }
    return out
  }
}

function numberedBelow(node: FormNode, ...wrappers: string[]): [string, FormNode][] {
  const direct = numbered(node)
  if (direct.length > 0) return direct
  const wrapper = wrappers.map((name) => node.children?.get(name)).find((child) => child !== undefined)
  return wrapper === undefined ? [] : numbered(wrapper)
}

function readNested(read: ReadForm, node: FormNode, label: string, missing: string[]): unknown {
  const from = missing.length
  const value = read(node, missing)
  if (missing.length !== from) nest(missing, from, label)
  return value
}

function scalarReader(parse: (text: string) => unknown): ReadForm {
  return ({ value }) => {
    if (value === undefined) throw malformedInput(STRUCTURE_FOUND)
    return parse(value)
  }
}

const PARSERS = {
  string: (text: string) => text,
  integer: (text: string) => parseInteger(text, malformedInput),
  boolean: (text: string) => parseBoolean(text, malformedInput),
  blob: (text: string) => parseBlob(text, malformedInput),
  timestamp: (text: string) => parseTimestamp(text, malformedInput),
}
