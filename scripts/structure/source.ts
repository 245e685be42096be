/**
 * A source file reduced to the facts that the structure rules ask about. Parsing is the parser's work; nothing here
 * knows a rule.
 */
import { posix } from 'node:path'
import { type ImportDeclaration, type Node, parseSync, type StringLiteral, Visitor } from 'oxc-parser'

export interface Fact {
  /** Counted from 1. */
  readonly line: number
  readonly text: string
}

export interface Source {
  /** From the repository's root, with forward slashes: `src/kernel/kernel.ts`. */
  readonly path: string
  readonly lineCount: number
  /**
   * What the file imports or re-exports, also dynamically and by type alone. A relative specifier is resolved to a path
   * like `path`; a package's stays as written.
   */
  readonly imports: readonly Fact[]
  /** Uses of the machine's own time: `Date.now()`, `new Date()`, `setTimeout()`, and its import from `node:timers`. */
  readonly machineTime: readonly Fact[]
  /** The text of each string and template; a template's `${…}` reads as `?`. */
  readonly texts: readonly Fact[]
}

/** Throws when the file is not valid TypeScript. */
export function parseSource(path: string, content: string): Source {
  const { program, errors } = parseSync(path, content)
  const [error] = errors
  if (error) throw new SyntaxError(`${path}: ${error.message}`)

  const lineAt = lineFinder(content)
  const imports: Fact[] = []
  const machineTime: Fact[] = []
  const texts: Fact[] = []
  const addImport = (node: Node, specifier: string) =>
    imports.push({ line: lineAt(node.start), text: resolveSpecifier(path, specifier) })
  const addMachineTime = (node: Node, text: string) => machineTime.push({ line: lineAt(node.start), text })
  const addText = (node: Node, text: string) => texts.push({ line: lineAt(node.start), text })

  new Visitor({
    ImportDeclaration: (node) => {
      addImport(node, node.source.value)
      if (importsTimer(node)) addMachineTime(node, `import of ${node.source.value}`)
    },
    ExportAllDeclaration: (node) => addImport(node, node.source.value),
    ExportNamedDeclaration: (node) => node.source && addImport(node, node.source.value),
    ImportExpression: (node) => isString(node.source) && addImport(node, node.source.value),
    TSImportType: (node) => addImport(node, node.source.value),
    CallExpression: (node) => {
      const callee = nameOf(node.callee)
      if (MACHINE_TIME_CALLS.has(callee)) addMachineTime(node, `${callee}()`)
    },
    NewExpression: (node) => {
      if (nameOf(node.callee) === 'Date' && node.arguments.length === 0) addMachineTime(node, 'new Date()')
    },
    Literal: (node) => isString(node) && addText(node, node.value),
    TemplateLiteral: (node) => addText(node, node.quasis.map(({ value }) => value.cooked ?? value.raw).join('?')),
  }).visit(program)
  return { path, lineCount: countLines(content), imports, machineTime, texts }
}

const MACHINE_TIME_CALLS = new Set(['Date', 'Date.now', 'setTimeout', 'setInterval'])

const isString = (node: Node): node is StringLiteral => node.type === 'Literal' && typeof node.value === 'string'

/** `setImmediate` waits for no time, only for a turn. */
const importsTimer = ({ source, specifiers }: ImportDeclaration): boolean =>
  /^(node:)?timers(\/promises)?$/.test(source.value) &&
  specifiers.some((entry) => entry.type !== 'ImportSpecifier' || nameOf(entry.imported) !== 'setImmediate')

/** `setTimeout`, `Date.now`; a global reads the same with and without `globalThis`. '' for anything longer. */
function nameOf(callee: Node): string {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return ''
  const object = nameOf(callee.object)
  if (object === '') return ''
  return object === 'globalThis' ? callee.property.name : `${object}.${callee.property.name}`
}

const resolveSpecifier = (importer: string, specifier: string): string =>
  specifier.startsWith('.') ? posix.join(posix.dirname(importer), specifier) : specifier

const countLines = (content: string): number => content.split('\n').length - (content.endsWith('\n') ? 1 : 0)

function lineFinder(content: string): (offset: number) => number {
  const lineStarts = [0]
  for (let at = content.indexOf('\n'); at !== -1; at = content.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  return (offset) => {
    const next = lineStarts.findIndex((start) => start > offset)
    return next === -1 ? lineStarts.length : next
  }
}
