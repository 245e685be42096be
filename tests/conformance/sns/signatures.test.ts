/**
 * Signatures, checked as subscribers do it: by the official validator, with the certificate that the node serves over TLS.
 * Also those that are made when a queue hands a message out.
 */
import assert from 'node:assert/strict'
import { hash, verify } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import { fileURLToPath } from 'node:url'
// @ts-expect-error: it comes without types
import UntypedValidator from 'sns-validator'
import { type Document, openEndpoint, redriveTo, settled, subscribeEndpoint } from './outside.ts'
import { clientsOf, OTHER_ACCOUNT, type Queue, SnsFixture, startSns } from './support.ts'

/** The official validator. */
interface Validator {
  validate(document: unknown, callback: (error: Error | null) => void): void
}
const MessageValidator = UntypedValidator as new (host: RegExp) => Validator

const fixture = (name: string) =>
  fileURLToPath(new URL(`../../../src/testing/fixtures/localhost.${name}.pem`, import.meta.url))
const [tlsCert, tlsKey] = [fixture('cert'), fixture('key')]
tls.setDefaultCACertificates([...tls.getCACertificates(), readFileSync(tlsCert, 'utf8')])

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const port = await freePort()
const publicUrl = `https://localhost:${port}`
const { node } = await startSns({ port, publicUrl, tlsCert, tlsKey })
/** By its public address, the one that the certificate is for. */
const sns = new SnsFixture({ ...node, url: publicUrl })

/** Rejects if the signature is not the certificate's. */
const validate = (document: unknown): Promise<void> =>
  new Promise((resolve, reject) => {
    new MessageValidator(/^localhost:\d+$/).validate(document, (error) => (error ? reject(error) : resolve()))
  })

/** The validator takes an UnsubscribeConfirmation for a Notification; what is signed of it is documented. */
async function verifyConfirmation(document: Document): Promise<void> {
  const keys = ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const text = keys.map((key) => `${key}\n${document[key]}\n`).join('')
  const certificate = await (await fetch(String(document.SigningCertURL))).text()
  const algorithm = document.SignatureVersion === '2' ? 'sha256' : 'sha1'
  const signature = Buffer.from(String(document.Signature), 'base64')
  assert.ok(verify(algorithm, Buffer.from(text), certificate, signature))
}

for (const version of ['1', '2']) {
  test(`over HTTP, version ${version}: messages and documents about the subscription`, async () => {
    const topicArn = await sns.createTopic({ SignatureVersion: version })
    const endpoint = await openEndpoint()
    await sns.subscribe(topicArn, 'http', endpoint.url)
    const confirmation = await endpoint.nextDocument()
    assert.equal(confirmation.SignatureVersion, version)
    assert.ok(confirmation.SubscribeURL.startsWith(`${publicUrl}/?Action=ConfirmSubscription&`))
    await validate(confirmation)
    await assert.rejects(validate({ ...confirmation, Token: 'other' }), /signature is invalid/)
    await fetch(confirmation.SubscribeURL)

    for (const Subject of [undefined, 'a subject']) {
      const MessageAttributes = { a: { DataType: 'String', StringValue: 'v' } }
      await sns.publish(topicArn, 'hello\nü €', { Subject, MessageAttributes })
      const notification = await endpoint.nextDocument()
      assert.equal(notification.SignatureVersion, version)
      await validate(notification)
      await assert.rejects(validate({ ...notification, Message: 'other' }), /signature is invalid/)
    }
    await sns.publish(topicArn, JSON.stringify({ default: 'd', http: 'h' }), { MessageStructure: 'json' })
    const { UnsubscribeURL, ...own } = await endpoint.nextDocument()
    await validate(own)
    await fetch(UnsubscribeURL)
    await verifyConfirmation(await endpoint.nextDocument())
  })

  test(`in a queue, version ${version}: made when it is read, and the same at each reading`, async () => {
    const topicArn = await sns.createTopic({ SignatureVersion: version })
    const queue = await sns.subscribeQueue(topicArn)
    await sns.publish(topicArn, 'hello ü', { Subject: 's' })
    const bodies: string[] = []
    for (let reading = 0; reading < 3; reading++) {
      const { Body, MD5OfBody } = await sns.receiveOne(queue)
      assert.equal(MD5OfBody, hash('md5', Body, 'hex'))
      bodies.push(Body)
      sns.advance(31)
    }
    assert.equal(new Set(bodies).size, 1)
    assert.equal(JSON.parse(bodies[0] as string).SignatureVersion, version)
    await validate(bodies[0])
  })
}

