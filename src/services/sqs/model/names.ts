/**
 * Queue names and ARNs. Names are unique per account and region, case-sensitive, and tell the queue's type:
 * those of FIFO queues, and no others, end in `.fifo`.
 */
import { formatArn, isAccountId, parseArn, partitionOf } from '../../../kernel/arn.ts'
import { invalidParameterValue } from '../errors.ts'

export interface QueueAddress {
  readonly region: string
  /** Twelve digits. */
  readonly accountId: string
  readonly name: string
}

const FIFO_SUFFIX = '.fifo'

const STANDARD_NAME = /^[\w-]{1,80}$/
const FIFO_NAME = /^(?=.{1,80}$)[\w-]+\.fifo$/

export const isFifoName = (name: string) => name.endsWith(FIFO_SUFFIX)

/** Throws InvalidParameterValue unless `name` may be given to a new queue of that type. */
export function checkQueueName(name: string | undefined, fifo: boolean): void {
  if (name === undefined) {
    throw invalidParameterValue('Value for parameter QueueName is invalid. Reason: Must specify a queue name.')
  }
  if (name === '') throw invalidParameterValue('Queue name cannot be empty')
  if (fifo && !FIFO_NAME.test(name)) {
    throw invalidParameterValue(
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, ' +
        'must end with .fifo suffix and be 1 to 80 in length',
    )
  }
  if (!fifo && !STANDARD_NAME.test(name)) {
    throw invalidParameterValue('Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length')
  }
}

export const queueArn = ({ region, accountId, name }: QueueAddress) =>
  formatArn({ partition: partitionOf(region), service: 'sqs', region, accountId, resource: name })

/** The queue an ARN names, or undefined if it isn't the ARN of a queue. */
export function parseQueueArn(arn: string): QueueAddress | undefined {
  const { service, region, accountId, resource: name } = parseArn(arn) ?? {}
  return service === 'sqs' && region && accountId && isAccountId(accountId) && name
    ? { region, accountId, name }
    : undefined
}
