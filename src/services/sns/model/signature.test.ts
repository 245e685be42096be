import assert from 'node:assert/strict'
import { verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { createServer, globalAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
// @ts-expect-error: it comes without types
import UntypedValidator from 'sns-validator'
import { createSigningKey, type SigningKey } from './certificate.ts'
import { confirmationDocument, lambdaEvent } from './documents.ts'
import { envelopeFor, type Notification, type SignatureVersion, sharedEnvelope } from './envelope.ts'
import { createSigner, type Signer, signedMembers, stringToSign } from './signature.ts'

/** The official validator. */
interface Validator {
  validate(document: unknown, callback: (error: Error | null, document?: unknown) => void): void
}
const MessageValidator = UntypedValidator as new (host: RegExp) => Validator

const topicArn = 'arn:aws:sns:us-east-1:000000000000:orders'
const subscriptionArn = `${topicArn}:1b2c3d4e-0000-4000-8000-000000000000`
const now = Date.UTC(2024, 0, 2, 3, 4, 5, 678)
const plain: Notification = {
  messageId: '11111111-2222-4333-8444-555555555555',
  topicArn,
  message: 'hello\nü €',
  publishedAt: now,
  attributes: { n: { dataType: 'String', stringValue: 'v' } },
}

let key: SigningKey
let signer: Signer
let publicUrl: string
let close: () => void

before(async () => {
  key = await createSigningKey(now)
  signer = createSigner(key.privateKeyPem)
  const server = await serveCertificate()
  publicUrl = `https://localhost:${(server.address() as AddressInfo).port}`
  close = () => server.close().closeAllConnections()
})
after(() => close())

/** Its own certificate is of the same making; the validator's client is told to trust it, though it names no host. */
async function serveCertificate() {
  const own = await createSigningKey(now)
  const server = createServer({ key: own.privateKeyPem, cert: own.certificatePem }, (request, response) => {
    response.statusCode = request.url === `/SimpleNotificationService-${key.keyId}.pem` ? 200 : 404
    response.end(key.certificatePem)
  })
  Object.assign(globalAgent.options, { ca: own.certificatePem, checkServerIdentity: () => undefined })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  return server
}

const validate = (document: unknown): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const validator = new MessageValidator(/^localhost:\d+$/)
    validator.validate(document, (error, valid) => (error ? reject(error) : resolve(valid)))
  })

const versions: readonly SignatureVersion[] = ['1', '2']

for (const version of versions) {
  for (const subject of [undefined, 'a subject']) {
    test(`the official validator accepts a Notification, version ${version}, subject: ${subject}`, async () => {
      const shared = sharedEnvelope({ ...plain, subject }, publicUrl, { version, keyId: key.keyId })
      const { signatureAt } = shared
      const text = envelopeFor(shared, subscriptionArn)
      const complete = await signer.complete({ text, signatureAt })
      assert.equal(complete.length, text.length)
      assert.equal(JSON.parse(complete).SignatureVersion, version)
      await validate(complete)
      assert.equal(signer.completeSync({ text, signatureAt }), complete)

      await assert.rejects(validate({ ...JSON.parse(complete), Message: 'other' }), /signature is invalid/)
      await assert.rejects(validate(text), /signature is invalid/)
    })
  }

  test(`the official validator accepts a SubscriptionConfirmation, version ${version}`, async () => {
    const unsigned = confirmationDocument(confirmation('SubscriptionConfirmation'), publicUrl, {
      version,
      keyId: key.keyId,
    })
    await validate(await signer.complete(unsigned))
  })
}

const confirmation = (type: 'SubscriptionConfirmation' | 'UnsubscribeConfirmation') =>
  ({ type, messageId: plain.messageId, token: 'ab'.repeat(144), topicArn, subscriptionArn, at: now }) as const

// The official validator (0.3.5) leaves the token of an UnsubscribeConfirmation out of what it checks, unlike AWS. So these
// are checked with the certificate alone; the day the validator takes them, this fails and can go.
test('an UnsubscribeConfirmation is signed with its token', async () => {
  const { publicKey } = new X509Certificate(key.certificatePem)
  for (const version of versions) {
    const unsigned = confirmationDocument(confirmation('UnsubscribeConfirmation'), publicUrl, {
      version,
      keyId: key.keyId,
    })
    const members = JSON.parse(await signer.complete(unsigned))
    const text =
      `Message\n${members.Message}\nMessageId\n${plain.messageId}\nSubscribeURL\n${members.SubscribeURL}\n` +
      `Timestamp\n2024-01-02T03:04:05.678Z\nToken\n${members.Token}\nTopicArn\n${topicArn}\nType\n${members.Type}\n`
    const algorithm = version === '1' ? 'sha1' : 'sha256'
    assert.ok(verify(algorithm, Buffer.from(text), publicKey, Buffer.from(members.Signature, 'base64')))
    await assert.rejects(validate(members), /signature is invalid/)
  }
})

test('the official validator accepts the record of a function’s event', async () => {
  for (const subject of [undefined, 'a subject']) {
    const notification = { ...plain, subject }
    const text = await signer.sign(signedMembers(notification), '1')
    const event = lambdaEvent(notification, subscriptionArn, publicUrl, { keyId: key.keyId, text })
    await validate(JSON.parse(event).Records[0].Sns)
  }
})

test('what is signed of a message: values as they are, a line each, in order, and no attributes', () => {
  const expected =
    'Message\nhello\nü €\nMessageId\n11111111-2222-4333-8444-555555555555\nSubject\ns\n' +
    `Timestamp\n2024-01-02T03:04:05.678Z\nTopicArn\n${topicArn}\nType\nNotification\n`
  assert.equal(stringToSign(signedMembers({ ...plain, subject: 's' })), expected)
  assert.equal(stringToSign(signedMembers(plain)), expected.replace('Subject\ns\n', ''))
  const document = envelopeFor(sharedEnvelope({ ...plain, subject: 's' }, 'https://x'), subscriptionArn)
  assert.equal(stringToSign(JSON.parse(document)), expected)
})

test('texts of one message have signatures of their own, and so have versions; each is made once', async () => {
  const [one, two] = [signedMembers(plain), signedMembers({ ...plain, message: 'for another protocol' })]
  const made = await Promise.all([signer.sign(one, '1'), signer.sign(one, '2'), signer.sign(two, '1')])
  assert.equal(new Set(made).size, 3)
  assert.deepEqual([signer.signSync(one, '1'), signer.signSync(one, '2'), signer.signSync(two, '1')], made)

  const timeOf = (work: (i: number) => void) => {
    const start = performance.now()
    for (let i = 0; i < 200; i += 1) work(i)
    return performance.now() - start
  }
  const remembered = timeOf(() => signer.signSync(one, '1'))
  const anew = timeOf((i) => signer.signSync({ ...one, MessageId: i }, '1'))
  assert.ok(remembered * 3 < anew, `200 signatures: ${remembered} ms remembered, ${anew} ms anew`)
})

test('many who ask at once for one signature get the same', async () => {
  const fresh = createSigner(key.privateKeyPem)
  const made = await Promise.all(Array.from({ length: 50 }, () => fresh.sign(signedMembers(plain), '2')))
  assert.deepEqual([...new Set(made)], [signer.signSync(signedMembers(plain), '2')])
})

test('a document without a signature is complete', async () => {
  const { head, tail, signatureAt } = sharedEnvelope({ ...plain, sequenceNumber: '1' }, publicUrl)
  assert.equal(await signer.complete({ text: head + tail, signatureAt }), head + tail)
  assert.equal(signer.completeSync({ text: head + tail, signatureAt }), head + tail)
})
