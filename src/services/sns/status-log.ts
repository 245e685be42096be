/**
 * Delivery status: lines of the node's log, for the topics, applications and accounts that ask for them. There are no log
 * groups to write to; each line names the one that it would be in.
 */
import { withoutPasswords } from '../../kernel/secrets.ts'
import type { SnsContext } from './api/context.ts'
import { deliveryStatusRecord, type Feedback, isLogged, type LogSource, logGroup } from './model/delivery-status.ts'
import { formOf, type StoredMessage, textFor } from './model/message.ts'
import type { PushOutcome } from './outbound/push/request.ts'
import type { Destination, FailedCopies, FanOutReport, MobileEndpoint, SmsFacts, Topic } from './store.ts'

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
      destination: withoutPasswords(subscription?.endpoint ?? mobile?.arn ?? sms?.phoneNumber ?? ''),
      providerResponse: outcome.answer ?? ('reason' in outcome ? outcome.reason : ''),
      dwellTime: clock.now() - message.publishedAt,
      ...(outcome.status !== undefined && { statusCode: outcome.status }),
      ...((isHttp || !delivered) && { attempts }),
      delivered,
    })
    log.info({ deliveryStatus: JSON.parse(record), logGroup: logGroup(source, delivered) }, 'delivery status')
  }
}

type Reporting = Pick<SnsContext, 'counts' | 'log'>

/** A fan-out to a thousand queues that are gone is one event: so many of them are named. */
const NAMED = 20

/** Counts and logs what never reached its subscriber. */
export function reportFailures({ counts, log }: Reporting, failures: readonly FailedCopies[]): void {
  for (const failure of failures) counts.failed(failure)
  for (const failure of failures.slice(0, NAMED)) {
    if (failure.copies === failure.redriven) log.info(failure, 'copies went to a dead-letter queue')
    else log.warn(failure, 'copies are lost: nobody takes them')
  }
  const targets = failures.length - NAMED
  if (targets > 0) log.warn({ targets }, 'copies for further targets could not be delivered')
}

/** Counts and logs what became of copies for queues. */
export function reportFanOut(sns: Reporting, report: FanOutReport): void {
  const { counts, log } = sns
  counts.delivered('sqs', report.delivered)
  reportFailures(sns, report.failures)
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
