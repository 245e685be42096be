/**
 * From typed output to XML text: one closure per shape, which writes what stands inside the shape's element. Members that
 * are undefined or null are left out.
 */
import { type Compiled, compiler } from './compile.ts'
import { wireName } from './query-reader.ts'
import { checkInteger, formatBlob, formatTimestamp } from './scalars.ts'
import type { ListShape, MapShape, Member, StructShape } from './schema.ts'

// biome-ignore lint/suspicious/noExplicitAny: what a handler returned; the handler's own type has been checked
type Write = (value: any) => string

/** The compiled writer of a shape's content, without the element around it. */
export const xmlContent = compiler<Write>((shape, of) => {
  switch (shape.kind) {
    case 'struct':
      return structContent(shape, of)
    case 'list':
      return items(wireName(shape.item), shape, of)
    case 'map':
      return entries('entry', shape, of)
    case 'string':
      return escapeText
    case 'blob':
      return formatBlob
    case 'timestamp':
      return (value) => String(formatTimestamp(value, shape.format ?? 'date-time'))
    case 'integer':
      return (value) => String(checkInteger(value))
    case 'boolean':
      return String
  }
})

function structContent(shape: StructShape, of: Compiled<Write>): Write {
  const fields = shape.members.map((member) => ({ name: member.name, write: memberElements(member, of) }))
  return (value) => {
    let out = ''
    for (const { name, write } of fields) {
      const x = value[name]
      if (x !== undefined && x !== null) out += write(x)
    }
    return out
  }
}

/** One element, or one per entry where the member is flattened. */
function memberElements(member: Member, of: Compiled<Write>): Write {
  const { shape } = member
  const tag = wireName(member)
  const flattened = member.traits.xmlFlattened ?? shape.traits.xmlFlattened
  if (flattened && shape.kind === 'list') return items(tag, shape, of)
  if (flattened && shape.kind === 'map') return entries(tag, shape, of)
  const content = of(shape)
  return (value) => element(tag, content.run(value))
}

function items(tag: string, shape: ListShape, of: Compiled<Write>): Write {
  const content = of(shape.item.shape)
  return (list) => {
    let out = ''
    for (const item of list) out += element(tag, content.run(item))
    return out
  }
}

function entries(tag: string, shape: MapShape, of: Compiled<Write>): Write {
  const content = of(shape.value.shape)
  const keyTag = wireName(shape.key)
  const valueTag = wireName(shape.value)
  return (map) => {
    let out = ''
    for (const key in map) {
      const value = map[key]
      if (value === undefined || value === null) continue
      out += `<${tag}>${element(keyTag, escapeText(key))}${element(valueTag, content.run(value))}</${tag}>`
    }
    return out
  }
}

export const element = (tag: string, content: string): string =>
  content === '' ? `<${tag}/>` : `<${tag}>${content}</${tag}>`

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

const escapeChar = (char: string): string => ESCAPES[char] ?? '\ufffd'

/** What XML 1.0 can't hold even as a reference: most control characters, lone surrogates, U+FFFE and U+FFFF. */
const ILLEGAL = '\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff\\p{Surrogate}'
const SPECIAL_IN_TEXT = new RegExp(`[&<>\\r${ILLEGAL}]`, 'u')
const ALL_SPECIAL_IN_TEXT = new RegExp(SPECIAL_IN_TEXT, 'gu')
const ALL_SPECIAL_IN_ATTRIBUTES = new RegExp(`[&<>"\\t\\n\\r${ILLEGAL}]`, 'gu')

/**
 * Text for an element. A carriage return goes as a reference, or parsers would make a line feed of it. What XML can't
 * hold becomes U+FFFD; only an error message that repeats its request can bring such characters here.
 */
export const escapeText = (text: string): string =>
  SPECIAL_IN_TEXT.test(text) ? text.replace(ALL_SPECIAL_IN_TEXT, escapeChar) : text

/** Text for an attribute in double quotes. */
export const escapeAttribute = (text: string): string => text.replace(ALL_SPECIAL_IN_ATTRIBUTES, escapeChar)
