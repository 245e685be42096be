/**
 * The regular expressions of custom data identifiers, matched in one pass over the text.
 *
 * They come from whoever owns a topic and run on what anybody publishes to it, in the thread that the whole platform
 * shares. A backtracking engine can be kept busy for hours with `\d*\d*\d*x` and a message of digits. This one can't: the
 * work for each character is bounded by the length of the expression, whatever the text.
 *
 * That takes little, because SNS's expressions have no groups: one is a list of alternatives, each a row of items that
 * match a character or a position. All rows are followed at once. What is found is every character that lies in some
 * match, so there is no question of which match comes first or is the longest.
 *
 * The characters an expression may have:
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-data-protection-custom-data-identifiers.html
 */

import type { Span } from './span.ts'

/** The expression can't be used; the message says why, for whoever wrote it. */
export class PatternRefused extends Error {
  override readonly name = 'PatternRefused'
}

type CharTest = (code: number) => boolean
/** Whether a position is one, by the characters before and after it; undefined at the ends of the text. */
type PositionTest = (before: string | undefined, after: string | undefined) => boolean

/** One step along a row. A position takes no character; a character may be left out, or come any number of times. */
type Item =
  | { readonly at: PositionTest }
  | { readonly char: CharTest; readonly optional: boolean; readonly repeats: boolean }

const MAX_LENGTH = 200
const MAX_ITEMS = 500
const ALLOWED = /^[\w#=@/;, ^$?[\]{}|\\*+.-]+$/
const NONE = -1

/** Compiles an expression to a function that finds the parts of a text it matches. Throws `PatternRefused`. */
export function compilePattern(source: string): (text: string) => Span[] {
  if (source.length === 0 || source.length > MAX_LENGTH)
    throw new PatternRefused(`must have 1 to ${MAX_LENGTH} characters`)
  if (!ALLOWED.test(source)) {
    throw new PatternRefused(
      'can only have letters, digits, spaces and the characters _ # = @ / ; , - ^ $ ? [ ] { } | \\ * + .',
    )
  }
  const rows = parseRows(source)
  if (rows.reduce((sum, row) => sum + row.length, 0) > MAX_ITEMS) {
    throw new PatternRefused(`has more than ${MAX_ITEMS} repetitions`)
  }
  if (rows.some((row) => row.every((item) => 'at' in item || item.optional))) {
    throw new PatternRefused('must not match the empty text')
  }
  return (text) => find(text, rows)
}

/** An atom is an escape, a class or one character; a quantifier after it may be lazy, which makes no difference here. */
const ATOM = /(?<atom>\\.|\[(?:\\.|[^\\\]])+\]|[^\\[\]{}*+?])(?<quantifier>(?:[*+?]|\{\d+(?:,\d*)?\})\??)?/y

function parseRows(source: string): Item[][] {
  let row: Item[] = []
  const rows = [row]
  ATOM.lastIndex = 0
  for (let end = 0; end < source.length; end = ATOM.lastIndex) {
    const { atom, quantifier = '' } = ATOM.exec(source)?.groups ?? {}
    if (atom === undefined) throw new PatternRefused(`is not a regular expression at position ${end + 1}`)
    const position = POSITIONS[atom]
    if ((atom === '|' || position !== undefined) && quantifier !== '') {
      throw new PatternRefused(`has nothing to repeat at position ${end + 1}`)
    }
    if (atom === '|') {
      row = []
      rows.push(row)
    } else if (position !== undefined) row.push({ at: position })
    else row.push(...repeated(charTest(atom), quantifier))
  }
  return rows
}

const isWord = (char: string | undefined) => char !== undefined && /\w/.test(char)

const POSITIONS: Readonly<Record<string, PositionTest>> = {
  '^': (before) => before === undefined,
  $: (_before, after) => after === undefined,
  '\\b': (before, after) => isWord(before) !== isWord(after),
  '\\B': (before, after) => isWord(before) === isWord(after),
}

/** Letters after a backslash are a class or a control character. Others, such as references to groups, are refused. */
const ESCAPES = /^\\[dwsDWStnrf\W_]$/

