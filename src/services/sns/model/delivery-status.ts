/**
 * Delivery status: what is logged of deliveries whose topic or application asks for it, successes by a sample, failures all.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-topic-attributes.html
 */
import { hash } from 'node:crypto'
import type { Millis } from '../../../kernel/clock/clock.ts'
import { timestamp } from './envelope.ts'

export interface DeliveryStatus {
  readonly messageId: string
  /** The text that was delivered. */
  readonly message: string
  /** Where the message was published to, unless that was a phone number. */
  readonly topicArn?: string
  readonly publishedAt: Millis
  readonly deliveryId: string
  /** An ARN, a URL, an address or a number. */
  readonly destination: string
  /** What the far side said, as JSON or not. */
  readonly providerResponse: string
  /** From the publish to the end of the last attempt. */
  readonly dwellTime: Millis
  /** As an HTTP status; undefined if there was no answer. */
  readonly statusCode?: number
  /** Of deliveries that are counted: those over HTTP, and failures. */
  readonly attempts?: number
  readonly delivered: boolean
}

/** The record, as JSON. */
export function deliveryStatusRecord(status: DeliveryStatus): string {
  const { messageId, message, topicArn, publishedAt, deliveryId, destination, providerResponse } = status
  return JSON.stringify({
    notification: {
      messageMD5Sum: hash('md5', message, 'hex'),
      messageId,
      topicArn,
      timestamp: logTimestamp(publishedAt),
    },
    delivery: {
      deliveryId,
      destination,
      providerResponse,
      dwellTimeMs: status.dwellTime,
      statusCode: status.statusCode,
      attempts: status.attempts,
    },
    status: status.delivered ? 'SUCCESS' : 'FAILURE',
  })
}

/** `2024-01-02 03:04:05.678`, in UTC. */
const logTimestamp = (at: Millis) => timestamp(at).replace('T', ' ').replace('Z', '')

/** Whose deliveries a log group is for; without a name, those of text messages to phone numbers. */
export interface LogSource {
  readonly region: string
  readonly accountId: string
  /** Of the topic. */
  readonly name?: string
}

/** The log group of a record. */
export const logGroup = ({ region, accountId, name }: LogSource, delivered: boolean): string =>
  `sns/${region}/${accountId}/${name ?? 'DirectPublishToPhoneNumber'}${delivered ? '' : '/Failure'}`

/** What a topic has of the attributes for one kind of endpoint: `HTTPSuccessFeedbackRoleArn` and so on. */
export interface Feedback {
  readonly successRoleArn?: string
  /** A text, in percent; without one there is no sample. */
  readonly successSampleRate?: string
  readonly failureRoleArn?: string
}

/** Whether a delivery is logged; `random`, from 0 to less than 1, decides which successes are in the sample. */
export function isLogged(feedback: Feedback, delivered: boolean, random: number): boolean {
  if (!delivered) return feedback.failureRoleArn !== undefined
  return feedback.successRoleArn !== undefined && random * 100 < Number(feedback.successSampleRate ?? 0)
}
