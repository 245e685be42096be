/**
 * What SNS answers to a browser and to whoever checks a signature: the certificates, and the pages that links in mails lead
 * to. Opening such a page does what it says, as with AWS; what it says is for whoever reads the mail.
 */
import type { PageRequest, RunningService } from '../../kernel/kernel.ts'
import type { WireAnswer } from '../../kernel/protocol/codec.ts'
import { ServiceError } from '../../kernel/service-error.ts'
import { originFor, type SnsContext } from './api/context.ts'
import { parseSubscriptionArn } from './model/arn.ts'
import { checkConfirmation, newToken } from './model/confirmation.ts'
import { CONFIRMATION_PAGE, UNSUBSCRIBE_PAGE } from './model/envelope.ts'
import { confirmSubscription, unsubscribe } from './store.ts'

const CERTIFICATE = /^\/SimpleNotificationService-([0-9a-f]{32})\.pem$/

export const pages =
  (sns: SnsContext): NonNullable<RunningService['page']> =>
  (path) => {
    const keyId = CERTIFICATE.exec(path)?.[1]
    if (keyId !== undefined) return () => certificate(sns, keyId)
    const page = PAGES.get(path)
    return page && ((request) => page(sns, request))
  }

async function certificate({ signing }: SnsContext, keyId: string): Promise<WireAnswer> {
  const key = await signing.byId(keyId)
  if (key === undefined) return { status: 404, contentType: 'text/plain', body: 'There is no such certificate.' }
  return { status: 200, contentType: 'application/x-pem-file', body: key.certificatePem }
}

const PAGES: ReadonlyMap<string, OwnPage> = new Map([
  [`/${CONFIRMATION_PAGE}`, pageOf('The subscription was not confirmed', confirm)],
  [`/${UNSUBSCRIBE_PAGE}`, pageOf('The subscription was not removed', remove)],
])

/** A title, and paragraphs. */
type Text = readonly [title: string, ...paragraphs: string[]]

type OwnPage = (sns: SnsContext, request: PageRequest) => Promise<WireAnswer>

/** `failed` is the title where a refusal is shown. */
function pageOf(failed: string, act: (sns: SnsContext, request: PageRequest) => Promise<Text>): OwnPage {
  return async (sns, request) => {
    try {
      return html(200, await act(sns, request))
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error
      return html(error.status ?? 400, [failed, error.message])
    }
  }
}

async function confirm({ store }: SnsContext, { query }: PageRequest): Promise<Text> {
  const token = query.get('Token') ?? ''
  const { region } = checkConfirmation(query.get('TopicArn') ?? '', token, undefined)
  const arn = await store.execute(confirmSubscription, {
    token,
    region,
    authenticated: false,
    authenticateOnUnsubscribe: false,
  })
  return ['The subscription is confirmed', `Its id is ${arn}.`, 'Each message has a link that ends it.']
}

async function remove(sns: SnsContext, request: PageRequest): Promise<Text> {
  const address = parseSubscriptionArn(request.query.get('SubscriptionArn') ?? '', undefined)
  const { keyId } = await sns.signing.current()
  const origin = originFor(sns, request)
  await sns.store.execute(unsubscribe, { ...address, authenticated: false, token: newToken(), origin, keyId })
  return ['The subscription is removed', `No more messages are sent for ${address.topicArn}.`]
}

function html(status: number, [title, ...paragraphs]: Text): WireAnswer {
  const text = paragraphs.map((paragraph) => `<p>${escaped(paragraph)}</p>`).join('\n')
  return {
    status,
    contentType: 'text/html; charset=utf-8',
    headers: HEADERS,
    body: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 4rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
${text}
</main>
</body>
</html>
`,
  }
}

/** The address of a page holds a token: it is told to nobody and kept nowhere. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string)
