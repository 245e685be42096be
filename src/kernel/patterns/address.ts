/** IP addresses and the blocks of CIDR notation (RFC 4632, RFC 4291). */
import { isIP } from 'node:net'
import { PatternError } from './dialect.ts'

export interface Address {
  /** Bits of an address: 32 or 128. */
  readonly length: number
  readonly bits: bigint
}

/** The addresses that begin with the same bits. */
export interface Block {
  readonly addressLength: number
  readonly prefixLength: number
  /** The first `prefixLength` bits. */
  readonly prefix: bigint
}

/** Undefined for what isn't an address. One with a zone (`fe80::1%eth0`) isn't one here. */
export function parseAddress(text: string): Address | undefined {
  const version = isIP(text)
  if (version === 4) return { length: 32, bits: fromParts(text.split('.').map(Number), 8n) }
  if (version === 6 && !text.includes('%')) return { length: 128, bits: fromParts(groupsOf(text), 16n) }
  return undefined
}

const fromParts = (parts: readonly number[], width: bigint) =>
  parts.reduce((bits, part) => (bits << width) | BigInt(part), 0n)

const GROUPS = 8

/** The eight groups of a valid IPv6 address; `::` stands for as many zeros as are missing. */
function groupsOf(text: string): number[] {
  const [before = '', after] = text.split('::')
  const head = readGroups(before)
  if (after === undefined) return head
  const tail = readGroups(after)
  return [...head, ...new Array<number>(GROUPS - head.length - tail.length).fill(0), ...tail]
}

/** The last 32 bits may be written as an IPv4 address. */
const readGroups = (text: string) =>
  text === ''
    ? []
    : text.split(':').flatMap((group) => {
        if (!group.includes('.')) return [Number.parseInt(group, 16)]
        const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
        return [a * 256 + b, c * 256 + d]
      })

const prefixOf = ({ length, bits }: Address, prefixLength: number) => bits >> BigInt(length - prefixLength)

/** `10.0.0.0/24`. Bits behind the prefix are ignored. Throws PatternError. */
export function parseBlock(text: string): Block {
  const [network = '', mask, more] = text.split('/')
  if (mask === undefined || more !== undefined) throw new PatternError("Malformed CIDR, one '/' required")
  if (!/^-?\d+$/.test(mask)) throw new PatternError('Malformed CIDR, mask bits must be an integer')
  const prefixLength = Number(mask)
  if (prefixLength < 0) throw new PatternError('Malformed CIDR, mask bits must be non-negative')
  const address = parseAddress(network)
  if (address === undefined) throw new PatternError(`Nonstandard IP address: ${network}`)
  if (prefixLength > address.length) {
    throw new PatternError(`Malformed CIDR, mask bits must be at most ${address.length}`)
  }
  return { addressLength: address.length, prefixLength, prefix: prefixOf(address, prefixLength) }
}

/** Whether the address lies in the block. */
export const isInside = ({ addressLength, prefixLength, prefix }: Block, address: Address) =>
  address.length === addressLength && prefixOf(address, prefixLength) === prefix
