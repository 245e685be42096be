import assert from 'node:assert/strict'
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import fc from 'fast-check'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { createMailer, type Mail, type Mailer } from './mail.ts'
import { openTestOutbox, type TestOutbox } from './testing/outbox.ts'

const from = 'Millrace <no-reply@millrace.example>'
const mail: Mail = {
  account: '000000000000',
  region: 'us-east-1',
  to: 'someone@example.com',
  subject: 'Hello',
  text: 'A text.\n.\nWith a dot, and ü.\n',
}

let outbox: TestOutbox
before(async () => {
  outbox = await openTestOutbox()
})
beforeEach(() => outbox.store.reset())
after(() => outbox[Symbol.asyncDispose]())

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface Received {
  readonly from: string
  readonly to: readonly string[]
  /** By their names in lower case, unfolded. */
  readonly headers: ReadonlyMap<string, string>
  readonly source: string
}

interface SmtpTest {
  readonly mailer: Mailer
  readonly received: Received[]
  readonly connections: () => number
}

/** An SMTP server on the loopback address, and a mailer that uses it. */
async function smtp(options: SMTPServerOptions = {}, userinfo = '', timeoutMs = 5_000): Promise<SmtpTest> {
  const received: Received[] = []
  let connections = 0
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    onConnect: (_, done) => {
      connections++
      done()
    },
    onData: async (stream, { envelope }, done) => {
      const source = (await stream.setEncoding('utf8').toArray()).join('')
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address
      received.push({ from, to: envelope.rcptTo.map(({ address }) => address), headers: headersOf(source), source })
      done()
    },
    ...options,
  })
  server.on('error', () => {}) // of connections that clients break off
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const mailer = createMailer({ smtpUrl: `smtp://${userinfo}127.0.0.1:${port}`, from, store: outbox.store, timeoutMs })
  closing.push(() => {
    mailer.close()
    server.close()
  })
  return { mailer, received, connections: () => connections }
}

function headersOf(source: string): Map<string, string> {
  const head = source.slice(0, source.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ')
  return new Map(
    head.split('\r\n').map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.replace(/^[^:]*: ?/, '')]),
  )
}

const refuse = (code: number, message: string) => Object.assign(new Error(message), { responseCode: code })

