/** Wildcards: `*` stands for any run of characters, none included; `\*` and `\\` for the characters themselves. */
import { PatternError } from './dialect.ts'

/** The literal texts around the stars: one more than there are stars. */
export type Pieces = readonly string[]

/** Positions in the messages count the opening quote as 0. Throws PatternError. */
export function parseWildcard(text: string): Pieces {
  const pieces = ['']
  let piece = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at)
    if (character === '*') {
      if (text[at + 1] === '*') throw new PatternError(`Consecutive wildcard characters at pos ${at + 1}`)
      pieces[pieces.length - 1] = piece
      pieces.push('')
      piece = ''
    } else if (character === '\\') {
      const next = text[at + 1]
      if (next !== '*' && next !== '\\') throw new PatternError(`Invalid escape character at pos ${at + 1}`)
      piece += next
      at += 1
    } else piece += character
  }
  pieces[pieces.length - 1] = piece
  return pieces
}

/** In linear time for all but contrived texts: the first place where a piece fits is never worse than a later one. */
export function fits(pieces: Pieces, text: string): boolean {
  const [head = '', ...rest] = pieces
  const tail = rest.pop()
  if (tail === undefined) return text === head
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false
  const end = text.length - tail.length
  let from = head.length
  for (const piece of rest) {
    const at = text.indexOf(piece, from)
    if (at === -1 || at + piece.length > end) return false
    from = at + piece.length
  }
  return true
}

/**
 * In how many places at once a machine that reads a text from left to right may be: for each piece behind a star, the
 * star and the beginnings of the piece that can end at the same character; these multiply. By this measure what
 * EventBridge is known to refuse, six stars with colons between them, costs 32, and what it takes at most 7.
 */
export function wildcardCost(pieces: Pieces): number {
  return pieces.slice(1).reduce((product, piece) => product * (1 + overlaps(piece)), 1)
}

/** How many beginnings of the text, one inside the end of the other, can be read at once. 1 for `abc`, 3 for `/a/a/b`. */
function overlaps(text: string): number {
  // borders[n]: the longest proper beginning of the first n characters that they also end with.
  const borders = [-1]
  const depths = [0]
  let deepest = 0
  for (let length = 1; length <= text.length; length += 1) {
    let border = borders[length - 1] ?? -1
    while (border >= 0 && text[border] !== text[length - 1]) border = borders[border] ?? -1
    borders.push(border + 1)
    const depth = 1 + (depths[border + 1] ?? 0)
    depths.push(depth)
    deepest = Math.max(deepest, depth)
  }
  return deepest
}
