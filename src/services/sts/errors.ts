/**
 * The sentences of STS, byte for byte as clients know them. What the service doesn't model (`ValidationError`,
 * `AccessDenied`, `InvalidParameterValue`) stands under its public code.
 */
import type * as SDK from '@aws-sdk/client-sts'
import { errorsOf } from '../../kernel/protocol/types.ts'
import { ServiceError } from '../../kernel/service-error.ts'

const modelled = errorsOf<typeof SDK>()

const validationError = (message: string) => new ServiceError('ValidationError', message)

/** One sentence for each constraint that a request breaks. */
export const constraintsBroken = (constraints: readonly string[]) =>
  validationError(
    `${constraints.length} validation error${constraints.length === 1 ? '' : 's'} detected: ${constraints.join('; ')}`,
  )

export const invalidArn = (text: string) => validationError(`${text} is invalid`)

export const exceedsChainedDuration = () =>
  validationError('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.')

const accessDenied = (message: string) => new ServiceError('AccessDenied', message, { status: 403 })

export const notAuthorized = (principalArn: string, action: string, resourceArn: string) =>
  accessDenied(`User: ${principalArn} is not authorized to perform: sts:${action} on resource: ${resourceArn}`)

/** Of operations that nobody has signed: there is no user to name. */
export const notAuthorizedTo = (operation: string) => accessDenied(`Not authorized to perform sts:${operation}`)

export const noSessionCredentials = (operation: string) =>
  accessDenied(`Cannot call ${operation} with session credentials`)

/** No user has a device yet. Two blanks, as recorded. */
export const unknownMfaDevice = () =>
  accessDenied(
    'MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and ' +
      'associated with this user.',
  )

const invalidParameterValue = (message: string) => new ServiceError('InvalidParameterValue', message)

export const duplicateTagKeys = () =>
  invalidParameterValue('Duplicate tag keys found. Please note that Tag keys are case insensitive.')

export const transitiveKeyWithoutTag = () =>
  invalidParameterValue('The specified transitive tag key must be included in the requested tags.')

export const conflictsWithTransitiveTag = () =>
  invalidParameterValue(
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the " +
      'calling session.',
  )

export const reservedTagKey = () =>
  invalidParameterValue('aws: prefixed tag key names are not allowed for external use.')

export const malformedPolicy = (message: string) => modelled('MalformedPolicyDocumentException', message)

export const packedPolicyTooLarge = (percent: number) =>
  modelled('PackedPolicyTooLargeException', `Packed size consumes ${percent}% of allotted space`)

/** How names have to be that a provider of identities gives. */
export const badNameFromProvider = (what: string) => invalidIdentityToken(`${what} must match [a-zA-Z_0-9+=,.@-]{2,64}`)

export const invalidIdentityToken = (message: string) => modelled('InvalidIdentityTokenException', message)

/** In seconds since the epoch. */
export const webIdentityExpired = (now: number, expiresAt: number) =>
  modelled(
    'ExpiredTokenException',
    `Token expired: current date/time ${now} must be before the expiration date/time ${expiresAt}`,
  )

export const assertionExpired = () =>
  modelled('ExpiredTokenException', 'Token must be redeemed within 5 minutes of issuance')

export const invalidMessage = () => modelled('InvalidAuthorizationMessageException', 'Message is not valid')
