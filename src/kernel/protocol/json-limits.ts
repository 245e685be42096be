/**
 * Looks at a JSON text before it is parsed: how deep it is nested and how many values it has. JSON.parse makes something
 * of every value, and takes 1.5 s and 400 MB for eight million opening brackets; this reads the same bytes in 15 ms and
 * makes nothing.
 *
 * It is no parser: of what is no JSON it says anything, and JSON.parse then refuses it.
 */

/** A service's input has ten levels at most; what its schema doesn't know is read over, and may have some more. */
export const MAX_JSON_DEPTH = 100

/**
 * Members and items of a body. A batch of ten messages with ten attributes each has a thousand; lists without a limit of
 * their own in the schema (tags, names of attributes) have tens.
 */
export const MAX_JSON_VALUES = 20_000

/** With too many values a body is refused; so much more is read, in 30 ms, to say of which list there are too many. */
const COUNTED_BYTES = 4.5 * 1024 * 1024

/** Below this a body can't hold enough to take a millisecond, and isn't looked at. */
const SMALL_BYTES = 64 * 1024

/** Base64 is 4 bytes for 3; what is written around the values is little beside a large input. */
const PLAIN_GROWTH = 4 / 3

export type Excess =
  | { readonly kind: 'depth' | 'length' }
  /** `lists`: how many items the lists have that are members of the outermost object, by name. */
  | { readonly kind: 'values'; readonly lists: ReadonlyMap<string, number> }

/**
 * Undefined for a body within the limits, of which the last is how many bytes its input may have: a large body is legal
 * only because of its escapes.
 */
export function jsonExcess(body: Buffer, maxInputBytes: number): Excess | undefined {
  if (body.length <= SMALL_BYTES) return undefined
  const excess = outlineExcess(body)
  if (excess !== undefined) return excess
  const maxPlainBytes = maxInputBytes * PLAIN_GROWTH
  const isPlain = body.length > maxPlainBytes && !escapesSave(body, body.length - maxPlainBytes)
  return isPlain ? { kind: 'length' } : undefined
}

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const LIST = 0x5b
const LIST_END = 0x5d
const OBJECT = 0x7b
const OBJECT_END = 0x7d
const LOWER_U = 0x75

/** By byte: 1 for what is looked at outside of texts. Most bytes there are passed over at a nanosecond each. */
const STRUCTURE = new Uint8Array(256)
for (const byte of [QUOTE, COMMA, LIST, LIST_END, OBJECT, OBJECT_END]) STRUCTURE[byte] = 1

// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one loop over local variables is twice as fast as any other form
function outlineExcess(body: Buffer): Excess | undefined {
  const lists = new Map<string, number>()
  let depth = 0
  let values = 0
  /** Of the list that is a member of the outermost object. */
  let items = 0
  /** Where the last text is that stands in the outermost object: the name of what comes next. */
  let nameStart = 0
  let nameEnd = 0
  /** Where nothing more is looked at. */
  let end = body.length
  for (let at = 0; at < end; at++) {
    const byte = body[at] as number
    if (STRUCTURE[byte] === 0) continue
    switch (byte) {
      case QUOTE: {
        const start = at + 1
        at = endOfString(body, start) | 0
        if (depth === 1) {
          nameStart = start
          nameEnd = at
        }
        break
      }
      case COMMA:
        values++
        if (depth === 2) items++
        break
      case LIST:
        values++
        if (++depth > MAX_JSON_DEPTH) return { kind: 'depth' }
        if (depth === 2) items = 1
        break
      case OBJECT:
        values++
        if (++depth > MAX_JSON_DEPTH) return { kind: 'depth' }
        break
      case LIST_END:
        if (--depth === 1) count(lists, body, nameStart, nameEnd, items)
        break
      case OBJECT_END:
        depth--
    }
    if (values === MAX_JSON_VALUES) end = Math.min(end, at + COUNTED_BYTES)
  }
  if (depth > 1) count(lists, body, nameStart, nameEnd, items)
  return values > MAX_JSON_VALUES ? { kind: 'values', lists } : undefined
}

function count(lists: Map<string, number>, body: Buffer, nameStart: number, nameEnd: number, items: number): void {
  if (items <= MAX_UNCOUNTED || nameEnd - nameStart > MAX_NAME || lists.size >= MAX_LISTS) return
  lists.set(body.toString('utf8', nameStart, nameEnd), items)
}

/** The most that a byte of escapes can save: `\u002B` is six for one. */
const MOST_SAVED = 5 / 6

/** Whether a body is so many bytes shorter with a byte for each of its escapes. Ends as soon as it can't be. */
function escapesSave(body: Buffer, wanted: number): boolean {
  let saved = 0
  let at = body.indexOf(BACKSLASH)
  while (at >= 0 && saved + (body.length - at) * MOST_SAVED >= wanted) {
    if (body[at] !== BACKSLASH) {
      // Escapes come close to each other or not at all.
      at = body[at + 1] === BACKSLASH ? at + 1 : body.indexOf(BACKSLASH, at)
      continue
    }
    const length = body[at + 1] === LOWER_U ? 6 : 2
    saved += length - 1
    at += length
  }
  return saved >= wanted
}

/** Lists that are no longer are no reason for a refusal. */
const MAX_UNCOUNTED = 100
/** Names that a schema could know, and no more than it could have. */
const MAX_NAME = 256
const MAX_LISTS = 100

/** Ordinary strings are short or free of escapes: look at so many bytes before asking for the next quotation mark. */
const STEP = 256

/** The index of the quotation mark that ends the string, or the length of the body. */
function endOfString(body: Buffer, start: number): number {
  const end = body.length
  let at = start
  while (at < end) {
    const stepEnd = Math.min(at + STEP, end)
    while (at < stepEnd) {
      const byte = body[at]
      if (byte === QUOTE) return at
      at += byte === BACKSLASH ? 2 : 1
    }
    const quote = body.indexOf(QUOTE, at)
    if (quote < 0) return end
    if (!isEscaped(body, at, quote)) return quote
    at = quote + 1
  }
  return end
}

/** Whether an odd number of backslashes stands before `quote`; what is before `from` is known to be whole. */
function isEscaped(body: Buffer, from: number, quote: number): boolean {
  let at = quote
  while (at > from && body[at - 1] === BACKSLASH) at--
  return (quote - at) % 2 === 1
}

/** Whether a text is nested deeper than a body may be: for JSON that comes inside of a string. */
export function isNestedTooDeep(text: string): boolean {
  if (text.length <= MAX_JSON_DEPTH) return false
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) inString = !inString
    else if (inString) at += code === BACKSLASH ? 1 : 0
    else if (code === OBJECT || code === LIST) {
      if (++depth > MAX_JSON_DEPTH) return true
    } else if (code === OBJECT_END || code === LIST_END) depth--
  }
  return false
}
