/**
 * Signatures of documents, by which a subscriber knows that a message came from this installation: RSA PKCS#1 v1.5 over
 * SHA-1 (version 1) or SHA-256 (version 2). The same text always gets the same signature, whoever makes it and when.
 *
 * One takes a third of a millisecond, so they are made when a document leaves, and kept for the other subscribers of the
 * same message. What is signed: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
import { createPrivateKey, hash, type KeyObject, sign } from 'node:crypto'
import { type Notification, type SignatureVersion, timestamp, type UnsignedDocument } from './envelope.ts'
import { RecentlyUsed } from './recently-used.ts'

/** The members of a document under their names on the wire. */
export type Members = Readonly<Record<string, unknown>>

const NOTIFICATION_KEYS = ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
const CONFIRMATION_KEYS = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']

/** The members that are signed, each as a line with its name and one with its value. Attributes are not among them. */
export function stringToSign(members: Members): string {
  const keys = members.Type === 'Notification' ? NOTIFICATION_KEYS : CONFIRMATION_KEYS
  return keys.map((key) => ((members[key] ?? undefined) === undefined ? '' : `${key}\n${members[key]}\n`)).join('')
}

/** What is signed of a message for which there is no envelope: `lambdaEvent` shows its members in another form. */
export const signedMembers = ({ message, messageId, subject, publishedAt, topicArn }: Notification): Members => ({
  Type: 'Notification',
  Message: message,
  MessageId: messageId,
  Subject: subject,
  Timestamp: timestamp(publishedAt),
  TopicArn: topicArn,
})

export interface Signer {
  /** The signature in base64, made in the thread pool. */
  sign(members: Members, version: SignatureVersion): Promise<string>
  /** The same in the thread that calls it. */
  signSync(members: Members, version: SignatureVersion): string
  /** The document with the signature that it says it has. One without a signature is complete already. */
  complete(document: UnsignedDocument): Promise<string>
  completeSync(document: UnsignedDocument): string
}

const ALGORITHMS: Readonly<Record<SignatureVersion, string>> = { 1: 'sha1', 2: 'sha256' }

/** About two megabytes. */
const MAX_REMEMBERED = 4096

/** Signs with a private key in PEM form. */
export function createSigner(privateKeyPem: string): Signer {
  const key = createPrivateKey(privateKeyPem)
  const signatures = new RecentlyUsed<string>(MAX_REMEMBERED)
  const underWay = new Map<string, Promise<string>>()

  function signSync(members: Members, version: SignatureVersion): string {
    const { text, name } = toSign(members, version)
    return signatures.get(name) ?? signatures.set(name, sign(ALGORITHMS[version], text, key).toString('base64'))
  }

  async function signInPool(members: Members, version: SignatureVersion): Promise<string> {
    const { text, name } = toSign(members, version)
    const known = signatures.get(name) ?? underWay.get(name)
    if (known !== undefined) return known
    const made = signAsync(ALGORITHMS[version], text, key).finally(() => underWay.delete(name))
    underWay.set(name, made)
    return signatures.set(name, await made)
  }

  return {
    sign: signInPool,
    signSync,
    async complete({ text, signatureAt }) {
      if (signatureAt === undefined) return text
      const members = JSON.parse(text) as Members
      return withSignature(text, signatureAt, await signInPool(members, members.SignatureVersion as SignatureVersion))
    },
    completeSync({ text, signatureAt }) {
      if (signatureAt === undefined) return text
      const members = JSON.parse(text) as Members
      return withSignature(text, signatureAt, signSync(members, members.SignatureVersion as SignatureVersion))
    },
  }
}

/** `name` stands for the text: the message's id would not do, since protocols may get different texts of one message. */
function toSign(members: Members, version: SignatureVersion): { text: Buffer; name: string } {
  const text = Buffer.from(stringToSign(members))
  return { text, name: `${version} ${hash('sha256', text, 'base64')}` }
}

/** Fills the gap of an unsigned document. */
export const withSignature = (text: string, at: number, signature: string): string =>
  text.slice(0, at) + signature + text.slice(at + signature.length)

const signAsync = (algorithm: string, text: Buffer, key: KeyObject): Promise<string> =>
  new Promise((resolve, reject) => {
    sign(algorithm, text, key, (error, signature) => (error ? reject(error) : resolve(signature.toString('base64'))))
  })
