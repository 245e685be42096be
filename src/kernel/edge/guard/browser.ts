/**
 * What a page may do with the node, by what the browser says of it: `Sec-Fetch-*` (https://www.w3.org/TR/fetch-metadata/)
 * and `Origin`, which no page can set or leave out. Node's own `fetch` says `Sec-Fetch-Mode` and nothing else, so
 * `Sec-Fetch-Site` is what tells a browser.
 *
 * What passes
 * - The node's own pages: same-origin, with an Origin that is the node's or none.
 * - Pages of an allowed origin, which then may also read the answers. Not under `/_millrace/`.
 * - A navigation that people make (they type an address, or follow a link from anywhere) to a public page, or to a link
 *   that a service hands out. Nothing else is done by a navigation: a typed address says `none`, and still does so after
 *   another site has redirected it here.
 *
 * Links of services, for instance those in mails: whoever has one may follow it, as with AWS, since what it does is
 * permitted by what only its receiver knows (a token, the id of a subscription). So a navigation may come from any site,
 * webmail above all, while an image, a frame, a form or a script with the same address does nothing: it shows a person
 * nothing, and nobody decided it. The same goes for a page that is fetched in advance.
 *
 * Browsers leave `Sec-Fetch-*` out towards plain HTTP beyond loopback, and old ones everywhere. `Origin` is on every
 * foreign POST then, too, but not on a GET; there a call without credentials by what calls itself Mozilla is refused. (A
 * page can't add `Authorization` without a preflight; the credentials in a pre-signed address it can make up.) For a link
 * the `Accept` of a navigation is asked for. A script can forge that: what then still guards is that it needs to know the
 * token or the id.
 */
import { ServiceError } from '../../service-error.ts'
import { MANAGEMENT_PREFIX } from '../management.ts'
import { corsHeaders, preflightHeaders } from './cors.ts'
import type { AnswerHeaders, GuardedHead, Verdict } from './head.ts'

/** Where people may be led by a link. */
export interface Follows {
  /** Whether there is a page at a path. */
  isPage(path: string): boolean
  /** Whether a query that names an operation is a link that a service hands out to people. */
  isLink(query: URLSearchParams): boolean
}

interface Rules {
  readonly allowOrigins: readonly string[]
  readonly publicUrl: string | undefined
  readonly follows: Follows
}

/** On what a browser gets: it takes nothing for what it isn't, and shows it to no other site. */
const BROWSER_HEADERS: AnswerHeaders = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  vary: 'Origin',
}
const PASSES: Verdict = { type: 'passes', headers: BROWSER_HEADERS }

export class BrowserRules {
  readonly #allowOrigins: ReadonlySet<string>
  readonly #publicUrl: string | undefined
  readonly #follows: Follows

  constructor({ allowOrigins, publicUrl, follows }: Rules) {
    this.#allowOrigins = new Set(allowOrigins)
    this.#publicUrl = publicUrl
    this.#follows = follows
  }

  /** Undefined: it is from no browser, as far as can be told. */
  judge(head: GuardedHead): Verdict | undefined {
    const site = head.header('sec-fetch-site')
    const origin = head.header('origin')
    if (site === undefined && origin === undefined) return this.#judgeUnmarked(head)
    if (head.path.startsWith(MANAGEMENT_PREFIX)) return this.#judgeManagement(head, site, origin)
    if (this.#isOwnPage(head, site, origin)) return this.#isCallByNavigation(head) ? FORBIDDEN_NAVIGATION : PASSES
    if (origin !== undefined && this.#allowOrigins.has(origin)) return allowed(head, origin)
    return this.#isFollowed(head) ? PASSES : FORBIDDEN
  }

  /** Our own pages may manage; by its address alone, typed or bookmarked, only what changes nothing is asked. */
  #judgeManagement(head: GuardedHead, site: string | undefined, origin: string | undefined): Verdict {
    const may = this.#isOwnPage(head, site, origin) && (site !== 'none' || isRead(head))
    return may ? PASSES : FORBIDDEN
  }

  #isOwnPage(head: GuardedHead, site: string | undefined, origin: string | undefined): boolean {
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
    if (origin === undefined || origin === this.#publicUrl) return true
    // A proxy may end TLS before us.
    return origin === `https://${head.host}` || (!head.encrypted && origin === `http://${head.host}`)
  }

  #isCallByNavigation(head: GuardedHead): boolean {
    return head.header('sec-fetch-mode') === 'navigate' && head.query.has('Action') && !this.#isFollowed(head)
  }

  /** Whether a person has followed a link to a place for people. */
  #isFollowed(head: GuardedHead): boolean {
    return (
      head.method === 'GET' &&
      head.header('sec-fetch-mode') === 'navigate' &&
      head.header('sec-fetch-dest') === 'document' &&
      head.header('sec-purpose') === undefined &&
      head.header('origin') === undefined &&
      this.#leadsPeople(head)
    )
  }

  #leadsPeople({ path, query }: GuardedHead): boolean {
    return query.has('Action') ? path === '/' && this.#follows.isLink(query) : this.#follows.isPage(path)
  }

  #judgeUnmarked(head: GuardedHead): Verdict | undefined {
    if (!isRead(head) || !head.header('user-agent')?.startsWith('Mozilla/')) return undefined
    if (!head.query.has('Action') || head.header('authorization')?.startsWith('AWS')) return PASSES
    const isNavigation = head.header('accept')?.includes('text/html') ?? false
    return isNavigation && this.#leadsPeople(head) ? PASSES : FORBIDDEN
  }
}

/** A page's own request is preceded by a question where it is none that a form could have made. */
function allowed(head: GuardedHead, origin: string): Verdict {
  const isPreflight = head.method === 'OPTIONS' && head.header('access-control-request-method') !== undefined
  return isPreflight
    ? { type: 'preflight', headers: preflightHeaders(origin, (name) => head.header(name)) }
    : { type: 'passes', headers: { 'x-content-type-options': 'nosniff', ...corsHeaders(origin) } }
}

const isRead = ({ method }: GuardedHead): boolean => method === 'GET' || method === 'HEAD'

const refused = (message: string): Verdict => ({
  type: 'refused',
  error: new ServiceError('ForbiddenOrigin', message, { status: 403 }),
  headers: BROWSER_HEADERS,
})

const FORBIDDEN = refused(
  'A page of another origin may not use this node. Start it with --allow-origins to let pages of that origin call it.',
)
const FORBIDDEN_NAVIGATION = refused('An operation is not called by opening its address in a browser.')
