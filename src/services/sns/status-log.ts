/**
 * Delivery status: lines of the node's log, for the topics, applications and accounts that ask for them. There are no log
 * groups to write to; each line names the one that it would be in.
 */
import type { SnsContext } from './api/context.ts'
import { deliveryStatusRecord, type Feedback, isLogged, type LogSource, logGroup } from './model/delivery-status.ts'
import { formOf, type StoredMessage, textFor } from './model/message.ts'
import type { PushOutcome } from './outbound/push/request.ts'
import type { Destination, FanOutReport, MobileEndpoint, SmsFacts, Topic } from './store.ts'

/** What an HTTP endpoint answered, if it did. */
export interface Answer {
  readonly status?: number
  readonly answer?: string
}

export interface Attempted {
  readonly message: StoredMessage
  readonly destination: Destination
  readonly outcome: PushOutcome & Answer
  readonly attempts: number
}

export function logStatus(
  { clock, log }: Pick<SnsContext, 'clock' | 'log'>,
  { message, destination, outcome, attempts }: Attempted,
): void {
  if (outcome.type === 'retry') return
  const { topic, subscription, mobile, sms } = destination
  const delivered = outcome.type === 'delivered'
  const form = mobile === undefined ? (subscription?.protocol ?? 'sms') : formOf('application', mobile.arn)
  const isHttp = subscription?.protocol === 'http' || subscription?.protocol === 'https'
  for (const { feedback, source } of askers(destination)) {
    if (!isLogged(feedback, delivered, Math.random())) continue
    const record = deliveryStatusRecord({
      messageId: message.messageId,
      message: textFor(message, form),
      ...(topic !== undefined && { topicArn: topic.arn }),
      publishedAt: message.publishedAt,
      deliveryId: crypto.randomUUID(),
      destination: subscription?.endpoint ?? mobile?.arn ?? sms?.phoneNumber ?? '',
      providerResponse: outcome.answer ?? ('reason' in outcome ? outcome.reason : ''),
      dwellTime: clock.now() - message.publishedAt,
      ...(outcome.status !== undefined && { statusCode: outcome.status }),
      ...((isHttp || !delivered) && { attempts }),
      delivered,
    })
    log.info({ deliveryStatus: JSON.parse(record), logGroup: logGroup(source, delivered) }, 'delivery status')
  }
}

/** Counts and logs what became of copies for queues. */
export function reportFanOut({ counts, log }: Pick<SnsContext, 'counts' | 'log'>, report: FanOutReport): void {
  counts.fannedOut(report)
  for (const { record, logGroup } of report.statuses) {
    log.info({ deliveryStatus: JSON.parse(record), logGroup }, 'delivery status')
  }
}

/** Who may have asked to be told of a delivery, and what for. */
interface Asker {
  readonly feedback: Feedback
  readonly source: LogSource
}

function askers({ topic, subscription, mobile, sms }: Destination): Asker[] {
  const asking: Asker[] = []
  const kind = subscription && LOGGED_AS[subscription.protocol]
  if (topic !== undefined && kind !== undefined) asking.push(topicAsker(topic, kind))
  if (mobile !== undefined) asking.push(applicationAsker(mobile))
  if (sms !== undefined) asking.push(accountAsker(sms, topic))
  return asking
}

const LOGGED_AS: Readonly<Record<string, 'HTTP' | 'Firehose' | 'Lambda' | 'Application'>> = {
  http: 'HTTP',
  https: 'HTTP',
  firehose: 'Firehose',
  lambda: 'Lambda',
  application: 'Application',
}

const topicAsker = (topic: Topic, kind: (typeof LOGGED_AS)[string]): Asker => ({
  feedback: feedbackOf(
    topic.attributes[`${kind}SuccessFeedbackRoleArn`],
    topic.attributes[`${kind}SuccessFeedbackSampleRate`],
    topic.attributes[`${kind}FailureFeedbackRoleArn`],
  ),
  source: topic,
})

function applicationAsker({ address, applicationAttributes }: MobileEndpoint): Asker {
  const { accountId, region, platform, application } = address
  const { SuccessFeedbackRoleArn, SuccessFeedbackSampleRate, FailureFeedbackRoleArn } = applicationAttributes
  return {
    feedback: feedbackOf(SuccessFeedbackRoleArn, SuccessFeedbackSampleRate, FailureFeedbackRoleArn),
    source: { accountId, region, name: `app/${platform}/${application}` },
  }
}

function accountAsker({ accountId, region, attributes }: SmsFacts, topic: Topic | undefined): Asker {
  const { DeliveryStatusIAMRole: role, DeliveryStatusSuccessSamplingRate: rate } = attributes
  return { feedback: feedbackOf(role, rate, role), source: topic ?? { accountId, region } }
}

const feedbackOf = (
  successRoleArn: string | undefined,
  successSampleRate: string | undefined,
  failureRoleArn: string | undefined,
): Feedback => ({
  ...(successRoleArn !== undefined && { successRoleArn }),
  ...(successSampleRate !== undefined && { successSampleRate }),
  ...(failureRoleArn !== undefined && { failureRoleArn }),
})
