/**
 * Reads an XML document into elements: what SAML needs of it, and no more. There are no document types and no entities but
 * the five and those of characters, so that a document costs what its length says. Prefixes are dropped, not resolved.
 */

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  /** By their names without prefixes. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  /** Its own text, not that of its children. */
  text: string
}

const MAX_DEPTH = 100

const MARKUP = /<(?:!--|!\[CDATA\[|\?|\/([^\s<>/]+)\s*>|([^\s<>/!?="']+))/y
const ATTRIBUTE = /\s+([^\s<>/="']+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y
const TAG_END = /\s*(\/?)>/y

/** Undefined for what is not well-formed, goes too deep, or has a document type. */
export function parseXml(text: string): XmlElement | undefined {
  const reader = new XmlReader(text)
  while (!reader.isAtEnd) if (!reader.step()) return undefined
  return reader.root
}

class XmlReader {
  readonly #text: string
  readonly #document: XmlElement = { name: '', attributes: new Map(), children: [], text: '' }
  /** The elements that are open, the document first; and the names with which they were opened. */
  readonly #open = [this.#document]
  readonly #names = ['']
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  /** The one element of the document; undefined if it isn't whole, or has something beside it. */
  get root(): XmlElement | undefined {
    const { children, text } = this.#document
    return this.#open.length === 1 && children.length === 1 && text.trim() === '' ? children[0] : undefined
  }

  /** Reads text and the markup after it; false for what is not well-formed. */
  step(): boolean {
    const next = this.#text.indexOf('<', this.#at)
    const parent = this.#open.at(-1) as XmlElement
    parent.text += decode(this.#text.slice(this.#at, next < 0 ? this.#text.length : next))
    this.#at = next < 0 ? this.#text.length : next
    if (next < 0) return true
    const markup = this.#match(MARKUP)
    if (markup === null) return false
    const [start, closed, opened] = markup
    if (closed !== undefined) return this.#close(closed)
    return opened === undefined ? this.#skip(start, parent) : this.#element(opened, parent)
  }

  #close(name: string): boolean {
    this.#open.pop()
    return this.#names.pop() === name && this.#open.length > 0
  }

  #element(name: string, parent: XmlElement): boolean {
    const attributes = new Map<string, string>()
    for (let found = this.#match(ATTRIBUTE); found !== null; found = this.#match(ATTRIBUTE)) {
      const [, key = '', double, single = ''] = found
      attributes.set(localName(key), decode(double ?? single))
    }
    const end = this.#match(TAG_END)
    if (end === null) return false
    const element: XmlElement = { name: localName(name), attributes, children: [], text: '' }
    parent.children.push(element)
    if (end[1] === '/') return true
    this.#names.push(name)
    return this.#open.push(element) <= MAX_DEPTH
  }

  /** A comment, an instruction, or text that stands as it is. */
  #skip(start: string, parent: XmlElement): boolean {
    const end = ENDS[start] as string
    const found = this.#text.indexOf(end, this.#at)
    if (found < 0) return false
    if (start === '<![CDATA[') parent.text += this.#text.slice(this.#at, found)
    this.#at = found + end.length
    return true
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found !== null) this.#at = pattern.lastIndex
    return found
  }
}

const ENDS: Readonly<Record<string, string>> = { '<!--': '-->', '<![CDATA[': ']]>', '<?': '?>' }

const localName = (name: string) => name.slice(name.indexOf(':') + 1)

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** An entity that is none of the known stands as it is. */
const decode = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|(lt|gt|amp|quot|apos));/g, (all, decimal, hex, name) => {
        if (name !== undefined) return ENTITIES[name] as string
        const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
        return code <= 0x10ffff ? String.fromCodePoint(code) : all
      })
    : text

/** All elements of that name below this one, in the order of the document. */
export function findAll(element: XmlElement, name: string): XmlElement[] {
  return element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...findAll(child, name)])
}

/** The first of them. */
export const find = (element: XmlElement, name: string): XmlElement | undefined => findAll(element, name)[0]
