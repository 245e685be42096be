/**
 * What is wrong with a text that isn't JSON, in the words of the parser that SNS and EventBridge use (Jackson). Only the
 * first line is its: the position in the source that AWS adds in a second line isn't part of the contract.
 */

/** The sentence for `text`, which `JSON.parse` has refused. */
export function describeSyntaxError(text: string): string {
  try {
    new Reader(text).read()
  } catch (error) {
    if (error instanceof SyntaxFault) return error.message
    throw error
  }
  throw new TypeError('the text is JSON')
}

class SyntaxFault extends Error {}

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
const LITERALS = new Set(['null', 'true', 'false'])

const SPACE = /[ \t\n\r]*/y
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /[\p{L}_$][\p{L}\p{N}_$]*/uy
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

/** Reads without recursion, since the text may be nested deeper than the stack. Every method throws SyntaxFault. */
class Reader {
  readonly #text: string
  #at = 0
  /** The brackets around this place. */
  readonly #open: ('{' | '[')[] = []

  constructor(text: string) {
    this.#text = text
  }

  read(): void {
    if (this.#peek() === '') throw new SyntaxFault('No content to map due to end-of-input')
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

  #readOpening(bracket: '{' | '['): boolean {
    this.#at += 1
    this.#open.push(bracket)
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
    const bracket = this.#open.at(-1) ?? '['
    if (character === closing(bracket)) return this.#readClosing()
    if (character !== ',') throw unexpected(character, `comma to separate ${containerOf(bracket)} entries`)
    this.#at += 1
    if (bracket === '{') this.#readKey()
    return true
  }

  #readKey(): void {
    const quote = this.#peekSome()
    if (quote !== '"') throw unexpected(quote, 'double-quote to start field name')
    this.#readText()
    const colon = this.#peekSome()
    if (colon !== ':') throw unexpected(colon, 'a colon to separate field name and value')
    this.#at += 1
  }

  #readText(): void {
    this.#at += 1
    for (let character = this.#here(); character !== '"'; character = this.#here()) {
      if (character === '') {
        throw new SyntaxFault('Unexpected end-of-input: was expecting closing quote for a string value')
      }
      if (character < ' ') {
        throw new SyntaxFault(
          `Illegal unquoted character (${named(character)}): has to be escaped using backslash to be included in string value`,
        )
      }
      if (character !== '\\') this.#at += character.length
      else if (this.#take(ESCAPE) === '') {
        this.#at += 1
        throw new SyntaxFault(`Unrecognized character escape ${named(this.#here())}`)
      }
    }
    this.#at += 1
  }

  #refuseValue(): never {
    const character = this.#peek()
    const word = this.#take(WORD)
    if (word !== '') throw new SyntaxFault(`Unrecognized token '${word}': was expecting ${VALUES}`)
    throw new SyntaxFault(`Unexpected character (${named(character)}): expected a valid value ${VALUES}`)
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
    const container = containerOf(this.#open.at(-1) ?? '{')
    throw new SyntaxFault(`Unexpected end-of-input: expected close marker for ${container}`)
  }

  #take(expression: RegExp): string {
    expression.lastIndex = this.#at
    const found = expression.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}

const closing = (bracket: '{' | '[') => (bracket === '{' ? '}' : ']')
const containerOf = (bracket: '{' | '[') => (bracket === '{' ? 'Object' : 'Array')

const unexpected = (character: string, expected: string) =>
  new SyntaxFault(`Unexpected character (${named(character)}): was expecting ${expected}`)

function named(character: string): string {
  const code = character.codePointAt(0)
  if (code === undefined) return 'end-of-input'
  if (code < 32) return `(CTRL-CHAR, code ${code})`
  return code > 255 ? `'${character}' (code ${code} / 0x${code.toString(16)})` : `'${character}' (code ${code})`
}
