/**
 * The sentences of SNS, byte for byte as clients know them, each under a name that lets the throwing line read as prose.
 *
 * A code is the name of the modelled error shape; its status and Query code come from the schema. `ValidationError`,
 * which the framework under SNS answers for members that break the schema, is not modelled and stands as it is.
 * Sentences about one noun only, and without a second user, stand beside that noun's rules in model/.
 */
import type * as SDK from '@aws-sdk/client-sns'
import { errorsOf } from '../../kernel/protocol/types.ts'
import { ServiceError } from '../../kernel/service-error.ts'

/** Makes the errors that SNS models; any other name is a compile error. */
export const modelled = errorsOf<typeof SDK>()

/** The form of most validation. */
export const invalidParameter = (what: string) => modelled('InvalidParameterException', `Invalid parameter: ${what}`)

/** How an operation refuses the value of an attribute; `tail` says what is wrong with it. */
export type Refuse = (tail: string) => ServiceError

/** Of operations that set one attribute by its name. */
export const refuseAttribute: Refuse = (tail) => invalidParameter(tail)

/** Of operations that bring attributes as a map. */
export const refuseAttributes: Refuse = (tail) => invalidParameter(`Attributes Reason: ${tail}`)

/** What is wrong with message attributes; `ParameterValueInvalid` on the wire. */
export const invalidMessageAttribute = (message: string) => modelled('InvalidParameterValueException', message)

/** One sentence for each constraint that a request breaks: see `memberIsNull` and `valueBreaks`. */
export function validationError(constraints: readonly string[]): ServiceError {
  const count = `${constraints.length} validation error${constraints.length === 1 ? '' : 's'} detected`
  return new ServiceError('ValidationError', `${count}: ${constraints.join('; ')}`)
}

export const memberIsNull = (path: string) =>
  `Value null at '${path}' failed to satisfy constraint: Member must not be null`

export const valueBreaks = (value: unknown, path: string, constraint: string) =>
  `Value '${value}' at '${path}' failed to satisfy constraint: Member must ${constraint}`

/** In how errors name a member: items of lists and values of maps are called `member`. */
const ATTRIBUTE_TYPE = /^(.*\.)?MessageAttributes\.(.*)\.DataType$/s
const LIST_ITEM = /^(\w+)\.(\d+)\./

/**
 * Required members are absent. Paths are the edge's (`PublishBatchRequestEntries.1.MessageAttributes.a.DataType`). The
 * name of a message attribute may hold dots.
 */
export const missingMembers = (paths: readonly string[]) =>
  validationError(paths.map((path) => memberIsNull(memberPath(path))))

function memberPath(path: string): string {
  const [, before = '', attribute] = ATTRIBUTE_TYPE.exec(path) ?? []
  const named = attribute === undefined ? path : `${before}messageAttributes.${attribute}.member.dataType`
  const [item, list = '', number] = LIST_ITEM.exec(named) ?? []
  if (item === undefined || number === undefined) return decapitalise(named)
  return `${decapitalise(list)}.${number}.member.${decapitalise(named.slice(item.length))}`
}

const decapitalise = (name: string) => name.charAt(0).toLowerCase() + name.slice(1)

export const invalidAction = (action: string) =>
  new ServiceError('InvalidAction', `The action ${action} is not valid for this endpoint.`)

// What doesn't exist

const notFound = (noun: string) => modelled('NotFoundException', `${noun} does not exist`)

export const topicNotFound = () => notFound('Topic')
export const subscriptionNotFound = () => notFound('Subscription')
export const endpointNotFound = () => notFound('Endpoint')
export const platformApplicationNotFound = () => notFound('PlatformApplication')

/** Operations on tags, and on the phone numbers of the sandbox, have a code of their own. */
export const resourceNotFound = () => modelled('ResourceNotFoundException', 'Resource does not exist')

/** A publish to the ARN of a platform endpoint that isn't there, or not any more. */
export const targetNotFound = () => invalidParameter('TargetArn Reason: No endpoint found for the target arn specified')

// What exists in another form

export const topicHasOtherAttributes = () => refuseAttributes('Topic already exists with different attributes')

export const topicHasOtherTags = () => invalidParameter('Tags Reason: Topic already exists with different tags')

export const subscriptionHasOtherAttributes = () =>
  refuseAttributes('Subscription already exists with different attributes')

export const platformApplicationHasOtherAttributes = () =>
  invalidParameter('Name Reason: An application with the same name but different properties already exists')

export const endpointHasOtherAttributes = (endpointArn: string) =>
  invalidParameter(
    `Token Reason: Endpoint ${endpointArn} already exists with the same Token, but different attributes.`,
  )

// What is not allowed

export const notAuthorized = (principalArn: string, operation: string, resourceArn: string) =>
  modelled(
    'AuthorizationErrorException',
    `User: ${principalArn} is not authorized to perform: SNS:${operation} on resource: ${resourceArn}`,
  )

/** Whoever confirmed the subscription asked that only who is signed in may remove it. */
export const unsubscribeNeedsAuthentication = (subscriptionArn: string) =>
  notAuthorized('anonymous', 'Unsubscribe', subscriptionArn)

/** It has to be confirmed first, or goes by itself. */
export const unsubscribePending = () =>
  invalidParameter('SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation')

export const endpointDisabled = () => modelled('EndpointDisabledException', 'Endpoint is disabled')

export const platformApplicationDisabled = () =>
  modelled('PlatformApplicationDisabledException', 'PlatformApplication is disabled')

export const topicHasArchive = () =>
  modelled('InvalidStateException', 'The topic has an active ArchivePolicy and cannot be deleted.')

export const optedOut = () => modelled('OptedOutException', 'The owner of the phone number wants no messages.')

/** SNS's own sentence is not on record. */
export const optedInRecently = () =>
  invalidParameter('PhoneNumber Reason: a phone number can be opted in only once every 30 days')

// Limits. SNS's own sentences are not on record.

export const tagLimitExceeded = () =>
  modelled('TagLimitExceededException', 'Could not complete request: tag quota of per resource exceeded')

export const topicLimitExceeded = () =>
  modelled('TopicLimitExceededException', 'The account has the maximum number of topics.')

export const subscriptionLimitExceeded = () =>
  modelled('SubscriptionLimitExceededException', 'The topic or the account has the maximum number of subscriptions.')

export const filterPolicyLimitExceeded = () =>
  modelled('FilterPolicyLimitExceededException', 'The topic or the account has the maximum number of filter policies.')

export const replayLimitExceeded = () =>
  modelled('ReplayLimitExceededException', 'The topic has the maximum number of replays.')

// Confirmation

/** For a token that is well formed, and confirms nothing or nothing any more. */
export const invalidToken = () => invalidParameter('Token')

/** For a TopicArn that is none, or one of another region. */
export const invalidConfirmationTopic = () => invalidParameter('Topic')

export const unreachableEndpoint = () => invalidParameter('Unreachable Endpoint')

// FIFO topics

/** Only the topic's attributes tell. */
export const deduplicationIdMissing = () =>
  invalidParameter(
    'The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  )
