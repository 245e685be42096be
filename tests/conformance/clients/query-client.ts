/**
 * A client of the Query protocol as the SDKs had it before SQS spoke JSON: a form goes out, XML comes back. It adds
 * nothing to the parameters and reads nothing into the answer.
 */
import { XMLParser } from 'fast-xml-parser'
import type { Operation, Shape } from '../../../src/kernel/protocol/schema.ts'

export type Parameters = Readonly<Record<string, string>>

export interface QueryAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The document as objects; every value in it is text, and an element that occurs more than once is an array. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape of an answer is what the tests assert
  readonly xml: any
}

const parser = new XMLParser({ parseTagValue: false, trimValues: false, ignoreDeclaration: true, htmlEntities: true })

async function answerOf(response: Response): Promise<QueryAnswer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, xml: parser.parse(text) }
}

/** Posts the parameters as a form. */
export const post = async (url: string, parameters: Parameters): Promise<QueryAnswer> =>
  answerOf(await fetch(url, { method: 'POST', body: new URLSearchParams(parameters) }))

/** Sends the parameters as a query string. */
export const get = async (url: string, parameters: Parameters): Promise<QueryAnswer> =>
  answerOf(await fetch(`${url}?${new URLSearchParams(parameters)}`))

/** An operation's input as the parameters that an SDK makes of it. Values are written as they are, whatever their type. */
export function formOf({ input: shape }: Operation, input: Readonly<Record<string, unknown>>): Record<string, string> {
  const form: Record<string, string> = {}
  write(shape, input, '', form)
  return form
}

function write(shape: Shape, value: unknown, path: string, form: Record<string, string>): void {
  const parts = partsOf(shape, value)
  if (parts === undefined) form[path] = typeof value === 'string' ? value : JSON.stringify(value)
  for (const [part, member, content] of parts ?? []) {
    const name = path === '' ? part : `${path}.${part}`
    if (member === undefined) form[name] = String(content)
    else if (content !== undefined) write(member, content, name, form)
  }
}

type Part = readonly [name: string, shape: Shape | undefined, content: unknown]

/** What stands below a value that is of its shape, each under its name; undefined if the value stands for itself. */
function partsOf(shape: Shape, value: unknown): Part[] | undefined {
  if (shape.kind === 'list' && Array.isArray(value)) return value.map((item, i) => [`${i + 1}`, shape.item.shape, item])
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Record<string, unknown>
  if (shape.kind === 'struct') {
    return shape.members.map(({ name, traits, shape: member }) => [traits.xmlName ?? name, member, fields[name]])
  }
  if (shape.kind !== 'map') return undefined
  const { key, value: content } = shape
  return Object.entries(fields).flatMap(([name, item], i): Part[] => [
    [`${i + 1}.${key.traits.xmlName ?? 'key'}`, undefined, name],
    [`${i + 1}.${content.traits.xmlName ?? 'value'}`, content.shape, item],
  ])
}
