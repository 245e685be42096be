/**
 * What can be subscribed to a topic: protocols, the form of their endpoints, and which of them have to confirm.
 * Whether an endpoint exists is not asked: a queue, say, may be created later.
 */
import { isAccountId, parseArn } from '../../../kernel/arn.ts'
import { invalidParameter, modelled } from '../errors.ts'
import { isFifoName, parseQueueArn } from './names.ts'
import { isSmsEndpoint } from './phone-number.ts'

/** Each with how it refuses what isn't an endpoint of its kind. */
const protocols = {
  http: urlOf('http:'),
  https: urlOf('https:'),
  email,
  'email-json': email,
  sms,
  sqs,
  lambda: arnOf('lambda', /^function:[\w-]{1,140}(:[\w$-]{1,128})?$/, 'Lambda endpoint ARN'),
  firehose: arnOf('firehose', /^deliverystream\/[\w.-]{1,64}$/, 'Firehose endpoint ARN'),
  application,
} satisfies Readonly<Record<string, (endpoint: string) => void>>

export type Protocol = keyof typeof protocols

const isProtocol = (name: string): name is Protocol => Object.hasOwn(protocols, name)

/** Long enough for any real one, and short enough for an index. */
const MAX_LENGTH = 2048

/** Throws InvalidParameter unless `endpoint` may be subscribed to a topic of that type. */
export function checkEndpoint(protocol: string, endpoint: string, fifoTopic: boolean): Protocol {
  if (!isProtocol(protocol)) {
    throw invalidParameter(`Amazon SNS does not support this protocol string: ${protocol}`)
  }
  if (fifoTopic && protocol !== 'sqs') throw invalidParameter(`Invalid protocol type: ${protocol}`)
  protocols[protocol](endpoint)
  if (endpoint.length > MAX_LENGTH)
    throw invalidParameter(`Endpoint Reason: must be at most ${MAX_LENGTH} characters long`)
  if (!fifoTopic && protocol === 'sqs' && isFifoName(endpoint)) {
    // The prefix stands there twice.
    throw invalidParameter(
      'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
    )
  }
  return protocol
}

/**
 * Whether nothing is delivered until the endpoint's owner has confirmed. `accountId` is that of who subscribes: a queue
 * of another account is asked first.
 */
export function needsConfirmation(protocol: Protocol, endpoint: string, accountId: string): boolean {
  if (protocol === 'sqs') return parseQueueArn(endpoint)?.accountId !== accountId
  return protocol === 'http' || protocol === 'https' || protocol === 'email' || protocol === 'email-json'
}

function urlOf(scheme: string) {
  return (endpoint: string) => {
    // The parser drops or encodes spaces and control characters, and would let them pass.
    const url = /^[^\s\p{Cc}]+$/u.test(endpoint) && URL.canParse(endpoint) ? new URL(endpoint) : undefined
    if (url?.protocol !== scheme || url.hostname === '' || !endpoint.startsWith(`${scheme}//`)) {
      throw invalidParameter('Endpoint must match the specified protocol')
    }
  }
}

/** One address, without a name or a comment. */
const ADDRESS = /^[^\s\p{Cc}@"(),:;<>[\]\\]{1,64}@[^\s\p{Cc}@"(),:;<>[\]\\]{1,255}$/u

function email(endpoint: string): void {
  if (!ADDRESS.test(endpoint)) throw invalidParameter('Email address')
}

/** The one sentence without the prefix. */
function sms(endpoint: string): void {
  if (!isSmsEndpoint(endpoint)) throw modelled('InvalidParameterException', `Invalid SMS endpoint: ${endpoint}`)
}

function sqs(endpoint: string): void {
  if (parseQueueArn(endpoint) === undefined) throw invalidParameter('SQS endpoint ARN')
}

function arnOf(service: string, resourceForm: RegExp, complaint: string) {
  return (endpoint: string) => {
    if (!isArnOf(endpoint, service, resourceForm)) throw invalidParameter(complaint)
  }
}

function application(endpoint: string): void {
  if (!isArnOf(endpoint, 'sns', /^endpoint\/\w+\/[\w.-]+\/[\w-]+$/)) {
    throw invalidParameter(`Application endpoint arn invalid:${endpoint}`)
  }
}

function isArnOf(text: string, service: string, resourceForm: RegExp): boolean {
  const arn = parseArn(text)
  return arn?.service === service && arn.region !== '' && isAccountId(arn.accountId) && resourceForm.test(arn.resource)
}
