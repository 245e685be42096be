/** Platform applications: what they may be called, and their attributes. */
import {
  invalidParameter,
  memberIsNull,
  platformApplicationHasOtherAttributes,
  refuseAttributes,
  validationError,
} from '../errors.ts'
import { parseTopicArn } from './arn.ts'
import { type GivenAttributes, isPercentage } from './attribute-checks.ts'
import { isFifoName, isRoleArn } from './names.ts'

const PLATFORMS = [
  'ADM',
  'BAIDU',
  'APNS',
  'APNS_SANDBOX',
  'APNS_VOIP',
  'APNS_VOIP_SANDBOX',
  'MACOS',
  'MACOS_SANDBOX',
  'GCM',
  'MPNS',
  'WNS',
] as const

export type Platform = (typeof PLATFORMS)[number]

export type PlatformApplicationAttribute =
  | 'PlatformPrincipal'
  | 'PlatformCredential'
  | 'ApplePlatformTeamID'
  | 'ApplePlatformBundleID'
  | 'Enabled'
  | 'EventEndpointCreated'
  | 'EventEndpointDeleted'
  | 'EventEndpointUpdated'
  | 'EventDeliveryFailure'
  | 'SuccessFeedbackRoleArn'
  | 'FailureFeedbackRoleArn'
  | 'SuccessFeedbackSampleRate'

/** What was set, credentials included. Plain data. */
export type PlatformApplicationAttributes = { readonly [N in PlatformApplicationAttribute]?: string }

const MAX_NAME_LENGTH = 256

/** Throws InvalidParameter, in SNS's checking order. */
export function checkPlatformApplication(name: string, platform: string): Platform {
  const refused = (reason: string) => invalidParameter(`${name} Reason: ${reason}`)
  if (name === '') throw refused('cannot be empty')
  if (name.length > MAX_NAME_LENGTH) throw refused(`must be at most ${MAX_NAME_LENGTH} characters long`)
  if (!/^[\w.-]+$/.test(name)) {
    throw refused("must contain only characters 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', and '.'")
  }
  const known = PLATFORMS.find((candidate) => candidate === platform)
  if (known === undefined) throw invalidParameter(`Platform Reason: ${platform} is not supported`)
  return known
}

/** What is wrong with a value; undefined if nothing is. */
type Fault = (text: string, region: string) => string | undefined

const credential: Fault = (text) => (text === '' ? 'cannot be empty' : undefined)

/** Of a standard topic: an event belongs to no message group. */
const isTopicArn = (text: string, region: string): boolean => {
  try {
    const { name } = parseTopicArn(text, region)
    return name !== '' && !isFifoName(name)
  } catch {
    return false
  }
}

const topic: Fault = (text, region) =>
  text === '' || isTopicArn(text, region) ? undefined : `${text} value provided is not the ARN of a standard topic`

const role: Fault = (text) =>
  text === '' || isRoleArn(text) ? undefined : `${text} value provided is not the ARN of a role`

const sampleRate: Fault = (text) =>
  text === '' || isPercentage(text) ? undefined : `${text} value provided is not an integer between 0-100`

export const booleanFault = (text: string) =>
  /^(true|false)$/i.test(text) ? undefined : `${text} value provided is not true or false`

const faults: { readonly [N in PlatformApplicationAttribute]: Fault } = {
  PlatformPrincipal: credential,
  PlatformCredential: credential,
  ApplePlatformTeamID: credential,
  ApplePlatformBundleID: credential,
  Enabled: booleanFault,
  EventEndpointCreated: topic,
  EventEndpointDeleted: topic,
  EventEndpointUpdated: topic,
  EventDeliveryFailure: topic,
  SuccessFeedbackRoleArn: role,
  FailureFeedbackRoleArn: role,
  SuccessFeedbackSampleRate: sampleRate,
}

const isName = (name: string): name is PlatformApplicationAttribute => Object.hasOwn(faults, name)

/** Firebase has one credential, the others a pair. */
const SOLE_CREDENTIAL: readonly Platform[] = ['GCM']

/** The attributes of a new application. Throws InvalidParameter. */
export const createPlatformApplicationAttributes = (given: GivenAttributes, platform: Platform, region: string) =>
  changePlatformApplicationAttributes({}, given, platform, region)

/** The attributes after SetPlatformApplicationAttributes; the empty text unsets one. Throws InvalidParameter. */
export function changePlatformApplicationAttributes(
  current: PlatformApplicationAttributes,
  given: GivenAttributes,
  platform: Platform,
  region: string,
): PlatformApplicationAttributes {
  if (Object.keys(given).length === 0) throw validationError([memberIsNull('attributes')])
  checkPair(given, platform)
  const changed: Partial<Record<PlatformApplicationAttribute, string>> = { ...current }
  for (const [name, text = ''] of Object.entries(given)) {
    if (!isName(name)) throw invalidAttributeName(name)
    const fault = faults[name](text, region)
    if (fault !== undefined) throw invalidAttributeValue(name, fault)
    if (text === '') delete changed[name]
    else changed[name] = name === 'Enabled' ? text.toLowerCase() : text
  }
  return changed
}

function checkPair({ PlatformPrincipal, PlatformCredential }: GivenAttributes, platform: Platform): void {
  if (PlatformPrincipal !== undefined && PlatformCredential === undefined) {
    throw refuseAttributes('PlatformPrincipal attribute provided without PlatformCredential')
  }
  const isPaired = PlatformPrincipal !== undefined || SOLE_CREDENTIAL.includes(platform)
  if (PlatformCredential !== undefined && !isPaired) {
    throw refuseAttributes('PlatformCredential attribute provided without PlatformPrincipal')
  }
}

export const invalidAttributeName = (name: string) => refuseAttributes(`Invalid attribute name: ${name}`)

export const invalidAttributeValue = (name: string, fault: string) =>
  refuseAttributes(`Invalid value for attribute: ${name}: ${fault}`)

/** For a CreatePlatformApplication that finds its name taken. Throws InvalidParameter. */
export function checkSamePlatformApplication(
  current: PlatformApplicationAttributes,
  wanted: PlatformApplicationAttributes,
): void {
  for (const [name, text] of Object.entries(wanted) as [PlatformApplicationAttribute, string][]) {
    if ((current[name] ?? defaults[name]) !== text) throw platformApplicationHasOtherAttributes()
  }
}

const defaults: PlatformApplicationAttributes = { Enabled: 'true' }

/** What GetPlatformApplicationAttributes shows: never credentials. */
export function shownPlatformApplicationAttributes(attributes: PlatformApplicationAttributes): Record<string, string> {
  const { PlatformPrincipal: _, PlatformCredential: __, ...shown } = { ...defaults, ...attributes }
  return shown as Record<string, string>
}
