/**
 * Queue URLs: every style that clients hold is read, whatever style is handed out.
 *
 *   off        http://localhost:4566/000000000000/orders                     the region comes from the request
 *   path       http://localhost:4566/queue/eu-west-1/000000000000/orders
 *   standard   https://sqs.eu-west-1.example.com/000000000000/orders
 *   domain     https://eu-west-1.queue.example.com/000000000000/orders       us-east-1 has the bare host queue.example.com
 *   dynamic    `standard` or `domain` if the request's host was of that style, else `off`
 */

import { isAccountId } from '../../../kernel/arn.ts'
import { invalidAddress } from '../errors.ts'
import type { QueueAddress } from './names.ts'

export type UrlStrategy = 'off' | 'path' | 'standard' | 'domain' | 'dynamic'

/** What a URL says of its queue; the request and the configuration supply the rest. */
export interface QueueReference {
  readonly region?: string
  readonly accountId?: string
  readonly name: string
}

const REGION = '[a-z]{2,}(?:-[a-z]+)+-\\d+'
const STANDARD_HOST = new RegExp(`^sqs\\.(${REGION})\\.([^/]+)$`)
/** A private endpoint puts labels of its own before `sqs.`: it tells the region, but can't be composed for another. */
const PRIVATE_HOST = new RegExp(`\\.sqs\\.(${REGION})\\.`)
const DOMAIN_HOST = new RegExp(`^(?:(${REGION})\\.)?queue\\.([^/]+)$`)
const DOMAIN_DEFAULT_REGION = 'us-east-1'

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
 * may put something before them; a region is read only from `…/queue/<region>/<account>/<name>`.
 */
export function parseQueuePath(path: string): (QueueReference & { readonly accountId: string }) | undefined {
  const [name, accountId, region, queue] = path.replace(/\/$/, '').split('/').reverse()
  if (!name || !accountId || !isAccountId(accountId)) return undefined
  return { region: queue === 'queue' && region ? region : undefined, accountId, name }
}

const URL_PARTS = /^https?:\/\/([^/?#]*)([^?#]*)/i

function parse(url: string): QueueReference {
  const [, host, path = url] = URL_PARTS.exec(url) ?? []
  if (host === undefined && url !== '' && !url.includes('/')) return { name: url }
  const reference = parseQueuePath(path)
  if (!reference) throw invalidAddress(url)
  return { ...reference, region: reference.region ?? (host === undefined ? undefined : parseHost(host).region) }
}

/** Every request on a queue brings its URL, and there are few of them: parsed once, remembered, forgotten together. */
const CACHE_ENTRIES = 10_000
const CACHED_URL_LENGTH = 512
const cache = new Map<string, QueueReference>()

/**
 * Reads a QueueUrl parameter; a bare queue name is accepted too.
 * Throws InvalidAddress if there is no account id where one belongs. Whether the queue exists is for the store to say.
 */
export function parseQueueUrl(url: string): QueueReference {
  const known = cache.get(url)
  if (known) return known
  const reference = parse(url)
  if (url.length <= CACHED_URL_LENGTH) {
    if (cache.size >= CACHE_ENTRIES) cache.clear()
    cache.set(url, reference)
  }
  return reference
}

/** The queue's URL for a client that reached us at `origin` (`http://localhost:4566`). */
export function formatQueueUrl(strategy: UrlStrategy, origin: string, queue: QueueAddress): string {
  const { region, accountId, name } = queue
  const scheme = origin.slice(0, origin.indexOf('://') + 3)
  const host = parseHost(origin.slice(scheme.length))
  switch (strategy === 'dynamic' ? host.style : strategy) {
    case 'off':
      return `${origin}/${accountId}/${name}`
    case 'path':
      return `${origin}/queue/${region}/${accountId}/${name}`
    case 'standard':
      return `${scheme}sqs.${region}.${host.domain}/${accountId}/${name}`
    case 'domain': {
      const prefix = region === DOMAIN_DEFAULT_REGION ? '' : `${region}.`
      return `${scheme}${prefix}queue.${host.domain}/${accountId}/${name}`
    }
  }
}
