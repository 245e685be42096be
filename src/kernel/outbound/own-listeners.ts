/**
 * Where this platform itself can be reached: this node's port on every address of its machine, and what other nodes have
 * told about theirs (kernel/nodes). Asked for each connection that is opened.
 */
import { hostname, networkInterfaces } from 'node:os'
import { type Address, parseAddress } from '../patterns/address.ts'
import { destinationOf, isLoopback } from './address-ranges.ts'

/** The port of a node, and the addresses of its machine that others reach. */
export interface Listener {
  /** Nodes of one machine are on its loopback addresses, too. */
  readonly machine: string
  readonly addresses: readonly string[]
  readonly port: number
}

export class OwnListeners {
  /** By default the first is this node's. */
  #own: Listener | undefined
  #others: readonly Listener[] = []

  /** Called once the port is known. */
  opened(listener: Listener): void {
    this.#own = listener
  }

  /** As of the latest news. */
  set others(listeners: readonly Listener[]) {
    this.#others = listeners
  }

  has(address: Address, port: number): boolean {
    const listeners = this.#own === undefined ? this.#others : [this.#own, ...this.#others]
    const there = listeners.filter((listener) => listener.port === port)
    if (there.length === 0) return false
    if (there.some(({ machine }) => machine === hostname()) && isHere(address)) return true
    return there.some(({ addresses }) => addresses.some((text) => isSame(text, address)))
  }
}

/** Of a node that listens on this host: the address, or all that the machine has if the host is a name or stands for all. */
export const listenerOf = (host: string, port: number): Listener => ({
  machine: hostname(),
  addresses: addressesOfHost(host),
  port,
})

function addressesOfHost(host: string): readonly string[] {
  const address = parseAddress(host)
  if (host === 'localhost' || (address !== undefined && isLoopback(address))) return []
  return address === undefined || address.bits === 0n ? addressesOfMachine({ internal: false }) : [host]
}

function addressesOfMachine({ internal }: { internal: boolean }): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter((each) => internal || !each.internal).map(({ address }) => address)
}

/** Whether a connection to it ends on this machine. */
const isHere = (address: Address): boolean =>
  isLoopback(address) || addressesOfMachine({ internal: true }).some((text) => isSame(text, address))

function isSame(text: string, { length, bits }: Address): boolean {
  const address = destinationOf(text)
  return address?.length === length && address.bits === bits
}
