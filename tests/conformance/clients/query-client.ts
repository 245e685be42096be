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
  const below = (name: string) => (path === '' ? name : `${path}.${name}`)
  if (shape.kind === 'struct' && isObject(value)) {
    for (const { name, traits, shape: member } of shape.members) {
      if (value[name] !== undefined) write(member, value[name], below(traits.xmlName ?? name), form)
    }
  } else if (shape.kind === 'list' && Array.isArray(value)) {
    for (const [i, item] of value.entries()) write(shape.item.shape, item, below(String(i + 1)), form)
  } else if (shape.kind === 'map' && isObject(value)) {
    for (const [i, [key, item]] of Object.entries(value).entries()) {
      const entry = below(String(i + 1))
      form[`${entry}.${shape.key.traits.xmlName ?? 'key'}`] = key
      write(shape.value.shape, item, `${entry}.${shape.value.traits.xmlName ?? 'value'}`, form)
    }
  } else form[path] = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
