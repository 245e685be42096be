/** Nodes for one measurement, on data of their own that goes with them. */
import { type Node, startNode } from './servers.ts'
import type { Place, Store } from './stores.ts'

export async function inNewPlace<T>(store: Store, use: (place: Place) => Promise<T>): Promise<T> {
  const place = await store.newPlace()
  try {
    return await use(place)
  } finally {
    await place.remove()
  }
}

export interface NewNodes {
  readonly store: Store
  /** The entry file of a node. */
  readonly entry: string
  readonly count: number
  /** Flags besides those that say where the data is. */
  readonly args?: readonly string[]
}

/** Starts so many nodes over one new place, and ends them when `use` is done. */
export const onNewNodes = <T>(
  { store, entry, count, args = [] }: NewNodes,
  use: (nodes: readonly [Node, ...Node[]], place: Place) => Promise<T>,
): Promise<T> =>
  inNewPlace(store, async (place) => {
    const start = (n: number) => startNode(entry, [...place.nodeArgs(n), ...args])
    const first = await start(0)
    const nodes: [Node, ...Node[]] = [first]
    try {
      while (nodes.length < count) nodes.push(await start(nodes.length))
      return await use(nodes, place)
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  })
