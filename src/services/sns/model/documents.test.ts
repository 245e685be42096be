import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Confirmation,
  confirmationDocument,
  confirmationMail,
  firehoseRecord,
  jsonConfirmationMail,
  jsonMail,
  lambdaEvent,
  mail,
} from './documents.ts'
import { BLANK_SIGNATURE, type Notification } from './envelope.ts'

const topicArn = 'arn:aws:sns:us-east-1:000000000000:orders'
const subscriptionArn = `${topicArn}:1b2c3d4e-0000-4000-8000-000000000000`
const publicUrl = 'https://sns.example.com'
const keyId = '0123456789abcdef0123456789abcdef'
const messageId = '11111111-2222-4333-8444-555555555555'
const token = 'ab'.repeat(144)
const at = Date.UTC(2024, 0, 2, 3, 4, 5, 678)
const certificateUrl = `https://sns.example.com/SimpleNotificationService-${keyId}.pem`
const unsubscribeUrl = `https://sns.example.com/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`
const subscribeUrl = `https://sns.example.com/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`

const plain: Notification = { messageId, topicArn, message: 'hello "you"', publishedAt: at }
const confirmation: Confirmation = {
  type: 'SubscriptionConfirmation',
  messageId,
  token,
  topicArn,
  subscriptionArn,
  at,
}

const confirmations = [
  {
    type: 'SubscriptionConfirmation' as const,
    message:
      `You have chosen to subscribe to the topic ${topicArn}.\n` +
      'To confirm the subscription, visit the SubscribeURL included in this message.',
  },
  {
    type: 'UnsubscribeConfirmation' as const,
    message:
      `You have chosen to deactivate subscription ${subscriptionArn}.\n` +
      'To cancel this operation and restore the subscription, visit the SubscribeURL included in this message.',
  },
]
for (const { type, message } of confirmations) {
  test(`a ${type} has its members in order`, () => {
    const signing = { version: '2', keyId } as const
    const { text, signatureAt = -1 } = confirmationDocument({ ...confirmation, type }, publicUrl, signing)
    const members = [
      ['Type', type],
      ['MessageId', messageId],
      ['Token', token],
      ['TopicArn', topicArn],
      ['Message', message],
      ['SubscribeURL', subscribeUrl],
      ['Timestamp', '2024-01-02T03:04:05.678Z'],
      ['SignatureVersion', '2'],
      ['Signature', BLANK_SIGNATURE],
      ['SigningCertURL', certificateUrl],
    ]
    assert.equal(text, JSON.stringify(Object.fromEntries(members)))
    assert.equal(signatureAt, text.indexOf(BLANK_SIGNATURE))
  })
}

test('a function gets an event with an absent subject as null, absent attributes as {}, and signature version 1', () => {
  const event = lambdaEvent(plain, subscriptionArn, publicUrl, { keyId, text: 'c2ln' })
  assert.equal(
    event,
    JSON.stringify({
      Records: [
        {
          EventSource: 'aws:sns',
          EventVersion: '1.0',
          EventSubscriptionArn: subscriptionArn,
          Sns: {
            Type: 'Notification',
            MessageId: messageId,
            TopicArn: topicArn,
            Subject: null,
            Message: 'hello "you"',
            Timestamp: '2024-01-02T03:04:05.678Z',
            SignatureVersion: '1',
            Signature: 'c2ln',
            SigningCertUrl: certificateUrl,
            UnsubscribeUrl: unsubscribeUrl,
            MessageAttributes: {},
          },
        },
      ],
    }),
  )
})

test('a function gets subject and attributes', () => {
  const attributes = { n: { dataType: 'Number', stringValue: '1' } }
  const event = lambdaEvent({ ...plain, subject: 's', attributes }, subscriptionArn, publicUrl, { keyId, text: '' })
  const { Sns } = JSON.parse(event).Records[0]
  assert.equal(Sns.Subject, 's')
  assert.deepEqual(Sns.MessageAttributes, { n: { Type: 'Number', Value: '1' } })
})

test('a stream gets lines without a signature, or the message alone', () => {
  const line = firehoseRecord({ ...plain, subject: 's' }, subscriptionArn, publicUrl, false)
  assert.ok(line.endsWith('}\n'))
  assert.deepEqual(JSON.parse(line), {
    Type: 'Notification',
    MessageId: messageId,
    TopicArn: topicArn,
    Subject: 's',
    Message: 'hello "you"',
    Timestamp: '2024-01-02T03:04:05.678Z',
    UnsubscribeURL: unsubscribeUrl,
  })
  assert.equal(firehoseRecord(plain, subscriptionArn, publicUrl, true), 'hello "you"')
})

test('mail has the subject or a general one, the message, and a way out', () => {
  const { subject, text } = mail(plain, subscriptionArn, publicUrl)
  assert.equal(subject, 'AWS Notification Message')
  assert.ok(text.startsWith('hello "you"\n'))
  assert.ok(text.includes(`\n${publicUrl}/unsubscribe.html?SubscriptionArn=${subscriptionArn}\n`))
  assert.equal(mail({ ...plain, subject: 's' }, subscriptionArn, publicUrl).subject, 's')
  assert.deepEqual(jsonMail({ ...plain, subject: 's' }, '{"Type":"Notification"}'), {
    subject: 's',
    text: '{"Type":"Notification"}\n',
  })
})

test('mail that asks for confirmation has the link, as text or in the document', () => {
  const { subject, text } = confirmationMail(confirmation, publicUrl)
  assert.equal(subject, 'AWS Notification - Subscription Confirmation')
  assert.ok(text.includes(topicArn))
  assert.ok(text.includes(`\n${publicUrl}/confirmation.html?TopicArn=${topicArn}&Token=${confirmation.token}\n`))
  assert.deepEqual(jsonConfirmationMail('{}'), { subject, text: '{}\n' })
})
