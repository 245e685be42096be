/**
 * Events of platform applications: what is published to the topics that an application names for them.
 *
 * The forms are recorded ones (members in alphabetical order); of created, updated and deleted endpoints only the members
 * are known that all events have.
 * https://docs.aws.amazon.com/sns/latest/dg/application-event-notifications.html
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import { type EndpointAddress, endpointArn, platformApplicationArn } from './arn.ts'
import { timestamp } from './envelope.ts'
import type { PlatformApplicationAttributes } from './platform-application.ts'

export type MobileEvent =
  | { readonly type: 'EndpointCreated' | 'EndpointDeleted' | 'EndpointUpdated' }
  | ({ readonly type: 'DeliveryFailure' } & DeliveryFailure)

/** Of a delivery that has failed for good. */
export interface DeliveryFailure {
  readonly messageId: string
  readonly attempts: number
  readonly failureType: 'EndpointDisabled' | 'InvalidPlatformToken' | 'DeliveryFailedPerm'
  readonly failureMessage: string
}

export const ENDPOINT_DISABLED = {
  failureType: 'EndpointDisabled',
  failureMessage: 'Endpoint is disabled',
} as const

/** The platform says that the token is none of a device, or not any more. */
export const INVALID_TOKEN = {
  failureType: 'InvalidPlatformToken',
  failureMessage: 'Platform token associated with the endpoint is not valid',
} as const

/** The ARN of the topic that is told of such events; undefined if nobody is. */
export const eventTopic = (attributes: PlatformApplicationAttributes, { type }: MobileEvent): string | undefined =>
  attributes[`Event${type}`]

/** What the topic is told: subject and text. */
export function eventMessage(
  event: MobileEvent,
  endpoint: EndpointAddress,
  at: Millis,
): { readonly subject: string; readonly message: string } {
  const { platform, application } = endpoint
  const failure = event.type === 'DeliveryFailure' ? event : undefined
  const document = {
    DeliveryAttempts: failure?.attempts,
    EndpointArn: endpointArn(endpoint),
    EventType: event.type,
    FailureMessage: failure?.failureMessage,
    FailureType: failure?.failureType,
    MessageId: failure?.messageId,
    Resource: platformApplicationArn({ ...endpoint, name: application }),
    Service: 'SNS',
    Time: timestamp(at),
  }
  return { subject: subjectOf(event, application, platform), message: JSON.stringify(document) }
}

const MAX_SUBJECT_LENGTH = 100

/** Applications may have longer names than a subject has room for. */
const subjectOf = ({ type }: MobileEvent, application: string, platform: string): string =>
  `${type} event for app ${application} (${platform})`.slice(0, MAX_SUBJECT_LENGTH)
