/**
 * The names by which a node may be called. A page whose own name was made to lead here (DNS rebinding) is same-origin to
 * the browser, which then hides nothing from it; only the name gives it away. So a name must be one that no stranger can
 * have: an address, a name that the public name system doesn't have, one of AWS's, or one that the node was told.
 */
import { isIPv6 } from 'node:net'

/** Names, and whatever is under them. */
const OURS: readonly string[] = [
  'localhost', // RFC 6761: always this machine
  'local', // mDNS, and `cluster.local` of Kubernetes
  'internal', // reserved for private use; `host.docker.internal`
  'test', // RFC 6761
  'home.arpa', // RFC 8375
  // What clients call that were told nothing: led here by a hosts file or a name server of one's own.
  'amazonaws.com',
  'amazonaws.com.cn',
  'api.aws', // AWS's endpoints that have IPv6
  'localhost.localstack.cloud', // 127.0.0.1, and known to clients of queue URLs that have the region in the host
]

export type HostVerdict = 'ours' | 'foreign' | 'malformed'

/** As an authority has it, without user information: RFC 3986, and the underscore of Compose's service names. */
const HOST = /^(\[[0-9a-f:.]+(?:%[\w.%-]+)?\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::\d{1,5})?$/i
/** A name has 253 characters at most, an address fewer; the port has its own. */
const MAX_LENGTH = 260

/** The name or address of a Host header in lower case, without port and final dot; undefined if it is none. */
export function hostNameOf(host: string): string | undefined {
  const name = host.length > MAX_LENGTH ? undefined : HOST.exec(host)?.[1]?.toLowerCase()
  if (name === undefined) return undefined
  if (isBracketed(name)) return isIPv6(name.slice(1, -1).split('%')[0] as string) ? name : undefined
  return name.endsWith('.') ? name.slice(0, -1) : name
}

const isBracketed = (name: string): boolean => name.startsWith('[')

/** The same few hosts come again and again; whoever makes up others only empties this. */
const MAX_REMEMBERED = 100

export class HostNames {
  readonly #allowed: readonly string[]
  /** Hosts as they were sent, all of them ours. */
  readonly #remembered = new Set<string>()

  /** `allowed` are further names, each with those under it, in lower case and without a port. */
  constructor(allowed: readonly string[]) {
    this.#allowed = [...OURS, ...allowed]
  }

  judge(host: string): HostVerdict {
    if (this.#remembered.has(host)) return 'ours'
    const name = hostNameOf(host)
    if (name === undefined) return 'malformed'
    if (!this.#isOurs(name)) return 'foreign'
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.add(host)
    return 'ours'
  }

  #isOurs(name: string): boolean {
    const lastLabel = name.slice(name.lastIndexOf('.') + 1)
    if (lastLabel === name || isBracketed(name)) return true // a name of the own network, or an IPv6 address
    if (/^\d+$/.test(lastLabel)) return true // an IPv4 address: no top-level domain is a number
    return this.#allowed.some((allowed) => name === allowed || name.endsWith(`.${allowed}`))
  }
}
