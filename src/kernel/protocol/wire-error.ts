/**
 * What an error is called on the wire. A modelled one takes its names and status from its shape; the public code of any
 * other stands as it is. Services that used to speak Query (`queryCompatible`) have two names for an error: the shape,
 * which JSON clients match on, and the older Query code, which they show.
 */
import type { ServiceError } from '../service-error.ts'
import { jsonText } from './json-writer.ts'
import type { Model, Shape } from './schema.ts'

export interface WireError {
  /** HTTP status. */
  readonly status: number
  readonly fault: 'Sender' | 'Receiver'
  /** The `__type` of JSON: `com.amazonaws.sqs#QueueDoesNotExist`. */
  readonly type: string
  /** The `<Code>` of Query: `AWS.SimpleQueueService.NonExistentQueue`. */
  readonly queryCode: string
  /** Undefined for an error that the service doesn't model. */
  readonly shape: Shape | undefined
}

export function wireError(model: Model | undefined, error: ServiceError): WireError {
  const shape = model?.errors.get(error.code)
  const status = error.status ?? statusOf(shape)
  return {
    status,
    fault: status >= 500 ? 'Receiver' : 'Sender',
    type: error.type ?? typeOf(model, shape, error.code),
    queryCode: shape?.traits.awsQueryError?.[0] ?? error.code,
    shape,
  }
}

function statusOf(shape: Shape | undefined): number {
  const { awsQueryError, httpError, error } = shape?.traits ?? {}
  return httpError ?? awsQueryError?.[1] ?? (error === 'server' ? 500 : 400)
}

/** Unmodelled errors of Query-compatible services get a shape name made from their code: `…#InvalidParameterValueException`. */
function typeOf(model: Model | undefined, shape: Shape | undefined, code: string): string {
  if (model === undefined) return code
  const { namespace, queryCompatible } = model.meta
  if (shape !== undefined) return `${namespace}#${shape.name}`
  if (!queryCompatible) return code
  return `${namespace}#${code.endsWith('Exception') ? code : `${code}Exception`}`
}

/** Further members of a modelled error as JSON members, each with a comma before it; '' if there are none. */
export function detailJson(shape: Shape | undefined, error: ServiceError): string {
  if (shape === undefined || error.detail === undefined) return ''
  const text = jsonText(shape, error.detail)
  return text === '{}' ? '' : `,${text.slice(1, -1)}`
}
