/**
 * Which service, operation and protocol a request means, in this order:
 *
 * 1. `X-Amz-Target: <prefix>.<operation>`; the content type says JSON 1.0 or 1.1. A form body with an `Action` is a Query
 *    request all the same: older SDKs leave a target beside it.
 * 2. `Action` in a form body, else in the query string; see `ServiceRegistry.byQuery`.
 * 3. A JSON content type without a target is a JSON client that went astray; anything else is no request of ours.
 *
 * The path plays no part: requests to a queue's URL are routed like those to `/`.
 */

import { type Form, parseForm, parseFormBody } from '../protocol/query-form.ts'
import type { Operation, ProtocolName } from '../protocol/schema.ts'
import { ServiceError } from '../service-error.ts'
import { likeness, type ServedService, type ServiceRegistry } from './registry.ts'

/** What routing looks at; `body` is read only for a form. */
export interface RequestHead {
  readonly method: string
  /** The query string as it came, without its question mark. */
  readonly search: string
  /** The same, read with lenience. */
  readonly query: URLSearchParams
  readonly body: Buffer
  readonly signingName: string | undefined
  header(name: string): string | undefined
}

export interface Route {
  /** Undefined if none was recognised: the answer is then in no protocol. */
  readonly protocol: ProtocolName | undefined
  readonly service: ServedService | undefined
  /** Undefined exactly if `error` is there. */
  readonly operation: Operation | undefined
  /** Query parameters of a Query request. */
  readonly params?: Form
  readonly error?: ServiceError
}

export function findRoute(registry: ServiceRegistry, head: RequestHead): Route {
  const mediaType = mediaTypeOf(head.header('content-type'))
  const target = head.header('x-amz-target')
  if (target !== undefined && !(mediaType === FORM && isActionForm(head))) {
    return routeByTarget(registry, target, jsonProtocolOf(mediaType) ?? 'json1.0')
  }

  const params = actionParams(head, mediaType)
  if (params instanceof ServiceError) {
    return { protocol: 'query', service: undefined, operation: undefined, error: params }
  }
  if (params !== undefined) return routeByAction(registry, params, head.signingName)

  const protocol = jsonProtocolOf(mediaType)
  return { protocol, service: undefined, operation: undefined, error: unknownOperation(protocol) }
}

/** The protocol that a request's head alone announces, for the answer to a body that was never read. */
export function announcedProtocol(head: RequestHead): ProtocolName | undefined {
  const mediaType = mediaTypeOf(head.header('content-type'))
  if (head.header('x-amz-target') !== undefined) return jsonProtocolOf(mediaType) ?? 'json1.0'
  return mediaType === FORM || head.query.has('Action') ? 'query' : jsonProtocolOf(mediaType)
}

/** Whether a body of this type is read as a form, whatever else the head says. */
export const announcesForm = (head: RequestHead): boolean => mediaTypeOf(head.header('content-type')) === FORM

function routeByTarget(registry: ServiceRegistry, target: string, protocol: ProtocolName): Route {
  const dot = target.lastIndexOf('.')
  const service = registry.byTarget(target.slice(0, dot))
  const operation = service?.model.operations.get(target.slice(dot + 1))
  return operation === undefined
    ? { protocol, service: undefined, operation, error: unknownOperation(protocol) }
    : { protocol, service, operation }
}

function routeByAction(registry: ServiceRegistry, params: Form, signingName: string | undefined): Route {
  const action = params.get('Action') as string
  const version = params.get('Version') ?? null
  const candidates = registry.byQuery(version, signingName)
  const service = candidates.find(({ model }) => model.operations.has(action))
  if (service !== undefined) {
    return { protocol: 'query', service, operation: service.model.operations.get(action), params }
  }
  const [likeliest] = candidates
  const meant = likeliest !== undefined && likeness(likeliest, version, signingName) > 0 ? likeliest : undefined
  return { protocol: 'query', service: meant, operation: undefined, params, error: invalidAction(action) }
}

/** The parameters that hold an Action: of the form body, else of the query string; or why they can't be read. */
function actionParams(head: RequestHead, mediaType: string): Form | ServiceError | undefined {
  try {
    if (mediaType === FORM && head.method === 'POST') {
      const form = parseFormBody(head.body)
      if (form.has('Action')) return form
    }
    return head.query.has('Action') ? parseForm(head.search) : undefined
  } catch (error) {
    if (error instanceof ServiceError) return error
    throw error
  }
}

const FORM = 'application/x-www-form-urlencoded'

/** Whether a form names an Action, at a glance: what comes as a form may be none. */
const isActionForm = ({ method, body }: RequestHead): boolean =>
  method === 'POST' && /(?:^|&)Action=/.test(body.toString('latin1'))

/** A content type without its parameters, in lower case. */
export function mediaTypeOf(contentType = ''): string {
  const semicolon = contentType.indexOf(';')
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
}

function jsonProtocolOf(mediaType: string): ProtocolName | undefined {
  if (mediaType === 'application/x-amz-json-1.0' || mediaType === 'application/json') return 'json1.0'
  return mediaType === 'application/x-amz-json-1.1' ? 'json1.1' : undefined
}

/** 400 to a client that speaks JSON; 404 to one of which nothing is known, which gets it as an empty element. */
const unknownOperation = (protocol: ProtocolName | undefined) =>
  new ServiceError('UnknownOperationException', 'The requested operation is not recognized by the service.', {
    status: protocol === undefined ? 404 : 400,
    type: 'com.amazon.coral.service#UnknownOperationException',
  })

const invalidAction = (action: string) =>
  new ServiceError('InvalidAction', `The action ${action} is not valid for this endpoint.`, { status: 400 })
