/** Each row is a request as a client or a browser makes it, with the headers that Chromium and Firefox send. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Guard } from './guard.ts'
import type { GuardedHead } from './head.ts'

type Headers = Readonly<Record<string, string>>

interface Sent {
  /** POST unless given. */
  readonly method?: string
  /** `/` unless given; with its query. */
  readonly target?: string
  /** In lower case; `localhost:4566` is the host unless one is given. */
  readonly headers?: Headers
  /** Every Host header, where it isn't one. */
  readonly hosts?: readonly string[]
  readonly authority?: string
  readonly encrypted?: boolean
}

function headOf({
  method = 'POST',
  target = '/',
  headers = {},
  hosts,
  authority,
  encrypted = false,
}: Sent): GuardedHead {
  const given =
    hosts ?? ('host' in headers ? [headers.host as string] : authority === undefined ? ['localhost:4566'] : [])
  const { host: _, ...rest } = headers
  const [path = '', search = ''] = target.split('?')
  return {
    method,
    path,
    query: new URLSearchParams(search),
    host: given[0] ?? authority ?? '',
    authority,
    encrypted,
    rawHeaders: [...given.flatMap((host) => ['Host', host]), ...Object.entries(rest).flat()],
    header: (name) => (name === 'host' ? given[0] : rest[name]),
  }
}

const APP = 'http://localhost:3000'
const guard = new Guard(
  {
    allowOrigins: [APP, 'chrome-extension://abcdef'],
    allowHosts: ['node.example'],
    publicUrl: 'https://queues.example',
  },
  {
    isPage: (path) => path === '/page.html',
    isLink: (query) => query.get('Action') === 'Confirm' && query.has('Token'),
    outboundMarks: [{ header: 'x-sent-type' }, { header: 'user-agent', value: 'The Platform' }],
  },
)

/** `passes`, `preflight`, or status and code. */
function verdictOn(sent: Sent): string {
  const verdict = guard.judge(headOf(sent))
  return verdict.type === 'refused' ? `${verdict.error.status} ${verdict.error.code}` : verdict.type
}

const FORBIDDEN = '403 ForbiddenOrigin'
const MISDIRECTED = '421 MisdirectedRequest'
const INVALID_HOST = '400 InvalidHost'
const FORBIDDEN_SENDER = '403 ForbiddenSender'

