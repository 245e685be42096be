/**
 * Where an address leads: the special-purpose registries of IANA (IPv4 and IPv6, RFC 6890), and the addresses at which
 * clouds hand a machine its credentials. What is in neither is somewhere on the internet.
 *
 * https://www.iana.org/assignments/iana-ipv4-special-registry
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { type Address, isInside, parseAddress, parseBlock } from '../patterns/address.ts'

export type AddressKind =
  | 'public'
  /** The endpoints of a self-hosted platform live there. Denied to those who run it for strangers. */
  | 'private'
  /** Of one link, or a cloud's metadata service. */
  | 'link-local'
  /** No service can be there, or what is there can't be known from the address. */
  | 'never'

/** The longest prefix that fits decides. */
const RANGES: readonly (readonly [range: string, kind: AddressKind, reason: string])[] = [
  ['0.0.0.0/8', 'never', 'this network; connects to the machine itself'],
  ['10.0.0.0/8', 'private', 'private use'],
  ['100.64.0.0/10', 'private', 'shared by a provider and its customers; inside of clusters and overlay networks'],
  ['100.100.100.200/32', 'link-local', 'metadata: Alibaba'],
  ['127.0.0.0/8', 'private', 'loopback'],
  ['168.63.129.16/32', 'link-local', 'metadata: Azure'],
  ['169.254.0.0/16', 'link-local', 'link-local; metadata of most clouds'],
  ['172.16.0.0/12', 'private', 'private use'],
  ['192.0.0.0/24', 'never', 'protocol assignments: anycast of PCP and TURN, dummy and discovery addresses'],
  ['192.0.0.192/32', 'link-local', 'metadata: Oracle'],
  ['192.0.2.0/24', 'never', 'documentation'],
  ['192.31.196.0/24', 'public', 'AS112'],
  ['192.52.193.0/24', 'public', 'multicast relays'],
  ['192.88.99.0/24', 'never', 'relays of 6to4, given up'],
  ['192.168.0.0/16', 'private', 'private use'],
  ['192.175.48.0/24', 'public', 'AS112'],
  ['198.18.0.0/15', 'private', 'benchmarks; proxies on a machine answer with it for any name'],
  ['198.51.100.0/24', 'never', 'documentation'],
  ['203.0.113.0/24', 'never', 'documentation'],
  ['224.0.0.0/4', 'never', 'multicast'],
  ['240.0.0.0/4', 'never', 'reserved, and broadcast'],

  ['::/128', 'never', 'unspecified; connects to the machine itself'],
  ['::1/128', 'private', 'loopback'],
  ['::/96', 'never', 'IPv4-compatible, given up'],
  ['64:ff9b:1::/48', 'never', 'NAT64 of a local network: where the IPv4 address is in it only that network knows'],
  ['100::/64', 'never', 'discarded'],
  ['100:0:0:1::/64', 'never', 'dummy'],
  ['2001::/23', 'never', 'protocol assignments: Teredo (given up), anycast of PCP and TURN, ORCHID, drones'],
  ['2001:2::/48', 'private', 'benchmarks'],
  ['2001:3::/32', 'public', 'multicast relays'],
  ['2001:4:112::/48', 'public', 'AS112'],
  ['2001:db8::/32', 'never', 'documentation'],
  ['2620:4f:8000::/48', 'public', 'AS112'],
  ['3fff::/20', 'never', 'documentation'],
  ['5f00::/16', 'never', 'segments of routing (SRv6), not hosts'],
  ['fc00::/7', 'private', 'unique local'],
  ['fd00:42::42/128', 'link-local', 'metadata: Scaleway'],
  ['fd00:c1::a9fe:a9fe/128', 'link-local', 'metadata: Oracle'],
  ['fd00:ec2::/32', 'link-local', 'metadata: Amazon'],
  ['fd20:ce::254/128', 'link-local', 'metadata: Google'],
  ['fe80::/10', 'link-local', 'link-local'],
  ['fec0::/10', 'private', 'site-local, given up but still in use'],
  ['ff00::/8', 'never', 'multicast'],
]

/** An IPv4 address in these goes by the rules of IPv4; it begins at that bit. */
const EMBEDDING_RANGES: readonly (readonly [range: string, at: number, reason: string])[] = [
  ['::ffff:0:0/96', 96, 'IPv4-mapped'],
  ['::ffff:0:0:0/96', 96, 'IPv4-translated'],
  ['64:ff9b::/96', 96, 'NAT64'],
  ['2002::/16', 16, '6to4'],
]

const ranges = RANGES.map(([range, kind]) => ({ block: parseBlock(range), kind })).sort(
  (a, b) => b.block.prefixLength - a.block.prefixLength,
)
const embeddings = EMBEDDING_RANGES.map(([range, at]) => ({ block: parseBlock(range), at }))

const IPV4_BITS = 32
const IPV6_BITS = 128

/**
 * The address that a connection goes to in the end: the IPv4 address if one is embedded. A zone is left out, since it says
 * which link and not what kind of address. Undefined for a name.
 */
export function destinationOf(host: string): Address | undefined {
  const address = parseAddress(host.split('%', 1)[0] as string)
  const embedding = address && embeddings.find(({ block }) => isInside(block, address))
  if (address === undefined || embedding === undefined) return address
  const bits = BigInt.asUintN(IPV4_BITS, address.bits >> BigInt(IPV6_BITS - IPV4_BITS - embedding.at))
  return { length: IPV4_BITS, bits }
}

export const kindOf = (address: Address): AddressKind =>
  ranges.find(({ block }) => isInside(block, address))?.kind ?? 'public'

const loopback = ['127.0.0.0/8', '::1/128'].map(parseBlock)

export const isLoopback = (address: Address): boolean => loopback.some((block) => isInside(block, address))
