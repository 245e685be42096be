/**
 * Topic names and ARNs, and the ARNs of what messages are delivered to. A topic's name tells its type: those of FIFO topics, and
 * no others, end in `.fifo`.
 */
import { formatArn, isAccountId, parseArn, partitionOf } from '../../../kernel/arn.ts'
import { invalidParameter } from '../errors.ts'

const FIFO_SUFFIX = '.fifo'

const STANDARD_NAME = /^[\w-]{1,256}$/
const FIFO_NAME = /^(?=.{1,256}$)[\w-]+\.fifo$/

/** Of a topic's or a queue's name, or its ARN. */
export const isFifoName = (nameOrArn: string) => nameOrArn.endsWith(FIFO_SUFFIX)

/** Throws InvalidParameter unless `name` may be given to a new topic of that type. */
export function checkTopicName(name: string, fifo: boolean): void {
  if (!(fifo ? FIFO_NAME : STANDARD_NAME).test(name)) throw invalidParameter('Topic Name')
}

/** What every resource belongs to. */
export interface Place {
  readonly region: string
  /** Twelve digits. */
  readonly accountId: string
}

export interface TopicAddress extends Place {
  readonly name: string
}

export const snsArn = ({ region, accountId }: Place, resource: string) =>
  formatArn({ partition: partitionOf(region), service: 'sns', region, accountId, resource })

export const topicArn = (topic: TopicAddress) => snsArn(topic, topic.name)

export interface QueueAddress extends Place {
  readonly name: string
}

const QUEUE_NAME = /^(?=.{1,80}$)[\w-]+(\.fifo)?$/

/** The queue an ARN names, or undefined if it isn't the ARN of a queue. Whether there is one is not asked. */
export function parseQueueArn(text: string): QueueAddress | undefined {
  const { service, region, accountId, resource: name } = parseArn(text) ?? {}
  if (service !== 'sqs' || !region || !accountId || !name) return undefined
  return isAccountId(accountId) && QUEUE_NAME.test(name) ? { region, accountId, name } : undefined
}

const ROLE = /^role\/[\w+=,.@/-]+$/

/** Whether a text is the ARN of an IAM role. */
export function isRoleArn(text: string): boolean {
  const { service, accountId = '', resource = '' } = parseArn(text) ?? {}
  return service === 'iam' && isAccountId(accountId) && ROLE.test(resource)
}