test('all subscribers of a message get the same signature', async () => {
  const topicArn = await sns.createTopic()
  const endpoint = await openEndpoint()
  const [queue, other] = [await sns.subscribeQueue(topicArn), await sns.subscribeQueue(topicArn)]
  await subscribeEndpoint(sns, topicArn, endpoint)
  await sns.publish(topicArn, 'one for all')
  const [first] = await sns.envelopes(queue)
  const [second] = await sns.envelopes(other)
  const third = await endpoint.nextDocument()
  assert.equal(first?.Signature, second?.Signature)
  assert.equal(first?.Signature, third.Signature)
})

const receivedOnce = async (queue: Queue) => {
  const [message] = await sns.receive(queue)
  return message?.Body
}

test('a signature survives the way to a dead-letter queue and back', async () => {
  const topicArn = await sns.createTopic()
  const deadLetters = await sns.createQueue()
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1 })
  const queue = await sns.createQueue({ RedrivePolicy })
  await sns.subscribeQueue(topicArn, {}, queue)
  await sns.publish(topicArn, 'travels')
  const body = await receivedOnce(queue)
  sns.advance(31)
  assert.equal(await receivedOnce(queue), undefined)
  assert.equal(await receivedOnce(deadLetters), body)
  sns.advance(31)
  await sns.sqs.startMessageMoveTask({ SourceArn: deadLetters.arn })
  const { Messages } = await sns.sqs.receiveMessage({ QueueUrl: queue.url, WaitTimeSeconds: 20 })
  assert.equal(Messages?.[0]?.Body, body)
  assert.equal(Messages?.[0]?.MD5OfBody, hash('md5', body as string, 'hex'))
  await validate(body)
})

test('what an endpoint didn’t take is signed in the dead-letter queue', async () => {
  const topicArn = await sns.createTopic({ SignatureVersion: '2' })
  const deadLetters = await sns.createQueue()
  const endpoint = await openEndpoint()
  await subscribeEndpoint(sns, topicArn, endpoint, redriveTo(deadLetters.arn))
  endpoint.answer = () => 404
  await settled(sns, () => sns.publish(topicArn, 'refused'))
  await endpoint.next(1)
  const { Messages } = await sns.sqs.receiveMessage({ QueueUrl: deadLetters.url, WaitTimeSeconds: 20 })
  await validate(Messages?.[0]?.Body)
})

test('the confirmation in a queue of another account is signed', async () => {
  const { sns: client, sqs } = clientsOf(publicUrl, { accountId: OTHER_ACCOUNT })
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'theirs' })
  const topicArn = await sns.createTopic()
  await sns.subscribe(topicArn, 'sqs', `arn:aws:sqs:us-east-1:${OTHER_ACCOUNT}:theirs`)
  const { Messages } = await sqs.receiveMessage({ QueueUrl })
  const document = JSON.parse(Messages?.[0]?.Body as string) as Document
  assert.equal(document.Type, 'SubscriptionConfirmation')
  await validate(document)
  client.destroy()
  sqs.destroy()
})

test('the certificate is there for everybody, and no other', async () => {
  const topicArn = await sns.createTopic()
  const queue = await sns.subscribeQueue(topicArn)
  await sns.publish(topicArn, 'x')
  const [envelope] = await sns.envelopes(queue)
  const url = envelope?.SigningCertURL as string
  const answer = await fetch(url)
  assert.equal(answer.status, 200)
  assert.match(await answer.text(), /^-----BEGIN CERTIFICATE-----\n/)
  const other = await fetch(url.replace(/[0-9a-f]{32}/, '0'.repeat(32)))
  assert.equal(other.status, 404)
})
