/**
 * The sentences of SQS, byte for byte as clients know them, each under a name that lets the throwing line read as prose.
 *
 * A code is the name of the modelled error shape; its status and Query code come from the schema. `InvalidParameterValue`
 * and `MissingParameter`, most of SQS's validation, are not modelled and carry their public code as it stands.
 * Sentences about one noun only, and without a second user, stand beside that noun's rules in model/.
 */
import type * as SDK from '@aws-sdk/client-sqs'
import { errorsOf } from '../../kernel/protocol/types.ts'
import { ServiceError } from '../../kernel/service-error.ts'

/** Makes the errors that SQS models; any other name is a compile error. */
export const modelled = errorsOf<typeof SDK>()

export const invalidParameterValue = (message: string) => new ServiceError('InvalidParameterValue', message)

/** The form most parameter errors share. */
export const invalidParameter = (parameter: string, value: unknown, reason: string) =>
  invalidParameterValue(`Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`)

/** A required parameter is absent; in a batch its name is that of the Query protocol: `SendMessageBatchRequestEntry.1.Id`. */
export const missingParameter = (parameter: string) =>
  new ServiceError('MissingParameter', `The request must contain the parameter ${parameter}.`, {
    type: 'com.amazon.coral.service#MissingRequiredParameterException',
  })

export const invalidAction = (action: string) =>
  new ServiceError('InvalidAction', `The action ${action} is not valid for this endpoint.`)

// Queues

export const queueDoesNotExist = () =>
  modelled('QueueDoesNotExist', 'The specified queue does not exist.', {
    queryMessage: 'The specified queue does not exist for this wsdl version.',
  })

/** A queue of that name exists, and `attribute` is the first in which it differs from what was asked for. */
export const queueNameExists = (attribute: string) =>
  modelled(
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  )

export const queueDeletedRecently = () =>
  modelled(
    'QueueDeletedRecently',
    'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
  )

export const purgeInProgress = (queueName: string) =>
  modelled('PurgeQueueInProgress', `Only one PurgeQueue operation on ${queueName} is allowed every 60 seconds.`)

export const invalidAddress = (queueUrl: string) =>
  modelled('InvalidAddress', `The address ${queueUrl} is not valid for this endpoint.`)

// Queue attributes

export const unknownAttribute = (name: string) => modelled('InvalidAttributeName', `Unknown Attribute ${name}.`)

export const invalidAttributeValue = (name: string, reason?: string) =>
  modelled(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}.${reason === undefined ? '' : ` Reason: ${reason}`}`,
  )

// Dead-letter queues: what only the store can find out about a redrive policy

const invalidRedrivePolicy = (policyText: string, reason: string) =>
  invalidParameter('RedrivePolicy', policyText, reason)

export const deadLetterQueueMissing = (policyText: string) =>
  invalidRedrivePolicy(policyText, 'Dead letter target does not exist.')

export const deadLetterQueueOfOtherType = (policyText: string) =>
  invalidRedrivePolicy(policyText, 'Dead-letter queue must be same type of queue as the source..')

export const deadLetterQueueRefuses = (policyText: string) =>
  invalidRedrivePolicy(policyText, 'Dead-letter queue does not allow this source.')

// Messages

export const illegalCharacters =
  'Invalid characters found. Valid unicode characters are ' +
  '#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF'

export const invalidMessageContents = () => modelled('InvalidMessageContents', illegalCharacters)

/** In a batch, where other entries may be accepted, SQS says it in other words. */
export const messageTooLong = (maxBytes: number, inBatch: boolean) =>
  invalidParameterValue(
    `One or more parameters ${inBatch ? 'cannot be validated' : 'are invalid'}. ` +
      `Reason: Message must be shorter than ${maxBytes} bytes.`,
  )

export const missingDeduplicationId = () =>
  invalidParameterValue(
    'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
  )

export const tooManyInFlight = () => modelled('OverLimit', 'Too many messages in flight')

// Receipt handles

export const receiptHandleIsInvalid = (handle: string) =>
  modelled('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`)

/** FIFO only: the message became visible again, so the handle no longer stands for its latest receive. */
export const receiptHandleExpired = (handle: string) =>
  invalidParameter('ReceiptHandle', handle, 'The receipt handle has expired.')

export const messageNotAvailable = (handle: string) =>
  invalidParameter('ReceiptHandle', handle, 'Message does not exist or is not available for visibility timeout change.')

// Move tasks: what only the store can find out

export const moveResourceMissing = (parameter: 'SourceArn' | 'DestinationArn') =>
  modelled('ResourceNotFoundException', `The resource that you specified for the ${parameter} parameter doesn't exist.`)

export const sourceIsNotDeadLetterQueue = () =>
  invalidParameterValue('Source queue must be configured as a Dead Letter Queue.')

export const moveBetweenQueueTypes = () =>
  invalidParameterValue('The source queue and destination queue must be of the same queue type.')

export const moveTaskAlreadyRunning = () =>
  invalidParameterValue(
    'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
  )

export const moveTaskMissing = () => modelled('ResourceNotFoundException', 'Task does not exist.')
