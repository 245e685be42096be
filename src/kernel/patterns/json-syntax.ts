/**
 * What is wrong with a text that isn't JSON, and where, in the words of the parser that SNS and EventBridge use (Jackson).
 * The place stands in a second line.
 */

/** The sentence for `text`, which `JSON.parse` has refused. */
export function describeSyntaxError(text: string): string {
  try {
    new Reader(text).read()
  } catch (error) {
    if (error instanceof SyntaxFault) return `${error.message}\n at ${placeIn(text, error.at)}`
    throw error
  }
  throw new TypeError('the text is JSON')
}

class SyntaxFault extends Error {
  /** The index in the text that is told as the place. */
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** Counted from one. The text itself is never shown. */
function placeIn(text: string, at: number): string {
  const lines = text.slice(0, at).split(/\r\n|\r|\n/)
  const column = text === '' ? 0 : (lines.at(-1) as string).length + 1
  return (
    '[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); ' +
    `line: ${lines.length}, column: ${column}]`
  )
}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
const LITERALS = new Set(['null', 'true', 'false'])
/** Of what stands where a value should, so much is shown. */
const MAX_TOKEN_LENGTH = 256

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

type Bracket = '{' | '['

/** Reads without recursion, since the text may be nested deeper than the stack. Every method throws SyntaxFault. */
class Reader {
  readonly #text: string
  #at = 0
  /** The brackets around this place, and where they are. */
  readonly #open: { readonly bracket: Bracket; readonly at: number }[] = []

  constructor(text: string) {
    this.#text = text
  }

  read(): void {
    if (this.#peek() === '') throw this.#fault('No content to map due to end-of-input')
    let isValueNext = true
    while (isValueNext || this.#open.length > 0) isValueNext = isValueNext ? this.#readValue() : this.#readSeparator()
    if (this.#peek() !== '') this.#refuseValue()
  }

  /** True if this opens something that has a value inside, which is next then. */
  #readValue(): boolean {
    const character = this.#peekSome()
    if (character === '{' || character === '[') return this.#readOpening(character)
    if (character === '"') this.#readText()
    else if (this.#take(NUMBER) === '') {
      const start = this.#at
      if (LITERALS.has(this.#take(WORD))) return false
      this.#at = start
      this.#refuseValue()
    }
    return false
  }

  #readOpening(bracket: Bracket): boolean {
    this.#open.push({ bracket, at: this.#at })
    this.#at += 1
    if (this.#peek() === closing(bracket)) return this.#readClosing()
    if (bracket === '{') this.#readKey()
    return true
  }

  #readClosing(): boolean {
    this.#at += 1
    this.#open.pop()
    return false
  }

  /** True after a comma: another value is next. */
  #readSeparator(): boolean {
    const character = this.#peekSome()
    const bracket = this.#open.at(-1)?.bracket ?? '['
    if (character === closing(bracket)) return this.#readClosing()
    if (character !== ',') throw this.#unexpected(character, `comma to separate ${containerOf(bracket)} entries`)
    this.#at += 1
    if (bracket === '{') this.#readKey()
    return true
  }

  #readKey(): void {
    const quote = this.#peekSome()
    if (quote !== '"') throw this.#unexpected(quote, 'double-quote to start field name')
    this.#readText()
    const colon = this.#peekSome()
    if (colon !== ':') throw this.#unexpected(colon, 'a colon to separate field name and value')
    this.#at += 1
  }

  #readText(): void {
    this.#at += 1
    for (let character = this.#here(); character !== '"'; character = this.#here()) {
      if (character === '') {
        throw this.#fault('Unexpected end-of-input: was expecting closing quote for a string value')
      }
      if (character < ' ') {
        throw this.#fault(
          `Illegal unquoted character (${named(character)}): has to be escaped using backslash to be included in string value`,
        )
      }
      if (character !== '\\') this.#at += character.length
      else if (this.#take(ESCAPE) === '') {
        this.#at += 1
        throw this.#fault(`Unrecognized character escape ${named(this.#here())}`)
      }
    }
    this.#at += 1
  }

  #refuseValue(): never {
    const character = this.#peek()
    const word = this.#take(WORD)
    if (word !== '') {
      const shown = word.length > MAX_TOKEN_LENGTH ? `${word.slice(0, MAX_TOKEN_LENGTH)}...` : word
      throw this.#fault(`Unrecognized token '${shown}': was expecting ${VALUES}`)
    }
    throw this.#fault(`Unexpected character (${named(character)}): expected a valid value ${VALUES}`)
  }

  /** The character here, empty at the end. */
  #here(): string {
    const code = this.#text.codePointAt(this.#at)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  /** The next character that is no space, empty at the end. */
  #peek(): string {
    this.#take(SPACE)
    return this.#here()
  }

  #peekSome(): string {
    const character = this.#peek()
    if (character !== '') return character
    const { bracket = '{', at = 0 } = this.#open.at(-1) ?? {}
    throw this.#fault(
      `Unexpected end-of-input: expected close marker for ${containerOf(bracket)} ` +
        `(start marker at ${placeIn(this.#text, at)})`,
    )
  }

  /** Here: at a character that is refused, or behind a word. */
  #fault(message: string): SyntaxFault {
    return new SyntaxFault(message, this.#at)
  }

  #unexpected(character: string, expected: string): SyntaxFault {
    return this.#fault(`Unexpected character (${named(character)}): was expecting ${expected}`)
  }

  #take(expression: RegExp): string {
    expression.lastIndex = this.#at
    const found = expression.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}

const closing = (bracket: Bracket) => (bracket === '{' ? '}' : ']')
const containerOf = (bracket: Bracket) => (bracket === '{' ? 'Object' : 'Array')

function named(character: string): string {
  const code = character.codePointAt(0)
  if (code === undefined) return 'end-of-input'
  if (code < 32) return `(CTRL-CHAR, code ${code})`
  return code > 255 ? `'${character}' (code ${code} / 0x${code.toString(16)})` : `'${character}' (code ${code})`
}
