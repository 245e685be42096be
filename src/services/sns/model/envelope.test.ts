import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  BLANK_SIGNATURE,
  confirmUrl,
  envelopeFor,
  isLink,
  type Notification,
  type Signing,
  sharedEnvelope,
  unsubscribeUrl,
} from './envelope.ts'

const topicArn = 'arn:aws:sns:us-east-1:000000000000:orders'
const subscriptionArn = `${topicArn}:1b2c3d4e-0000-4000-8000-000000000000`
const publicUrl = 'https://sns.example.com'
const keyId = '0123456789abcdef0123456789abcdef'
const plain: Notification = {
  messageId: '11111111-2222-4333-8444-555555555555',
  topicArn,
  message: 'hello',
  publishedAt: Date.UTC(2024, 0, 2, 3, 4, 5, 678),
}
const unsubscribe = `"UnsubscribeURL":"https://sns.example.com/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}"`
const certificate = `"SigningCertURL":"https://sns.example.com/SimpleNotificationService-${keyId}.pem"`
const beginning = `{"Type":"Notification","MessageId":"11111111-2222-4333-8444-555555555555"`
const time = '"Timestamp":"2024-01-02T03:04:05.678Z"'

const documents: readonly { name: string; notification: Notification; signing?: Signing; expected: string }[] = [
  {
    name: 'a signed one, of nothing but a message',
    notification: plain,
    signing: { version: '1', keyId },
    expected:
      `${beginning},"TopicArn":"${topicArn}","Message":"hello",${time},"SignatureVersion":"1",` +
      `"Signature":"${BLANK_SIGNATURE}",${certificate},${unsubscribe}}`,
  },
  {
    name: 'a signed one with everything, quoted where it needs to be',
    notification: {
      ...plain,
      subject: 'a "subject"',
      message: 'two\nlines, "quotes" and ü',
      attributes: {
        n: { dataType: 'String', stringValue: 'v"' },
        'b.x': { dataType: 'Binary.gif', binaryValue: Uint8Array.of(1, 2, 255) },
        c: { dataType: 'Number', stringValue: '1.50' },
      },
    },
    signing: { version: '2', keyId },
    expected:
      `${beginning},"TopicArn":"${topicArn}","Subject":"a \\"subject\\"",` +
      `"Message":"two\\nlines, \\"quotes\\" and ü",${time},"SignatureVersion":"2",` +
      `"Signature":"${BLANK_SIGNATURE}",${certificate},${unsubscribe},` +
      '"MessageAttributes":{"n":{"Type":"String","Value":"v\\""},"b.x":{"Type":"Binary.gif","Value":"AQL/"},' +
      '"c":{"Type":"Number","Value":"1.50"}}}',
  },
  {
    name: 'that of a FIFO topic has a sequence number and no signature',
    notification: { ...plain, subject: 's', sequenceNumber: '10000000000000003000', attributes: {} },
    expected:
      `${beginning},"SequenceNumber":"10000000000000003000","TopicArn":"${topicArn}","Subject":"s","Message":"hello",` +
      `${time},${unsubscribe}}`,
  },
  {
    name: 'one from the archive says so',
    notification: { ...plain, sequenceNumber: '1', replayed: true },
    expected: `${beginning},"SequenceNumber":"1","TopicArn":"${topicArn}","Message":"hello",${time},${unsubscribe},"Replayed":true}`,
  },
]
for (const { name, notification, signing, expected } of documents) {
  test(`the Notification document: ${name}`, () => {
    const shared = sharedEnvelope(notification, publicUrl, signing)
    const text = envelopeFor(shared, subscriptionArn)
    assert.equal(text, expected)
    assert.equal(shared.signatureAt, signing && text.indexOf(BLANK_SIGNATURE))
  })
}

