/**
 * Message move tasks: their arguments, and the handle by which a task is cancelled.
 * Which queues exist, whose dead-letter queue the source is and what runs already, is for the store to find out.
 */
import { parseArn } from '../../../kernel/arn.ts'
import { parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidParameter, invalidParameterValue, moveResourceMissing } from '../errors.ts'
import { parseQueueArn, type QueueAddress } from './names.ts'

/** The queue an argument names. Throws InvalidParameterValue if it is no ARN, ResourceNotFound if it is another service's. */
export function parseMoveArn(parameter: 'SourceArn' | 'DestinationArn', arn: string): QueueAddress {
  const { region, accountId } = parseArn(arn) ?? {}
  if (!region || !accountId) {
    throw invalidParameterValue(
      `You must use this format to specify the ${parameter}: ` +
        'arn:<partition>:<service>:<region>:<account-id>:<resource-id>',
    )
  }
  const queue = parseQueueArn(arn)
  if (!queue) throw moveResourceMissing(parameter)
  return queue
}

/** Throws InvalidParameterValue for what is wrong with a task's arguments taken together. */
export function checkMoveArguments(sourceArn: string, destinationArn?: string, messagesPerSecond?: number): void {
  if (sourceArn === destinationArn) {
    throw invalidParameterValue('Source queue arn and destination queue arn cannot be the same.')
  }
  if (messagesPerSecond !== undefined && !(messagesPerSecond >= 1 && messagesPerSecond <= 500)) {
    throw invalidParameterValue(
      'Value for parameter MaxNumberOfMessagesPerSecond is invalid. ' +
        "Reason: You must enter a number that's between 1 and 500.",
    )
  }
}

const DEFAULT_LISTED = 1

/** How many tasks ListMessageMoveTasks shows. */
export function tasksToList(maxResults = DEFAULT_LISTED): number {
  if (maxResults >= 1 && maxResults <= 10) return maxResults
  throw invalidParameter('MaxResults', maxResults, 'MaxResults must be an integer between 1 and 10.')
}

export interface TaskReference {
  readonly taskId: string
  readonly sourceArn: string
}

export const encodeTaskHandle = ({ taskId, sourceArn }: TaskReference) =>
  Buffer.from(JSON.stringify({ taskId, sourceArn })).toString('base64')

/** Throws InvalidParameterValue for what isn't a handle. Whether the task exists is for the store to say. */
export function decodeTaskHandle(handle: string): TaskReference {
  const { taskId, sourceArn } = parseJsonObject(Buffer.from(handle, 'base64').toString()) ?? {}
  if (typeof taskId !== 'string' || typeof sourceArn !== 'string') {
    throw invalidParameterValue('Value for parameter TaskHandle is invalid.')
  }
  return { taskId, sourceArn }
}
