/**
 * Where nothing may be sent: link-local addresses and those at which clouds hand a machine its credentials, addresses at
 * which nothing can be, and the platform's own listeners, through which anyone who may subscribe could give it orders.
 * Loopback and private networks are allowed unless the node is run for strangers. The ranges: address-ranges.ts.
 *
 * What counts is the address that is connected to: names are looked up here, and only what passes is given to the socket.
 * Other spellings of an address (decimal, hexadecimal, octal) are no names: `new URL` has turned them into the usual one.
 */
import dns from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { Address } from '../patterns/address.ts'
import { destinationOf, kindOf } from './address-ranges.ts'

/** The address, or every address of the name, is one where nothing may be sent. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress'
  constructor(host: string, reason: string) {
    super(`${host} is ${reason}`)
  }
}

export interface GuardOptions {
  /** Lets link-local and metadata addresses pass. */
  readonly allowLinkLocal?: boolean
  /** Refuses loopback and private networks. */
  readonly denyPrivate?: boolean
  /** Whether the platform itself listens there; nowhere unless given. */
  readonly isOwn?: (address: Address, port: number) => boolean
  /** Where clients reach the platform. */
  readonly publicUrl?: string | undefined
}

const OWN = 'an address of this platform'

export class AddressGuard {
  readonly #options: GuardOptions
  readonly #public: { readonly host: string; readonly port: number } | undefined

  constructor(options: GuardOptions = {}) {
    this.#options = options
    const url = URL.parse(options.publicUrl ?? '')
    this.#public = url === null ? undefined : { host: hostOf(url.hostname), port: portOf(url) }
  }

  /** For destinations that the operator has set: they may be in private networks. */
  forOperator(): AddressGuard {
    return new AddressGuard({ ...this.#options, denyPrivate: false })
  }

  /** Undefined if the host may be connected to, or if that depends on the addresses that its name has. */
  refusalOf(host: string, port: number): BlockedAddress | undefined {
    const name = hostOf(host)
    if (name === this.#public?.host && port === this.#public.port) return new BlockedAddress(host, OWN)
    // Every system knows this name, and it is loopback there (RFC 6761).
    const address = destinationOf(/^(.+\.)?localhost$/.test(name) ? '127.0.0.1' : name)
    const reason = address && this.#reasonAgainst(address, port)
    return reason === undefined ? undefined : new BlockedAddress(host, reason)
  }

  /** The same for a URL of HTTP. */
  refusalOfUrl(url: URL): BlockedAddress | undefined {
    return this.refusalOf(url.hostname, portOf(url))
  }

  /** The system's lookup without refused addresses, for the `lookup` option of a socket. Fails if none is left. */
  lookupFor(port: number): LookupFunction {
    return (hostname, options, callback) => {
      dns.lookup(hostname, { ...options, all: true }, (error, found) => {
        if (error) return callback(error, [])
        const refusals = found.map(({ address }) => this.refusalOf(address, port))
        const addresses = found.filter((_, at) => refusals[at] === undefined)
        const [first] = addresses
        if (first === undefined) return callback(refusals[0] ?? noAddress(hostname), [])
        if (options.all === true) return callback(null, addresses)
        callback(null, first.address, first.family)
      })
    }
  }

  #reasonAgainst(address: Address, port: number): string | undefined {
    const { allowLinkLocal = false, denyPrivate = false, isOwn } = this.#options
    if (isOwn?.(address, port) === true) return OWN
    const kind = kindOf(address)
    if (kind === 'never') return 'no address to send to'
    if (kind === 'link-local' && !allowLinkLocal) return 'a link-local or metadata address'
    if (kind === 'private' && denyPrivate) return 'a private address'
    return undefined
  }
}

const noAddress = (hostname: string) =>
  Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND', syscall: 'getaddrinfo' })

/** As names are compared: without the brackets of an IPv6 address, and without the dot of the root. */
const hostOf = (hostname: string): string => hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '')

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port))
