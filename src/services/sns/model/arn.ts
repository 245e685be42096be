/**
 * The ARNs of SNS: how those in requests are read and refused.
 *
 * topic                 arn:aws:sns:<region>:<account>:<name>
 * subscription          arn:aws:sns:<region>:<account>:<topic name>:<uuid>
 * platform application  arn:aws:sns:<region>:<account>:app/<PLATFORM>/<name>
 * platform endpoint     arn:aws:sns:<region>:<account>:endpoint/<PLATFORM>/<application name>/<uuid>
 *
 * An ARN is only good in its own region. Whether there is such a resource is for the store to find out: account and name
 * are not judged here.
 */
import type { Arn } from '../../../kernel/arn.ts'
import { partitionOf } from '../../../kernel/arn.ts'
import { invalidParameter } from '../errors.ts'
import { type Place, snsArn, type TopicAddress } from './names.ts'

export interface SubscriptionAddress {
  readonly topicArn: string
  /** A UUID, if it is one of ours. */
  readonly subscriptionId: string
}

export interface PlatformApplicationAddress extends Place {
  readonly platform: string
  readonly name: string
}

export interface EndpointAddress extends Place {
  readonly platform: string
  readonly application: string
  readonly id: string
}

export const platformApplicationArn = (application: PlatformApplicationAddress) =>
  snsArn(application, `app/${application.platform}/${application.name}`)

export const endpointArn = (endpoint: EndpointAddress) =>
  snsArn(endpoint, `endpoint/${endpoint.platform}/${endpoint.application}/${endpoint.id}`)

/**
 * Where an ARN has to be from: the request's region. Undefined for the links in messages: they are followed without
 * credentials, which would name a region, and are good in every one.
 */
export type RequestRegion = string | undefined

const PARTS = 6
/** Anything else can't be part of a name, and PostgreSQL couldn't even be asked for it. */
const PRINTABLE = /^[!-~]*$/

/**
 * Reads an ARN of SNS, in SNS's checking order. `parameter` is its name in errors. Throws InvalidParameter if it isn't
 * one, or is one of another region.
 */
function parseSnsArn(text: string, region: RequestRegion, parameter: string): Arn {
  const parts = text.split(':')
  if (parts.length < PARTS) {
    throw invalidParameter(`${parameter} Reason: An ARN must have at least ${PARTS} elements, not ${parts.length}`)
  }
  const [prefix, partition = '', service = '', arnRegion = '', accountId = '', ...rest] = parts
  const isOurs =
    prefix === 'arn' &&
    service === 'sns' &&
    arnRegion === (region ?? arnRegion) &&
    partition === partitionOf(arnRegion) &&
    PRINTABLE.test(text)
  if (!isOurs) throw invalidParameter(parameter)
  return { partition, service, region: arnRegion, accountId, resource: rest.join(':') }
}

/** Throws InvalidParameter. */
export function parseTopicArn(text: string, region: RequestRegion, parameter = 'TopicArn'): TopicAddress {
  const { resource: name, ...arn } = parseSnsArn(text, region, parameter)
  if (/[:/]/.test(name)) throw invalidParameter(parameter)
  return { region: arn.region, accountId: arn.accountId, name }
}

/** Throws InvalidParameter. An id that isn't a UUID is just one that doesn't exist. */
export function parseSubscriptionArn(text: string, region: RequestRegion): SubscriptionAddress {
  if (text === '') throw invalidParameter('SubscriptionArn Reason: no value for required parameter')
  const { resource } = parseSnsArn(text, region, 'SubscriptionArn')
  const [, subscriptionId, ...others] = resource.split(':')
  if (subscriptionId === undefined || others.length > 0) throw invalidParameter('SubscriptionId')
  return { topicArn: text.slice(0, -subscriptionId.length - 1), subscriptionId }
}

/** Throws InvalidParameter. */
export function parsePlatformApplicationArn(text: string, region: RequestRegion): PlatformApplicationAddress {
  const parameter = 'PlatformApplicationArn'
  const { resource, ...arn } = parseSnsArn(text, region, parameter)
  const [platform, name] = relativePortion(resource, 'app', 2, parameter) as [string, string]
  return { region: arn.region, accountId: arn.accountId, platform, name }
}

/** Throws InvalidParameter. */
export function parseEndpointArn(text: string, region: RequestRegion, parameter = 'EndpointArn'): EndpointAddress {
  const { resource, ...arn } = parseSnsArn(text, region, parameter)
  const [platform, application, id] = relativePortion(resource, 'endpoint', 3, parameter) as [string, string, string]
  return { region: arn.region, accountId: arn.accountId, platform, application, id }
}

function relativePortion(resource: string, kind: string, count: number, parameter: string): string[] {
  const [first, ...names] = resource.split('/')
  if (names.length !== count) {
    throw invalidParameter(`${parameter} Reason: Wrong number of slashes in relative portion of the ARN.`)
  }
  if (first !== kind) throw invalidParameter(parameter)
  return names
}

/** What a TargetArn names: a platform endpoint, or a topic like a TopicArn. Throws InvalidParameter. */
export function parseTargetArn(
  text: string,
  region: RequestRegion,
): { readonly topic: TopicAddress } | { readonly endpoint: EndpointAddress } {
  const { resource } = parseSnsArn(text, region, 'TargetArn')
  return resource.includes('/')
    ? { endpoint: parseEndpointArn(text, region, 'TargetArn') }
    : { topic: parseTopicArn(text, region, 'TargetArn') }
}
