/** Whether a document comes from the topic: anyone may post to an endpoint, but only the platform signs. */
import { verify } from 'node:crypto'

/** What a topic posts to its HTTP endpoints, and puts into queues that do not ask for the bare message. */
export interface TopicDocument {
  readonly Type: string
  readonly TopicArn: string
  readonly Message: string
  readonly SubscribeURL?: string
  readonly SignatureVersion: string
  readonly Signature: string
  readonly SigningCertURL: string
  readonly [member: string]: string | object | undefined
}

const CONFIRMATION = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: CONFIRMATION,
  UnsubscribeConfirmation: CONFIRMATION,
}

/** The certificate is taken from the platform only: a document that names another place proves nothing. */
export async function isGenuine(document: TopicDocument, platformUrl: string): Promise<boolean> {
  const { Type, SignatureVersion, Signature, SigningCertURL } = document
  const members = SIGNED[Type]
  if (members === undefined || SignatureVersion !== '2') return false
  if (!URL.canParse(SigningCertURL) || new URL(SigningCertURL).origin !== new URL(platformUrl).origin) return false
  const certificate = await fetch(SigningCertURL) // an application in earnest remembers it
  if (!certificate.ok) return false
  const present = members.filter((name) => document[name] !== undefined)
  const text = present.map((name) => `${name}\n${document[name]}\n`).join('')
  return verify('sha256', Buffer.from(text), await certificate.text(), Buffer.from(Signature, 'base64'))
}
