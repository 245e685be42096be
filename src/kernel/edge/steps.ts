/** The way of a request through the edge, once it has arrived whole: one step, one name, one reason. */

import { calledBy, identify } from '../auth/credentials.ts'
import type { Sessions } from '../auth/sessions.ts'
import type { Logger } from '../observe/logger.ts'
import type { WireAnswer } from '../protocol/codec.ts'
import { codecs } from '../protocol/codecs.ts'
import type { Excess } from '../protocol/json-limits.ts'
import { serializationException } from '../protocol/scalars.ts'
import type { Operation, ProtocolName } from '../protocol/schema.ts'
import { ServiceError } from '../service-error.ts'
import { bodyLimitByHead, bodyLimitOf, inputLimitOf } from './body-limits.ts'
import type { EdgeMetrics } from './edge-metrics.ts'
import type { Exchange } from './exchange.ts'
import { regionOfHost } from './host-region.ts'
import type { ServedService, ServiceRegistry } from './registry.ts'
import { announcedProtocol, findRoute } from './routing.ts'

/** What the steps need of the node. */
export interface EdgeNode {
  readonly services: ServiceRegistry
  readonly sessions: Pick<Sessions, 'find'>
  /** The region of requests whose credentials and host name none. */
  readonly region: string
  readonly maxRequestBytes: number
  readonly metrics: EdgeMetrics
  readonly log: Logger
  /** Nothing more is begun: the node answers what is in hand and stops. */
  draining: boolean
}

/**
 * Throws what the client is to be told; the rest of the steps are then left out. A promise is waited for, and only made
 * where one is needed.
 */
type Step = (exchange: Exchange, node: EdgeNode) => void | Promise<void>

const steps: readonly Step[] = [
  identifyCaller, // first, since the credential's scope helps routing
  routeToService, // each service declares its target prefix, signing name and version; no special cases here
  refuseWhileDraining, // once the protocol is known in which to say so
  refuseWhatIsNotBuilt, // before the input is looked at: its faults are not worth mending
  refuseExcess, // before anything is made of the body
  recogniseSession, // once all is known that routing finds out, since it may have to ask the store
  decodeInput,
  prepareInput, // SQS takes a queue from the path, which may fill in a required member
  requireMembers,
]

export function handle(exchange: Exchange, node: EdgeNode): void {
  try {
    const output = callAfterSteps(exchange, node, 0)
    // A handler that answers synchronously costs no promise.
    if (output instanceof Promise) {
      output.then(
        (value) => succeed(exchange, node, value),
        (error) => fail(exchange, node, error),
      )
    } else succeed(exchange, node, output)
  } catch (error) {
    fail(exchange, node, error)
  }
}

function callAfterSteps(exchange: Exchange, node: EdgeNode, from: number): unknown {
  for (let next = from; next < steps.length; next++) {
    const waiting = (steps[next] as Step)(exchange, node)
    if (waiting !== undefined) return waiting.then(() => callAfterSteps(exchange, node, next + 1))
  }
  return callOperation(exchange)
}

/** Sends an answer that was made without the steps; what is not a call of an API is not counted as one. */
export function respond(exchange: Exchange, node: EdgeNode, answer: Promise<WireAnswer>): void {
  void answer
    .catch((error) => bareError(internalFailure(exchange, node, error)))
    .then((value) => send(exchange, node, value))
}

/** The answer to a request that the guard turns away: in its protocol if its head says one, else for whoever reads it. */
export function refuse(exchange: Exchange, node: EdgeNode, error: ServiceError): void {
  identifyCaller(exchange, node)
  const protocol = announcedProtocol(exchange)
  if (protocol === undefined) {
    const { code, message, status = 400 } = error
    send(exchange, node, { status, contentType: 'text/plain; charset=utf-8', body: `${code}: ${message}\n` })
    node.metrics.answered(exchange, code)
    return
  }
  exchange.route = { protocol, service: undefined, operation: undefined }
  fail(exchange, node, error)
}

