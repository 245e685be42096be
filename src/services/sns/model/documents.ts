/**
 * What SNS sends besides the Notification of envelope.ts: the documents that confirm a subscription or its end, and the
 * forms of a message that Lambda, Firehose and mail readers get.
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import {
  attributesText,
  BLANK_SIGNATURE,
  certificateUrl,
  confirmationPageUrl,
  confirmUrl,
  envelopeFor,
  type Notification,
  type PublicUrl,
  type Signing,
  sharedEnvelope,
  timestamp,
  type UnsignedDocument,
  unsubscribePageUrl,
  unsubscribeUrl,
} from './envelope.ts'

export type ConfirmationType = 'SubscriptionConfirmation' | 'UnsubscribeConfirmation'

export interface Confirmation {
  readonly type: ConfirmationType
  readonly messageId: string
  readonly token: string
  readonly topicArn: string
  readonly subscriptionArn: string
  readonly at: Millis
}

/** Asks an endpoint to confirm its subscription, or tells it of the end and how to undo that. */
export function confirmationDocument(
  confirmation: Confirmation,
  publicUrl: PublicUrl,
  signing: Signing,
): UnsignedDocument {
  const { type, messageId, token, topicArn, at } = confirmation
  const members = {
    Type: type,
    MessageId: messageId,
    Token: token,
    TopicArn: topicArn,
    Message: confirmationMessage(confirmation),
    SubscribeURL: confirmUrl(publicUrl, topicArn, token),
    Timestamp: timestamp(at),
    SignatureVersion: signing.version,
  }
  const head = `${JSON.stringify(members).slice(0, -1)},"Signature":"`
  const certificate = JSON.stringify(certificateUrl(publicUrl, signing.keyId))
  return { text: `${head}${BLANK_SIGNATURE}","SigningCertURL":${certificate}}`, signatureAt: head.length }
}

const confirmationMessage = ({ type, topicArn, subscriptionArn }: Confirmation): string =>
  type === 'SubscriptionConfirmation'
    ? `You have chosen to subscribe to the topic ${topicArn}.\n` +
      'To confirm the subscription, visit the SubscribeURL included in this message.'
    : `You have chosen to deactivate subscription ${subscriptionArn}.\n` +
      'To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.'

/**
 * The event that a function is called with. It says that its signature is of version 1, whatever the topic's, so that is
 * the one to be given.
 */
export function lambdaEvent(
  notification: Notification,
  subscriptionArn: string,
  publicUrl: PublicUrl,
  signature: { readonly keyId: string; readonly text: string },
): string {
  const { messageId, topicArn, subject, message, publishedAt } = notification
  const record = {
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    Subject: subject ?? null,
    Message: message,
    Timestamp: timestamp(publishedAt),
    SignatureVersion: '1',
    Signature: signature.text,
    SigningCertUrl: certificateUrl(publicUrl, signature.keyId),
    UnsubscribeUrl: unsubscribeUrl(publicUrl, subscriptionArn),
  }
  const sns = `${JSON.stringify(record).slice(0, -1)},"MessageAttributes":${attributesText(notification.attributes)}}`
  const source = '"EventSource":"aws:sns","EventVersion":"1.0"'
  return `{"Records":[{${source},"EventSubscriptionArn":${JSON.stringify(subscriptionArn)},"Sns":${sns}}]}`
}

/** A line of the stream: the message alone, or its document without a signature. */
export function firehoseRecord(
  notification: Notification,
  subscriptionArn: string,
  publicUrl: PublicUrl,
  raw: boolean,
): string {
  return raw ? notification.message : `${envelopeFor(sharedEnvelope(notification, publicUrl), subscriptionArn)}\n`
}

/** With raw delivery attributes become those of an SQS message, which has at most ten. */
export interface Mail {
  readonly subject: string
  readonly text: string
}

const mailSubject = ({ subject }: Notification) => subject ?? 'AWS Notification Message'

/** For protocol `email`: the text, and how to get no more of them. */
export function mail(notification: Notification, subscriptionArn: string, publicUrl: PublicUrl): Mail {
  const link = unsubscribePageUrl(publicUrl, subscriptionArn)
  return {
    subject: mailSubject(notification),
    text: `${notification.message}\n\n--\nTo unsubscribe from this topic, open this link:\n${link}\n`,
  }
}

/** For protocol `email-json`: `envelope` is the complete Notification. */
export const jsonMail = (notification: Notification, envelope: string): Mail => ({
  subject: mailSubject(notification),
  text: `${envelope}\n`,
})

/** Asks who reads a mailbox to confirm its subscription, for protocol `email`. */
export const confirmationMail = ({ topicArn, token }: Confirmation, publicUrl: PublicUrl): Mail => ({
  subject: confirmationSubject,
  text:
    `This address was subscribed to the topic ${topicArn}.\n\n` +
    `To confirm the subscription, open this link:\n${confirmationPageUrl(publicUrl, topicArn, token)}\n\n` +
    'If you did not ask for it, there is nothing to do: without your confirmation nothing more is sent.\n',
})

/** The same for protocol `email-json`: `document` is the complete SubscriptionConfirmation. */
export const jsonConfirmationMail = (document: string): Mail => ({
  subject: confirmationSubject,
  text: `${document}\n`,
})

const confirmationSubject = 'AWS Notification - Subscription Confirmation'
