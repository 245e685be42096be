/**
 * Dead-letter queues: the RedrivePolicy of a source, and the RedriveAllowPolicy of a target.
 *
 * Both are JSON texts. A RedrivePolicy is stored as it was written, since errors quote it, and is shown and compared by
 * its value. What needs other queues (does the target exist, is it of
 * the source's type, does it allow the source) is for the store to find out and errors.ts to say.
 */
import { parseArn } from '../../../kernel/arn.ts'
import { parseJsonObject } from '../../../kernel/json-object.ts'
import { invalidAttributeValue, invalidParameter } from '../errors.ts'
import { parseQueueArn, type QueueAddress } from './names.ts'

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string
  readonly target: QueueAddress
  /** How often a message is delivered before it is moved; 1 to 1000. */
  readonly maxReceiveCount: number
}

/** Throws, in SQS's checking order, what is wrong with the text of a RedrivePolicy taken by itself. */
export function parseRedrivePolicy(text: string): RedrivePolicy {
  const refused = (reason: string) => invalidParameter('RedrivePolicy', text, reason)
  const policy = parseJsonObject(text)
  if (!policy) throw invalidAttributeValue('RedrivePolicy', 'Redrive policy is not a valid JSON map.')

  const { maxReceiveCount, deadLetterTargetArn: arn, ...others } = policy
  for (const name of ['maxReceiveCount', 'deadLetterTargetArn']) {
    if ((policy[name] ?? undefined) === undefined) {
      throw refused(`Redrive policy does not contain mandatory attribute: ${name}.`)
    }
  }
  if (Object.keys(others).length > 0) {
    throw refused('Only following attributes are supported: [maxReceiveCount, deadLetterTargetArn].')
  }
  const count = receiveCount(maxReceiveCount)
  if (count === undefined) {
    const shown = typeof maxReceiveCount === 'string' ? maxReceiveCount : JSON.stringify(maxReceiveCount)
    throw refused(`Invalid value for maxReceiveCount: ${shown}, valid values are from 1 to 1000 both inclusive.`)
  }
  const service = parseArn(String(arn))?.service
  if (service !== undefined && service !== 'sqs') {
    throw refused('Only SQS queues are valid resources for deadLetterTargetArn.')
  }
  const target = parseQueueArn(String(arn))
  if (!target) throw refused('Dead-letter target ARN should be fully qualified ARN.')
  return { deadLetterTargetArn: String(arn), target, maxReceiveCount: count }
}

/** How a RedrivePolicy is read back, however it was written: compact, in this order, with a number. */
export const formatRedrivePolicy = ({ deadLetterTargetArn, maxReceiveCount }: RedrivePolicy): string =>
  JSON.stringify({ deadLetterTargetArn, maxReceiveCount })

/** Clients write the count as a number or as its text. */
function receiveCount(given: unknown): number | undefined {
  const count = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given
  return Number.isInteger(count) && (count as number) >= 1 && (count as number) <= 1000 ? (count as number) : undefined
}

export interface RedriveAllowPolicy {
  readonly redrivePermission: 'allowAll' | 'denyAll' | 'byQueue'
  /** Empty unless the permission is `byQueue`; at most ten. */
  readonly sourceQueueArns: readonly string[]
}

/** Throws what is wrong with the text of a RedriveAllowPolicy. */
export function parseRedriveAllowPolicy(text: string): RedriveAllowPolicy {
  const refused = (reason: string) =>
    invalidParameter('RedriveAllowPolicy', text, `Amazon SQS can't create the redrive allow policy. ${reason}`)
  const policy = readAllowPolicy(text)
  if (!policy) throw unsupportedAllowPolicy()

  const sources = policy.sourceQueueArns.length
  if (policy.redrivePermission === 'byQueue' && sources === 0) {
    throw refused(
      'When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.',
    )
  }
  if (sources > 10) throw refused('The maximum number of source queue ARNs you can specify is 10.')
  if (policy.redrivePermission !== 'byQueue' && sources > 0) {
    throw refused('To specify one or more source queue ARNs, you must set redrivePermission to byQueue.')
  }
  return policy
}

/** Undefined for anything that doesn't have the shape of such a policy. */
function readAllowPolicy(text: string): RedriveAllowPolicy | undefined {
  const { redrivePermission, sourceQueueArns: given, ...others } = parseJsonObject(text) ?? {}
  const sourceQueueArns = given ?? []
  if (redrivePermission !== 'allowAll' && redrivePermission !== 'denyAll' && redrivePermission !== 'byQueue') {
    return undefined
  }
  if (!Array.isArray(sourceQueueArns) || !sourceQueueArns.every((arn) => typeof arn === 'string')) return undefined
  return Object.keys(others).length > 0 ? undefined : { redrivePermission, sourceQueueArns }
}

/** The text to keep: as it was written, but without a `sourceQueueArns` that is null. Throws as parsing does. */
export function storedRedriveAllowPolicy(text: string): string {
  const { redrivePermission } = parseRedriveAllowPolicy(text)
  return parseJsonObject(text)?.sourceQueueArns === null ? JSON.stringify({ redrivePermission }) : text
}

// The apostrophe in "it’s", unlike that in "can't", is a typographic one in SQS's own sentence.
const unsupportedAllowPolicy = () =>
  invalidAttributeValue(
    'RedriveAllowPolicy',
    "Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.",
  )

/** Whether a queue with that RedriveAllowPolicy may be the dead-letter queue of `sourceArn`; without one, of any. */
export function allowsSource(allowPolicyText: string | undefined, sourceArn: string): boolean {
  if (allowPolicyText === undefined) return true
  const { redrivePermission, sourceQueueArns } = parseRedriveAllowPolicy(allowPolicyText)
  return redrivePermission === 'allowAll' || (redrivePermission === 'byQueue' && sourceQueueArns.includes(sourceArn))
}