/** The most bytes that the body of this request may have, as far as its head tells. */
export function bodyLimit(exchange: Exchange, node: EdgeNode): number {
  identifyCaller(exchange, node)
  return bodyLimitByHead(node.services, exchange, node.maxRequestBytes)
}

/** Answers a request whose body is not read, in the protocol that its head announces. */
export function refuseUnread(exchange: Exchange, node: EdgeNode, error: ServiceError): void {
  identifyCaller(exchange, node)
  const route = findRoute(node.services, exchange)
  exchange.route = { ...route, protocol: route.protocol ?? announcedProtocol(exchange) }
  fail(exchange, node, error)
}

function identifyCaller(exchange: Exchange, node: EdgeNode): void {
  const authorization = exchange.header('authorization')
  const presigned = authorization === undefined ? exchange.query.get('X-Amz-Credential') : undefined
  exchange.identity = identify(authorization, presigned)
  exchange.region = exchange.identity.region ?? regionOfHost(exchange.host) ?? node.region
}

function routeToService(exchange: Exchange, node: EdgeNode): void {
  exchange.route = findRoute(node.services, exchange)
  if (exchange.route.error !== undefined) throw exchange.route.error
}

function refuseWhileDraining(_: Exchange, node: EdgeNode): void {
  if (node.draining) throw new ServiceError('ServiceUnavailable', 'The node is shutting down.', { status: 503 })
}

function refuseWhatIsNotBuilt(exchange: Exchange): void {
  const { service, operation } = routed(exchange)
  if (service.running.handlers[operation.name] === undefined) throw notImplemented(service, operation)
}

/** Only temporary credentials cost more than a look. */
function recogniseSession(exchange: Exchange, { sessions }: EdgeNode): void | Promise<void> {
  const { identity } = exchange
  if (identity.temporaryKeyId === undefined) return
  const token = exchange.header('x-amz-security-token') ?? exchange.query.get('X-Amz-Security-Token')
  if (token === null) return
  const found = sessions.find(identity.temporaryKeyId, token)
  if (found instanceof Promise) {
    return found.then((principal) => {
      if (principal !== undefined) exchange.identity = calledBy(principal, identity)
    })
  }
  if (found !== undefined) exchange.identity = calledBy(found, identity)
}

function refuseExcess(exchange: Exchange, node: EdgeNode): void {
  const { service, operation, protocol } = routed(exchange)
  const limitBytes = bodyLimitOf(service, protocol, node.maxRequestBytes)
  if (exchange.body.length > limitBytes) throw tooLarge(limitBytes)
  const excess = codecs[protocol].excess?.(exchange.body, inputLimitOf(service))
  if (excess !== undefined) throw refusalOf(excess, service, operation)
}

function refusalOf(excess: Excess, { running }: ServedService, operation: Operation): ServiceError {
  switch (excess.kind) {
    case 'depth':
      return serializationException('The request body is nested too deeply')
    case 'length':
      return tooLarge(inputLimitOf({ running }))
    case 'values':
      for (const [member, count] of excess.lists) {
        const error = running.tooMany?.(operation, member, count)
        if (error !== undefined) return error
      }
      return serializationException('The request body has too many values')
  }
}

function decodeInput(exchange: Exchange): void {
  const { service, operation, protocol } = routed(exchange)
  const { input, missing } = codecs[protocol].decode(service.model, operation, exchange)
  exchange.input = input
  exchange.missing = missing
}

function prepareInput(exchange: Exchange): void {
  const { service, operation } = routed(exchange)
  service.running.prepare?.(operation, exchange.input, exchange)
}

function requireMembers(exchange: Exchange): void {
  if (exchange.missing.length === 0) return
  const { service, operation, protocol } = routed(exchange)
  const { running } = service
  const absent = exchange.missing.filter((path) => exchange.input[path] === undefined)
  if (absent.length === 0) return
  const error = running.missing ? running.missing(operation, absent, protocol) : membersMissing(absent, protocol)
  if (error !== undefined) throw error
}

