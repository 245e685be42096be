/**
 * Where nothing may be sent: link-local addresses, and those at which clouds hand a machine its credentials. Loopback and
 * private networks are allowed, since that is where the endpoints of a self-hosted platform live.
 *
 * What counts is the address that is connected to: names are looked up here, and only what passes is given to the socket.
 * Other spellings of an address (decimal, hexadecimal, octal) are no names: `new URL` has turned them into the usual one.
 */
import dns from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** The address, or every address of the name, is one where nothing may be sent. */
export class BlockedAddress extends Error {
  override readonly name = 'BlockedAddress'
  constructor(host: string) {
    super(`${host} is a link-local or metadata address`)
  }
}

const blocked = new BlockList()
/** IPv4-mapped IPv6 addresses are checked against the IPv4 rules by the list itself. */
blocked.addSubnet('169.254.0.0', 16, 'ipv4')
blocked.addSubnet('fe80::', 10, 'ipv6')
/** The link-local network inside IPv4-compatible, NAT64 and 6to4 addresses. */
blocked.addSubnet('::169.254.0.0', 112, 'ipv6')
blocked.addSubnet('64:ff9b::169.254.0.0', 112, 'ipv6')
blocked.addSubnet('2002:a9fe::', 32, 'ipv6')
/** Metadata services outside of it: AWS, Google, Alibaba, Azure, Oracle. */
blocked.addSubnet('fd00:ec2::', 32, 'ipv6')
blocked.addAddress('fd20:ce::254', 'ipv6')
blocked.addAddress('100.100.100.200', 'ipv4')
blocked.addAddress('168.63.129.16', 'ipv4')
blocked.addAddress('192.0.0.192', 'ipv4')

/** Whether a literal address is one where nothing may be sent. False for a name. */
export function isBlockedAddress(host: string): boolean {
  const address = host.split('%', 1)[0] as string // a zone says which link, not what kind of address
  const version = isIP(address)
  return version !== 0 && blocked.check(address, version === 6 ? 'ipv6' : 'ipv4')
}

/** The system's lookup without blocked addresses, for the `lookup` option of a socket. Fails if none is left. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  dns.lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, [])
    const addresses = found.filter(({ address }) => !isBlockedAddress(address))
    const [first] = addresses
    if (first === undefined) return callback(new BlockedAddress(hostname), [])
    if (options.all === true) return callback(null, addresses)
    callback(null, first.address, first.family)
  })
}
