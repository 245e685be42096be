/**
 * AWS JSON 1.0 and 1.1: the operation is in a header, the input and the output are one JSON object each.
 * The two differ in their content type alone.
 */
import type { ServiceError } from '../service-error.ts'
import type { Codec, Decoded, WireAnswer } from './codec.ts'
import { jsonExcess } from './json-limits.ts'
import { jsonReader } from './json-reader.ts'
import { jsonText } from './json-writer.ts'
import { serializationException, utf8Text } from './scalars.ts'
import type { Model, Operation } from './schema.ts'
import { detailJson, wireError } from './wire-error.ts'

export function jsonCodec(name: 'json1.0' | 'json1.1'): Codec {
  const contentType = `application/x-amz-${name.replace('json', 'json-')}`
  return {
    name,
    excess: jsonExcess,
    decode: (_model, operation, { body }) => decode(operation, body),
    encode: (_model, { output: shape }, output) => ({
      status: 200,
      contentType,
      body: shape === undefined ? '{}' : jsonText(shape, output ?? {}),
    }),
    encodeError: (model, error) => encodeError(contentType, model, error),
  }
}

function decode({ input: shape }: Operation, body: Buffer): Decoded {
  const missing: string[] = []
  const input = jsonReader(shape).run(parseObject(body), missing) as Record<string, unknown>
  return { input, missing }
}

/** An empty body is an empty input. */
function parseObject(body: Buffer): object {
  if (body.length === 0) return {}
  const text = utf8Text(body)
  if (text === undefined) throw serializationException('The request body is not valid UTF-8')
  const value = parse(text)
  if (typeof value !== 'object' || value === null) throw serializationException('The request body is not a JSON object')
  return value
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw serializationException('The request body is not valid JSON')
  }
}

function encodeError(contentType: string, model: Model | undefined, error: ServiceError): WireAnswer {
  const { status, type, queryCode, fault, shape } = wireError(model, error)
  const answer = {
    status,
    contentType,
    body: `{"__type":${JSON.stringify(type)},"message":${JSON.stringify(error.message)}${detailJson(shape, error)}}`,
  }
  if (model?.meta.queryCompatible !== true) return answer
  return { ...answer, headers: { 'x-amzn-query-error': `${queryCode};${fault}` } }
}