test('bytes that are a part of a larger buffer are shown without the rest of it', () => {
  const binaryValue = Uint8Array.of(9, 1, 2, 9).subarray(1, 3)
  const shared = sharedEnvelope({ ...plain, attributes: { b: { dataType: 'Binary', binaryValue } } }, publicUrl)
  assert.equal(JSON.parse(envelopeFor(shared, subscriptionArn)).MessageAttributes.b.Value, 'AQI=')
})

test('whatever a message holds, the document is JSON that gives it back', () => {
  const attribute = fc.oneof(
    fc.record({ dataType: fc.constant('String'), stringValue: fc.string({ unit: 'binary' }) }),
    fc.record({ dataType: fc.constant('Binary'), binaryValue: fc.uint8Array() }),
  )
  const texts = fc.record({
    message: fc.string({ unit: 'binary' }),
    subject: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
    attributes: fc.dictionary(fc.string(), attribute, { noNullPrototype: true }),
  })
  fc.assert(
    fc.property(texts, fc.boolean(), (given, signed) => {
      const shared = sharedEnvelope({ ...plain, ...given }, publicUrl, signed ? { version: '1', keyId } : undefined)
      const text = envelopeFor(shared, subscriptionArn)
      const read = JSON.parse(text)
      assert.equal(read.Message, given.message)
      assert.equal(read.Subject, given.subject)
      const names = Object.keys(given.attributes)
      assert.deepEqual(Object.keys(read.MessageAttributes ?? {}).sort(), names.sort())
      for (const name of names) {
        const { stringValue, binaryValue } = given.attributes[name] as {
          stringValue?: string
          binaryValue?: Uint8Array
        }
        const expected = stringValue ?? Buffer.from(binaryValue as Uint8Array).toString('base64')
        assert.equal(read.MessageAttributes[name].Value, expected)
      }
      if (shared.signatureAt !== undefined) {
        assert.equal(text.slice(shared.signatureAt, shared.signatureAt + BLANK_SIGNATURE.length), BLANK_SIGNATURE)
      }
    }),
  )
})

test('a document costs little more than its two concatenations', () => {
  // 1 KB of message, ten thousand subscriptions; very generous to busy machines, and far from building each anew.
  const shared = sharedEnvelope({ ...plain, message: 'm'.repeat(1000) }, publicUrl, { version: '1', keyId })
  const before = performance.now()
  let length = 0
  for (let i = 0; i < 10_000; i += 1) length += envelopeFor(shared, subscriptionArn).length
  assert.ok(performance.now() - before < 1000)
  assert.equal(length, 10_000 * (shared.head.length + subscriptionArn.length + shared.tail.length))
})

const links: readonly (readonly [query: string, expected: boolean])[] = [
  [new URL(confirmUrl(publicUrl, topicArn, 'token')).search, true],
  [new URL(unsubscribeUrl(publicUrl, subscriptionArn)).search, true],
  [`Token=token&TopicArn=${encodeURIComponent(topicArn)}&Version=2010-03-31&Action=ConfirmSubscription`, true],
  [`Action=ConfirmSubscription&TopicArn=${topicArn}`, false],
  ['Action=ConfirmSubscription&Token=token', false],
  [`Action=ConfirmSubscription&TopicArn=${topicArn}&Token=a&Token=b`, false],
  [`Action=ConfirmSubscription&TopicArn=${topicArn}&Token=a&AuthenticateOnUnsubscribe=true`, false],
  ['Action=Unsubscribe', false],
  [`Action=Unsubscribe&SubscriptionArn=${subscriptionArn}&Action=DeleteTopic`, false],
  [`Action=DeleteTopic&TopicArn=${topicArn}`, false],
  [`Action=DeleteTopic&Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`, false],
  ['Action=constructor', false],
  ['', false],
]
for (const [query, expected] of links) {
  test(`${query || 'nothing'} is ${expected ? 'a link' : 'no link'} that is handed out`, () =>
    assert.equal(isLink(new URLSearchParams(query)), expected))
}