function charTest(atom: string): CharTest {
  const escapes = atom.match(/\\./g) ?? []
  if (!escapes.every((text) => ESCAPES.test(text))) throw new PatternRefused(`must not have ${atom}`)
  let matches: RegExp
  try {
    matches = new RegExp(`^${atom === '^' ? '\\^' : atom}$`)
  } catch {
    throw new PatternRefused(`has an invalid class ${atom}`)
  }
  const ascii = Array.from({ length: 128 }, (_, code) => matches.test(String.fromCharCode(code)))
  return (code) => ascii[code] ?? matches.test(String.fromCharCode(code))
}

const QUANTIFIER = /^(?<symbol>[*+?])|^\{(?<min>\d+)(?<more>,(?<max>\d*))?\}/

function repeated(char: CharTest, quantifier: string): Item[] {
  const [min, max] = bounds(quantifier)
  if (max < min) throw new PatternRefused(`has an invalid quantifier ${quantifier}`)
  if (Math.max(min, Number.isFinite(max) ? max : 0) > MAX_ITEMS) {
    throw new PatternRefused(`has more than ${MAX_ITEMS} repetitions`)
  }
  const items: Item[] = new Array(min).fill({ char, optional: false, repeats: false })
  if (max === Number.POSITIVE_INFINITY) items.push({ char, optional: true, repeats: true })
  else items.push(...new Array<Item>(max - min).fill({ char, optional: true, repeats: false }))
  return items
}

function bounds(quantifier: string): readonly [min: number, max: number] {
  const { symbol, min, more, max } = QUANTIFIER.exec(quantifier)?.groups ?? {}
  if (symbol === '?') return [0, 1]
  if (symbol !== undefined) return [symbol === '+' ? 1 : 0, Number.POSITIVE_INFINITY]
  if (min === undefined) return [1, 1]
  if (more === undefined) return [Number(min), Number(min)]
  return [Number(min), max === '' ? Number.POSITIVE_INFINITY : Number(max)]
}

/** The parts of a text that lie in some match, in order; overlapping matches are one part. */
function find(text: string, rows: readonly (readonly Item[])[]): Span[] {
  const spans: Span[] = []
  // For each item of each row: the earliest start from which the text up to here leads there. Earlier starts cover later
  // ones, because for an end only the longest match counts. The place after the last item is the end of a match.
  let here = rows.map((row) => new Int32Array(row.length + 1).fill(NONE))
  let there = here.map((starts) => starts.slice())
  for (let at = 0; at <= text.length; at += 1) {
    for (let r = 0; r < rows.length; r += 1) {
      const starts = here[r] as Int32Array
      if (starts[0] === NONE) starts[0] = at
      const matchedFrom = step(rows[r] as Item[], starts, there[r] as Int32Array, text, at)
      if (matchedFrom !== NONE && matchedFrom < at) addSpan(spans, { start: matchedFrom, end: at })
      starts.fill(NONE)
    }
    ;[here, there] = [there, here]
  }
  return spans
}

/** Goes on from all places of a row by the character at `at`. Returns the start of the longest match that ends there. */
function step(row: readonly Item[], starts: Int32Array, next: Int32Array, text: string, at: number): number {
  const code = at < text.length ? text.charCodeAt(at) : NONE
  for (let i = 0; i < row.length; i += 1) {
    const start = starts[i] as number
    if (start === NONE) continue
    const item = row[i] as Item
    if ('at' in item) {
      if (item.at(text[at - 1], text[at])) reach(starts, i + 1, start)
      continue
    }
    if (item.optional) reach(starts, i + 1, start)
    if (code !== NONE && item.char(code)) reach(next, item.repeats ? i : i + 1, start)
  }
  return starts[row.length] as number
}

function reach(starts: Int32Array, place: number, start: number): void {
  const known = starts[place] as number
  if (known === NONE || start < known) starts[place] = start
}

/** Ends come in order; a match that begins before earlier ones takes them in. */
function addSpan(spans: Span[], { start, end }: Span): void {
  let first = start
  for (let last = spans.at(-1); last !== undefined && last.end > first; last = spans.at(-1)) {
    first = Math.min(first, last.start)
    spans.pop()
  }
  spans.push({ start: first, end })
}