const CALL = '/?Action=CreateQueue&QueueName=x'
const LINK = '/?Action=Confirm&Token=t'
const MOZILLA = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }
const HTML = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const IMAGE = { accept: 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5' }
const sec = (site: string, mode: string, dest: string): Headers => ({
  ...MOZILLA,
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
})
const EVIL = { origin: 'http://evil.example' }
const SIGNED = { authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/sqs/aws4_request, Signature=x' }

const get = (target: string, headers: Headers = {}): Sent => ({ method: 'GET', target, headers })
const post = (target: string, headers: Headers = {}): Sent => ({ target, headers })
const ask = (target: string, headers: Headers = {}): Sent => ({
  method: 'OPTIONS',
  target,
  headers: { ...headers, 'access-control-request-method': 'POST' },
})

type Cases = readonly (readonly [name: string, expected: string, sent: Sent])[]

const clients: Cases = [
  ['an SDK', 'passes', post('/', { 'user-agent': 'aws-sdk-js/3.1', ...SIGNED })],
  ['curl with a GET', 'passes', get(CALL, { 'user-agent': 'curl/8' })],
  ['Node’s fetch', 'passes', get(CALL, { 'sec-fetch-mode': 'cors' })],
  ['curl that resets', 'passes', post('/_millrace/reset')],
  ['a scraper', 'passes', get('/_millrace/metrics')],
  ['HTTP/1.0 without a Host', 'passes', { method: 'GET', hosts: [] }],
  ['a client with an empty Host', 'passes', { hosts: [''] }],
]

const pagesOfOthers: Cases = [
  ...['cross-site', 'same-site'].flatMap((site): Cases => {
    const [silent, form, cors] = [
      sec(site, 'no-cors', 'empty'),
      sec(site, 'navigate', 'document'),
      sec(site, 'cors', 'empty'),
    ]
    return [
      [`${site} <img>`, FORBIDDEN, get(CALL, sec(site, 'no-cors', 'image'))],
      [`${site} <script>`, FORBIDDEN, get(CALL, sec(site, 'no-cors', 'script'))],
      [`${site} <iframe>`, FORBIDDEN, get(CALL, sec(site, 'navigate', 'iframe'))],
      [`${site} link`, FORBIDDEN, get(CALL, form)],
      [`${site} form`, FORBIDDEN, post('/', { ...form, ...EVIL })],
      [`${site} form with a null origin`, FORBIDDEN, post('/', { ...form, origin: 'null' })],
      [`${site} fetch`, FORBIDDEN, post('/', { ...cors, ...EVIL })],
      [`${site} fetch without CORS`, FORBIDDEN, post('/', { ...silent, ...EVIL })],
      [`${site} fetch of health`, FORBIDDEN, get('/_millrace/health', silent)],
      [`${site} fetch of a page`, FORBIDDEN, get('/page.html', silent)],
      [`${site} link to the outbox`, FORBIDDEN, get('/_millrace/outbox', form)],
      [`${site} reset`, FORBIDDEN, post('/_millrace/reset', { ...silent, ...EVIL })],
      [`${site} preflight`, FORBIDDEN, ask('/', { ...cors, ...EVIL })],
    ]
  }),
  ['a WebSocket', FORBIDDEN, get(CALL, { ...EVIL, upgrade: 'websocket' })],
  ['a site that is said twice', FORBIDDEN, post('/', { 'sec-fetch-site': 'same-origin, cross-site' })],
  ['an origin that is said twice', FORBIDDEN, post('/', { origin: `${APP}, ${APP}` })],
  ['a form on plain HTTP beyond loopback', FORBIDDEN, post('/', { ...MOZILLA, ...EVIL, host: '10.0.0.3:4566' })],
  ['the same from a sandbox', FORBIDDEN, post('/', { ...MOZILLA, origin: 'null', host: '10.0.0.3:4566' })],
  ['the node on another port', FORBIDDEN, post('/', { origin: 'http://localhost:4567' })],
]

const silentBrowsers: Cases = [
  ['an unmarked <img>', FORBIDDEN, get(CALL, { ...MOZILLA, ...IMAGE })],
  ['an unmarked HEAD', FORBIDDEN, { method: 'HEAD', target: CALL, headers: MOZILLA }],
  ['an unmarked link', FORBIDDEN, get(CALL, { ...MOZILLA, ...HTML })],
  ['one with made-up credentials', FORBIDDEN, get(`${CALL}&X-Amz-Credential=a/b/c/d/e`, MOZILLA)],
  ['one with a password in it', FORBIDDEN, get(CALL, { ...MOZILLA, authorization: 'Basic eDp5' })],
  ['a name that is encoded', FORBIDDEN, get('/?%41ction=CreateQueue', MOZILLA)],
  ['one that is signed', 'passes', get(CALL, { ...MOZILLA, ...SIGNED })],
  ['an unmarked page', 'passes', get('/page.html', { ...MOZILLA, ...HTML })],
  ['an unmarked <img> of a link', FORBIDDEN, get(LINK, { ...MOZILLA, ...IMAGE })],
  ['an unmarked link that is followed', 'passes', get(LINK, { ...MOZILLA, ...HTML })],
]

const people: Cases = [
  ...['cross-site', 'same-site', 'none', 'same-origin'].flatMap((site): Cases => {
    const navigation = sec(site, 'navigate', 'document')
    return [
      [`a page, ${site}`, 'passes', get('/page.html', navigation)],
      [`a link, ${site}`, 'passes', get(LINK, navigation)],
      [`an operation, ${site}`, FORBIDDEN, get(CALL, navigation)],
      [`a link in a frame, ${site}`, FORBIDDEN, get(LINK, sec(site, 'navigate', 'iframe'))],
      [
        `a link fetched in advance, ${site}`,
        FORBIDDEN,
        get(LINK, { ...navigation, 'sec-purpose': 'prefetch;prerender' }),
      ],
    ]
  }),
  ['a link beside a path', FORBIDDEN, get(`/page.html${LINK.slice(1)}`, sec('cross-site', 'navigate', 'document'))],
  ['<img> of a link', FORBIDDEN, get(LINK, sec('cross-site', 'no-cors', 'image'))],
  ['fetch of a link', FORBIDDEN, get(LINK, sec('cross-site', 'no-cors', 'empty'))],
  ['a form to a link', FORBIDDEN, post(LINK, { ...sec('cross-site', 'navigate', 'document'), ...EVIL })],
  ['a typed address', 'passes', get('/', sec('none', 'navigate', 'document'))],
  ['health, typed', 'passes', get('/_millrace/health', sec('none', 'navigate', 'document'))],
  ['reset from an extension', FORBIDDEN, post('/_millrace/reset', sec('none', 'cors', 'empty'))],
]

const ownPages: Cases = [
  ['an own page', 'passes', post('/', { ...sec('same-origin', 'cors', 'empty'), origin: 'http://localhost:4566' })],
  ['one that resets', 'passes', post('/_millrace/reset', sec('same-origin', 'cors', 'empty'))],
  ['an unmarked one', 'passes', post('/_millrace/reset', { origin: 'http://10.0.0.3:4566', host: '10.0.0.3:4566' })],
  ['behind a proxy with TLS', 'passes', post('/', { origin: 'https://node.example', host: 'node.example' })],
  ['behind one that hides the host', 'passes', post('/', { origin: 'https://queues.example', host: '10.0.0.3' })],
  ['a plain page, to TLS', FORBIDDEN, { ...post('/', { origin: 'http://localhost:4566' }), encrypted: true }],
  ['a page of TLS', 'passes', { ...post('/', { origin: 'https://localhost:4566' }), encrypted: true }],
]

const fromApp = { ...sec('same-site', 'cors', 'empty'), origin: APP }
const allowedOrigins: Cases = [
  ['an allowed page', 'passes', post('/', fromApp)],
  [
    'an allowed extension',
    'passes',
    post('/', { ...sec('none', 'cors', 'empty'), origin: 'chrome-extension://abcdef' }),
  ],
  ['a preflight', 'preflight', ask('/', fromApp)],
  ['OPTIONS that asks nothing', 'passes', { method: 'OPTIONS', headers: fromApp }],
  ['an allowed page that resets', FORBIDDEN, post('/_millrace/reset', fromApp)],
  ['a preflight for the clock', FORBIDDEN, ask('/_millrace/clock', fromApp)],
  ['an allowed page that shows an image', FORBIDDEN, get(CALL, sec('same-site', 'no-cors', 'image'))],
  ['an origin that begins like an allowed one', FORBIDDEN, post('/', { origin: `${APP}0` })],
]

const hosts: Cases = [
  ['a rebound page', MISDIRECTED, get(CALL, { ...MOZILLA, host: 'evil.example:4566' })],
  ['its reset', MISDIRECTED, post('/_millrace/reset', { origin: 'http://evil.example', host: 'evil.example' })],
  ['a page at a rebound name', MISDIRECTED, get('/page.html', { host: 'evil.example' })],
  ['an allowed host', 'passes', post('/', { host: 'node.example' })],
  ['the public host', 'passes', post('/', { host: 'queues.example' })],
  ['a queue’s own host', 'passes', post('/', { host: 'sqs.eu-west-1.queues.example' })],
  ['two Hosts', INVALID_HOST, { hosts: ['localhost', 'evil.example'] }],
  ['two Hosts the other way round', INVALID_HOST, { hosts: ['evil.example', 'localhost'] }],
  ['the same Host twice', INVALID_HOST, { hosts: ['localhost', 'localhost'] }],
  ['a Host with a path', INVALID_HOST, { hosts: ['localhost/x'] }],
  ['HTTP/2', 'passes', { authority: 'localhost:4566' }],
  ['HTTP/2 with a Host as well', 'passes', { authority: 'localhost:4566', hosts: ['LOCALHOST:4566'] }],
  ['HTTP/2 with another Host', INVALID_HOST, { authority: 'localhost:4566', hosts: ['evil.example'] }],
  ['HTTP/2 for another Host', INVALID_HOST, { authority: 'evil.example', hosts: ['localhost'] }],
  ['HTTP/2 with user information', INVALID_HOST, { authority: 'localhost@evil.example' }],
  ['HTTP/2 for a foreign name', MISDIRECTED, { authority: 'evil.example' }],
  ['an absolute target without a Host', INVALID_HOST, { authority: 'localhost', hosts: [''] }],
]

const senders: Cases = [
  ['a notification', FORBIDDEN_SENDER, post('/', { 'x-sent-type': 'Notification' })],
  ['its agent', FORBIDDEN_SENDER, post(CALL, { 'user-agent': 'The Platform' })],
  ['another agent', 'passes', post('/', { 'user-agent': 'The Platform of others' })],
]

const cases = {
  clients,
  'pages of others': pagesOfOthers,
  'silent browsers': silentBrowsers,
  people,
  'own pages': ownPages,
  'allowed origins': allowedOrigins,
  hosts,
  senders,
}
for (const [group, rows] of Object.entries(cases)) {
  for (const [name, expected, sent] of rows) {
    test(`${group}: ${name}: ${sent.method ?? 'POST'} ${sent.target ?? '/'} → ${expected}`, () =>
      assert.equal(verdictOn(sent), expected))
  }
}

test('a foreign host is told how it becomes one of the node’s', () => {
  const verdict = guard.judge(headOf({ headers: { host: 'Evil.example:4566' } }))
  assert.ok(verdict.type === 'refused')
  assert.match(verdict.error.message, /--allow-hosts evil\.example\./)
})

test('an allowed page reads answers and the headers that an SDK needs, and no credentials of the browser are sent', () => {
  const { headers } = guard.judge(headOf({ headers: { origin: APP } }))
  assert.equal(headers?.['access-control-allow-origin'], APP)
  assert.equal(headers?.vary, 'Origin')
  assert.match(headers?.['access-control-expose-headers'] ?? '', /x-amzn-RequestId, x-amzn-query-error/)
  assert.equal(headers?.['access-control-allow-credentials'], undefined)
})

test('a preflight grants the headers that were asked for', () => {
  const asked = 'amz-sdk-invocation-id,authorization,content-type,x-amz-target'
  const headers = { origin: APP, 'access-control-request-method': 'POST', 'access-control-request-headers': asked }
  const granted = guard.judge(headOf({ method: 'OPTIONS', headers })).headers ?? {}
  assert.equal(granted['access-control-allow-origin'], APP)
  assert.equal(granted['access-control-allow-headers'], asked)
  assert.match(granted['access-control-allow-methods'] ?? '', /\bPOST\b/)
  assert.ok(Number(granted['access-control-max-age']) > 0)
  assert.match(granted.vary ?? '', /Origin/)
  assert.equal(granted['access-control-allow-private-network'], undefined)
})

test('a preflight that asks for no names of headers is granted none, and one for a private network is told so', () => {
  const headers = {
    origin: APP,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'a b',
    'access-control-request-private-network': 'true',
  }
  const granted = guard.judge(headOf({ method: 'OPTIONS', headers })).headers ?? {}
  assert.equal(granted['access-control-allow-headers'], undefined)
  assert.equal(granted['access-control-allow-private-network'], 'true')
})

test('a refused page is told nothing that lets it read the answer', () => {
  const { headers = {} } = guard.judge(headOf({ headers: EVIL }))
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith('access-control')),
    [],
  )
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
})
