/**
 * For tests: the rules of matching once more, as plainly as they can be said. Every way to take one value for each key of
 * the pattern is tried; nothing is shared with the engine, not even the reading of operators.
 */
import type { Dialect } from './dialect.ts'

type Json = Readonly<Record<string, unknown>>

/** A value of the event with the elements it lies in: of which list, the how manieth. */
interface Found {
  readonly path: string | undefined
  readonly value: unknown
  readonly elements: ReadonlyMap<unknown, number>
}

/** Whether the event matches the pattern, which must be a valid one. */
export function matchesByTheBook(pattern: Json, event: Json, dialect: Dialect): boolean {
  const all = leavesOf(undefined, event, new Map())
  return alternativesOf(undefined, pattern).some((keys) => {
    const choices = keys.map(({ path, items }) => {
      const there = all.filter((leaf) => leaf.path === path)
      if (there.length === 0 && items.some((item) => isOperator(item, 'exists') && !item.exists)) return [undefined]
      return there.filter(({ value }) => items.some((item) => satisfies(item, value, dialect)))
    })
    return canChoose(choices, new Map())
  })
}

function canChoose(
  choices: readonly (readonly (Found | undefined)[])[],
  elements: ReadonlyMap<unknown, number>,
): boolean {
  const [first, ...rest] = choices
  if (first === undefined) return true
  return first.some((leaf) => {
    const mine = [...(leaf?.elements ?? [])]
    if (mine.some(([list, index]) => elements.has(list) && elements.get(list) !== index)) return false
    return canChoose(rest, new Map([...elements, ...mine]))
  })
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const join = (path: string | undefined, key: string) => (path === undefined ? key : `${path}.${key}`)

function leavesOf(path: string | undefined, value: unknown, elements: ReadonlyMap<unknown, number>): Found[] {
  if (Array.isArray(value)) {
    return value.flatMap((element, index) => leavesOf(path, element, new Map([...elements, [value, index]])))
  }
  if (!isObject(value)) return [{ path, value, elements }]
  return Object.entries(value).flatMap(([key, member]) => leavesOf(join(path, key), member, elements))
}

interface Key {
  readonly path: string
  readonly items: readonly unknown[]
}

function alternativesOf(path: string | undefined, pattern: Json): readonly (readonly Key[])[] {
  let alternatives: (readonly Key[])[] = [[]]
  for (const [key, value] of Object.entries(pattern)) {
    const more =
      key === '$or'
        ? (value as Json[]).flatMap((branch) => alternativesOf(path, branch))
        : Array.isArray(value)
          ? [[{ path: join(path, key), items: value }]]
          : alternativesOf(join(path, key), value as Json)
    alternatives = alternatives.flatMap((before) => more.map((after) => [...before, ...after]))
  }
  return alternatives
}

const isOperator = <Name extends string>(item: unknown, name: Name): item is { [Key in Name]: unknown } =>
  isObject(item) && name in item

function satisfies(item: unknown, value: unknown, dialect: Dialect): boolean {
  if (!isObject(item)) return same(item, value, dialect)
  if (isOperator(item, 'exists')) {
    return item.exists === true && (dialect.name === 'eventbridge' || (value !== null && value !== ''))
  }
  if (isOperator(item, 'anything-but')) {
    const excluded = item['anything-but']
    const list = isObject(excluded) ? spread(excluded) : [excluded].flat()
    if (value === null && dialect.name === 'sns') return false
    return !list.some((one) => satisfies(one, value, dialect))
  }
  if (isOperator(item, 'numeric')) return inRange(item.numeric as unknown[], value, dialect)
  return typeof value === 'string' && textSatisfies(item, value)
}

/** `{"prefix": ["a", "b"]}` as `{"prefix": "a"}` and `{"prefix": "b"}`. */
const spread = (operator: Json): unknown[] =>
  Object.entries(operator).flatMap(([name, texts]) => [texts].flat().map((text) => ({ [name]: text })))

function textSatisfies(item: Json, value: string): boolean {
  const [name, argument] = Object.entries(item)[0] as [string, unknown]
  const text = isObject(argument) ? String(argument['equals-ignore-case']).toLowerCase() : String(argument)
  const subject = isObject(argument) ? value.toLowerCase() : value
  if (name === 'prefix') return subject.startsWith(text)
  if (name === 'suffix') return subject.endsWith(text)
  if (name === 'equals-ignore-case') return value.toLowerCase() === text.toLowerCase()
  if (name === 'wildcard') return new RegExp(`^${text.replaceAll('*', '.*')}$`, 's').test(value)
  if (name !== 'cidr') throw new TypeError(`no operator ${name}`)
  const [network = '', length = ''] = text.split('/')
  return (
    /^\d+\.\d+\.\d+\.\d+$/.test(value) &&
    binary(network).slice(0, Number(length)) === binary(value).slice(0, Number(length))
  )
}

const binary = (address: string) =>
  address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('')

/** SNS compares five decimals. */
const rounded = (value: number, { name }: Dialect) => (name === 'sns' ? Number(value.toFixed(5)) : value)

const same = (a: unknown, b: unknown, dialect: Dialect) =>
  typeof a === 'number' && typeof b === 'number' ? rounded(a, dialect) === rounded(b, dialect) : a === b

function inRange(list: readonly unknown[], value: unknown, dialect: Dialect): boolean {
  if (typeof value !== 'number' || Math.abs(value) > (dialect.name === 'sns' ? 1e9 : 5e9)) return false
  const left = rounded(value, dialect)
  for (let at = 0; at < list.length; at += 2) {
    const right = rounded(list[at + 1] as number, dialect)
    const holds = {
      '=': left === right,
      '<': left < right,
      '<=': left <= right,
      '>': left > right,
      '>=': left >= right,
    }
    if (!holds[list[at] as keyof typeof holds]) return false
  }
  return true
}
