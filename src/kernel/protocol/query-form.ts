/**
 * Query parameters as a tree: `A.member.1.B=x` is the value x at A → member → 1 → B. Names come from the client, so they
 * are keys of Maps and never of objects, and a name of more parts than any schema has is dropped: it can't mean anything.
 */
import { ServiceError } from '../service-error.ts'
import { utf8Text } from './scalars.ts'

export interface FormNode {
  value: string | undefined
  /** Undefined: nothing below. */
  children: Map<string, FormNode> | undefined
}

const MAX_DEPTH = 12

/**
 * Parses `application/x-www-form-urlencoded` text: the body of a POST, the query string of a GET. Throws
 * MalformedQueryString for a broken escape and for bytes that aren't UTF-8, which URLSearchParams would let pass.
 */
export function parseForm(text: string): URLSearchParams {
  if (/%(?![0-9a-f]{2})/i.test(text)) throw malformedQueryString()
  if (/%[89a-f]/i.test(text)) assertUtf8(text)
  return new URLSearchParams(text)
}

/** Parses a form that is a request's body, as `parseForm` does. */
export function parseFormBody(body: Buffer): URLSearchParams {
  const text = utf8Text(body)
  if (text === undefined) throw malformedQueryString()
  return parseForm(text)
}

function assertUtf8(text: string): void {
  try {
    decodeURIComponent(text)
  } catch {
    throw malformedQueryString()
  }
}

const malformedQueryString = () =>
  new ServiceError('MalformedQueryString', 'The query string contains a syntax error', { status: 404 })

/** Builds the tree. Of a name given twice, the last value counts. */
export function formTree(params: Iterable<readonly [string, string]>): FormNode {
  const root = newNode()
  for (const [name, value] of params) {
    const node = descend(root, name)
    if (node !== undefined) node.value = value
  }
  return root
}

function descend(root: FormNode, name: string): FormNode | undefined {
  let node = root
  let start = 0
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const dot = name.indexOf('.', start)
    node = childOf(node, dot < 0 ? name.slice(start) : name.slice(start, dot))
    if (dot < 0) return node
    start = dot + 1
  }
  return undefined
}

function childOf(node: FormNode, part: string): FormNode {
  node.children ??= new Map()
  let child = node.children.get(part)
  if (child === undefined) {
    child = newNode()
    node.children.set(part, child)
  }
  return child
}

const newNode = (): FormNode => ({ value: undefined, children: undefined })

/** The children under numbers, in their order; gaps don't matter. Other children are left out. */
export function numbered(node: FormNode): [number: string, child: FormNode][] {
  if (node.children === undefined) return []
  return [...node.children].filter(([part]) => /^\d{1,9}$/.test(part)).sort(([a], [b]) => Number(a) - Number(b))
}
