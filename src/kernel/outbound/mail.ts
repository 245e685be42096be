/**
 * Mail to the outside: over SMTP where a server is set up, else into the outbox.
 *
 * A mail goes to one address, and what it is made of can't add a header or a recipient: an address is checked to be one,
 * and control characters in a subject or a header become spaces.
 */
import type { SentMessageInfo, Transporter } from 'nodemailer'
import type { Millis } from '../clock/clock.ts'
import type { Store } from '../store/store.ts'
import { withDeadline } from './deadline.ts'
import { DELIVERED, failed, retry, type SendOutcome } from './outcome.ts'
import { recordInOutbox } from './store.ts'

export interface Mail {
  readonly account: string
  readonly region: string
  /** One address: `someone@example.com`. */
  readonly to: string
  readonly subject: string
  /** Plain text. */
  readonly text: string
  /** Further ones, as `List-Unsubscribe`. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface Mailer {
  /** Rejects only if the outbox can't be written. */
  send(mail: Mail): Promise<SendOutcome>
  /** Closes the connections; what is under way is finished first. */
  close(): void
}

export interface MailerOptions {
  /** `smtp://user:password@host:port`, or `smtps:`; options of nodemailer may follow as a query. */
  readonly smtpUrl: string | undefined
  /** Who the mails are from: `Name <address>`. */
  readonly from: string
  /** Has the outbox. */
  readonly store: Store
  /** For one mail, waiting for a connection included, in real time; a minute unless given. */
  readonly timeoutMs?: Millis
}

const TIMEOUT_MS = 60_000

export function createMailer({ smtpUrl, from, store, timeoutMs = TIMEOUT_MS }: MailerOptions): Mailer {
  let loading: Promise<SmtpTransport> | undefined

  async function sendBySmtp(url: string, { to, subject, text, headers }: Required<Mail>): Promise<SendOutcome> {
    loading ??= openTransport(url)
    const transport = await loading
    const message = { from, to: { name: '', address: to }, subject, text, headers: { ...headers } }
    return withDeadline(timeoutMs, (signal) => transport.sendMail({ ...message, signal }).then(() => DELIVERED, judge))
  }

  return {
    async send(mail) {
      const clean = cleanMail(mail)
      if (!isMailAddress(clean.to)) return failed(`${JSON.stringify(clean.to)} is not a mail address`)
      if (smtpUrl !== undefined) return sendBySmtp(smtpUrl, clean)
      const { account, region, to, ...content } = clean
      await store.execute(recordInOutbox, {
        channel: 'email',
        account,
        region,
        destination: to,
        content: { from, ...content },
      })
      return DELIVERED
    },

    close() {
      void loading?.then((transport) => transport.close())
    },
  }
}

type SmtpTransport = Transporter<SentMessageInfo>

/** Loaded with the first mail: most nodes send none. */
async function openTransport(url: string): Promise<SmtpTransport> {
  const { createTransport } = await import('nodemailer')
  return createTransport({ url, ...POOL })
}

const POOL = {
  pool: true,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 30_000,
  // Once, for a kept connection that the server closed at that moment; anything else is for the job to try again.
  maxRequeues: 1,
  disableFileAccess: true,
  disableUrlAccess: true,
}

/** What nodemailer says of a failure. */
interface MailError extends Error {
  readonly code?: string
  /** Whether the server's reply says that the same mail is refused again. */
  readonly permanent?: boolean
  readonly responseCode?: number
  /** What the server replied to. */
  readonly command?: string
}

/** Commands about this mail. A refusal before them is about the connection or the password, which someone may mend. */
const ABOUT_THE_MAIL = new Set(['MAIL FROM', 'RCPT TO', 'DATA'])
const AUTHENTICATION_REQUIRED = 530

function judge({ message, code, permanent, responseCode, command = '' }: MailError): SendOutcome {
  const isRefused = permanent === true && ABOUT_THE_MAIL.has(command) && responseCode !== AUTHENTICATION_REQUIRED
  if (isRefused || (code === 'EENVELOPE' && responseCode === undefined)) return failed(message)
  return retry(message)
}

function cleanMail(mail: Mail): Required<Mail> {
  const headers = Object.entries(mail.headers ?? {}).map(([name, value]) => [headerName(name), oneLine(value)])
  return { ...mail, subject: oneLine(mail.subject), headers: Object.fromEntries(headers) }
}

/** Throws a TypeError: names are the program's own. */
function headerName(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) throw new TypeError(`${JSON.stringify(name)} is not the name of a header`)
  return name
}

const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')

/** A local part without quotes, and a domain; so never a list of addresses, and nothing that SMTP would read otherwise. */
const ADDRESS = /^[^\s@"(),:;<>[\\\]\p{C}]+@[^\s@"'(),:;<>[\\\]\p{C}]+$/u

const isMailAddress = (text: string): boolean => text.length <= 320 && ADDRESS.test(text)
