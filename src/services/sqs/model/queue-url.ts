/**
 * Queue URLs: every style that clients hold is read, whatever style is handed out.
 *
 *   off        http://localhost:4566/000000000000/orders                     of the node's own region
 *              http://localhost:4566/000000000000.eu-west-1/orders           of another
 *   path       http://localhost:4566/queue/eu-west-1/000000000000/orders
 *   standard   https://sqs.eu-west-1.example.com/000000000000/orders
 *   domain     https://eu-west-1.queue.example.com/000000000000/orders       us-east-1 has the bare host queue.example.com
 *   dynamic    `standard` or `domain` if the request's host was of that style, else `off`
 *
 * Two regions of an account have two URLs: where a host can't carry the region, because it is an IP address or the region's
 * name is none of AWS's, the path does. It does so in two segments, since Terraform's provider, KEDA and others take a path
 * of any other length for an error. A URL without a region, as older versions gave out to all, is of the request's.
 */

import { isIP } from 'node:net'
import type { QueueAddress } from './names.ts'

export type UrlStyle = 'off' | 'path' | 'standard' | 'domain' | 'dynamic'

/** What a URL says of its queue; the request and the configuration supply the rest. */
export interface QueueReference {
  readonly region?: string
  readonly accountId?: string
  readonly name: string
}

const REGION = '[a-z]{2,}(?:-[a-z]+)+-\\d+'
const WHOLE_REGION = new RegExp(`^${REGION}$`)
const STANDARD_HOST = new RegExp(`^sqs\\.(${REGION})\\.([^/]+)$`)
/** A private endpoint puts labels of its own before `sqs.`: it tells the region, but can't be composed for another. */
const PRIVATE_HOST = new RegExp(`\\.sqs\\.(${REGION})\\.`)
const DOMAIN_HOST = new RegExp(`^(?:(${REGION})\\.)?queue\\.([^/]+)$`)
const DOMAIN_DEFAULT_REGION = 'us-east-1'

/** The segment before the name. */
const OWNER = /^(\d{12})(?:\.([a-z0-9-]{1,32}))?$/

interface Host {
  readonly style: 'off' | 'standard' | 'domain'
  readonly region?: string
  /** The host without what the style puts before it; with the port. */
  readonly domain: string
}

function parseHost(host: string): Host {
  const lowerCase = host.toLowerCase()
  const standard = STANDARD_HOST.exec(lowerCase)
  if (standard) return { style: 'standard', region: standard[1], domain: standard[2] as string }
  const domain = DOMAIN_HOST.exec(lowerCase)
  if (domain) return { style: 'domain', region: domain[1] ?? DOMAIN_DEFAULT_REGION, domain: domain[2] as string }
  return { style: 'off', region: PRIVATE_HOST.exec(lowerCase)?.[1], domain: host }
}

/**
 * The queue that a URL's path names, or undefined if it isn't a queue's path. The last two segments count, so a proxy
 * may put something before them; a region is read from `…/<account>.<region>/<name>` and from
 * `…/queue/<region>/<account>/<name>`.
 */
export function parseQueuePath(path: string): (QueueReference & { readonly accountId: string }) | undefined {
  const [name, owner = '', region, queue] = path.replace(/\/$/, '').split('/').reverse()
  const [, accountId, ownRegion] = OWNER.exec(owner) ?? []
  if (!name || accountId === undefined) return undefined
  return { region: ownRegion ?? (queue === 'queue' && region ? region : undefined), accountId, name }
}

const URL_PARTS = /^https?:\/\/([^/?#]*)([^?#]*)/i

function parse(url: string): QueueReference | undefined {
  const [, host, path = url] = URL_PARTS.exec(url) ?? []
  if (host === undefined && url !== '' && !url.includes('/')) return { name: url }
  const reference = parseQueuePath(path)
  if (!reference) return undefined
  return { ...reference, region: reference.region ?? (host === undefined ? undefined : parseHost(host).region) }
}

/** Every request on a queue brings its URL, and there are few of them: parsed once, remembered, forgotten together. */
const CACHE_ENTRIES = 10_000
const CACHED_URL_LENGTH = 512
const cache = new Map<string, QueueReference>()

/**
 * Reads a QueueUrl parameter; a bare queue name is accepted too.
 * Undefined if there is no account id where one belongs. Whether the queue exists is for the store to say.
 */
export function parseQueueUrl(url: string): QueueReference | undefined {
  const known = cache.get(url)
  if (known) return known
  const reference = parse(url)
  if (reference !== undefined && url.length <= CACHED_URL_LENGTH) {
    if (cache.size >= CACHE_ENTRIES) cache.clear()
    cache.set(url, reference)
  }
  return reference
}

/** Whether a QueueUrl has nothing behind its host. */
export const hasNoPath = (url: string) => /^(https?:\/\/[^/]*)?\/?$/i.test(url)

/** What the URL of a queue depends on besides the queue. */
export interface UrlContext {
  /** `--url-style`. */
  readonly style: UrlStyle
  /** Where the client reached us: `http://localhost:4566`. */
  readonly origin: string
  /** `--public-url`, in place of that origin: a proxy may end TLS, or name another host to us than to its clients. */
  readonly publicUrl: string | undefined
  /** The node's own region, which goes without saying where the host names none. */
  readonly nodeRegion: string
}

/** The queue's URL for a client that reached us at an origin. */
export function formatQueueUrl(context: UrlContext, queue: QueueAddress): string {
  const base = context.publicUrl ?? context.origin
  const schemeEnd = base.indexOf('://') + 3
  const scheme = base.slice(0, schemeEnd)
  const host = parseHost(base.slice(schemeEnd))
  const { region, accountId, name } = queue
  switch (styleOf(context, host, region)) {
    case 'off':
      if (region === (host.region ?? context.nodeRegion)) return `${base}/${accountId}/${name}`
      return `${base}/${accountId}.${region}/${name}`
    case 'path':
      return `${base}/queue/${region}/${accountId}/${name}`
    case 'standard':
      return `${scheme}sqs.${region}.${host.domain}/${accountId}/${name}`
    case 'domain': {
      const prefix = region === DOMAIN_DEFAULT_REGION ? '' : `${region}.`
      return `${scheme}${prefix}queue.${host.domain}/${accountId}/${name}`
    }
  }
}

function styleOf({ style, origin }: UrlContext, base: Host, region: string): Exclude<UrlStyle, 'dynamic'> {
  if (style === 'path') return style
  const wanted = style === 'dynamic' ? hostStyle(origin, base) : style
  return wanted === 'off' || canCarryRegion(base, region) ? wanted : 'off'
}

/** The style of the request's host if that belongs to the base's domain, else of the base itself. */
function hostStyle(origin: string, base: Host): Host['style'] {
  const asked = parseHost(origin.slice(origin.indexOf('://') + 3))
  return asked.domain === base.domain ? asked.style : base.style
}

/** No name begins before an IP address, and a region that isn't named as AWS's are couldn't be read back from a host. */
const canCarryRegion = ({ domain }: Host, region: string): boolean =>
  !domain.startsWith('[') && isIP(domain.replace(/:\d*$/, '')) === 0 && WHOLE_REGION.test(region)
