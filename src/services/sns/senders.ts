/** How a message, or a document about a subscription, is sent to each kind of endpoint. */
import { parseArn } from '../../kernel/arn.ts'
import type { HttpClient, HttpOutcome } from '../../kernel/outbound/http.ts'
import type { Mailer } from '../../kernel/outbound/mail.ts'
import { DELIVERED, failed, retry, type SendOutcome } from '../../kernel/outbound/outcome.ts'
import { Undeliverable } from '../../kernel/targets/delivery.ts'
import type { SnsContext } from './api/context.ts'
import { contentTypeFor, type DeliveryPolicy } from './model/delivery-policy.ts'
import {
  confirmationDocument,
  confirmationMail,
  firehoseRecord,
  jsonConfirmationMail,
  jsonMail,
  lambdaEvent,
  mail,
} from './model/documents.ts'
import { envelopeFor, sharedEnvelope } from './model/envelope.ts'
import { httpHeaders } from './model/http-headers.ts'
import { formOf, type StoredMessage, textFor } from './model/message.ts'
import { notificationOf, SENDER_ID, signingOf } from './model/queue-delivery.ts'
import { classify } from './model/retry.ts'
import { signedMembers, withSignature } from './model/signature.ts'
import type { Push } from './outbound/push/push.ts'
import type { PushOutcome } from './outbound/push/request.ts'
import type { SmsProvider } from './outbound/sms.ts'
import type { Answer } from './status-log.ts'
import {
  type Content,
  type Destination,
  type Outgoing,
  type SmsFacts,
  type Subscription,
  subscriptionArn,
  type Topic,
} from './store.ts'

export type SendResult = PushOutcome & Answer

export interface Senders {
  /** One attempt. Rejects only if the store can't be used. */
  send(outgoing: Outgoing, destination: Destination, policy: DeliveryPolicy): Promise<SendResult>
}

export interface Providers {
  readonly http: HttpClient
  readonly mailer: Mailer
  readonly sms: SmsProvider
  readonly push: Push
}

/** A subscription and its topic, and what is sent. */
interface Subscribed<C extends Content = Content> {
  readonly subscription: Subscription
  readonly topic: Topic
  readonly content: C
  readonly policy: DeliveryPolicy
}
type Notified = Subscribed<Extract<Content, { type: 'Notification' }>>
type Confirmed = Subscribed<Exclude<Content, { type: 'Notification' }>>

