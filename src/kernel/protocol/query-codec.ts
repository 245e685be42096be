/**
 * AWS Query: parameters in a form or a query string, the answer in XML, or in JSON if the client prefers. Elements and
 * parameter names follow the XML traits of the schema.
 */
import type { ServiceError } from '../service-error.ts'
import type { Codec, Decoded, WireAnswer, WireBody } from './codec.ts'
import { formTree, parseFormBody } from './query-form.ts'
import { outputJson } from './query-json.ts'
import { queryReader } from './query-reader.ts'
import type { Model, Operation } from './schema.ts'
import { type WireError, wireError } from './wire-error.ts'
import { element, escapeAttribute, escapeText, xmlContent } from './xml-writer.ts'

const DECLARATION = '<?xml version="1.0"?>'

export function queryCodec(): Codec {
  return {
    name: 'query',
    decode: (_model, operation, wire) => decode(operation, wire),
    encode(model, operation, output, requestId, { acceptsJson }) {
      const write = acceptsJson ? jsonAnswer : xmlAnswer
      return write(model, operation, output ?? {}, requestId)
    },
    encodeError(model, error, requestId, { acceptsJson }) {
      const wire = wireError(model, error)
      return acceptsJson ? jsonError(model, error, wire, requestId) : xmlError(model, error, wire, requestId)
    },
  }
}

function decode({ input: shape }: Operation, { params, body }: WireBody): Decoded {
  const missing: string[] = []
  const input = queryReader(shape).run(formTree(params ?? parseFormBody(body)), missing) as Record<string, unknown>
  return { input, missing }
}

function xmlAnswer(model: Model, { name, output: shape }: Operation, output: unknown, requestId: string): WireAnswer {
  const result = shape === undefined ? '' : element(`${name}Result`, xmlContent(shape).run(output))
  const metadata = `<ResponseMetadata><RequestId>${escapeText(requestId)}</RequestId></ResponseMetadata>`
  return xml(200, document(model, `${name}Response`, result + metadata))
}

/** The query code and sentence, which can differ from those of the JSON protocols for the same error. */
function xmlError(model: Model | undefined, error: ServiceError, wire: WireError, requestId: string): WireAnswer {
  const members = wire.shape === undefined ? '' : xmlContent(wire.shape).run(error.detail ?? {})
  const detail = model?.meta.queryErrorDetail ? '<Detail/>' : ''
  const content =
    `<Error><Type>${wire.fault}</Type>` +
    `<Code>${escapeText(wire.queryCode)}</Code>` +
    `<Message>${escapeText(queryMessage(error))}</Message>${members}${detail}</Error>` +
    `<RequestId>${escapeText(requestId)}</RequestId>`
  return xml(wire.status, document(model, 'ErrorResponse', content))
}

function document(model: Model | undefined, root: string, content: string): string {
  const xmlns = model?.meta.xmlns
  const attributes = xmlns === undefined ? '' : ` xmlns="${escapeAttribute(xmlns)}"`
  return `${DECLARATION}<${root}${attributes}>${content}</${root}>`
}

const xml = (status: number, body: string): WireAnswer => ({ status, contentType: 'text/xml', body })

function jsonAnswer(model: Model, { name, output: shape }: Operation, output: unknown, requestId: string): WireAnswer {
  const result = shape && { [`${name}Result`]: outputJson(shape, output, model.meta.queryJsonNames) }
  return json(200, { [`${name}Response`]: { ...result, ResponseMetadata: { RequestId: requestId } } })
}

function jsonError(model: Model | undefined, error: ServiceError, wire: WireError, requestId: string): WireAnswer {
  const content = { Type: wire.fault, Code: wire.queryCode, Message: queryMessage(error) }
  const detail = model?.meta.queryErrorDetail ? { Detail: null } : {}
  return json(wire.status, { Error: { ...content, ...detail }, RequestId: requestId })
}

const json = (status: number, body: object): WireAnswer => ({
  status,
  contentType: 'application/json',
  body: JSON.stringify(body),
})

const queryMessage = (error: ServiceError): string => error.queryMessage ?? error.message
