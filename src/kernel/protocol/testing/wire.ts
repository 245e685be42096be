/** Short forms for the codecs' tests: one call to decode, one to encode. */
import type { ServiceError } from '../../service-error.ts'
import type { WireAnswer, WireBody } from '../codec.ts'
import { codecs } from '../codecs.ts'
import { loadModel } from '../load-model.ts'
import type { Operation, ProtocolName } from '../schema.ts'

export const sqs = loadModel('sqs')
export const sts = loadModel('sts')
export const REQUEST_ID = '5b2f3a7e-0000-4000-8000-000000000001'

const operationOf = (name: string, model = sqs): Operation => {
  const operation = model.operations.get(name)
  if (operation === undefined) throw new Error(`no operation ${name}`)
  return operation
}

export const wireOf = (body: string | Buffer, acceptsJson = false): WireBody => ({
  body: Buffer.from(body),
  acceptsJson,
})

export const decodeJson = (operation: string, body: string | Buffer) =>
  codecs['json1.0'].decode(sqs, operationOf(operation), wireOf(body))

export const decodeQuery = (operation: string, form: string | Buffer, model = sqs) =>
  codecs.query.decode(model, operationOf(operation, model), wireOf(form))

export const encode = (protocol: ProtocolName, operation: string, output: object, model = sqs): WireAnswer =>
  codecs[protocol].encode(model, operationOf(operation, model), output, REQUEST_ID, wireOf(''))

export const encodeAsJson = (operation: string, output: object): unknown =>
  JSON.parse(String(codecs.query.encode(sqs, operationOf(operation), output, REQUEST_ID, wireOf('', true)).body))

export const encodeError = (
  protocol: ProtocolName,
  error: ServiceError,
  model: typeof sqs | undefined = sqs,
): WireAnswer => codecs[protocol].encodeError(model, error, REQUEST_ID, wireOf(''))