export function createSenders(sns: SnsContext, { http, mailer, sms, push }: Providers): Senders {
  const { signing, targets } = sns

  /** The document of a Notification, complete. */
  async function envelope({ subscription, topic, content: { message } }: Notified): Promise<string> {
    const { keyId, signer } = await signing.current()
    const notification = notificationOf(message, subscription.protocol)
    const how = signingOf(topic, keyId)
    const shared = sharedEnvelope(notification, message.origin, how)
    const text = envelopeFor(shared, subscriptionArn(subscription))
    if (how === undefined || shared.signatureAt === undefined) return text
    const signature = await signer.sign(signedMembers(notification), how.version)
    return withSignature(text, shared.signatureAt, signature)
  }

  async function confirmation(confirmed: Confirmed): Promise<string> {
    const { keyId, signer } = await signing.current()
    const version = confirmed.topic.attributes.SignatureVersion === '2' ? '2' : '1'
    const { origin } = confirmed.content
    return signer.complete(confirmationDocument(factsOf(confirmed), origin, { version, keyId }))
  }

  async function post(subscribed: Subscribed): Promise<SendOutcome & Answer> {
    const { subscription, topic, content, policy } = subscribed
    const raw = content.type === 'Notification' && subscription.attributes.RawMessageDelivery === 'true'
    const headers = httpHeaders({
      type: content.type,
      messageId: content.type === 'Notification' ? content.message.messageId : content.messageId,
      topicArn: topic.arn,
      subscriptionArn: subscriptionArn(subscription),
      raw,
      contentType: contentTypeFor(policy, raw),
    })
    const body = isNotified(subscribed)
      ? raw
        ? textFor(subscribed.content.message, subscription.protocol)
        : await envelope(subscribed)
      : await confirmation(subscribed as Confirmed)
    return judged(await http.send({ url: subscription.endpoint, headers, body }))
  }

  async function sendMail(subscribed: Subscribed): Promise<SendOutcome> {
    const { subscription, topic } = subscribed
    const isJson = subscription.protocol === 'email-json'
    const parts = isNotified(subscribed)
      ? await notificationMail(subscribed, isJson)
      : isJson
        ? jsonConfirmationMail(await confirmation(subscribed as Confirmed))
        : confirmationMail(factsOf(subscribed as Confirmed), (subscribed as Confirmed).content.origin)
    return mailer.send({ ...parts, to: subscription.endpoint, account: topic.accountId, region: topic.region })
  }

  async function notificationMail(notified: Notified, isJson: boolean) {
    const { subscription, content } = notified
    const notification = notificationOf(content.message, subscription.protocol)
    if (isJson) return jsonMail(notification, await envelope(notified))
    return mail(notification, subscriptionArn(subscription), content.message.origin)
  }

  /** Functions and streams of this platform. */
  async function hand(notified: Notified): Promise<SendOutcome> {
    const { subscription, content } = notified
    const arn = parseArn(subscription.endpoint)
    if (arn === undefined) return failed('the endpoint is no ARN')
    const body = await eventFor(notified)
    try {
      await targets.deliver(arn, { body, sourceArn: content.message.topicArn, senderId: SENDER_ID })
      return DELIVERED
    } catch (error) {
      return error instanceof Undeliverable ? failed(error.message) : retry(String(error))
    }
  }

  async function eventFor({ subscription, content: { message } }: Notified): Promise<string> {
    const { protocol, attributes } = subscription
    const notification = notificationOf(message, protocol)
    const arn = subscriptionArn(subscription)
    if (protocol === 'firehose') {
      return firehoseRecord(notification, arn, message.origin, attributes.RawMessageDelivery === 'true')
    }
    const { keyId, signer } = await signing.current()
    const text = await signer.sign(signedMembers(notification), '1')
    return lambdaEvent(notification, arn, message.origin, { keyId, text })
  }

  function text(message: StoredMessage, facts: SmsFacts, displayName: string | undefined): Promise<SendOutcome> {
    if (facts.optedOut) return Promise.resolve(failed('the owner of the number wants no messages'))
    return sms.send(smsOf(message, facts, displayName))
  }

  function toDevice(message: StoredMessage, { mobile }: Destination): Promise<PushOutcome> {
    if (mobile === undefined) return Promise.resolve(failed('the endpoint is gone'))
    if (!mobile.enabled) return Promise.resolve(failed('the endpoint is disabled'))
    const { accountId: account, region, platform } = mobile.address
    const { messageId, publishedAt, attributes = {} } = message
    const { applicationAttributes, token } = mobile
    if (applicationAttributes.Enabled === 'false') return Promise.resolve(failed('the application is disabled'))
    const payload = textFor(message, formOf('application', mobile.arn))
    return push.push({
      account,
      region,
      platform,
      applicationAttributes,
      token,
      messageId,
      publishedAt,
      payload,
      attributes,
    })
  }

  const confirmable: Readonly<Record<string, (subscribed: Subscribed) => Promise<SendOutcome & Answer>>> = {
    http: post,
    https: post,
    email: sendMail,
    'email-json': sendMail,
  }

  async function attempt(content: Content, destination: Destination, policy: DeliveryPolicy): Promise<SendResult> {
    const { subscription, topic, sms: facts } = destination
    const message = content.type === 'Notification' ? content.message : undefined
    if (subscription === undefined || topic === undefined) {
      if (message === undefined) return failed('there is no subscription to confirm')
      return facts === undefined ? toDevice(message, destination) : text(message, facts, undefined)
    }
    const subscribed = { subscription, topic, content, policy }
    const byProtocol = confirmable[subscription.protocol]
    if (byProtocol !== undefined) return byProtocol(subscribed)
    if (message === undefined) return failed(`endpoints of ${subscription.protocol} need no confirmation`)
    if (facts !== undefined) return text(message, facts, topic.attributes.DisplayName)
    return subscription.protocol === 'application' ? toDevice(message, destination) : hand(subscribed as Notified)
  }

  return { send: ({ content }, destination, policy) => attempt(content, destination, policy) }
}

/** Failures that are the subscription's own fault: the same request would fail again. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['url', 'blocked'])

function judged(outcome: HttpOutcome): SendOutcome & Answer {
  if (outcome.type === 'failed') {
    return OWN_FAULTS.has(outcome.reason) ? failed(outcome.message) : retry(outcome.message)
  }
  const { status, body } = outcome
  const verdict = classify(status)
  const result = verdict === 'delivered' ? DELIVERED : (verdict === 'retry' ? retry : failed)(`it answered ${status}`)
  return { ...result, status, answer: body }
}

const isNotified = (subscribed: Subscribed): subscribed is Notified => subscribed.content.type === 'Notification'

const factsOf = ({ subscription, topic, content }: Confirmed) => ({
  type: content.type,
  messageId: content.messageId,
  token: content.token,
  topicArn: topic.arn,
  subscriptionArn: subscriptionArn(subscription),
  at: content.at,
})

/** A display name comes before the text, as in the messages of a topic to phones. */
function smsOf(message: StoredMessage, { accountId, region, phoneNumber, attributes }: SmsFacts, displayName?: string) {
  const given = (name: string) => message.attributes?.[name]?.stringValue
  const optional = {
    senderId: given('AWS.SNS.SMS.SenderID') ?? attributes.DefaultSenderID,
    smsType: (given('AWS.SNS.SMS.SMSType') ?? attributes.DefaultSMSType) as 'Promotional' | 'Transactional' | undefined,
    maxPrice: given('AWS.SNS.SMS.MaxPrice'),
    originationNumber: given('AWS.MM.SMS.OriginationNumber'),
    entityId: given('AWS.MM.SMS.EntityId'),
    templateId: given('AWS.MM.SMS.TemplateId'),
  }
  const content = textFor(message, 'sms')
  return {
    account: accountId,
    region,
    phoneNumber,
    message: displayName ? `${displayName}> ${content}` : content,
    messageId: message.messageId,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  }
}

export const protocolOf = ({ subscription, sms }: Destination): string =>
  subscription?.protocol ?? (sms === undefined ? 'application' : 'sms')