describe('over SMTP', () => {
  test('a mail arrives with its sender, subject, text and headers', async () => {
    const { mailer, received } = await smtp()
    const headers = { 'List-Unsubscribe': '<http://localhost/?Action=Unsubscribe>', 'Auto-Submitted': 'auto-generated' }
    assert.deepEqual(await mailer.send({ ...mail, headers }), { type: 'delivered' })
    const [got, ...others] = received
    assert.equal(others.length, 0)
    assert.deepEqual([got?.from, got?.to], ['no-reply@millrace.example', ['someone@example.com']])
    assert.equal(got?.headers.get('from'), from)
    assert.equal(got?.headers.get('to'), 'someone@example.com')
    assert.equal(got?.headers.get('subject'), 'Hello')
    assert.equal(got?.headers.get('list-unsubscribe'), headers['List-Unsubscribe'])
    assert.equal(got?.headers.get('auto-submitted'), 'auto-generated')
    assert.match(got?.source ?? '', /A text\.\r\n\.\r\nWith a dot, and (=C3=BC|ü)\./)
    assert.deepEqual(await outbox.items(), [])
  })

  test('connections are kept', async () => {
    const { mailer, received, connections } = await smtp()
    for (let i = 0; i < 5; i++) await mailer.send(mail)
    assert.deepEqual([received.length, connections()], [5, 1])
  })

  test('a user and password log in', async () => {
    const users: string[] = []
    const onAuth: SMTPServerOptions['onAuth'] = ({ username = '', password }, _, done) => {
      users.push(`${username} ${password}`)
      done(null, { user: username })
    }
    const { mailer } = await smtp({ onAuth, authOptional: false }, 'me%40here:pass%3Aword@')
    assert.deepEqual(await mailer.send(mail), { type: 'delivered' })
    assert.deepEqual(users, ['me@here pass:word'])
  })

  const rcptTo =
    (code: number): SMTPServerOptions['onRcptTo'] =>
    (_, __, done) =>
      done(refuse(code, 'Not now'))
  const mailFrom =
    (code: number): SMTPServerOptions['onMailFrom'] =>
    (_, __, done) =>
      done(refuse(code, 'Not now'))
  const data =
    (code: number): SMTPServerOptions['onData'] =>
    (stream, _, done) => {
      stream.on('end', () => done(refuse(code, 'Not now'))).resume()
    }
  const refusals: [name: string, options: SMTPServerOptions, userinfo: string, type: string][] = [
    ['a recipient for good', { onRcptTo: rcptTo(550) }, '', 'failed'],
    ['a recipient for now', { onRcptTo: rcptTo(450) }, '', 'retry'],
    ['the sender for good', { onMailFrom: mailFrom(553) }, '', 'failed'],
    ['the sender for want of a password', { onMailFrom: mailFrom(530) }, '', 'retry'],
    ['the mail for good', { onData: data(554) }, '', 'failed'],
    ['the mail for now', { onData: data(451) }, '', 'retry'],
    ['the connection', { onConnect: (_, done) => done(refuse(554, 'Not now')) }, '', 'retry'],
    ['the password', { onAuth: (_, __, done) => done(refuse(535, 'Not now')), authOptional: false }, 'a:b@', 'retry'],
  ]
  for (const [name, options, userinfo, type] of refusals) {
    test(`a server that refuses ${name}: ${type}`, async () => {
      const { mailer } = await smtp(options, userinfo)
      const outcome = await mailer.send(mail)
      assert.equal(outcome.type, type, JSON.stringify(outcome))
      assert.match((outcome as { reason: string }).reason, /Not now/)
    })
  }

  test('a server that is not there is for another try', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from, store: outbox.store })
    const outcome = await mailer.send(mail)
    assert.equal(outcome.type, 'retry')
    assert.match((outcome as { reason: string }).reason, /ECONNREFUSED/)
    mailer.close()
  })

  test('a server that never answers is given up in time', async () => {
    const { mailer, received } = await smtp({ onRcptTo: () => {} }, '', 100)
    assert.equal((await mailer.send(mail)).type, 'retry')
    assert.equal(received.length, 0)
  })

  test('a server that breaks off is for another try', async () => {
    let connections = 0
    const server = net.createServer((socket) => {
      connections++
      socket.once('data', () => socket.destroy()).write('220 here\r\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from, store: outbox.store })
    closing.push(() => {
      mailer.close()
      server.close()
    })
    assert.equal((await mailer.send(mail)).type, 'retry')
    assert.notEqual(connections, 0)
  })
})

describe('nothing adds headers or recipients', () => {
  const subjects = [
    'a\r\nBcc: other@example.com',
    'a\nBcc: other@example.com\n\nanother text',
    'a\rBcc: other@example.com',
    'a\u2028Bcc: other@example.com',
    'a\0\u0085Bcc: other@example.com',
    `${'long '.repeat(100)}\r\nBcc: other@example.com`,
  ]
  for (const subject of subjects) {
    test(`in a subject: ${JSON.stringify(subject.slice(-40))}`, async () => {
      const { mailer, received } = await smtp()
      assert.deepEqual(await mailer.send({ ...mail, subject, headers: { 'X-A': subject } }), { type: 'delivered' })
      const [got] = received
      assert.deepEqual(got?.to, ['someone@example.com'])
      assert.equal(got?.headers.has('bcc'), false)
      assert.equal(got?.headers.get('subject'), subject.replace(/[\p{Cc}\u2028]+/gu, ' '))
      assert.equal(got?.headers.get('x-a'), subject.replace(/[\p{Cc}\u2028]+/gu, ' '))
    })
  }

  const addresses = [
    'a@example.com\r\nRCPT TO:<other@example.com>',
    'a@example.com\nBcc: other@example.com',
    'a@example.com, other@example.com',
    'a@example.com;other@example.com',
    'a@example.com other@example.com',
    'Group: a@example.com;',
    'Name <a@example.com>',
    '<a@example.com>',
    '"a b"@example.com',
    'a@b@example.com',
    'a@example.com\0',
    'a\u200b@example.com',
    'example.com',
    '@example.com',
    'a@',
    '',
    `${'a'.repeat(320)}@example.com`,
  ]
  for (const to of addresses) {
    test(`in an address: ${JSON.stringify(to.slice(0, 50))}`, async () => {
      const { mailer, connections } = await smtp()
      const outcome = await mailer.send({ ...mail, to })
      assert.deepEqual([outcome.type, connections()], ['failed', 0])
    })
  }

  test('whatever the subject is', async () => {
    const { mailer, received } = await smtp()
    await mailer.send(mail)
    const names = [...(received[0]?.headers.keys() ?? [])].sort()
    const subjects = fc.string({
      unit: fc.constantFrom('a', ' ', ':', '\r', '\n', '\t', '=', '?', '\u2029', 'ü', '\0'),
    })
    await fc.assert(
      fc.asyncProperty(subjects, async (subject) => {
        await mailer.send({ ...mail, subject })
        const got = received.at(-1)
        assert.deepEqual(got?.to, ['someone@example.com'])
        const known = [...(got?.headers.keys() ?? [])].filter((name) => name !== 'subject')
        assert.deepEqual(
          known.sort(),
          names.filter((name) => name !== 'subject' && known.includes(name)),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('nor the name of a header', async () => {
    const { mailer } = await smtp()
    await assert.rejects(mailer.send({ ...mail, headers: { 'X-A: b\r\nBcc': 'c' } }), TypeError)
  })
})

test('without an SMTP server mails go to the outbox', async () => {
  const mailer = createMailer({ smtpUrl: undefined, from, store: outbox.store })
  const headers = { 'X-A': 'b' }
  assert.deepEqual(await mailer.send({ ...mail, subject: 'Two\nlines', headers }), { type: 'delivered' })
  assert.equal((await mailer.send({ ...mail, to: 'nobody' })).type, 'failed')
  const [{ id: _, recordedAt: __, ...item } = {}, ...others] = await outbox.items()
  assert.equal(others.length, 0)
  assert.deepEqual(item, {
    channel: 'email',
    account: '000000000000',
    region: 'us-east-1',
    destination: 'someone@example.com',
    content: { from, subject: 'Two lines', text: mail.text, headers },
  })
  mailer.close()
})
