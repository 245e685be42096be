/**
 * The Notification document: what a subscriber receives who doesn't have the raw text.
 *
 * All subscriptions of a publish receive the same document but for the link that unsubscribes. So what they share is
 * built once, and for each of them its ARN is put in between: two concatenations, whatever the size of the message.
 *
 * The signature doesn't cover that link, so it is shared too. It costs more than all the rest, and many documents are
 * never read. A signed document is therefore built with blanks of the signature's length in its place, and completed when
 * it leaves: see `complete` in signature.ts.
 *
 * Order of members, and which are there: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
import type { Millis } from '../../../kernel/clock/clock.ts'
import type { DeliveryAttribute } from '../../../kernel/targets/delivery.ts'

/** A message as one protocol gets it: with MessageStructure `json` the text differs from one to the next. */
export interface Notification {
  readonly messageId: string
  readonly topicArn: string
  readonly subject?: string
  readonly message: string
  readonly publishedAt: Millis
  readonly attributes?: Readonly<Record<string, DeliveryAttribute>>
  /** Of FIFO topics. */
  readonly sequenceNumber?: string
  /** Delivered again from the archive of a FIFO topic. */
  readonly replayed?: boolean
}

/** Where this installation is reached from outside, without a trailing slash: `https://sns.example.com`. */
export type PublicUrl = string

/** SHA-1 or SHA-256. */
export type SignatureVersion = '1' | '2'

/** What a document says of its signature. */
export interface Signing {
  readonly version: SignatureVersion
  readonly keyId: string
}

export const certificateUrl = (publicUrl: PublicUrl, keyId: string) =>
  `${publicUrl}/SimpleNotificationService-${keyId}.pem`

/** ARNs in links are not percent-encoded. */
export const unsubscribeUrl = (publicUrl: PublicUrl, subscriptionArn: string) =>
  `${publicUrl}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`

export const confirmUrl = (publicUrl: PublicUrl, topicArn: string, token: string) =>
  `${publicUrl}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`

/** By operation, what makes its link a link: a token that only the endpoint got, or the id of a subscription. */
const LINKS: ReadonlyMap<string | null, readonly string[]> = new Map([
  ['ConfirmSubscription', ['Token', 'TopicArn']],
  ['Unsubscribe', ['SubscriptionArn']],
])

/** Whether a query is that of one of these links, with nothing beside. */
export function isLink(query: URLSearchParams): boolean {
  const wanted = LINKS.get(query.get('Action'))
  if (wanted === undefined) return false
  const names = [...query.keys()].filter((name) => name !== 'Version').sort()
  return names.join() === ['Action', ...wanted].join()
}

/** What the same links in mails lead to: people get a page to read. Names and parameters are those of AWS's. */
export const CONFIRMATION_PAGE = 'confirmation.html'
export const UNSUBSCRIBE_PAGE = 'unsubscribe.html'

export const confirmationPageUrl = (publicUrl: PublicUrl, topicArn: string, token: string) =>
  `${publicUrl}/${CONFIRMATION_PAGE}?TopicArn=${topicArn}&Token=${token}`

export const unsubscribePageUrl = (publicUrl: PublicUrl, subscriptionArn: string) =>
  `${publicUrl}/${UNSUBSCRIBE_PAGE}?SubscriptionArn=${subscriptionArn}`

/** 256 bytes, the length of an RSA-2048 signature, in base64. */
const SIGNATURE_LENGTH = 344

/** Stands where the signature will be. Blanks occur in no base64, so an incomplete document can't pass for a signed one. */
export const BLANK_SIGNATURE = ' '.repeat(SIGNATURE_LENGTH)

/** A document that is complete but for its signature. */
export interface UnsignedDocument {
  readonly text: string
  /** Where the signature belongs, in characters of the text; undefined if the document has none. */
  readonly signatureAt: number | undefined
}

/** What all subscriptions of a publish have in common: the subscription's ARN belongs between the two parts. */
export interface SharedEnvelope {
  readonly head: string
  readonly tail: string
  /** As in `UnsignedDocument`: the same for every subscription. */
  readonly signatureAt: number | undefined
}

/** `signing` is undefined for FIFO topics and for Firehose, whose documents have no signature. */
export function sharedEnvelope(notification: Notification, publicUrl: PublicUrl, signing?: Signing): SharedEnvelope {
  const { messageId, topicArn, subject, message, publishedAt, sequenceNumber } = notification
  let head = `{"Type":"Notification","MessageId":${JSON.stringify(messageId)}`
  if (sequenceNumber !== undefined) head += `,"SequenceNumber":${JSON.stringify(sequenceNumber)}`
  head += `,"TopicArn":${JSON.stringify(topicArn)}`
  if (subject !== undefined) head += `,"Subject":${quoted(subject)}`
  head += `,"Message":${quoted(message)},"Timestamp":"${timestamp(publishedAt)}"`
  let signatureAt: number | undefined
  if (signing !== undefined) {
    head += `,"SignatureVersion":"${signing.version}","Signature":"`
    signatureAt = head.length
    head += `${BLANK_SIGNATURE}","SigningCertURL":${JSON.stringify(certificateUrl(publicUrl, signing.keyId))}`
  }
  // The ARN needs no quoting: names of topics are letters, digits, hyphens, underscores and dots.
  head += `,"UnsubscribeURL":${JSON.stringify(unsubscribeUrl(publicUrl, '')).slice(0, -1)}`
  return { head, tail: `"${attributesAndEnd(notification)}`, signatureAt }
}

/** The document for one subscription. */
export const envelopeFor = ({ head, tail }: SharedEnvelope, subscriptionArn: string): string =>
  head + subscriptionArn + tail

function attributesAndEnd({ attributes, replayed }: Notification): string {
  const entries = attributesText(attributes)
  return `${entries === '{}' ? '' : `,"MessageAttributes":${entries}`}${replayed ? ',"Replayed":true' : ''}}`
}

/** The attributes as documents show them: `{"n":{"Type":"String","Value":"v"}}`, bytes in base64. */
export function attributesText(attributes: Notification['attributes'] = {}): string {
  let text = ''
  for (const [name, attribute] of Object.entries(attributes)) {
    const type = JSON.stringify(attribute.dataType)
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:{"Type":${type},"Value":${valueText(attribute)}}`
  }
  return `{${text}}`
}

function valueText({ stringValue, binaryValue }: DeliveryAttribute): string {
  if (binaryValue === undefined) return quoted(stringValue ?? '')
  const { buffer, byteOffset, byteLength } = binaryValue
  return `"${Buffer.from(buffer, byteOffset, byteLength).toString('base64')}"`
}

/** ISO 8601 in UTC, with milliseconds. */
export const timestamp = (at: Millis): string => new Date(at).toISOString()

/** A text as JSON. Two characters are legal there and in no XML, in which the document may travel on: they are escaped. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\ufffe\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`)
