/** Mail to subscribers: over SMTP where a server is set up, else in the outbox. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { type Document, redriveTo, settled } from './outside.ts'
import { startSns } from './support.ts'

interface Mail {
  readonly to: string
  readonly from: string
  readonly subject: string
  readonly text: string
}

/** A mail server that takes what it is sent, or refuses it with a reply of the test's. */
async function openMailServer() {
  const mails: Mail[] = []
  const refusals: number[] = []
  let onMail = () => {}
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    onData: async (stream, { envelope }, done) => {
      const source = (await stream.setEncoding('utf8').toArray()).join('')
      const code = refusals.shift()
      if (code !== undefined) return done(Object.assign(new Error('refused'), { responseCode: code }))
      mails.push(parseMail(envelope.rcptTo[0]?.address ?? '', source))
      done()
      onMail()
    },
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  after(() => new Promise<void>((resolve) => server.close(resolve)))
  const next = async (): Promise<Mail> => {
    while (mails.length === 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      onMail = resolve
      await promise
    }
    return mails.shift() as Mail
  }
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, mails, refusals, next }
}

/** As far as plain texts need it: headers, and the body in quoted-printable or as it is. */
function parseMail(to: string, source: string): Mail {
  const [head = '', ...rest] = source.replaceAll('\r\n', '\n').split('\n\n')
  const header = (name: string) => new RegExp(`^${name}: (.*)$`, 'im').exec(head.replace(/\n\s+/g, ' '))?.[1] ?? ''
  const body = rest.join('\n\n')
  const text =
    header('content-transfer-encoding') === 'quoted-printable'
      ? Buffer.from(
          body
            .replace(/=\n/g, '')
            .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
          'latin1',
        ).toString('utf8')
      : body
  return { to, from: header('from'), subject: header('subject'), text }
}

const server = await openMailServer()
const sns = await startSns({ smtpUrl: server.url, smtpFrom: 'Topics <topics@example.com>' })
const local = await startSns()

const linkIn = ({ text }: Pick<Mail, 'text'>): string => /^http\S+$/m.exec(text)?.[0] ?? ''

test('an address is asked, confirms by the link, gets messages, and ends it by the link in them', async () => {
  const topicArn = await sns.createTopic()
  const arn = await settled(sns, () => sns.subscribe(topicArn, 'email', 'someone@example.com'))
  const asked = await server.next()
  assert.deepEqual([asked.to, asked.from], ['someone@example.com', 'Topics <topics@example.com>'])
  assert.equal(asked.subject, 'AWS Notification - Subscription Confirmation')
  assert.ok(asked.text.includes(topicArn))
  const link = linkIn(asked)
  assert.ok(link.startsWith(`${sns.node.url}/confirmation.html?TopicArn=${topicArn}&Token=`), link)
  assert.equal((await fetch(link)).status, 200)

  await settled(sns, () => sns.publish(topicArn, 'grüße\nin zwei Zeilen', { Subject: 'a subject' }))
  const mail = await server.next()
  assert.equal(mail.subject, 'a subject')
  assert.ok(mail.text.startsWith('grüße\nin zwei Zeilen\n'), mail.text)
  assert.equal(linkIn(mail), `${sns.node.url}/unsubscribe.html?SubscriptionArn=${arn}`)
  await settled(sns, () => sns.publish(topicArn, 'no subject'))
  assert.equal((await server.next()).subject, 'AWS Notification Message')

  assert.equal((await fetch(linkIn(mail))).status, 200)
  await sns.publish(topicArn, 'for nobody')
  const { Subscriptions } = await sns.sns.listSubscriptionsByTopic({ TopicArn: topicArn })
  assert.equal(Subscriptions?.[0]?.SubscriptionArn, 'Deleted')
  assert.equal(server.mails.length, 0) // by mail nobody is told of the end
})

test('email-json gets the documents, with the links of the API', async () => {
  const topicArn = await sns.createTopic()
  const arn = await settled(sns, () => sns.subscribe(topicArn, 'email-json', 'program@example.com'))
  const asked = JSON.parse((await server.next()).text) as Document
  assert.equal(asked.Type, 'SubscriptionConfirmation')
  assert.ok(asked.SubscribeURL.startsWith(`${sns.node.url}/?Action=ConfirmSubscription&`))
  assert.equal((await fetch(asked.SubscribeURL)).status, 200)
  const MessageAttributes = { a: { DataType: 'Number', StringValue: '1' } }
  await settled(sns, () => sns.publish(topicArn, 'x', { MessageAttributes }))
  const document = JSON.parse((await server.next()).text) as Document
  assert.deepEqual(
    [document.Type, document.Message, document.MessageAttributes],
    ['Notification', 'x', { a: { Type: 'Number', Value: '1' } }],
  )
  assert.equal(document.UnsubscribeURL, `${sns.node.url}/?Action=Unsubscribe&SubscriptionArn=${arn}`)
})

test('a server that is busy is asked again after ten seconds; one that refuses is not', async () => {
  const topicArn = await sns.createTopic()
  const deadLetters = await sns.createQueue()
  await settled(sns, () => sns.subscribe(topicArn, 'email', 'other@example.com', redriveTo(deadLetters.arn)))
  await fetch(linkIn(await server.next()))
  server.refusals.push(450)
  await settled(sns, () => sns.publish(topicArn, 'later'))
  await settled(sns, async () => sns.advance(10))
  assert.ok((await server.next()).text.startsWith('later\n'))

  server.refusals.push(550)
  await settled(sns, () => sns.publish(topicArn, 'never'))
  assert.deepEqual(
    (await sns.envelopes(deadLetters)).map(({ Message }) => Message),
    ['never'],
  )
  assert.equal(server.mails.length, 0)
})

test('without a server, mails stay in the outbox', async () => {
  const topicArn = await local.createTopic()
  const outbox = async () => {
    const answer = await fetch(`${local.node.url}/_millrace/outbox?channel=email&to=someone@example.com`)
    const { items } = (await answer.json()) as { items: { account: string; region: string; content: Mail }[] }
    return items
  }
  await settled(local, () => local.subscribe(topicArn, 'email', 'someone@example.com'))
  const [asked] = await outbox()
  assert.deepEqual([asked?.account, asked?.region], ['000000000000', 'us-east-1'])
  assert.equal((await fetch(linkIn(asked?.content as Mail))).status, 200)
  await settled(local, () => local.publish(topicArn, 'kept', { Subject: 's' }))
  const [mail] = await outbox()
  assert.equal(mail?.content.subject, 's')
  assert.ok(mail?.content.text.startsWith('kept\n'))
})