function callOperation(exchange: Exchange): unknown {
  const { service, operation } = routed(exchange)
  return service.running.handlers[operation.name]?.(exchange.input, exchange)
}

function succeed(exchange: Exchange, node: EdgeNode, output: unknown): void {
  let answer: WireAnswer
  try {
    const { service, operation, protocol } = routed(exchange)
    answer = codecs[protocol].encode(service.model, operation, output ?? {}, exchange.requestId, exchange)
  } catch (error) {
    return fail(exchange, node, error)
  }
  send(exchange, node, answer)
  node.metrics.answered(exchange, 'OK')
}

function fail(exchange: Exchange, node: EdgeNode, error: unknown): void {
  const told = error instanceof ServiceError ? error : internalFailure(exchange, node, error)
  let answer: WireAnswer
  try {
    answer = encodeError(exchange, told)
  } catch (error) {
    answer = bareError(internalFailure(exchange, node, error))
  }
  send(exchange, node, answer.status === 503 ? { ...answer, headers: { ...answer.headers, ...RETRY_SOON } } : answer)
  node.metrics.answered(exchange, told.code)
}

/** In seconds. */
const RETRY_SOON = { 'retry-after': '1' }

function send(exchange: Exchange, node: EdgeNode, answer: WireAnswer): void {
  try {
    exchange.answer(answer, node.draining)
  } catch (error) {
    internalFailure(exchange, node, error)
    exchange.abandon()
  }
}

function encodeError(exchange: Exchange, error: ServiceError): WireAnswer {
  const { route } = exchange
  if (route?.protocol === undefined) return bareError(error)
  return codecs[route.protocol].encodeError(route.service?.model, error, exchange.requestId, exchange)
}

/** In no protocol: an empty element, as the services answer to a bare GET. */
const bareError = ({ code, status = 400 }: ServiceError): WireAnswer => ({
  status,
  contentType: 'text/xml',
  body: `<${code}/>`,
})

/** The log has what the client isn't told; never the request's body. */
function internalFailure({ requestId, route }: Exchange, { log }: EdgeNode, error: unknown): ServiceError {
  const where = { requestId, service: route?.service?.model.meta.id, operation: route?.operation?.name }
  log.error({ ...where, err: error }, 'a request failed unexpectedly')
  return new ServiceError('InternalFailure', 'The request processing has failed because of an unknown error.', {
    status: 500,
    type: 'com.amazon.coral.service#InternalFailure',
  })
}

interface Routed {
  readonly service: ServedService
  readonly operation: Operation
  readonly protocol: ProtocolName
}

/** The route after `routeToService`, which lets none pass that lacks one of its parts. */
const routed = (exchange: Exchange) => exchange.route as Routed

const notImplemented = ({ model }: ServedService, operation: Operation) =>
  new ServiceError('NotImplemented', `${model.meta.sdkId}.${operation.name} is not implemented.`, {
    status: 501,
    type: 'com.amazon.coral.service#NotImplemented',
  })

export const tooLarge = (limitBytes: number) =>
  new ServiceError('RequestEntityTooLarge', `The request body is larger than ${limitBytes} bytes.`, {
    status: 413,
    type: 'com.amazon.coral.service#RequestEntityTooLargeException',
  })

/** There is no room for the body; a client tries again, as for any 503. */
export const busy = () =>
  new ServiceError('ServiceUnavailable', 'The node has more requests in hand than it has room for.', {
    status: 503,
  })

/** The sentence of services that don't have their own (`RunningService.missing`). */
function membersMissing(paths: readonly string[], protocol: ProtocolName): ServiceError {
  const faults = paths.map((path) => {
    const member = path.charAt(0).toLowerCase() + path.slice(1)
    return `Value null at '${member}' failed to satisfy constraint: Member must not be null`
  })
  return new ServiceError(
    protocol === 'query' ? 'ValidationError' : 'ValidationException',
    `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected: ${faults.join('; ')}`,
  )
}
