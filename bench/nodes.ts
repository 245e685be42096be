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
}

/** Starts so many nodes over one new place, and ends them when `use` is done. */
export const onNewNodes = <T>(
  { store, entry, count }: NewNodes,
  use: (nodes: readonly [Node, ...Node[]], place: Place) => Promise<T>,
): Promise<T> =>
  inNewPlace(store, async (place) => {
    const first = await startNode(entry, place.nodeArgs(0))
    const nodes: [Node, ...Node[]] = [first]
    try {
      while (nodes.length < count) nodes.push(await startNode(entry, place.nodeArgs(nodes.length)))
      return await use(nodes, place)
    } finally {
      await Promise.all(nodes.map((node) => node.stop()))
    }
  })
